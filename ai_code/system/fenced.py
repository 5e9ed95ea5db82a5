"""The kernel's fence around a command: its launcher in front of the arguments."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ai_code.core.command import Command

_FOLDER = Path(__file__).parent / "fence"
_LAUNCH = (
    "import sys; sys.path.append(sys.argv.pop(1)); import landlock; landlock.main(sys.argv[1:])"
)
"""Imported, so that Python compiles it once and not at each start."""


def kernel_fence() -> int:
    """The kernel's version of Landlock; 0 where there is none (see the launcher)."""
    from ai_code.system.fence.landlock import version

    return version()


def network_fence() -> bool:
    """Whether it lets nothing but the given ports be reached (see the launcher)."""
    from ai_code.system.fence.landlock import holds_network

    return holds_network()


def fenced_argv(command: Command, terminal: str | None = None) -> tuple[str, ...]:
    """The command's arguments, behind its fence where it has one. The launcher becomes the
    program: one process, the same number. ``terminal`` is the device that is lent to it; without
    one it has no terminal at all, and what a model runs cannot write or type on the person's."""
    fence = command.fence
    if fence is None:
        return command.argv
    python = (sys.executable, "-I", "-S", "-c", _LAUNCH, str(_FOLDER))
    ports = ",".join(map(str, fence.ports))
    rules = (str(fence.told), terminal or "", ports, *map(str, fence.write))
    return (*python, *rules, "--", *command.argv)
