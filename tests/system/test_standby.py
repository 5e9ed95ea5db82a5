"""A process on standby: it becomes just the program that would have been started, or nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ai_code.core.command import Command
from ai_code.core.exits import Exit
from ai_code.core.ports import NoStandbyError, Standby
from ai_code.system import standby as standby_module
from ai_code.system.leftovers import Leftovers
from ai_code.system.process import ProcessRoom
from ai_code.system.signals import Signals
from ai_code.system.standby import PythonStandby, interpreter_of
from tests.system.programs_under_test import Collected, alive, until

PYTHON = sys.executable
TELLS = """\
import json, os, sys
import slow
told = {
    "name": __name__, "file": __file__, "argv": sys.argv, "orig": sys.orig_argv[1:],
    "path": sys.path, "cwd": os.getcwd(), "python": sys.executable, "prefix": sys.prefix,
    "stdin": sys.stdin.read(), "group": os.getpgid(0) != os.getpid(),
    "env": sorted(os.environ.items()), "fds": sorted(os.listdir("/proc/self/fd")),
    "late": "late" in sys.modules, "main": sys.modules["__main__"].__dict__ is globals(),
}
print(json.dumps(told))
"""


class Bench:
    """A program with modules beside it, ``slow`` and ``late``, and a room to start it in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "bin"
        self.work = folder / "work"
        for each in (self.folder, self.work):
            each.mkdir()
        (self.folder / "slow.py").write_text("")
        (self.folder / "late.py").write_text("")
        self.program = self.script(TELLS)
        self.mark = self.work / "mark"
        self.leftovers = Leftovers(folder / "running")
        self.room = ProcessRoom(dict(os.environ), Signals(), self.leftovers)
        self.heard = Collected()

    def script(self, source: str, first: str = f"#!{PYTHON}") -> Path:
        path = self.folder / "program"
        path.write_text(f"{first}\n{source}")
        path.chmod(0o755)
        return path

    def command(self, *args: str, env: dict[str, str | None] | None = None) -> Command:
        return Command((str(self.program), *args), self.work, env or {})

    def standby(self, modules: Sequence[str] = ("slow", "late", "not_there")) -> Standby:
        return self.room.standby(self.command(), modules)

    def run(self, command: Command, standby: Standby | None) -> Exit:
        return self.room.run(command, self.heard, standby)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.room.close()


def pid_of(standby: Standby) -> int:
    assert isinstance(standby, PythonStandby)
    return standby.child.pid


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_it_is_the_very_program_that_would_have_been_started(bench: Bench) -> None:
    command = bench.command("--one", "two words", "\udce9")
    bench.run(command, None)
    cold = json.loads(bench.heard.out)
    bench.heard = Collected()
    standby = bench.standby()
    exit_ = bench.run(command, standby)
    warm = json.loads(bench.heard.out)
    assert (exit_.code, standby.failed) == (0, "")
    assert (cold.pop("late"), warm.pop("late")) == (False, True)
    assert warm == cold
    assert warm["name"] == "__main__" and warm["argv"][1:] == ["--one", "two words", "\udce9"]


def test_how_it_ends_and_what_it_says_are_the_programs(bench: Bench) -> None:
    bench.script("import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)\n")
    exit_ = bench.run(bench.command(), bench.standby())
    assert (exit_.code, exit_.stdout_tail, exit_.stderr_tail) == (7, "out\n", "err\n")


def test_what_it_leaves_running_is_ended_with_it(bench: Bench) -> None:
    bench.script(
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "open('mark', 'w').write(str(child.pid))\n"
    )
    assert bench.run(bench.command(), bench.standby()).code == 0
    pid = int(bench.mark.read_text())
    until(lambda: not alive(pid))


def test_it_stands_in_the_root_folder_and_imports_nothing_of_the_projects(bench: Bench) -> None:
    (bench.work / "slow.py").write_text(f"open({str(bench.mark)!r}, 'w')\n")
    (bench.folder / "slow.py").write_text(
        f"import os\nopen({str(bench.folder / 'seen')!r}, 'w').write(os.getcwd())\n"
    )
    bench.run(bench.command(), bench.standby())
    assert (bench.folder / "seen").read_text() == "/"
    assert not bench.mark.exists()


@pytest.mark.parametrize(
    "changed",
    ["killed", "ended", "other program", "new program", "other environment", "has input"],
)
def test_where_it_will_not_do_the_program_starts_as_ever(bench: Bench, changed: str) -> None:
    standby = bench.standby()
    pid = pid_of(standby)
    command = bench.command()
    match changed:
        case "killed":
            os.kill(pid, signal.SIGKILL)
        case "ended":
            standby.end()
        case "other program":
            command = Command((PYTHON, str(bench.program)), bench.work)
        case "new program":
            bench.program.unlink()
            bench.script(TELLS + "# another version\n")
        case "other environment":
            command = bench.command(env={"X": "1"})
        case "has input":
            command = command._replace(stdin=b"told\n")
    assert bench.run(command, standby).code == 0
    told = json.loads(bench.heard.out)
    assert told["late"] is False
    assert standby.failed
    assert not alive(pid)


@pytest.mark.parametrize(
    "slow", ["import nothing_like_this\n", "import os; os._exit(0)\n", "raise ValueError\n"]
)
def test_an_import_that_fails_does_not_fail_the_run(bench: Bench, slow: str) -> None:
    (bench.folder / "slow.py").write_text(slow)
    bench.script("print('here')\n")
    standby = bench.standby()
    assert bench.run(bench.command(), standby).code == 0
    assert (bench.heard.out, bench.heard.err) == (b"here\n", b"")
    assert standby.failed


def test_one_that_is_never_ready_is_not_waited_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standby_module, "_READY_S", 0.2)
    (bench.folder / "slow.py").write_text("import time; time.sleep(600)\n")
    bench.script("print('here')\n")
    standby = bench.standby()
    pid = pid_of(standby)
    assert bench.run(bench.command(), standby).code == 0
    assert bench.heard.out == b"here\n"
    assert not alive(pid)


def test_what_only_this_process_may_have_made_is_removed_before(bench: Bench) -> None:
    """A mark that the process on standby made says nothing of one that starts after it."""
    bench.script("import os; print(os.path.exists('mark'))\n")
    (bench.folder / "slow.py").write_text(f"open({str(bench.mark)!r}, 'w')\n")
    command = bench.command()._replace(fresh=(bench.mark,))
    standby = bench.room.standby(command, ("slow",))
    until(bench.mark.exists)
    os.kill(pid_of(standby), signal.SIGKILL)
    bench.run(command, standby)
    assert bench.heard.out == b"False\n"
    bench.heard = Collected()
    bench.run(command, bench.room.standby(command, ("slow",)))
    assert bench.heard.out == b"True\n"


def test_the_end_of_another_engine_does_not_end_it(bench: Bench) -> None:
    standby = bench.standby()
    other = bench.folder / "other"
    other.write_text(f"#!{PYTHON}\nprint('claude')\n")
    other.chmod(0o755)
    assert bench.room.run(Command((str(other),), bench.work), bench.heard).code == 0
    bench.heard = Collected()
    assert bench.run(bench.command(), standby).code == 0
    assert json.loads(bench.heard.out)["late"] is True
    assert standby.failed == ""


def test_it_ends_with_the_room(bench: Bench) -> None:
    pid = pid_of(bench.standby())
    bench.room.close()
    assert not alive(pid)


def test_a_second_one_takes_the_place_of_the_first(bench: Bench) -> None:
    first = pid_of(bench.standby())
    second = bench.standby()
    assert not alive(first)
    assert bench.run(bench.command(), second).code == 0


@pytest.mark.parametrize(
    "slow", ["", "import time; time.sleep(600)\n"], ids=["waiting", "importing"]
)
def test_it_is_gone_when_whoever_started_it_is_killed(bench: Bench, slow: str) -> None:
    (bench.folder / "slow.py").write_text(slow)
    source = (
        "import os, time\n"
        "from pathlib import Path\n"
        "from ai_code.core.command import Command\n"
        "from ai_code.system.standby import PythonStandby\n"
        f"command = Command(({str(bench.program)!r},), Path('/'))\n"
        "standby = PythonStandby(command, dict(os.environ), ('slow',))\n"
        "print(standby.child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    owner = subprocess.Popen(
        [PYTHON, "-c", source], stdout=subprocess.PIPE, cwd=Path(__file__).resolve().parents[2]
    )
    assert owner.stdout
    pid = int(owner.stdout.readline())
    assert alive(pid)
    owner.kill()
    owner.communicate()
    until(lambda: not alive(pid))


def test_the_next_call_ends_one_that_was_left_behind(bench: Bench, tmp_path: Path) -> None:
    pid = pid_of(bench.standby())
    sleeper = subprocess.Popen([PYTHON, "-c", "import time; time.sleep(600)"], process_group=0)
    try:
        bench.leftovers.remember(sleeper.pid, sleeper.pid)
        (path,) = (tmp_path / "running").glob("*.json")
        record = json.loads(path.read_text())
        assert record["standby"][0] == pid
        dead = {**record, "owner": [999_999_999, 1.0]}
        other = tmp_path / "other"
        other.mkdir()
        (other / "1.json").write_text(json.dumps(dead))
        Leftovers(other).sweep()
        until(lambda: not alive(pid))
    finally:
        sleeper.kill()
        sleeper.wait()


@pytest.mark.parametrize(
    ("first", "certain"),
    [
        (f"#!{PYTHON}\n", True),
        (f"#! {PYTHON} \n", True),
        (f"#!/bin/sh\n'''exec' {PYTHON} \"$0\" \"$@\"\n' '''\n", True),
        (f"#!/bin/sh\n'''exec' \"{PYTHON}\" \"$0\" \"$@\"\n' '''\n", True),
        (f"#!/bin/sh\nexec {PYTHON} \"$0\" \"$@\"\n", False),
        (f"#!{PYTHON} -I\n", False),
        ("#!/usr/bin/env python3\n", False),
        ("#!/bin/bash -e\nexec -a \"$0\" .aider-wrapped \"$@\"\n", False),
        ("#!/no/such/python3\n", False),
        ("#!python3\n", False),
        ("#!/bin/sh\n", False),
        (f"#!{PYTHON}", False),
        ("\x7fELF", False),
        ("", False),
    ],
)  # fmt: skip
def test_which_python_is_certain(tmp_path: Path, first: str, certain: bool) -> None:
    program = tmp_path / "program"
    program.write_text(first)
    assert interpreter_of(program) == (Path(PYTHON) if certain else None)


def test_a_link_to_a_program_and_a_python_with_a_space(tmp_path: Path) -> None:
    """As uv and pipx install: a link on the PATH, the script beside its own Python."""
    folder = tmp_path / "a tool"
    folder.mkdir()
    python = folder / "python3"
    python.symlink_to(PYTHON)
    (folder / "tool").write_text(f"#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\n")
    link = tmp_path / "tool"
    link.symlink_to(folder / "tool")
    assert interpreter_of(link) == python
    assert interpreter_of(tmp_path / "none") is None
    assert interpreter_of(tmp_path) is None


def test_a_program_that_is_not_certain_is_refused(bench: Bench) -> None:
    bench.script("", first="#!/bin/sh")
    with pytest.raises(NoStandbyError, match="not certain"):
        bench.standby()
