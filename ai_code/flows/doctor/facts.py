"""What several checks look at, asked once, all of it at the same time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ai_code.core.errors import CannotStartError
from ai_code.core.models import is_variant
from ai_code.flows.doctor.container import look_container
from ai_code.flows.doctor.server_log import ServerLog, parse_log
from ai_code.flows.doctor.service import Service, look_service, look_unit
from ai_code.flows.engines_here import engines_here
from ai_code.flows.engines_set import first_engine, going_on, in_turn
from ai_code.flows.model_fit import own_authority
from ai_code.flows.setup.unit import MODELS

if TYPE_CHECKING:
    from ai_code.core.errors import ConfigError
    from ai_code.core.machine import Machine
    from ai_code.core.ports import ServedModel
    from ai_code.core.ports_machine import Bound, Ran
    from ai_code.core.task import Program
    from ai_code.flows.engines_set import EngineHere
    from ai_code.flows.world import World
    from ai_code.settings import Loaded

_LOG_LINES = 3000
_LOG_BYTES = 1 << 20
_LOG_S = 3.0
_ASK_S = 4.0


class Found:
    """A program that was looked for: found, or the reason why it cannot be started."""

    def __init__(self, world: World, argv: Sequence[str]) -> None:
        self.name = argv[0]
        self.program: Program | None = None
        self.problem: CannotStartError | None = None
        try:
            self.program = world.processes.find(argv)
        except CannotStartError as error:
            self.problem = error


class Facts:
    """Begins to look at everything when it is made; each attribute that is a function waits for
    its answer, and raises ModelServerError where the server did not give it.

    ``problem`` is set where the settings could not be loaded; ``loaded`` are then the defaults.
    """

    def __init__(self, world: World, loaded: Loaded, problem: ConfigError | None = None) -> None:
        self.world = world
        self.loaded = loaded
        self.problem = problem
        self.settings = settings = loaded.settings
        self.machine_facts = machine = world.machine_facts
        self.system = machine.system
        self.home = Path(world.environ.get("HOME") or "/")
        self.nixos = Path("/etc/NIXOS")
        parts = urlsplit(settings.ollama_api)
        self.host = parts.hostname or "127.0.0.1"
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self.server = server = world.server_probe(
            settings.ollama_api, settings.ollama_headers, own_authority(world, settings)
        )
        self._shows: dict[str, Mapping[str, Any]] = {}
        self.server_version = machine.beside(server.version)
        self.tags = machine.beside(server.models)
        self.rows = machine.beside(server.loaded_rows)
        self.bound = machine.beside(self._bound)
        self.service = machine.beside(self._service)
        self.fetching = machine.beside(self._fetching)
        self.container = machine.beside(lambda: look_container(self))
        self.claude = Found(world, settings.claude_command)
        self.aider = Found(world, settings.aider_command)
        self.ollama = Found(world, ("ollama",))
        self.claude_version = machine.beside(lambda: self._version(self.claude))
        # One after the other: both are remembered in one file.
        self.aider_version = machine.beside(
            lambda: (self.claude_version(), self._version(self.aider))[1]
        )
        self.engines = machine.beside(lambda: engines_here(world, settings))
        self.ollama_told = machine.beside(lambda: self.ask("ollama", "--version"))
        self.hardware = machine.beside(self._hardware)
        self.log = machine.beside(self._log)
        self.variables = machine.beside(self._variables)

    @property
    def here(self) -> bool:
        """Whether the server is on this machine."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")

    def going(self) -> EngineHere | None:
        """The local engine that would really go on."""
        names = in_turn(self.settings)
        return going_on([each for each in self.engines() if each.name in names])

    def engine(self) -> str:
        """Its name; the first one's where none could."""
        going = self.going()
        return going.name if going else first_engine(self.settings)

    def ask(self, *argv: str, cwd: Path | None = None, **env: str) -> Ran:
        """A small program of the machine, within seconds."""
        return self.machine_facts.run(argv, _ASK_S, cwd=cwd, env=env)

    def show(self, name: str) -> Mapping[str, Any]:
        """What the server tells of a model; nothing where it cannot."""
        from ai_code.core.ports import ModelServerError

        if name not in self._shows:
            try:
                self._shows[name] = self.server.show(name)
            except ModelServerError:
                self._shows[name] = {}
        return self._shows[name]

    def served(self) -> Sequence[ServedModel] | None:
        """What the person has installed, not the variants that we made of it; None where the
        server does not answer."""
        from ai_code.core.ports import ModelServerError

        try:
            return [each for each in self.tags() if not is_variant(each.name)]
        except ModelServerError:
            return None

    def loaded_rows(self) -> Sequence[Mapping[str, Any]]:
        """What is in memory; nothing where the server does not tell."""
        from ai_code.core.ports import ModelServerError

        try:
            return self.rows()
        except ModelServerError:
            return ()

    def _version(self, found: Found) -> Program | None:
        return self.world.processes.version(found.program) if found.program else None

    def _bound(self) -> Sequence[Bound]:
        return self.machine_facts.bound(self.port) if self.here else ()

    def _service(self) -> Service | None:
        return look_service(self.machine_facts) if self.here else None

    def _fetching(self) -> Service | None:
        """The unit that fetches models."""
        on_linux = self.here and self.system == "linux"
        return look_unit(self.machine_facts, "user", MODELS) if on_linux else None

    def _hardware(self) -> Machine:
        return self.world.hardware.memory()

    def _log(self) -> ServerLog:
        if not self.here:
            return ServerLog()
        service = self.service()
        if service is not None and service.manager != "launchd":
            text = self.machine_facts.run(service.log_command(_LOG_LINES), _LOG_S).out
            return parse_log(text)
        text_ = self.machine_facts.tail(self.home / ".ollama/logs/server.log", _LOG_BYTES)
        return parse_log(text_ or "")

    def _variables(self) -> Mapping[str, str]:
        """The server's variables as far as they can be seen: the unit's, over it the process's,
        over it what the server itself wrote down at its start."""
        if not self.here:
            return {}
        service = self.service()
        seen = dict(service.variables) if service else {}
        for each in self.bound():
            if each.pid:
                seen.update(self.machine_facts.server_variables(each.pid))
        if (container := self.container()) is not None:
            seen.update(container.variables)
        return {**seen, **self.log().config}
