"""Settings that give a kind of task to an engine that cannot do it: such a run would end before it
began."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.about import MODES
from ai_code.core.engine_table import LOCAL
from ai_code.core.errors import ConfigError
from ai_code.engines.registry import local_engine
from ai_code.settings import Notice

if TYPE_CHECKING:
    from ai_code.core.about import About, Mode
    from ai_code.settings import Loaded

_HINT = "ai-code engines list"


def can_only(name: str, about: About) -> str:
    """What such an engine can, in words."""
    return f"the engine {name} can only {' and '.join(sorted(about.modes))}"


def with_aider(mode: Mode) -> str:
    """The command for a task of this kind where no engine that was named can do it."""
    return f"{_commands([mode])} --engine aider …"


def wrong_engines(loaded: Loaded) -> tuple[str, ...]:
    """One line for each kind of task that an engine was given which cannot do it."""
    return tuple(filter(None, (_wrong(loaded, mode) for mode in MODES)))


def check_engine(loaded: Loaded, mode: Mode) -> None:
    """Raises ConfigError where the settings give this kind of task to an engine that cannot do
    it."""
    if told := _wrong(loaded, mode):
        hint = f"{with_aider(mode)}   (for good: another one for engines.for.{mode})"
        raise ConfigError(told, hint=hint)


def _wrong(loaded: Loaded, mode: Mode) -> str:
    key = f"engines.for.{mode}"
    name = str(loaded.values[key] or "")
    if _does(name, mode):
        return ""
    return f"{key} ({loaded.origins[key]}): {can_only(name, local_engine(name).about)}"


def idle_engines(loaded: Loaded) -> tuple[Notice, ...]:
    """A warning where ``engine`` or the whole chain leaves a kind of task to nobody: that may be
    what the person wants, for they may never ask."""
    settings, found = loaded.settings, []
    own = {mode: str(loaded.values[f"engines.for.{mode}"] or "") for mode in MODES}
    left = [mode for mode in MODES if not own[mode] and not _does(settings.engine, mode)]
    if left:
        told = can_only(settings.engine, local_engine(settings.engine).about)
        keys = " and ".join(f"engines.for.{mode}" for mode in left)
        found.append(
            Notice(
                f"engine ({loaded.origins['engine']}): {told}, and {_commands(left)} will end with "
                f"that; {keys} can name another one",
                _HINT,
            )
        )
    chain = settings.fallback_chain
    nobody = [mode for mode in MODES if not any(_does(name, mode) for name in chain)]
    if chain and nobody:
        names = ", ".join(chain)
        found.append(
            Notice(
                f"fallback.chain ({loaded.origins['fallback.chain']}): {_commands(nobody)} will "
                f"end at a limit, for nothing in it ({names}) can do that",
                _HINT,
            )
        )
    return tuple(found)


def _commands(modes: list[Mode]) -> str:
    """The commands of these kinds of tasks."""
    return " and ".join("ai-code" if mode == "edit" else f"ai-code {mode}" for mode in modes)


def _does(name: str, mode: Mode) -> bool:
    return name not in LOCAL or mode in local_engine(name).about.modes
