"""Which command brings a program on this system. Commands with sudo are said, never run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ai_code.core.command import Command
from ai_code.core.errors import CannotStartError

if TYPE_CHECKING:
    from ai_code.flows.world import World

Wanted = Literal["git", "npm", "python", "venv"]

_Manager = tuple[str, str, dict[Wanted, str]]
_MANAGERS: tuple[_Manager, ...] = (
    ("apt", "sudo apt install", {"python": "python3.12-venv", "venv": "python3-venv"}),
    ("dnf", "sudo dnf install", {"python": "python3.12", "venv": "python3"}),
    ("pacman", "sudo pacman -S", {"python": "uv", "venv": "python"}),
    ("zypper", "sudo zypper install", {"python": "python312", "venv": "python3"}),
    ("apk", "sudo apk add", {"npm": "npm nodejs", "python": "uv", "venv": "python3"}),
    ("brew", "brew install", {"npm": "node", "python": "python@3.12", "venv": "python"}),
)
"""Program of the package manager, its command, and names that differ from the program's."""


def command_for(world: World, wanted: Wanted) -> str:
    """What a person types to get it."""
    if manager := _manager(world):
        _, install, names = manager
        return f"{install} {names.get(wanted, wanted)}"
    if world.site.macos:
        return "xcode-select --install" if wanted == "git" else "https://brew.sh"
    return f"install {wanted} with your system's package manager"


def python_hint(world: World, minors: Sequence[int]) -> str:
    """What a person types to get one of these Pythons (the minor versions of 3, the best first),
    with what is on this machine."""
    best = minors[0]
    if _there(world, "uv"):
        return f"uv python install 3.{best}"
    if _there(world, "pyenv"):
        return f"pyenv install 3.{best}"
    match _manager(world):
        case ("apt", install, _):
            for minor in minors:
                if _apt_has(world, package := f"python3.{minor}-venv"):
                    return f"{install} {package}"
            # Debian 12 has none of them, and no uv either.
            return f"{install} pipx && pipx run uv python install 3.{best}"
        case ("dnf", install, _):
            return f"{install} python3.{best}"
        case ("zypper", install, _):
            return f"{install} python3{best}"
        case ("brew", install, _):
            return f"{install} python@3.{best}"
        case (_, install, _):
            return f"{install} uv && uv python install 3.{best}"
        case None:
            return f"uv python install 3.{best}   (https://docs.astral.sh/uv)"


def _apt_has(world: World, package: str) -> bool:
    apt = world.processes.find(("apt-cache",))
    asks = Command((*apt.argv, "show", package), Path("/")) if apt else None
    return asks is not None and world.processes.succeeds(asks)


def _manager(world: World) -> _Manager | None:
    return next((each for each in _MANAGERS if _there(world, each[0])), None)


def _there(world: World, name: str) -> bool:
    try:
        return world.processes.find((name,)) is not None
    except CannotStartError:
        return False
