"""The engines that there are, one line each: name → module and class. ``engines/registry.py``
imports them when they are used; settings know their names from here."""

from __future__ import annotations

FIRST = {"claude": "ai_code.engines.claude:ClaudeEngine"}
LOCAL = {
    "aider": "ai_code.engines.aider:AiderEngine",
    "claude-local": "ai_code.engines.claude.local:ClaudeLocalEngine",
    "opencode": "ai_code.engines.opencode:OpencodeEngine",
    "codex": "ai_code.engines.codex:CodexEngine",
    "goose": "ai_code.engines.goose:GooseEngine",
    "pi": "ai_code.engines.pi:PiEngine",
    "qwen": "ai_code.engines.qwen:QwenEngine",
    "vibe": "ai_code.engines.vibe:VibeEngine",
    "custom": "ai_code.engines.custom:CustomEngine",
}
"""Engines that work on a local model, in the order in which they are listed."""


def known_names(which: str) -> tuple[str, ...]:
    """Names that a setting takes: ``any`` engine, or a ``local`` one."""
    return tuple(LOCAL) if which == "local" else ("auto", *FIRST, *LOCAL)
