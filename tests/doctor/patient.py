"""A small machine for the doctor: real files, real git, real processes, servers on loopback, and
small programs in the place of those that a test machine cannot have (systemctl, nvidia-smi)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ai_code.core.doctor import Result
from ai_code.core.machine import Gpu, Machine
from ai_code.drill.models import FakeModel
from ai_code.drill.ollama import OllamaStandIn
from ai_code.flows.doctor.examine import Doctor, Report
from ai_code.wiring import SystemWorld

GIB = 1 << 30
SMALL = FakeModel(
    "deepseek-coder:6.7b", size=50_000_000, layers=4, embedding_length=256, head_count=4,
    head_count_kv=4,
)  # fmt: skip
CARD = Gpu("NVIDIA GeForce RTX 3060", "nvidia", 12 * GIB, 11 * GIB)
START = (
    "time=2026-11-26T11:00:00.000Z level=INFO source=routes.go:1511 "
    'msg="server config" env="map[CUDA_VISIBLE_DEVICES:{cuda} HIP_VISIBLE_DEVICES: '
    "OLLAMA_CONTEXT_LENGTH:4096 OLLAMA_HOST:http://127.0.0.1:11434 OLLAMA_KEEP_ALIVE:{keep} "
    "OLLAMA_KV_CACHE_TYPE:{cache} OLLAMA_NUM_PARALLEL:1 "
    'OLLAMA_ORIGINS:[http://localhost https://localhost] http_proxy:http://u:secret@p]"\n'
)
ON_GPU = (
    'time=2026-11-26T11:00:01.000Z level=INFO source=types.go:42 msg="inference compute" '
    'id=GPU-1 library=CUDA compute=8.6 name=CUDA0 description="NVIDIA GeForce RTX 3060" '
    'driver=12.4 pci_id=0000:01:00.0 type=discrete total="12.0 GiB" available="11.6 GiB"\n'
)
ON_CPU = (
    'time=2026-11-26T11:00:01.000Z level=INFO source=types.go:60 msg="inference compute" '
    'id=cpu library=cpu compute="" name=cpu description=cpu total="31.2 GiB"\n'
)
UNIT = """LoadState=loaded
ActiveState={active}
SubState={sub}
Result={result}
ExecMainStatus={status}
NRestarts={restarts}
MainPID={pid}
FragmentPath={path}
UnitFileState={enabled}
Environment={variables}
"""

SYSTEMCTL = """\
echo "$*" >> {base}/systemctl.log
scope=system
[ "$1" = --user ] && scope=user && shift
verb=$1
shift
for word; do case "$word" in -*) ;; *) unit={base}/units/$scope/$word ;; esac; done
case "$verb" in
  show) if [ -e "$unit" ]; then exec /bin/cat "$unit"; else echo LoadState=not-found; fi ;;
  start|restart) [ ! -e "$unit" ] || exec /bin/cp "$unit.started" "$unit" ;;
esac
"""
JOURNALCTL = """\
while [ $# -gt 0 ]; do [ "$1" = --unit ] && log={base}/journal/$2; shift; done
[ ! -e "$log" ] || exec /bin/cat "$log"
"""
OLLAMA_UNIT = "ollama.service"
RESTART = "systemctl --user restart ollama.service"


def edit(line: str, restart: str = RESTART) -> str:
    """How a variable of the service's is changed."""
    editing = restart.replace("restart", "edit")
    return f"{editing} && {restart}   (in the editor, two lines: [Service] and {line})"


def log(rest: str = "", *, cuda: str = "", keep: str = "5m0s", cache: str = "") -> str:
    """Ollama's log since its start."""
    return START.format(cuda=cuda, keep=keep, cache=cache) + rest


class FixedHardware:
    """The port ``Hardware`` with numbers of the test's own."""

    def __init__(self) -> None:
        self.machine = Machine(32 * GIB, 24 * GIB)

    def memory(self) -> Machine:
        return self.machine


class Patient:
    """One person's machine. ``env`` may be changed; each look is a fresh ai-code."""

    def __init__(self, base: Path, env: dict[str, str], patch: pytest.MonkeyPatch) -> None:
        self.base, self.home = base, Path(env["HOME"])
        self.bin = base / "programs"
        self.bin.mkdir()
        self.project = base / "project"
        self.project.mkdir()
        git = shutil.which("git")
        assert git is not None
        (self.bin / "git").symlink_to(git)
        self.env = {**env, "PATH": str(self.bin), "OLLAMA_HOST": f"127.0.0.1:{free_port()}"}
        self.hardware = FixedHardware()
        self.seen: dict[str, Callable[[SystemWorld], None]] = {}
        self._patch = patch
        self._stack = ExitStack()
        patch.chdir(self.project)

    # Parts of the machine -----------------------------------------------------------------

    def program(self, name: str, text: str, mode: int = 0o755) -> Path:
        """A shell script on the PATH."""
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(mode)
        return path

    def without(self, name: str) -> None:
        (self.bin / name).unlink()

    def says(self, name: str, output: str) -> Path:
        """A program that prints a text whatever it is asked."""
        file = self.base / f"{name}.out"
        file.write_text(output)
        return self.program(name, f"exec /bin/cat {file}")

    def claude(self, version: str = "2.1.329", logged_in: bool = True) -> Path:
        answer = f'{{"loggedIn": {str(logged_in).lower()}, "authMethod": "claude.ai"}}'
        return self.program(
            "claude",
            f'case "$1" in --version) echo "{version} (Claude Code)";; '
            f"auth) echo '{answer}';; *) echo asked > {self.base}/asked;; esac",
        )

    def ollama(self, **options: Any) -> OllamaStandIn:
        """A server that OLLAMA_HOST names, and its client."""
        options.setdefault("models", [SMALL])
        server = self._stack.enter_context(OllamaStandIn(**options))
        self.env["OLLAMA_HOST"] = server.url
        self.says("ollama", "ollama version is 0.13.5\n")
        return server

    def service(
        self, unit: str = OLLAMA_UNIT, *, active: str = "active", result: str = "success",
        restarts: int = 0, path: str = "/home/p/.config/systemd/user/{unit}",
        enabled: str = "enabled", variables: str = "", manager: str = "--user ",
        runs_it: bool = True, sub: str = "running", status: int = 0, then: str = "active",
    ) -> None:  # fmt: skip
        """A unit of systemd's, Ollama's or another one; each has a state of its own, which lies
        in files. Started, it is ``then``. ``runs_it``: the servers of this machine are its."""
        told = UNIT.format(
            active=active, result=result, restarts=restarts, path=path.format(unit=unit),
            enabled=enabled, variables=variables, sub=sub, status=status,
            pid=os.getpid() if runs_it else 4242,
        )  # fmt: skip
        folder = self.base / "units" / ("user" if manager else "system")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / unit).write_text(told)
        well = told.replace(f"ActiveState={active}", f"ActiveState={then}")
        (folder / f"{unit}.started").write_text(well)
        if not (self.bin / "systemctl").exists():
            self.program("systemctl", SYSTEMCTL.format(base=self.base))

    def log(self, text: str, unit: str = OLLAMA_UNIT) -> None:
        """What journalctl tells of the unit."""
        if unit == OLLAMA_UNIT and not (self.bin / "systemctl").exists():
            self.service()
        (self.base / "journal").mkdir(exist_ok=True)
        (self.base / "journal" / unit).write_text(text)
        # Not written anew: a look that goes on beside us may be starting it at this moment.
        if not (self.bin / "journalctl").exists():
            self.program("journalctl", JOURNALCTL.format(base=self.base))

    def settings(self, text: str) -> None:
        path = self.home / ".config/ai-code/config.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    @property
    def state(self) -> Path:
        return self.home / ".local/state/ai-code"

    # The doctor ---------------------------------------------------------------------------

    def world(self) -> SystemWorld:
        world = SystemWorld(self.env)
        world.__dict__["hardware"] = self.hardware
        for change in self.seen.values():
            change(world)
        return world

    def examine(self, *names: str, deep: bool = False, limit_s: float = 30.0) -> Report:
        return Doctor(self.world(), names, deep=deep, limit_s=limit_s).examine()

    def see(self, name: str, deep: bool = False) -> Result:
        (result,) = self.examine(name, deep=deep).results
        return result

    def broken(
        self, name: str, fix: str, *, state: str = "failed", evidence: str = "", deep: bool = False
    ) -> Result:
        """The check sees the trouble, and names what mends it."""
        seen = self.see(name, deep)
        assert seen.state == state, seen
        assert seen.fix is not None and seen.fix.shown == fix, seen
        assert evidence in seen.finding.evidence, seen
        return seen

    def mended(self, name: str, *, deep: bool = False) -> Result:
        """After it the same check is content."""
        seen = self.see(name, deep)
        assert seen.state == "ok", seen
        return seen

    def mend(self, name: str, *, again_s: float = 30.0) -> Report:
        """``--fix --yes`` for one check; ``again_s`` is for it to be well then."""
        doctor = Doctor(self.world(), [name], limit_s=30.0, again_s=again_s)
        return doctor.mend(doctor.examine(), lambda _result: True)

    def close(self) -> None:
        self._stack.close()


def free_port() -> int:
    """A port on which nobody listens."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pid() -> int:
    return os.getpid()
