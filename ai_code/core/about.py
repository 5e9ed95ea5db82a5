"""What is known of an engine before it runs: how it is got, what it can, what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Ability = Literal["edit", "run", "search", "subagents", "memory", "plan", "mcp", "git", "sandbox"]
ABILITIES: Mapping[Ability, str] = {
    "edit": "edits files",
    "run": "runs commands",
    "search": "searches code",
    "subagents": "subagents",
    "memory": "memory files",
    "plan": "plan mode",
    "mcp": "MCP",
    "git": "git",
    "sandbox": "own sandbox",
}
"""What people compare, in words."""

Mode = Literal["edit", "ask", "plan"]
MODES: tuple[Mode, ...] = ("edit", "ask", "plan")
"""What is asked of an engine: to change files, to answer a question, to make a plan. The last two
change nothing."""

Wire = Literal["ollama", "chat", "responses", "messages"]
"""The interface of Ollama's that an engine speaks: its own, OpenAI's two, Anthropic's."""

WIRE_SINCE: Mapping[Wire, tuple[int, ...]] = {
    # Release notes of Ollama: /v1/responses came with 0.13.3, /v1/messages with 0.14.0.
    "ollama": (0, 1, 0),
    "chat": (0, 1, 24),
    "responses": (0, 13, 3),
    "messages": (0, 14, 0),
}
"""The first version of Ollama that has it."""


class Can(NamedTuple):
    """Whether an engine can something as ai-code starts it. ``how`` says it in a word or two;
    ``tested``: a test of ours shows it, else it is what its documents say."""

    answer: Literal["yes", "part", "no"]
    how: str = ""
    tested: bool = False

    @property
    def words(self) -> str:
        """As a table has it."""
        return self.how or self.answer


YES, NO = Can("yes", tested=True), Can("no")


class Install(NamedTuple):
    """The official way to get it. ``needs`` says in words what it wants beside (``Node 22``)."""

    how: Literal["npm", "pypi", "aider", "claude", "yours"]
    package: str = ""
    needs: str = ""
    node: int = 0
    """The major version of Node.js that its makers ask for; 0 where any will do that is in use."""
    python: tuple[int, int] = (0, 0)
    """The least Python; (0, 0) where it needs none of its own."""


class About(NamedTuple):
    """``program`` is what is looked for on the PATH, ``version`` the one it was tested with.

    ``loads`` are names of the memory files that it reads by itself from its folder, as long as
    they fit; ``memory_files`` are those of its own kind, which come with the prompt beside those
    of every engine. ``sends_ctx``: it tells the server which context to load the model with.
    ``chats``: it has a screen of its own that ai-code can lend the terminal to. ``needs_tools``:
    the model has to call tools."""

    program: str
    version: str
    homepage: str
    licence: str
    install: Install
    can: Mapping[Ability, Can]
    wire: Wire
    modes: frozenset[Mode] = frozenset(MODES)
    loads: frozenset[str] = frozenset()
    memory_files: tuple[str, ...] = ()
    sends_ctx: bool = False
    chats: bool = False
    chat_note: str = ""
    """What a person would take amiss on that screen otherwise."""
    resumes: bool = False
    """It can go on with a session of Claude's."""
    needs_tools: bool = True
    least_context: int = 16384
    """Tokens of the model's context below which its own first request leaves no room."""

    @property
    def wanted_context(self) -> int:
        """Tokens that a model has to have been made for: an engine that tells the server its
        context makes do with any."""
        return 0 if self.sends_ctx else self.least_context

    @property
    def package(self) -> str:
        """What a package manager is asked for."""
        pin = {"npm": "@", "pypi": "=="}.get(self.install.how)
        return f"{self.install.package}{pin}{self.version}" if pin else self.install.package
