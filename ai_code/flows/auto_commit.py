"""``fallback.auto-commit``: a local engine's files as a commit, for those who ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.errors import AiCodeError
from ai_code.core.record import prompt_line
from ai_code.core.text import one_line

if TYPE_CHECKING:
    from collections.abc import Collection

    from ai_code.flows.recorder import Recorder
    from ai_code.flows.turns import Turn
    from ai_code.flows.world import World

_TITLE_CHARS = 72


def commit_landed(
    world: World, turn: Turn, recorder: Recorder, prompt: str, dirty: Collection[str]
) -> None:
    """Commits the files that landed, and only they; tells what came of it. ``dirty`` are files
    that the person had changed before: those edits are not the engine's to commit."""
    files = [file.path for file in turn.landed.files] if turn.landed else []
    if not files:
        return
    if turn.unchecked:
        world.console.important(f"not committed: {turn.unchecked}")
        return
    if mixed := sorted(set(files).intersection(dirty)):
        world.console.important(f"not committed: {one_line(mixed[0])} had changes of yours before")
        return
    title = prompt_line(prompt)[:_TITLE_CHARS]
    message = f"{title}\n\nMade by {turn.engine} with {turn.model} (ai-code {recorder.run_id})."
    trees = world.trees
    try:
        # A git that is killed leaves its lock in the person's repository.
        with world.undisturbed():
            commit = recorder.commit = trees.commit(trees.root_of(world.cwd), files, message)
    except AiCodeError as error:
        world.console.important(f"not committed: {error.what} {error.why}".rstrip())
    else:
        world.console.note(f"committed as {commit}")
