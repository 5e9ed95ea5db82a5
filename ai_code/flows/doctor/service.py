"""Services: that which runs Ollama (a systemd unit of the person or of the system, or launchd's),
and other units of systemd's."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from ai_code.core.doctor import Fix, run
from ai_code.core.unit_log import reading
from ai_code.flows.setup.unit import NAME

if TYPE_CHECKING:
    from ai_code.core.ports_machine import MachineFacts

Manager = Literal["user", "system", "launchd"]
_PROPERTIES = (
    "LoadState,ActiveState,SubState,Result,NRestarts,MainPID,ExecMainStatus,FragmentPath,"
    "UnitFileState,Environment"
)
_SECONDS = 3.0
_NIX_STORE = "/nix/store/"
_APP = "com.ollama.ollama"
_LABELS = ("homebrew.mxcl.ollama", _APP)


class Service(NamedTuple):
    """``active`` is active, inactive, failed, activating …, ``sub`` more exactly so (it is to be
    tried again: auto-restart); ``result`` why it ended, with ``status`` as its exit code;
    ``variables`` what the unit sets. ``nix``: the unit is read-only, made by Nix. ``label`` is
    launchd's."""

    manager: Manager
    active: str
    result: str = ""
    restarts: int = 0
    pid: int = 0
    path: str = ""
    enabled: bool = True
    variables: Mapping[str, str] = MappingProxyType({})
    nix: bool = False
    label: str = ""
    unit: str = NAME
    sub: str = ""
    status: int = 0

    @property
    def name(self) -> str:
        """As a person would say it."""
        return {"user": "user service", "system": "system service"}.get(self.manager, "launchd job")

    def systemctl(self, *verbs: str) -> tuple[str, ...]:
        """The command line for this manager."""
        before = ("systemctl", "--user") if self.manager == "user" else ("sudo", "systemctl")
        return (*before, *verbs, self.unit)

    def start(self) -> Fix:
        """Starts it; a failed one refuses a start until it is reset."""
        if self.label == _APP:
            return run("open", "-a", "Ollama")
        if self.manager == "launchd":
            return run("brew", "services", "start", "ollama")
        reset = (self.systemctl("reset-failed"),) if self.active == "failed" else ()
        return Fix((*reset, self.systemctl("start")), safe=self.manager == "user")

    def restart(self) -> Fix:
        """Starts it anew. Not for the doctor to do by itself: a running answer would end."""
        if self.label == _APP:
            return Fix((("osascript", "-e", 'quit app "Ollama"'), ("open", "-a", "Ollama")))
        if self.manager == "launchd":
            return run("brew", "services", "restart", "ollama")
        return Fix((self.systemctl("restart"),))

    def log_command(self, lines: int) -> tuple[str, ...]:
        """Its log, without decoration."""
        return reading(self.unit, lines, user=self.manager == "user")


def look_service(facts: MachineFacts) -> Service | None:
    """The service, the person's own before the system's; None where there is none."""
    if facts.system == "darwin":
        return parse_launchctl(facts.run(("launchctl", "list"), _SECONDS).out)
    own = look_unit(facts, "user", NAME)
    if own is not None and own.active != "inactive":
        return own
    whole = look_unit(facts, "system", NAME)
    if own is None or (whole is not None and whole.active != "inactive"):
        return whole
    return own


def look_unit(facts: MachineFacts, manager: Manager, unit: str) -> Service | None:
    """One unit of systemd's; None where there is none of that name."""
    scope = ("--user",) if manager == "user" else ()
    told = facts.run(("systemctl", *scope, "show", unit, f"--property={_PROPERTIES}"), _SECONDS)
    service = parse_systemctl(told.out, manager, unit)
    if service is None or not service.path:
        return service
    from pathlib import Path

    entry = facts.entry(Path(service.path))
    return service._replace(nix=entry is not None and entry.real.startswith(_NIX_STORE))


def parse_systemctl(text: str, manager: Manager, unit: str = NAME) -> Service | None:
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
        unit=unit,
        sub=told.get("SubState", ""),
        status=_number(told.get("ExecMainStatus", "")),
    )


def parse_launchctl(text: str) -> Service | None:
    """``launchctl list``: process id or ``-``, last exit status, label."""
    for line in text.splitlines():
        fields = line.split("\t")
        if len(fields) == 3 and fields[2] in _LABELS:
            pid = _number(fields[0])
            active = "active" if pid else "failed" if fields[1] not in ("0", "-") else "inactive"
            return Service("launchd", active, f"exit {fields[1]}", pid=pid, label=fields[2])
    return None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
