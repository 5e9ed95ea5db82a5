"""The service that runs Ollama: a systemd unit of the person or of the system, or launchd's."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from ai_code.core.doctor import Fix, run, write

if TYPE_CHECKING:
    from ai_code.core.ports_machine import MachineFacts

Manager = Literal["user", "system", "launchd"]
UNIT = "ollama.service"
_PROPERTIES = (
    "LoadState,ActiveState,SubState,Result,NRestarts,MainPID,FragmentPath,UnitFileState,Environment"
)
_SECONDS = 3.0
_NIX_STORE = "/nix/store/"
_LABELS = ("homebrew.mxcl.ollama", "com.ollama.ollama")


class Service(NamedTuple):
    """``active`` is active, inactive, failed, activating …; ``result`` why it ended;
    ``variables`` what the unit sets. ``nix``: the unit is read-only, made by Nix."""

    manager: Manager
    active: str
    result: str = ""
    restarts: int = 0
    pid: int = 0
    path: str = ""
    enabled: bool = True
    variables: Mapping[str, str] = MappingProxyType({})
    nix: bool = False

    @property
    def name(self) -> str:
        """As a person would say it."""
        return {"user": "user service", "system": "system service"}.get(self.manager, "launchd job")

    def systemctl(self, *verbs: str) -> tuple[str, ...]:
        """The command line for this manager."""
        before = ("systemctl", "--user") if self.manager == "user" else ("sudo", "systemctl")
        return (*before, *verbs, UNIT)

    def start(self) -> Fix:
        """Starts it; a failed one refuses a start until it is reset."""
        if self.manager == "launchd":
            return run("brew", "services", "start", "ollama")
        reset = (self.systemctl("reset-failed"),) if self.active == "failed" else ()
        return Fix((*reset, self.systemctl("start")), safe=self.manager == "user")

    def restart(self) -> Fix:
        """Starts it anew. Not for the doctor to do by itself: a running answer would end."""
        if self.manager == "launchd":
            return run("brew", "services", "restart", "ollama")
        return Fix((self.systemctl("restart"),))

    def log_command(self, lines: int) -> tuple[str, ...]:
        """Its log, without decoration."""
        scope = ("--user",) if self.manager == "user" else ()
        return ("journalctl", *scope, "--unit", UNIT, "-n", str(lines), "-o", "cat", "--no-pager")


def look_service(facts: MachineFacts) -> Service | None:
    """The service, the person's own before the system's; None where there is none."""
    if facts.system == "darwin":
        return parse_launchctl(facts.run(("launchctl", "list"), _SECONDS).out)
    own = _systemd(facts, "user")
    if own is not None and own.active != "inactive":
        return own
    whole = _systemd(facts, "system")
    if own is None or (whole is not None and whole.active != "inactive"):
        return whole
    return own


def _systemd(facts: MachineFacts, manager: Manager) -> Service | None:
    scope = ("--user",) if manager == "user" else ()
    told = facts.run(("systemctl", *scope, "show", UNIT, f"--property={_PROPERTIES}"), _SECONDS)
    service = parse_systemctl(told.out, manager)
    if service is None or not service.path:
        return service
    from pathlib import Path

    entry = facts.entry(Path(service.path))
    return service._replace(nix=entry is not None and entry.real.startswith(_NIX_STORE))


def parse_systemctl(text: str, manager: Manager) -> Service | None:
    """``systemctl show`` of one unit, KEY=VALUE a line; None where it is not loaded."""
    told = dict(line.partition("=")[::2] for line in text.splitlines() if "=" in line)
    if told.get("LoadState") not in ("loaded", "error", "bad-setting"):
        return None
    try:
        words = shlex.split(told.get("Environment", ""))
    except ValueError:
        words = []
    return Service(
        manager,
        told.get("ActiveState", ""),
        told.get("Result", ""),
        _number(told.get("NRestarts", "")),
        _number(told.get("MainPID", "")),
        told.get("FragmentPath", ""),
        told.get("UnitFileState", "") not in ("disabled", "masked"),
        dict(word.partition("=")[::2] for word in words),
    )


def parse_launchctl(text: str) -> Service | None:
    """``launchctl list``: process id or ``-``, last exit status, label."""
    for line in text.splitlines():
        fields = line.split("\t")
        if len(fields) == 3 and fields[2] in _LABELS:
            pid = _number(fields[0])
            active = "active" if pid else "failed" if fields[1] not in ("0", "-") else "inactive"
            return Service("launchd", active, f"exit {fields[1]}", pid=pid)
    return None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def set_variable(service: Service | None, system: str, name: str, value: str | None) -> Fix:
    """What gives the server a variable (None: takes it away). Only the server reads it, so it
    belongs to whatever starts the server."""
    if service is not None and service.nix:
        option = f"services.ollama.environmentVariables.{name}"
        return write(f'{option} = "{value}";' if value is not None else f"remove {option}")
    if system == "darwin":
        return run("launchctl", "setenv", name, value or "")
    if service is None:
        return write(f"{name}={value} ollama serve" if value else f"env -u {name} ollama serve")
    edit = shlex.join(service.systemctl("edit"))
    line = f"Environment={name}={value}" if value is not None else f"UnsetEnvironment={name}"
    restart = shlex.join(service.systemctl("restart"))
    return write(f"{edit}   ([Service] {line}), then {restart}")
