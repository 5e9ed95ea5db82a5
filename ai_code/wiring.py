"""The real world: each port with the part that stands behind it, made when it is first used."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ai_code.core.errors import UsageError
from ai_code.system.clock import SystemClock
from ai_code.system.config_files import ConfigStore, Places
from ai_code.system.console import TerminalConsole
from ai_code.system.files import SystemFiles
from ai_code.system.random_ids import random_uuid
from ai_code.system.signals import Signals

if TYPE_CHECKING:
    from ai_code.core.catalogue import Catalogue
    from ai_code.core.left_behind import LeftBehind
    from ai_code.core.model_notes import ModelNotes
    from ai_code.core.ports import ModelServer, Relay
    from ai_code.core.ports_models import OllamaFolder
    from ai_code.core.task import LocalModel
    from ai_code.drill.stage import Stage
    from ai_code.system.asked import Asked
    from ai_code.system.claude_home import SystemClaudeHome
    from ai_code.system.claude_settings import FileClaudeSettings
    from ai_code.system.hardware import SystemHardware
    from ai_code.system.journal import FileJournal
    from ai_code.system.leftovers import Leftovers
    from ai_code.system.lending import LentTerminal
    from ai_code.system.limit_store import LimitStore
    from ai_code.system.machine_facts import SystemFacts
    from ai_code.system.memory_index import SqliteIndex
    from ai_code.system.note_files import NoteFiles
    from ai_code.system.notices import SystemNotices
    from ai_code.system.process import ProcessRoom
    from ai_code.system.processes import SystemProcesses
    from ai_code.system.server_probe import OllamaProbe
    from ai_code.system.setup_log import FileSetupLog
    from ai_code.system.site import SystemSite
    from ai_code.system.stdin import PipedInput
    from ai_code.system.transcripts import FileTranscripts
    from ai_code.system.trees import RealTrees
    from ai_code.system.untold import UntoldTrees

T = TypeVar("T")
_ASKING_S = 0.9
"""All questions to the model's server before a run: in under a second somebody is answered."""

_PATIENT_S = 10.0
"""One call of a command that is about models: a server that loads one answers late."""
SHOWN_AS = "_AI_CODE_SHOWN_AS"
"""How the launcher of a checkout was called, where a shell would not find ``ai-code``. For our
own lines alone: no program that we start gets it."""
_PROBE_S = 2.0
"""One question of the doctor to the model's server."""
_LOCAL_SIDE = (
    *("background", "ollama", "connection", "catalogue_files", "model_notes", "hardware", "trees"),
    *("tree_facts", "workspace", "transcripts", "fenced", "fence.landlock", "relay", "local_zone"),
)
"""What stands behind the ports that a local engine's turn asks for."""


class SystemWorld:
    """The real world, each part made when it is first asked for. See ``flows.world.World``."""

    def __init__(self, environ: Mapping[str, str], after_dashes: tuple[str, ...] = ()) -> None:
        self.environ = {name: value for name, value in environ.items() if name != SHOWN_AS}
        self.shown_as = _for_a_shell(environ.get(SHOWN_AS, ""))
        self.after_dashes = after_dashes
        self.signals = Signals()
        self.clock = SystemClock(environ.get("TZ", ""))
        self.console = TerminalConsole(environ)
        self.console.shown_as = self.shown_as
        self.files = SystemFiles()
        self.places = Places.from_environ(environ)
        self.fence_dir = Path(__file__).parent / "system" / "fence"

    @cached_property
    def cwd(self) -> Path:
        try:
            return Path.cwd()
        except FileNotFoundError as error:
            raise UsageError(
                "the folder you stand in does not exist any more", hint="cd"
            ) from error

    @property
    def state_dir(self) -> Path:
        return self.places.state_dir

    @cached_property
    def has_kernel_fence(self) -> bool:
        from ai_code.system.fenced import kernel_fence

        return kernel_fence() > 0

    @cached_property
    def has_network_fence(self) -> bool:
        from ai_code.system.fenced import network_fence

        return network_fence()

    def local_soon(self) -> None:
        """See ``flows.world.World.local_soon``."""
        from importlib import import_module

        for name in _LOCAL_SIDE:
            import_module(f"ai_code.system.{name}")
        # Reads the zone's file.
        self.clock.local_tz().utcoffset(None)

    def relay(self, model: LocalModel, temperature: float | None = None) -> Relay:
        """See ``flows.world.World.relay``."""
        from ai_code.system.relay import LoopbackRelay

        return LoopbackRelay(model, temperature)

    @property
    def programs_dir(self) -> Path:
        return self.places.data_dir

    @cached_property
    def config(self) -> ConfigStore:
        return ConfigStore(self.places, self.environ, self.cwd)

    @cached_property
    def leftovers(self) -> Leftovers:
        from ai_code.system.leftovers import Leftovers

        return Leftovers(self.state_dir / "running")

    @cached_property
    def _room(self) -> ProcessRoom:
        from ai_code.system.process import ProcessRoom

        return ProcessRoom(dict(self.environ), self.signals, self.leftovers)

    @cached_property
    def _asked(self) -> Asked:
        from ai_code.system.asked import Asked

        return Asked()

    @cached_property
    def processes(self) -> SystemProcesses:
        from ai_code.system.processes import SystemProcesses
        from ai_code.system.programs import Programs

        cache = self.places.cache_dir / "programs.json"
        programs = Programs(self.environ, cache, self.programs_dir / "bin", self._asked)
        return SystemProcesses(programs, self._room)

    @cached_property
    def terminal(self) -> LentTerminal:
        from ai_code.system.lending import LentTerminal

        return LentTerminal(self.environ, self.signals, self.leftovers)

    @cached_property
    def hardware(self) -> SystemHardware:
        from ai_code.system.hardware import SystemHardware

        return SystemHardware()

    @cached_property
    def trees(self) -> RealTrees:
        from ai_code.system.trees import RealTrees

        return RealTrees(self.state_dir, self.environ)

    @cached_property
    def journal(self) -> FileJournal:
        from ai_code.system.journal import FileJournal

        return FileJournal(self.state_dir)

    @cached_property
    def limits(self) -> LimitStore:
        from ai_code.system.limit_store import LimitStore

        return LimitStore(self.state_dir / "limits.json")

    @cached_property
    def catalogue(self) -> Catalogue:
        from ai_code.system.catalogue_files import load_catalogue

        return load_catalogue(self.places.config_file.with_name("models.yaml"))

    @cached_property
    def model_notes(self) -> ModelNotes:
        from ai_code.system.model_notes import FileModelNotes

        return FileModelNotes(self.state_dir / "models.json")

    @cached_property
    def site(self) -> SystemSite:
        from ai_code.system.site import SystemSite

        places = self.places
        return SystemSite(self.environ, places.home, places.config_file, self.state_dir)

    @cached_property
    def setup_log(self) -> FileSetupLog:
        from ai_code.system.setup_log import FileSetupLog

        return FileSetupLog(self.state_dir / "setup.json")

    @cached_property
    def notices(self) -> SystemNotices:
        from ai_code.system.notices import SystemNotices

        return SystemNotices(self.environ, self.processes.find)

    @cached_property
    def claude_home(self) -> SystemClaudeHome:
        from ai_code.system.claude_home import SystemClaudeHome

        return SystemClaudeHome(self.environ, self.places.home)

    @cached_property
    def claude_settings(self) -> FileClaudeSettings:
        from ai_code.system.claude_settings import FileClaudeSettings

        return FileClaudeSettings(self.claude_home.config_dir, self.state_dir / "hooks.json")

    @cached_property
    def transcripts(self) -> FileTranscripts:
        from ai_code.system.transcripts import FileTranscripts

        return FileTranscripts(self.claude_home.config_dir)

    @cached_property
    def untold(self) -> UntoldTrees:
        from ai_code.system.untold import UntoldTrees

        return UntoldTrees(self.state_dir)

    @cached_property
    def notes(self) -> NoteFiles:
        from ai_code.system.note_files import NoteFiles

        return NoteFiles(self.state_dir)

    @cached_property
    def memory_index(self) -> SqliteIndex:
        from ai_code.system.memory_index import SqliteIndex

        return SqliteIndex(self.state_dir / "memory" / "index.sqlite3")

    @property
    def ca_bundle(self) -> Path | None:
        from ai_code.system.connection import system_bundle

        return system_bundle()

    def model_server(
        self, base_url: str, headers: Mapping[str, str], ca_file: str = ""
    ) -> ModelServer:
        from ai_code.system.ollama import OllamaServer

        return OllamaServer(base_url, headers, budget_s=_ASKING_S, ca_file=ca_file)

    def patient_server(
        self, base_url: str, headers: Mapping[str, str], ca_file: str = ""
    ) -> ModelServer:
        from ai_code.system.ollama import OllamaServer

        return OllamaServer(base_url, headers, timeout_s=_PATIENT_S, ca_file=ca_file)

    def ollama_folder(self, names: Sequence[str], said: str = "") -> OllamaFolder:
        from ai_code.system.ollama_folder import find_ollama_folder

        return find_ollama_folder(said, self.places.home, names)

    def scratch(self) -> AbstractContextManager[Path]:
        from ai_code.system.scratch_folder import scratch_folder

        return scratch_folder(self.environ)

    def background(self, work: Callable[[], T]) -> Callable[[], T]:
        from ai_code.system.background import start

        return start(work)

    def piped_input(self, *, wait: bool, tell: Callable[[], None]) -> PipedInput:
        from ai_code.system.stdin import read_piped

        return read_piped(wait=wait, tell=tell)

    def undisturbed(self, seconds: float = math.inf) -> AbstractContextManager[None]:
        return self.signals.deferred(seconds)

    def drill_stage(self, *, keep: bool) -> Stage:
        from ai_code.drill.stage import Stage

        return Stage(self.processes, self.environ, keep=keep)

    def new_id(self) -> str:
        return random_uuid()

    def running(self, run_id: str) -> None:
        self.leftovers.belong_to(run_id)

    def sweep_leftovers(self) -> Sequence[str]:
        return self.leftovers.sweep()

    def left_behind(self) -> LeftBehind:
        return self.leftovers.look()

    def tidy_leftovers(self) -> None:
        self.leftovers.tidy()

    @cached_property
    def machine_facts(self) -> SystemFacts:
        from ai_code.system.machine_facts import SystemFacts

        return SystemFacts(self.environ, self.processes.find, asked=self._asked)

    def server_probe(
        self, base_url: str, headers: Mapping[str, str], ca_file: str = ""
    ) -> OllamaProbe:
        from ai_code.system.server_probe import OllamaProbe

        return OllamaProbe(base_url, headers, timeout_s=_PROBE_S, ca_file=ca_file)

    def close(self) -> None:
        if "_asked" in self.__dict__:
            self._asked.end_all()
        if "_room" in self.__dict__:
            self._room.close()


def _for_a_shell(path: str) -> str:
    """A path as it can be typed; empty where it could not be shown whole."""
    if not path.isprintable():
        return ""
    import shlex

    return shlex.quote(path) if path else ""
