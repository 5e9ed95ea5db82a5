"""On NixOS or under Home Manager: the lines to write instead of installations. Pure."""

from __future__ import annotations

from collections.abc import Collection

from ai_code.core.ports_setup import NixKind
from ai_code.core.setup import StepName

_UNFREE = (
    "nixpkgs.config.allowUnfreePredicate = pkg:",
    '  builtins.elem (lib.getName pkg) [ "claude-code" ];',
)
GUIDE = "docs/en/nix.md"


def nix_lines(missing: Collection[StepName], model: str) -> list[str]:
    """Options of the Home Manager module (home-modules/ai-code.nix) that bring what is missing.
    ``model`` is what to pull; empty where none suits."""
    lines = ["programs.ai-code = {", "  enable = true;"]
    if "claude" in missing:
        lines.append("  claude-code.enable = true;   # unfree: the permission below")
    if model and ("model" in missing or "service" in missing):
        lines.append(f'  ollama.models = [ "{_escaped(model)}" ];')
    lines.append("};")
    if "git" in missing:
        lines.append("programs.git.enable = true;")
    if "claude" in missing:
        lines += _UNFREE
    return lines


def switch_command(kind: NixKind) -> str:
    """What makes them count."""
    return "home-manager switch" if kind == "home-manager" else "sudo nixos-rebuild switch"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("${", "\\${")
