"""Which command brings a program on this system. Commands with sudo are said, never run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ai_code.flows.setup.ground import Ground

Wanted = Literal["git", "npm", "python", "venv"]

_MANAGERS: tuple[tuple[str, str, dict[Wanted, str]], ...] = (
    ("apt", "sudo apt install", {"python": "python3.12-venv", "venv": "python3-venv"}),
    ("dnf", "sudo dnf install", {"python": "python3.12", "venv": "python3"}),
    ("pacman", "sudo pacman -S", {"python": "uv", "venv": "python"}),
    ("zypper", "sudo zypper install", {"python": "python312", "venv": "python3"}),
    ("apk", "sudo apk add", {"npm": "npm nodejs", "python": "uv", "venv": "python3"}),
    ("brew", "brew install", {"npm": "node", "python": "python@3.12", "venv": "python"}),
)
"""Program of the package manager, its command, and names that differ from the program's."""


def command_for(ground: Ground, wanted: Wanted) -> str:
    """What a person types to get it."""
    for manager, install, names in _MANAGERS:
        if ground.find(manager) is not None:
            return f"{install} {names.get(wanted, wanted)}"
    if ground.site.macos:
        return "xcode-select --install" if wanted == "git" else "https://brew.sh"
    return f"install {wanted} with your system's package manager"
