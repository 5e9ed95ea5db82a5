"""What one engine is given: everything it needs to write its command line, and no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from ai_code.core.brief import Brief
    from ai_code.core.command import Request


FENCE_LOG = "fence"
"""Name of the file in a local engine's folder where the fence tells what it refused."""
COUNTS_LOG = "counts"
"""Name of the file beside it with what the server counted: one ``[prompt tokens, answer tokens,
answer's nanoseconds]`` in JSON on a line for each answer."""


class Program(NamedTuple):
    """An installed program: how it is started, and which version answers (None: unknown)."""

    argv: tuple[str, ...]
    version: tuple[int, ...] | None = None

    @property
    def version_text(self) -> str:
        return ".".join(map(str, self.version)) if self.version else ""


class Session(NamedTuple):
    """Which conversation: a new one with a preset id, a known one, or the most recent."""

    mode: Literal["new", "resume", "continue"]
    id: str = ""


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
    """``subscription``, ``api-key``, ``token`` or ``none``: which account a limit belongs to."""


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
    in_git: bool = True
    fence_dir: Path | None = None
    describe_reset: Callable[[int], str] | None = None
    """Makes words of a reset's epoch, for an early warning."""
