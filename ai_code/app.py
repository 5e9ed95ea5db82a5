"""Wiring: the ports to their parts, exceptions to exit codes. The only reader of os.environ."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ai_code.core.errors import AiCodeError, Stopped, UsageError
from ai_code.core.exits import ExitCode
from ai_code.system.clock import SystemClock
from ai_code.system.config_files import ConfigStore, Places
from ai_code.system.console import TerminalConsole, cannot_write
from ai_code.system.files import SystemFiles
from ai_code.system.random_ids import random_uuid
from ai_code.system.signals import Signals
from ai_code.system.streams import fill_closed_descriptors, silence_stdout, stdout_fails

if TYPE_CHECKING:
    from ai_code.core.catalogue import Catalogue
    from ai_code.core.left_behind import LeftBehind
    from ai_code.core.model_notes import ModelNotes
    from ai_code.core.ports import ModelServer
    from ai_code.core.ports_models import OllamaFolder
    from ai_code.core.task import Program
    from ai_code.drill.stage import Stage
    from ai_code.system.claude_home import SystemClaudeHome
    from ai_code.system.hardware import SystemHardware
    from ai_code.system.journal import FileJournal
    from ai_code.system.leftovers import Leftovers
    from ai_code.system.limit_store import LimitStore
    from ai_code.system.machine_facts import SystemFacts
    from ai_code.system.notices import SystemNotices
    from ai_code.system.process import ProcessRoom
    from ai_code.system.programs import Programs
    from ai_code.system.server_probe import OllamaProbe
    from ai_code.system.setup_log import FileSetupLog
    from ai_code.system.site import SystemSite
    from ai_code.system.stdin import PipedInput
    from ai_code.system.trees import RealTrees

T = TypeVar("T")
_ASKING_S = 0.9
"""All questions to the model's server before a run: in under a second somebody is answered."""

_PATIENT_S = 10.0
"""One call of a command that is about models: a server that loads one answers late."""
_PROBE_S = 2.0
"""One question of the doctor to the model's server."""


class SystemProcesses:
    """The port ``Processes``: programs found by one part, run by another."""

    def __init__(self, programs: Programs, room: ProcessRoom) -> None:
        self.find = programs.find
        self.version: Callable[[Program], Program] = programs.version
        self.run = room.run
        self.standby = room.standby


class SystemWorld:
    """The real world, each part made when it is first asked for. See ``flows.world.World``."""

    def __init__(self, environ: Mapping[str, str], after_dashes: tuple[str, ...] = ()) -> None:
        self.environ = environ
        self.after_dashes = after_dashes
        self.signals = Signals()
        self.clock = SystemClock(environ.get("TZ", ""))
        self.console = TerminalConsole(environ)
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
    def processes(self) -> SystemProcesses:
        from ai_code.system.programs import Programs

        cache = self.places.cache_dir / "programs.json"
        programs = Programs(self.environ, cache, self.programs_dir / "bin")
        return SystemProcesses(programs, self._room)

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

    def ollama_folder(self, names: Sequence[str]) -> OllamaFolder:
        from ai_code.system.ollama_folder import find_ollama_folder

        return find_ollama_folder(self.environ, self.places.home, names)

    def scratch(self) -> AbstractContextManager[Path]:
        from ai_code.system.scratch_folder import scratch_folder

        return scratch_folder()

    def background(self, work: Callable[[], T]) -> Callable[[], T]:
        from ai_code.system.background import start

        return start(work)

    def piped_input(self, *, wait: bool, tell: Callable[[], None]) -> PipedInput:
        from ai_code.system.stdin import read_piped

        return read_piped(wait=wait, tell=tell)

    def undisturbed(self) -> AbstractContextManager[None]:
        return self.signals.deferred()

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

        return SystemFacts(self.environ, self.processes.find)

    def server_probe(
        self, base_url: str, headers: Mapping[str, str], ca_file: str = ""
    ) -> OllamaProbe:
        from ai_code.system.server_probe import OllamaProbe

        return OllamaProbe(base_url, headers, timeout_s=_PROBE_S, ca_file=ca_file)

    def close(self) -> None:
        if "_room" in self.__dict__:
            self._room.close()


def run(argv: Sequence[str]) -> int:
    """One command line, start to end; the exit code."""
    fill_closed_descriptors()
    world = SystemWorld(dict(os.environ), _after_dashes(argv))
    world.signals.install()
    try:
        from ai_code.cli.main import main

        code = int(main(argv, world))
        if sys.stdout:
            sys.stdout.flush()
        return code
    except AiCodeError as error:
        world.console.error(error)
        return int(error.exit_code)
    except Stopped as stopped:
        world.console.status("")
        return 128 + stopped.signum
    except BrokenPipeError:
        # Whoever read our output has had enough; Python must not complain about it at the end.
        silence_stdout()
        return 128 + 13
    except Exception as error:  # noqa: BLE001  the one broad except: a bug becomes a report
        if isinstance(error, OSError) and stdout_fails(error):
            return stdout_failed(error, world.console)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return _disk_full(world, error)
        return _bug(world, error)
    finally:
        world.signals.ignore()
        world.close()


def stdout_failed(error: OSError, console: TerminalConsole | None = None) -> int:
    """Standard output takes no more (a full disk): the exit code, after one clear error."""
    silence_stdout()
    told = cannot_write("what ai-code prints", error)
    (console or TerminalConsole(os.environ)).error(told)
    return int(told.exit_code)


def _after_dashes(argv: Sequence[str]) -> tuple[str, ...]:
    """What follows the first ``--`` is the first engine's."""
    return tuple(argv[list(argv).index("--") + 1 :]) if "--" in argv else ()


def _disk_full(world: SystemWorld, error: OSError) -> int:
    where = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    full = AiCodeError("the disk is full", why=where, hint=f"df -h {world.state_dir}")
    world.console.error(full)
    return int(full.exit_code)


def _bug(world: SystemWorld, error: Exception) -> int:
    import platform
    import traceback

    from ai_code import __version__

    report = world.state_dir / "reports" / f"bug-{int(world.clock.now())}.txt"
    told = (
        f"ai-code {__version__}, Python {platform.python_version()}, {platform.platform()}\n\n"
        + "".join(traceback.format_exception(error))
    )
    try:
        world.files.write(report, told)
        where = f"what happened is written down in {report}"
    except OSError:
        where = told
    world.console.error(
        AiCodeError(
            f"a bug of ai-code's: {type(error).__name__}: {error}",
            why=f"Your files are as the engines left them; {where}",
            hint="please report it with that file",
        )
    )
    return int(ExitCode.BUG)
