"""Systems that these tests do not run on: the flows' fake world with programs that answer as a
test says, and a file system of its own where the system's files would lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ai_code.core.command import Command
from ai_code.core.exits import Exit
from ai_code.core.machine import Machine
from ai_code.core.ports import Listener, ModelServerError
from ai_code.core.setup import StepResult
from ai_code.core.task import Program
from ai_code.flows.setup.conversation import Outcome, Setup
from ai_code.flows.setup.ground import Options
from ai_code.flows.setup.removing import Removed, Removing
from ai_code.system.config_files import ConfigStore, Places
from ai_code.system.setup_log import FileSetupLog
from ai_code.system.site import SystemSite
from tests.flows.fake_world import FakeWorld


class Scripted:
    """Programs: name → what it prints, or (exit code, text) for a beginning of its arguments."""

    def __init__(self) -> None:
        self.there: dict[str, dict[str, tuple[int, str]]] = {}
        self.ran: list[str] = []

    def add(self, name: str, **answers: tuple[int, str]) -> None:
        self.there[name] = {key.replace("_", " "): value for key, value in answers.items()}

    def find(self, argv: tuple[str, ...]) -> Program | None:
        name = Path(argv[0]).name
        return Program((f"/programs/{name}", *argv[1:])) if name in self.there else None

    def version(self, program: Program, *, away: bool = False) -> Program:
        return program._replace(version=(1, 2, 3))

    def run(self, command: Command, listener: Listener) -> Exit:
        name = Path(command.argv[0]).name
        words = " ".join(command.argv[1:])
        self.ran.append(f"{name} {words}")
        for start, (code, text) in self.there.get(name, {}).items():
            if words.startswith(start):
                listener.output("out", text.encode())
                return Exit(code)
        return Exit(0)


class OtherSite(SystemSite):
    """A system as the test has it."""

    free: int | None = 100_000_000_000
    fitting: str | None = "/programs/python3.12"

    def free_bytes(self, path: Path) -> int | None:
        return self.free

    def python(self, minors: object) -> str | None:
        return self.fitting


@dataclass
class Elsewhere:
    """One machine. ``root`` holds its /etc and /proc."""

    world: Any
    config: ConfigStore
    site: OtherSite
    programs: Scripted
    root: Path
    config_file: Path
    log: FileSetupLog
    results: list[StepResult] = field(default_factory=list)

    def file(self, path: str, text: str = "") -> None:
        full = self.root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(text)

    def setup(self, *steps: Any, **options: Any) -> Outcome:
        return Setup(self.world, self.config, Options(steps=steps, **options)).go()

    def step(self, name: Any, **options: Any) -> StepResult:
        [result] = self.setup(name, **options).results
        return result

    def remove(self) -> tuple[Removed, ...]:
        return Removing(self.world, self.config, Options(yes=True)).go()

    def answers(self, *replies: str) -> None:
        self.world.console.terminal()
        self.world.console.answers.extend(replies)

    def comes_up_after(self, command: str) -> None:
        """Ollama answers once that was run."""
        server = self.world.server

        def version() -> str:
            if command not in self.programs.ran:
                raise ModelServerError("refused", "Connection refused")
            return "0.13.5"

        server.version = version

    @property
    def told(self) -> str:
        """All that was said, with single blanks: lines are broken anywhere."""
        return " ".join(self.world.console.told.split())


def elsewhere(world: FakeWorld, tmp_path: Path, environ: Mapping[str, str]) -> Elsewhere:
    """A machine without anything; no server answers."""
    root = tmp_path / "root"
    root.mkdir()
    places = Places.from_environ(environ)
    site = OtherSite(environ, places.home, places.config_file, places.state_dir, root)
    there: Any = world
    there.programs_dir = places.data_dir
    there.site, there.setup_log = site, FileSetupLog(places.state_dir / "setup.json")
    there.processes = Scripted()
    there.hardware.machine = Machine(32 << 30, 24 << 30)
    store = ConfigStore(places, environ, world.cwd)
    made = Elsewhere(there, store, site, there.processes, root, places.config_file, there.setup_log)
    world.server.error = ModelServerError("refused", "Connection refused")
    made.comes_up_after("nothing")
    return made
