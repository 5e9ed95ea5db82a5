"""The kernel's fence around an engine: what it lets through, in real processes."""

from __future__ import annotations

import json
import os
import pty
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ai_code.core.command import Command, Fence
from ai_code.system.fenced import fenced_argv, kernel_fence

pytestmark = pytest.mark.skipif(
    kernel_fence() == 0, reason="this kernel has no Landlock (Linux 5.13 and later)"
)


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    folder = tmp_path / "inside"
    folder.mkdir()
    return folder


def run(inside: Path, script: str, *ports: int) -> subprocess.CompletedProcess[str]:
    told = inside.parent / "told"
    command = Command(("/bin/sh", "-c", script), inside, fence=Fence((inside,), ports, told))
    return subprocess.run(
        fenced_argv(command), cwd=inside, capture_output=True, text=True, check=False
    )


def test_inside_all_is_as_ever(inside: Path) -> None:
    done = run(
        inside, "mkdir d && echo a > d/x && mv d/x y && ln -s y z && rm z && echo q >/dev/null"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (inside / "y").read_text() == "a\n"
    assert (inside.parent / "told").read_text() == '["fence", "stands"]\n'


@pytest.mark.parametrize(
    "script",
    [
        "echo a > ../x",
        "mkdir ../x",
        "rm ../kept",
        "mv ../kept here",
        ": > ../kept",
        "ln -s .. up && echo a > up/x",
        "echo a > ../told",
        "(setsid sh -c 'echo a > ../x') && false",
    ],
)
def test_outside_nothing_is_written(inside: Path, script: str) -> None:
    kept = inside.parent / "kept"
    kept.write_text("kept\n")
    done = run(inside, script)
    assert done.returncode != 0 and "ermission denied" in done.stderr
    assert kept.read_text() == "kept\n" and not (inside.parent / "x").exists()


@pytest.mark.skipif(kernel_fence() < 4, reason="this kernel's fence has no network (Linux 6.7)")
def test_one_port_is_open(inside: Path) -> None:
    ask = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5)"
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as other,
    ):
        ports = [each.getsockname()[1] for each in (one, other)]
        codes = [
            run(inside, f'{sys.executable} -c "{ask}" {port}', ports[0]).returncode
            for port in ports
        ]
    assert codes[0] == 0 and codes[1] != 0


def test_what_is_not_there_and_what_cannot_run(inside: Path) -> None:
    fence = Fence((inside, inside / "nowhere"), (), inside.parent / "told")
    command = Command((str(inside / "nothing"),), inside, fence=fence)
    done = subprocess.run(fenced_argv(command), capture_output=True, text=True, check=False)
    assert done.returncode == 127 and "No such file" in done.stderr


REACHES = """
import fcntl, json, os, sys, termios
found = []
def attempt(what, *ways):
    try:
        for way in ways: way()
        found.append(what)
    except OSError: pass
def write(path): os.write(os.open(path, os.O_WRONLY), b"FROM-THE-MODEL")
def type_(path): fcntl.ioctl(os.open(path, os.O_RDONLY), termios.TIOCSTI, b"x")
mine = sys.argv[1]
attempt("tty", lambda: write("/dev/tty"))
attempt("its device", lambda: write(mine))
attempt("reading", lambda: os.open("/dev/tty", os.O_RDONLY))
attempt("typing", lambda: type_("/dev/tty"))
attempt("typing on its device", lambda: type_(mine))
attempt("another", lambda: os.open("/dev/ptmx", os.O_RDWR))
attempt("a session", os.setsid, lambda: write(mine))
open("found", "w").write(json.dumps(found))
"""


def on_a_terminal(inside: Path, *, lent: bool) -> tuple[list[str], str]:
    """What of the terminal a program reaches that is started on one, and what came on it."""
    ours, theirs = pty.openpty()
    try:
        name = os.ttyname(theirs)
        python = (sys.executable, "-c", REACHES, name)
        command = Command(python, inside, fence=Fence((inside,), (), inside.parent / "told"))
        argv = fenced_argv(command, name if lent else None)
        # A shell leads the session, as a person's does; the pipes are as the process room's.
        script = f"exec 3<{name}; {shlex.join(argv)} >{inside}/out 2>&1; exit $?"
        subprocess.run(
            ["/bin/sh", "-c", script], cwd=inside, stdin=subprocess.DEVNULL,
            start_new_session=True, check=True,
        )  # fmt: skip
        os.write(theirs, b"<end>")
        shown = b""
        while not shown.endswith(b"<end>"):
            shown += os.read(ours, 1024)
    finally:
        os.close(ours)
        os.close(theirs)
    return json.loads((inside / "found").read_text()), shown.decode()


def test_the_persons_terminal_is_out_of_reach(inside: Path) -> None:
    assert on_a_terminal(inside, lent=False) == ([], "<end>")


def test_a_terminal_that_is_lent_is_the_programs(inside: Path) -> None:
    found, shown = on_a_terminal(inside, lent=True)
    assert found[:3] == ["tty", "its device", "reading"] and "another" not in found
    assert "FROM-THE-MODEL" in shown


def test_without_a_fence_the_command_is_itself(inside: Path) -> None:
    assert fenced_argv(Command(("/bin/true",), inside)) == ("/bin/true",)


def test_the_programs_own_arguments_reach_it(tmp_path: Path) -> None:
    """Two dashes, nothing, and bytes that are no text."""
    inside = tmp_path / os.fsdecode(b"in\xffside")
    inside.mkdir()
    given = ("--", "", "-c", os.fsdecode(b"\xfe"))
    argv = ("/bin/sh", "-c", 'printf "%s|" "$@" >told', "sh", *given)
    command = Command(argv, inside, fence=Fence((inside,), (), tmp_path / "stands"))
    subprocess.run(fenced_argv(command), cwd=inside, check=True)
    assert (inside / "told").read_bytes() == b"--||-c|\xfe|"
