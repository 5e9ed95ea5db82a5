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

from ai_code.app import SystemWorld
from ai_code.core.doctor import Result
from ai_code.core.machine import Gpu, Machine
from ai_code.drill.models import FakeModel
from ai_code.drill.ollama import OllamaStandIn
from ai_code.flows.doctor.examine import Doctor, Report

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
SubState=running
Result={result}
NRestarts={restarts}
MainPID=4242
FragmentPath={path}
UnitFileState={enabled}
Environment={variables}
"""


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
        self, *, active: str = "active", result: str = "success", restarts: int = 0,
        path: str = "/home/p/.config/systemd/user/ollama.service", enabled: str = "enabled",
        variables: str = "",
    ) -> None:  # fmt: skip
        """A systemd user unit of Ollama's. Its state lies in files; started, it is active."""
        told = UNIT.format(
            active=active, result=result, restarts=restarts, path=path, enabled=enabled,
            variables=variables,
        )  # fmt: skip
        (self.base / "unit").write_text(told)
        well = told.replace(f"ActiveState={active}", "ActiveState=active")
        (self.base / "unit.started").write_text(well)
        self.program(
            "systemctl",
            f'echo "$*" >> {self.base}/systemctl.log\n'
            f'case "$*" in "--user show "*) exec /bin/cat {self.base}/unit;; '
            f'"--user start "*) exec /bin/cp {self.base}/unit.started {self.base}/unit;; '
            '"show "*) echo LoadState=not-found;; esac',
        )

    def log(self, text: str) -> None:
        """What journalctl tells of the unit."""
        if not (self.bin / "systemctl").exists():
            self.service()
        self.says("journalctl", text)

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

    def mend(self, name: str) -> Report:
        """``--fix --yes`` for one check."""
        doctor = Doctor(self.world(), [name], limit_s=30.0)
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
