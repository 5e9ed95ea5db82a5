"""The world as flows and commands see it: one bundle of ports, wired by app."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from ai_code.flows.chain import ContextFiles

if TYPE_CHECKING:
    from ai_code.core.catalogue import Catalogue
    from ai_code.core.known_limits import KnownLimit
    from ai_code.core.left_behind import LeftBehind
    from ai_code.core.model_notes import ModelNotes
    from ai_code.core.ports import (
        ClaudeHome,
        Clock,
        Console,
        Hardware,
        ModelServer,
        Processes,
        Relay,
    )
    from ai_code.core.ports_hooks import ClaudeSettings
    from ai_code.core.ports_machine import MachineFacts, ServerProbe
    from ai_code.core.ports_memory import MemoryIndex, NoteStore
    from ai_code.core.ports_models import OllamaFolder
    from ai_code.core.ports_sessions import Transcripts, Untold
    from ai_code.core.ports_setup import SetupLog, Site
    from ai_code.core.ports_terminal import Terminal
    from ai_code.core.ports_tree import Journal, Trees
    from ai_code.core.task import LocalModel
    from ai_code.core.verdict import LimitReached
    from ai_code.flows.drill import Stage
    from ai_code.settings.ports import Config

T = TypeVar("T")


class Limits(Protocol):
    """What is remembered of limits, per account (``scope``). Entries end with their reset."""

    def record(self, scope: str, limit: LimitReached, seen_at: int) -> None: ...
    def clear(self, scope: str) -> None: ...
    def current(self, scope: str, now: int) -> Sequence[KnownLimit]: ...
    def all(self, now: int) -> Sequence[KnownLimit]: ...
    def over(self, scope: str, now: int) -> Sequence[KnownLimit]:
        """Those whose reset has passed within the last day, and Claude has not worked since."""


class Files(ContextFiles, Protocol):
    """Small files of ours, and what is known of others."""

    def exact(self, path: Path, root: Path) -> bytes | None:
        """All bytes of a regular file inside ``root``; None where nothing is there. Raises
        OSError: it leads elsewhere, or is no file."""

    def replace(self, path: Path, root: Path, before: bytes | None, after: bytes) -> bool:
        """Writes ``after`` in the place of ``before``, mode and links kept; False where something
        else stands there by now. Raises OSError."""

    def remove(self, path: Path) -> None:
        """Removes a folder of ours with all that is in it; nothing where there is none."""

    def link(self, path: Path, target: Path) -> None:
        """Makes ``path`` a link to ``target``, in the place of whatever link was there."""

    def folder(self, path: Path) -> None:
        """Makes a folder that only we may read, and what is missing above it."""


class Notices(Protocol):
    """Tells the person outside the terminal. ``how`` is ``desktop`` or a command. Nothing here
    raises, and no run waits for a command of the person's."""

    @property
    def has_timers(self) -> bool:
        """Whether ``tell_at`` can do anything on this machine."""

    def tell(self, how: str | Sequence[str], title: str, text: str, event: str) -> str:
        """Begins to tell it now; what went wrong at once, or nothing."""

    def failures(self) -> list[str]:
        """What went wrong since, with those that have ended; each is given once."""

    def tell_at(
        self, how: str | Sequence[str], title: str, text: str, event: str, *, at: int, account: str
    ) -> str:
        """At an epoch, after we have ended; in the place of an earlier one for ``account``.
        What went wrong, or nothing."""

    def forget(self, account: str) -> None:
        """What was to be told for ``account`` is not told."""


class World(Protocol):
    """Everything outside. Parts are made when they are first used: most runs need few."""

    @property
    def environ(self) -> Mapping[str, str]: ...
    @property
    def shown_as(self) -> str:
        """How the person called this program, as a shell reads it; empty: ``ai-code``. Commands
        that are shown begin with it (``core.pasting.shown_command``)."""

    @property
    def cwd(self) -> Path: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def console(self) -> Console: ...
    @property
    def processes(self) -> Processes: ...
    @property
    def terminal(self) -> Terminal: ...
    @property
    def hardware(self) -> Hardware: ...
    @property
    def trees(self) -> Trees: ...
    @property
    def journal(self) -> Journal: ...
    @property
    def limits(self) -> Limits: ...
    @property
    def catalogue(self) -> Catalogue:
        """What is known of models. Raises ConfigError where the person's own file is wrong."""

    @property
    def model_notes(self) -> ModelNotes: ...
    @property
    def claude_home(self) -> ClaudeHome: ...
    @property
    def claude_settings(self) -> ClaudeSettings: ...
    @property
    def transcripts(self) -> Transcripts: ...
    @property
    def untold(self) -> Untold: ...
    @property
    def files(self) -> Files: ...
    @property
    def notes(self) -> NoteStore: ...
    @property
    def memory_index(self) -> MemoryIndex: ...
    @property
    def site(self) -> Site: ...
    @property
    def setup_log(self) -> SetupLog: ...
    @property
    def notices(self) -> Notices: ...
    @property
    def fence_dir(self) -> Path: ...
    @property
    def has_kernel_fence(self) -> bool:
        """Whether this system's kernel keeps a program from writing where it may not."""

    @property
    def has_network_fence(self) -> bool:
        """Whether that fence lets a program reach the model's server only: not with every kernel
        that has one."""

    @property
    def programs_dir(self) -> Path:
        """Where programs that we installed for the person lie; ``bin`` in it is looked through
        after the PATH."""

    @property
    def ca_bundle(self) -> Path | None:
        """The system's certificates of authorities in one PEM file, where there is one."""

    def model_server(
        self, base_url: str, headers: Mapping[str, str], ca_file: str = ""
    ) -> ModelServer:
        """``ca_file`` (PEM) is what an https address is checked against; empty: the system's."""

    def patient_server(
        self, base_url: str, headers: Mapping[str, str], ca_file: str = ""
    ) -> ModelServer:
        """The same, for commands whose answer a person waits for: with time for each call."""

    def local_soon(self) -> None:
        """Loads the parts that a local engine's turn will ask for, so that it begins sooner."""

    def relay(self, model: LocalModel, temperature: float | None = None) -> Relay:
        """A loopback address for one attempt that leads to the model's server. It tells the model
        ``temperature`` where the engine tells it none."""

    def ollama_folder(self, names: Sequence[str], said: str = "") -> OllamaFolder:
        """Where a server on this machine keeps its models: ``said``, where that is a path, else
        one of the usual places, of several the one that has one of these."""

    def scratch(self) -> AbstractContextManager[Path]:
        """A folder of its own for work that nobody keeps; gone when the block ends."""

    def background(self, work: Callable[[], T]) -> Callable[[], T]:
        """Starts ``work`` beside us; the returned function waits for its value. What it raises
        is raised there."""

    def undisturbed(self, seconds: float = math.inf) -> AbstractContextManager[None]:
        """Inside, a signal waits until the end: for steps that must not be left half done. After
        so many ``seconds`` the next one waits no more."""

    def drill_stage(self, *, keep: bool) -> Stage:
        """Where drills are played; ``keep`` leaves the scratch folders."""

    def new_id(self) -> str:
        """A fresh UUID, for a session."""

    def running(self, run_id: str) -> None:
        """Names the run that processes started from now on belong to."""

    def sweep_leftovers(self) -> Sequence[str]:
        """Ends what killed runs of ours left running; their ids."""

    def left_behind(self) -> LeftBehind:
        """What such a sweep, and ``tidy_leftovers``, would find. Changes nothing."""

    def tidy_leftovers(self) -> None:
        """Removes locks and half-written files of runs that are no more."""

    @property
    def config(self) -> Config:
        """The settings files, and what they say."""

    @property
    def state_dir(self) -> Path:
        """Where our state lies: journal, limits, trust."""

    @property
    def machine_facts(self) -> MachineFacts: ...
    def server_probe(
        self, base_url: str, headers: Mapping[str, str], ca_file: str = ""
    ) -> ServerProbe:
        """An Ollama server as a doctor asks it; each call has a time limit of its own."""
