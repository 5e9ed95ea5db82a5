"""What a drill finds on this machine: Claude Code, the engine, Ollama and a model that suits it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.drill import Mend, Setup
from ai_code.core.errors import AiCodeError, CannotStartError
from ai_code.core.text import wrapped
from ai_code.core.verdict import Unavailable
from ai_code.engines.registry import LocalEngine, local_engine
from ai_code.flows.drill_mends import from_hint
from ai_code.flows.endings import mend_claude
from ai_code.flows.engine_program import find_program
from ai_code.flows.engines import named_engine
from ai_code.flows.engines_here import engines_here, model_for
from ai_code.flows.engines_set import going_on
from ai_code.flows.install_claude import offer_claude
from ai_code.flows.model_settings import settings_for
from ai_code.flows.readiness import Ready
from ai_code.flows.setup.packages import command_for

if TYPE_CHECKING:
    from ai_code.core.task import Program
    from ai_code.flows.world import World
    from ai_code.settings import Settings


class Missing(NamedTuple):
    """What is not on this machine (``claude``, ``engine`` or ``local``), why, and what mends it."""

    what: str
    why: str
    mend: Mend


class RealIsMissing(AiCodeError):
    """``--real``, and not everything real is there. ``missing`` says what, ``mend`` how to get
    it: all of it, for nobody wants to learn it one by one."""

    def __init__(self, missing: Sequence[Missing], again: str) -> None:
        self.missing = tuple(each.why for each in missing)
        self.mend = tuple(each.mend for each in missing)
        told = [
            line
            for each in missing
            for line in (
                *wrapped(each.why, 80),
                f"  {each.mend.command}",
                *([f"    {each.mend.about}"] if each.mend.about else []),
            )
        ]
        super().__init__(
            "--real wants the real parts only, and not all of them are there",
            why="\n".join(told),
            hint=f"{again}   (when they are)",
        )


class SetUp:
    """``look`` finds it; ``missing`` is what is not there. ``engine`` is a name, or empty for the
    engine that would go on in a run; ``again`` is the command line of the drill. Raises UsageError
    where there is no such engine."""

    def __init__(self, world: World, settings: Settings, engine: str, again: str) -> None:
        self.missing: list[Missing] = []
        self._world = world
        self._settings = settings
        self._again = again
        self._engine = named_engine(engine) if engine else _first(world, settings)

    def look(self, *, real: bool, yes: bool, offer: bool) -> Setup:
        """See ``DrillOptions`` for what the three mean. Raises AiCodeError without git, and
        RealIsMissing."""
        self._git()
        settings, engine = self._settings, self._engine
        claude = self._claude(real=real, yes=yes, offer=offer)
        program, ready = self._program(), self._local()
        if real and self.missing:
            raise RealIsMissing(self.missing, self._again)
        faults = [each.why for each in self.missing if each.what == "engine"]
        return Setup(
            program=program,
            engine=engine.name,
            title=engine.title,
            by_tools=engine.about.needs_tools,
            claude=claude,
            model=ready.local if ready else None,
            claude_args=settings.claude_args,
            engine_args=settings.args_of(engine.name),
            edit_format=settings_for(self._world, settings, ready).edit_format if ready else "diff",
            stall_timeout_s=settings.stall_timeout_s,
            settings={
                "fallback.fence": settings.fallback_fence,
                "fallback.commands": settings.fallback_commands,
                "models.variants": settings.models_variants,
            },
            fault="".join(faults),
        )

    def _git(self) -> None:
        if self._world.processes.find(("git",)) is None:
            raise AiCodeError(
                "git is not installed",
                why="the drill makes a scratch project with it, and a local engine's worktree too",
                hint=command_for(self._world, "git"),
            )

    def _claude(self, *, real: bool, yes: bool, offer: bool) -> Program | None:
        def install() -> Program | None:
            if not offer:
                return None
            instead = "leave it" if real else "play it from a recording"
            return offer_claude(self._world, agreed=yes, instead=instead)

        mend = from_hint(mend_claude(self._settings), "")
        missing = Missing("claude", "Claude Code is not installed", mend)
        program = self._found(self._settings.claude_command, missing, install)
        return program and self._world.processes.version(program)

    def _found(
        self, command: Sequence[str], missing: Missing, install: Callable[[], Program | None]
    ) -> Program | None:
        """The program. Where it cannot be had, ``missing`` is noted; one that is there and
        cannot be started has another reason, and is mended without an installation."""
        try:
            program = self._world.processes.find(command) or install()
        except CannotStartError as error:
            missing = missing._replace(why=error.what, mend=Mend(error.hint))
            program = None
        if program is None:
            self.missing.append(missing)
        return program

    def _program(self) -> Program | None:
        name = self._engine.name
        found = find_program(self._world, self._settings, self._engine)
        if not isinstance(found, Unavailable):
            return found
        why = found.message
        named = self._settings.command_of(name) not in ((), (self._engine.about.program,))
        if found.evidence.rule == f"{name}.missing" and name != "custom" and not named:
            why = f"{name} is not installed, so nothing can go on locally"
        self.missing.append(Missing("engine", why, from_hint(found.hint, self._again)))
        return None

    def _local(self) -> Ready | None:
        """The person's Ollama and model, where they will do for this engine."""
        self._world.console.status(f"asking Ollama at {self._settings.ollama_api}…")
        found = model_for(self._world, self._settings, self._engine)
        self._world.console.status("")
        if isinstance(found, Ready):
            return found
        self.missing.append(Missing("local", found.message, from_hint(found.hint, self._again)))
        return None


def _first(world: World, settings: Settings) -> LocalEngine:
    """The one of the chain that a run would go on with; where none could, the first that is there,
    else the first."""
    world.console.status(f"asking Ollama at {settings.ollama_api}…")
    found = engines_here(world, settings, settings.fallback_chain or ("aider",))
    world.console.status("")
    there = next((each for each in found if each.path), found[0])
    return local_engine((going_on(found) or there).name)
