"""The environment of a process that we start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ai_code.core.command import Command


def environment_of(command: Command, inherited: Mapping[str, str]) -> dict[str, str]:
    """The inherited environment with the command's changes, and its folder as PWD. There are
    programs that believe PWD more than the folder they stand in (opencode 1.18.33), and ours may
    name the person's tree. A PWD that leads there by another way, a link, is left as it is."""
    both = {**inherited, **command.env}
    environ = {name: value for name, value in both.items() if value is not None}
    if not _is_same(environ.get("PWD", ""), command.cwd):
        environ["PWD"] = str(command.cwd)
        environ.pop("OLDPWD", None)
    return environ


def _is_same(named: str, folder: os.PathLike[str]) -> bool:
    try:
        return named.startswith("/") and os.path.samefile(named, folder)  # noqa: PTH121
    except OSError:
        return False
