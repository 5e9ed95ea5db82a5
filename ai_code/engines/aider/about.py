"""What is known of aider. Facts: its documentation, and what tests of ours show."""

from __future__ import annotations

from ai_code.core.about import NO, YES, About, Can, Install

ABOUT = About(
    program="aider",
    version="0.86.2",
    homepage="https://aider.chat",
    licence="Apache-2.0",
    install=Install("aider", "aider-chat", "Python 3.10 to 3.12"),
    can={
        "edit": YES,
        "run": NO,
        "search": Can("part", "repo map"),
        "subagents": NO,
        "memory": NO,
        "plan": Can("part", "ask mode", tested=True),
        "mcp": NO,
        "git": Can("yes", "strongest"),
        "sandbox": NO,
    },
    wire="ollama",
    sends_ctx=True,
    chats=True,
    needs_tools=False,
    least_context=2048,
)
