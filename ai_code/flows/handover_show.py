"""``ai-code handover show``: what an engine would be given now, by the very steps of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.changes import is_private
from ai_code.core.engine_table import LOCAL
from ai_code.core.errors import UsageError
from ai_code.core.memory import DEFAULT_CONTEXT
from ai_code.core.secret_values import secret_values
from ai_code.core.task import LocalModel
from ai_code.core.verdict import Done, Evidence, Unavailable, Verdict
from ai_code.engines.claude.rows import SessionRows
from ai_code.engines.registry import local_engine
from ai_code.flows.briefing import Briefing
from ai_code.flows.handover import story_of_turn
from ai_code.flows.local_work import messages
from ai_code.flows.readiness import ask_local
from ai_code.flows.turns import RunOptions, Turn

if TYPE_CHECKING:
    from ai_code.core.brief import Brief
    from ai_code.core.story import Story
    from ai_code.flows.world import World
    from ai_code.settings import Settings


class Shown(NamedTuple):
    """``messages`` is one, or one for each open step; ``notes`` go with each of them, as a file to
    read. ``session`` is Claude's, ``context`` the local model's in tokens, ``not_ready`` says why
    it is only supposed. ``remarks`` are what a run would say of it."""

    session: str
    story: Story
    engine: str
    model: str
    context: int
    not_ready: str
    messages: tuple[str, ...]
    notes: str
    editable: tuple[str, ...]
    read: tuple[str, ...]
    remarks: tuple[str, ...]


def shown(world: World, settings: Settings, engine: str = "") -> Shown:
    """Of Claude's last session here, whoever began it; for ``engine``, or the one that a run would
    take. Raises UsageError where there is no session."""
    path = _last_transcript(world)
    if path is None:
        raise UsageError(
            "there is nothing to hand over",
            why=f"Claude has no session in {world.cwd}",
            hint='ai-code "PROMPT"',
        )
    name = engine or (settings.engine if settings.engine in LOCAL else "")
    name = name or next(iter(settings.fallback_chain), next(iter(sorted(LOCAL))))
    ready = ask_local(world, settings, engine=name)
    why = ready.message if isinstance(ready, Unavailable) else ""
    nobody = LocalModel("", "", DEFAULT_CONTEXT)
    local = nobody if isinstance(ready, Unavailable) else ready.local
    secrets = secret_values(world.environ, settings.ollama_headers)
    claude = Turn("claude", _verdict(world, path), session_id=path.stem)
    story = story_of_turn(world, claude, secrets)
    options = RunOptions(prompt=story.task)
    own = local_engine(name).about.memory_files
    briefing = Briefing(world, settings, options, local, claude, secrets, own)
    brief, remarks = _brief(world, briefing)
    told = [local_engine(name).told(each or brief)
            for each in messages(world, settings, brief, local.name)]  # fmt: skip
    return Shown(
        session=path.stem,
        story=story,
        engine=name,
        model=local.name,
        context=local.num_ctx,
        not_ready=why,
        messages=tuple(message for message, _ in told),
        notes=told[0][1],
        editable=brief.editable,
        read=tuple(each.shown for each in brief.context),
        remarks=remarks,
    )


def _brief(world: World, briefing: Briefing) -> tuple[Brief, tuple[str, ...]]:
    """As a run writes it, with the person's tree in the place of the private worktree."""
    facts = world.trees.facts(world.cwd)
    editable, left_away = briefing.editable(facts)
    given = tuple(name for name in editable if not is_private(name))
    with world.scratch() as folder:
        brief, cut = briefing.written(facts, given, facts.root, folder)
    return brief, (*left_away, *cut)


def _verdict(world: World, path: Path) -> Verdict:
    """The limit that the session stands at, if it does."""
    rows = SessionRows(0.0)
    for line in world.transcripts.tail(path).lines:
        rows.feed(line, world.clock.local_tz())
    return rows.limit or Done(Evidence("claude.session", "none"))


def _last_transcript(world: World) -> Path | None:
    """The newest of this folder; of another one where a run here used it."""
    if found := world.transcripts.latest(world.cwd):
        return found
    for record in world.journal.list():
        for attempt in reversed(record.attempts):
            if record.cwd == str(world.cwd) and attempt.session_id:
                return world.transcripts.find(world.cwd, attempt.session_id)
    return None
