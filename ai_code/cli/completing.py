"""Names that a shell completes behind an option or a command of ours; nothing is asked for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.engine_table import LOCAL, known_names

if TYPE_CHECKING:
    import click

_ELSEWHERE = ("aider", "claude-local", "custom")
"""What ``engines install`` does not install."""


def engines(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """All that ``--engine`` of a run takes."""
    return _begin(known_names("any"), incomplete)


def local_engines(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Those that go on at a limit."""
    return _begin(tuple(LOCAL), incomplete)


def engines_to_install(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Those that ``engines install`` and ``remove`` take."""
    return _begin(tuple(name for name in LOCAL if name not in _ELSEWHERE), incomplete)


def scenarios(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Those of the drill."""
    from ai_code.core.drill import SCENARIOS

    return _begin((*SCENARIOS, "all"), incomplete)


def _begin(names: tuple[str, ...], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
