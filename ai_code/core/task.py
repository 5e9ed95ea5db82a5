"""What one engine is given: everything it needs to write its command line, and no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from ai_code.core.about import Mode
    from ai_code.core.brief import Brief
    from ai_code.core.command import Request


FENCE_LOG = "fence"
"""Name of the file in a local engine's folder where the fence tells what it refused."""
COUNTS_LOG = "counts"
"""Name of the file beside it with what the server counted: one ``[prompt tokens, answer tokens,
answer's nanoseconds]`` in JSON on a line for each answer."""


IN_A_RUN = "AI_CODE_IN_RUN"
"""Variable of an engine's environment: a run of ours began it, and tells it all itself. Our hooks
in Claude's settings stay silent then."""


class Program(NamedTuple):
    """An installed program: how it is started, and which version answers (None: unknown)."""

    argv: tuple[str, ...]
    version: tuple[int, ...] | None = None

    @property
    def version_text(self) -> str:
        return ".".join(map(str, self.version)) if self.version else ""


class Session(NamedTuple):
    """Which conversation: a new one with a preset id, a known one, or the most recent. ``model``
    is the one that it had, where that is known."""

    mode: Literal["new", "resume", "continue"]
    id: str = ""
    model: str = ""


class LocalModel(NamedTuple):
    """A model that was found fit: where it is served and with which context.

    ``num_ctx`` is in tokens; ``headers`` go with every request (a reverse proxy's key);
    ``ca_file`` is the PEM file that an https server is checked against.
    """

    name: str
    base_url: str
    num_ctx: int
    headers: Mapping[str, str] = MappingProxyType({})
    keep_alive: str | None = None
    ca_file: str = ""
    base_name: str = ""
    """The model that this one is a variant of; empty where it is none."""
    most_ctx: int = 0
    """Tokens that it was made for; 0 where the server does not tell."""

    @property
    def shown(self) -> str:
        """The name that people know it by."""
        return self.base_name or self.name


class ClaudeFolder(NamedTuple):
    """What the user's Claude configuration says about one folder."""

    has_folder_settings: bool
    """The folder brings settings, hooks or MCP servers of its own."""
    trusted: bool
    permission_mode: str | None
    """The mode that settings in force choose, if any."""
    subscription: bool
    config_dir: Path
    auth: str
    """``subscription``, ``api-key``, ``token`` or ``none``."""

    @property
    def account(self) -> str:
        """The account that a limit belongs to: configuration folder and kind of login."""
        return f"{self.config_dir}|{self.auth}"


class Resume(NamedTuple):
    """A session of Claude's that a local engine may go on with: its rows, in which the paths of
    the person's tree are the worktree's."""

    id: str
    rows: str


class Task(NamedTuple):
    """One attempt of one engine. ``environ`` is the inherited environment, to be looked at."""

    request: Request
    program: Program
    workdir: Path
    run_dir: Path
    environ: Mapping[str, str] = MappingProxyType({})
    extra_args: tuple[str, ...] = ()
    stall_timeout_s: float = 0.0
    deadline_s: float = 0.0
    session: Session | None = None
    guard_folder: bool = False
    """Nobody trusted this folder: its settings and servers must not start."""
    choose_permissions: bool = False
    """Neither arguments nor settings chose a permission mode."""
    brief: Brief | None = None
    local: LocalModel | None = None
    edit_format: str = "diff"
    temperature: float = 0.0
    """Of the model's answers: from 0 to 2."""
    in_git: bool = True
    fence_dir: Path | None = None
    mode: Mode = "edit"
    commands: bool = False
    """It may run commands in its worktree."""
    fenced: bool = True
    """There is a fence for it on this system, and nobody switched it off."""
    stands_in: bool = False
    """Our fence stands around an engine whose own sandbox cannot be made on this system."""
    lean: bool = False
    """A model that is weak at calling tools: few of them, short instructions."""
    resume: Resume | None = None
    claude_dir: Path | None = None
    """The person's own configuration folder of Claude Code."""
    mcp_servers: str = ""
    """The person's own MCP servers, as Claude's record has them (a JSON object)."""
    describe_reset: Callable[[int], str] | None = None
    """Makes words of a reset's epoch, for an early warning."""
