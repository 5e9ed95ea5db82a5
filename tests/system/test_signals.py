"""Signals to a real ``ai-code`` at every stage: no engine is orphaned, the exit code is right."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pexpect
import pytest

from ai_code.drill.ollama import OllamaStandIn
from tests.system.programs_under_test import (
    PATIENCE_S,
    alive,
    pids_in,
    python_program,
    until,
    until_gone,
)

ROOT = Path(__file__).resolve().parents[2]
CODES = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]


def engine(prepare: str = "", work: str = "time.sleep(600)") -> str:
    """A claude (or an aider) that begins a child and then works, without end if nothing else is
    said. Both write their pids first; what signals they get may be kept in ``told``."""
    return f"""
import json, os, signal, sys, time
if "AI_CODE_FENCE" in os.environ:
    # As the fence does when it is raised; this program has none, for it writes its pids.
    open(json.loads(os.environ["AI_CODE_FENCE"])["told"], "w").close()
if "--version" in sys.argv:
    print("2.1.329 (Claude Code)")
    sys.exit()
pids = os.environ["PIDS"]
told = lambda number, _: open(pids + ".told", "a").write(f"{{number}}\\n")
{prepare}
os.fork()
open(pids, "a").write(f"{{os.getpid()}}\\n")
if os.environ.get("QUICK"):
    os._exit(0)
print('{{"type":"system","subtype":"init","session_id":"s"}}', flush=True)
{work}
"""


@dataclass
class Shop:
    """A project with fake programs, and the ``ai-code`` processes started in it."""

    project: Path
    programs: Path
    env: dict[str, str]
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def pids(self) -> Path:
        return Path(self.env["PIDS"])

    @property
    def running(self) -> list[dict[str, Any]]:
        """What ai-code wrote down about running engines."""
        folder = Path(self.env["XDG_STATE_HOME"])
        return [json.loads(path.read_text()) for path in folder.glob("*/running/*.json")]

    def program(self, name: str, source: str = engine()) -> None:
        python_program(self.programs / name, source)

    def argv(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "ai_code", *words]

    def start(self, *words: str, before: tuple[str, ...] = (), **more: Any) -> Any:
        process = subprocess.Popen(
            [*before, *self.argv(*words)],
            cwd=self.project,
            env=self.env,
            stdin=more.pop("stdin", subprocess.DEVNULL),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **more,
        )
        self.started.append(process)
        return process


@pytest.fixture
def shop(git_project: Path, clean_env: dict[str, str], tmp_path: Path) -> Iterator[Shop]:
    env = {**clean_env, "PIDS": str(tmp_path / "pids"), "PYTHONPATH": str(ROOT)}
    made = Shop(git_project, tmp_path / "bin", env)
    made.program("claude")
    made.program("aider")
    yield made
    for process in made.started:
        process.kill()
        process.communicate()


def finished(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code and stderr."""
    _, err = process.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in err
    return process.returncode, err


@pytest.mark.parametrize(("signum", "code"), CODES)
def test_while_claude_works(shop: Shop, signum: signal.Signals, code: int) -> None:
    process = shop.start("x")
    engines = pids_in(shop.pids, 2)
    process.send_signal(signum)
    assert finished(process)[0] == code
    until_gone(*engines)
    assert shop.running == []


@pytest.mark.parametrize(("signum", "code"), CODES)
def test_while_aider_works(shop: Shop, signum: signal.Signals, code: int) -> None:
    before = sorted(path.name for path in shop.project.iterdir())
    with OllamaStandIn() as server:
        shop.env["OLLAMA_HOST"] = server.url
        process = shop.start("--local", "x")
        engines = pids_in(shop.pids, 2)
        process.send_signal(signum)
        assert finished(process)[0] == code
    until_gone(*engines)
    assert sorted(path.name for path in shop.project.iterdir()) == before
    left = subprocess.run(
        ["git", "worktree", "list"], cwd=shop.project, env=shop.env, capture_output=True, text=True
    )
    assert len(left.stdout.splitlines()) == 1


def test_while_the_version_is_asked_for(shop: Shop) -> None:
    shop.program("claude", engine().replace("--version", "--nothing"))
    process = shop.start("x")
    asked = pids_in(shop.pids, 2)
    process.send_signal(signal.SIGINT)
    assert finished(process)[0] == 130
    until_gone(*asked)


def test_while_the_model_loads(shop: Shop) -> None:
    with OllamaStandIn(hang_on={"/api/generate"}) as server:
        shop.env["OLLAMA_HOST"] = server.url
        process = shop.start("--local", "x")
        engines = pids_in(shop.pids, 2)
        until(lambda: any(row.path == "/api/generate" for row in server.requests))
        process.send_signal(signal.SIGTERM)
        assert finished(process)[0] == 143
    until_gone(*engines)


def test_while_standard_input_is_waited_for(shop: Shop) -> None:
    process = shop.start("-", stdin=subprocess.PIPE)
    until(lambda: _sleeps_in_read(process.pid))
    process.send_signal(signal.SIGINT)
    assert finished(process)[0] == 130
    assert not shop.pids.exists()


def _sleeps_in_read(pid: int) -> bool:
    """Nothing but the read of standard input keeps ai-code from going on: it sleeps, and uses no
    time for a while. How much it used before depends on the machine."""
    ticks = []
    for _ in range(8):
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks.append((fields[0], fields[11]))
        time.sleep(0.1)
    return len(set(ticks)) == 1 and ticks[0][0] == "S"


def test_while_a_reset_is_waited_for(shop: Shop) -> None:
    limit = {
        "type": "rate_limit_event",
        "rate_limit_info": {
            "status": "rejected",
            "resetsAt": int(time.time()) + 3000,
            "rateLimitType": "five_hour",
        },
    }
    result = {
        "type": "result",
        "subtype": "success",
        "is_error": True,
        "api_error_status": 429,
        "result": "You've hit your session limit",
        "session_id": "s",
    }
    shop.program(
        "claude",
        f"""
        import sys
        print("2.1.329 (Claude Code)" if "--version" in sys.argv else {json.dumps(limit)!r})
        print("" if "--version" in sys.argv else {json.dumps(result)!r})
        sys.exit(0 if "--version" in sys.argv else 1)
        """,
    )
    process = shop.start("--wait", "x")
    lines = iter(process.stderr.readline, "")
    assert any("Waiting for Claude" in line for line in lines)
    process.send_signal(signal.SIGINT)
    assert finished(process)[0] == 130


# kill -9 -------------------------------------------------------------------------------------


def test_killed_the_engine_and_its_children_end(shop: Shop) -> None:
    process = shop.start("x")
    engines = pids_in(shop.pids, 2)
    process.kill()
    until_gone(*engines)


def test_killed_with_its_guard_the_next_call_ends_the_engine(shop: Shop) -> None:
    process = shop.start("x")
    engines = pids_in(shop.pids, 2)
    (row,) = shop.running
    os.kill(row["group"][0], signal.SIGKILL)
    process.kill()
    process.wait(PATIENCE_S)
    assert all(map(alive, engines))
    shop.env.update(QUICK="yes", PIDS=str(shop.pids.with_name("later")))
    shop.start("y").communicate(timeout=PATIENCE_S)
    until_gone(*engines)
    assert shop.running == []


# The terminal --------------------------------------------------------------------------------


def test_a_closed_terminal_ends_it(shop: Shop) -> None:
    terminal = pexpect.spawn(sys.executable, shop.argv("x")[1:], cwd=shop.project, env=shop.env)  # type: ignore[arg-type]
    engines = pids_in(shop.pids, 2)
    terminal.close(force=False)
    until_gone(*engines)


def test_ctrl_c_on_a_terminal(shop: Shop) -> None:
    """The engine is told once: it is in a group of its own."""
    everything = "for number in (1, 2, 15): signal.signal(number, told)"
    shop.program(
        "claude", engine(everything, "while not os.path.exists(pids + '.told'): time.sleep(.05)")
    )
    terminal = pexpect.spawn(sys.executable, shop.argv("x")[1:], cwd=shop.project, env=shop.env)  # type: ignore[arg-type]
    engines = pids_in(shop.pids, 2)
    terminal.sendintr()
    terminal.expect(pexpect.EOF, timeout=PATIENCE_S)
    terminal.close()
    until_gone(*engines)
    assert terminal.exitstatus == 130
    told = Path(f"{shop.pids}.told").read_text().split()
    assert told and set(told) == {"15"}


ROOM = """
import json, os, sys
from pathlib import Path
from ai_code.core.command import Command
from ai_code.system import process
from ai_code.system.leftovers import Leftovers
from ai_code.system.signals import Signals

class Heard:
    def started(self): pass
    def output(self, channel, data): pass
    def tick(self, elapsed_s, silence_s): return None

process._GRACE_S = float(sys.argv[3])
signals = Signals()
signals.install()
room = process.ProcessRoom(dict(os.environ), signals, Leftovers(Path("running")))
told = room.run(Command((sys.argv[1],), Path.cwd(), stall_timeout_s=float(sys.argv[2])), Heard())
room.close()
print(json.dumps({"code": told.code, "signal": told.signal, "ended_by": told.ended_by}))
"""
"""argv: program, stall timeout, grace between TERM and KILL."""


def test_ctrl_z_stops_the_group_and_fg_continues_it(shop: Shop) -> None:
    """Asleep for longer than the stall timeout, and yet it is no stall."""
    shop.program("engine", engine(work="while not os.path.exists(pids + '.go'): time.sleep(.05)"))
    (shop.project / "room.py").write_text(ROOM)
    shell = pexpect.spawn("/bin/bash", ["--norc", "-i"], cwd=shop.project, env=shop.env)  # type: ignore[arg-type]
    stall_s = 4
    shell.sendline(f"{sys.executable} room.py {shop.programs / 'engine'} {stall_s} 1")
    engines = pids_in(shop.pids, 2)
    shell.sendcontrol("z")
    shell.expect("Stopped", timeout=PATIENCE_S)
    until(lambda: all(_state(pid) == "T" for pid in engines), "a stopped group")
    time.sleep(stall_s + 0.5)
    shell.sendline("fg")
    until(lambda: all(_state(pid) in "SR" for pid in engines), "a group that goes on")
    Path(f"{shop.pids}.go").touch()
    shell.expect(r"\{.*\}", timeout=PATIENCE_S)
    assert json.loads(shell.match.group()) == {"code": 0, "signal": None, "ended_by": None}
    shell.close(force=True)
    until_gone(*engines)


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def test_a_second_ctrl_c_grants_no_more_grace(shop: Shop) -> None:
    """The engine ignores TERM and the grace is ten minutes long."""
    shop.program("engine", engine("signal.signal(15, told)", "while True: time.sleep(1)"))
    process = subprocess.Popen(
        [sys.executable, "-c", ROOM, str(shop.programs / "engine"), "0", "600"],
        cwd=shop.project,
        env=shop.env,
        stdout=subprocess.PIPE,
        text=True,
    )
    shop.started.append(process)
    engines = pids_in(shop.pids, 2)
    process.send_signal(signal.SIGINT)
    until(Path(f"{shop.pids}.told").exists)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=PATIENCE_S)
    assert json.loads(out) == {"code": None, "signal": 9, "ended_by": "person"}
    until_gone(*engines)


def test_what_was_ignored_at_start_stays_ignored(shop: Shop) -> None:
    """nohup, or a script's background job."""
    process = shop.start("x", before=("/bin/sh", "-c", 'trap "" INT HUP; exec "$@"', "sh"))
    engines = pids_in(shop.pids, 2)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGTERM)
    assert finished(process)[0] == 143
    until_gone(*engines)


@pytest.mark.parametrize("inside", [True, False])
def test_a_signal_waits_while_files_are_written(shop: Shop, inside: bool) -> None:
    source = f"""
import os, signal
from contextlib import nullcontext
from ai_code.core.errors import Stopped
from ai_code.system.signals import Signals
signals = Signals()
signals.install()
try:
    with signals.deferred() if {inside} else nullcontext():
        os.kill(os.getpid(), signal.SIGTERM)
        print("written")
    print("not reached")
except Stopped as stopped:
    print(stopped.signum)
"""
    told = subprocess.run(
        [sys.executable, "-c", source], env=shop.env, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == (["written", "15"] if inside else ["15"])
