"""What is handed over: Claude's story, read from its transcript or its last events."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.core.secret_values import masked
from ai_code.core.story import CommandRun, FileEdit, Step, Story
from ai_code.engines.claude.story import story_of

if TYPE_CHECKING:
    from ai_code.flows.turns import Turn
    from ai_code.flows.world import World

STORY_SHARE = 0.12
"""What the story may take of the local model's context."""


def story_of_turn(world: World, turn: Turn, secrets: Sequence[str] = ()) -> Story:
    """What Claude did in this turn. From the transcript, which has all of the session; where
    Claude keeps none, from the events that it gave us."""
    path = world.transcripts.find(world.cwd, turn.session_id)
    lines = world.transcripts.tail(path).lines if path else ()
    story = story_of(lines or turn.rows)
    if story.empty and not story.steps and turn.rows:
        story = story if (seen := story_of(turn.rows)).empty else seen
    return told(story, world.trees.root_of(world.cwd), secrets)


def told(story: Story, root: Path, secrets: Sequence[str]) -> Story:
    """Paths relative to the tree, and no secret in any text."""

    def hide(text: str) -> str:
        return masked(text, secrets)

    return story._replace(
        task=hide(story.task),
        steps=tuple(Step(hide(step.text), step.state) for step in story.steps),
        edits=tuple(
            FileEdit(_inside(each.path, root), hide(each.old), hide(each.new), each.whole)
            for each in story.edits
        ),
        read=tuple(_inside(path, root) for path in story.read),
        begun=tuple(_inside(path, root) for path in story.begun),
        commands=tuple(
            CommandRun(hide(each.command), each.ok, hide(each.output)) for each in story.commands
        ),
        said=tuple(map(hide, story.said)),
        error=hide(story.error),
        before=told(story.before, root, secrets) if story.before else None,
    )


def _inside(path: str, root: Path) -> str:
    full = Path(path)
    for base in (root, root.resolve()):
        if full.is_relative_to(base):
            return str(full.relative_to(base))
    return path
