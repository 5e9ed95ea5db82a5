"""The kernel's fence around a command: its launcher in front of the arguments."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ai_code.core.command import Command

_LAUNCHER = Path(__file__).parent / "fence" / "landlock.py"


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
    rules = {
        "write": [str(path) for path in fence.write],
        "connect": list(fence.ports),
        "terminal": terminal,
        "told": str(fence.told),
    }
    return (sys.executable, "-I", "-S", str(_LAUNCHER), json.dumps(rules), *command.argv)
