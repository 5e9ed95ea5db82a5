"""What the fence's filter of system calls refuses: in real processes, and step by step for the
processor that this machine has not."""

from __future__ import annotations

import errno
import json
import socket
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_code.core.command import Command, Fence
from ai_code.system.fence import landlock
from ai_code.system.fence.landlock import Step, call_filter, holds_network, machine
from ai_code.system.fenced import fenced_argv, kernel_fence
from ai_code.wiring import SystemWorld

FENCED = pytest.mark.skipif(
    kernel_fence() == 0 or not machine(),
    reason="this kernel has no Landlock, or this processor no filter of calls",
)
HELD = pytest.mark.skipif(not holds_network(), reason="this kernel's fence has no network (6.7)")

ASKS = """
import ctypes, errno, json, os, socket, sys
port, listening, box = int(sys.argv[1]), sys.argv[2], sys.argv[3]
told = {}
def attempt(what, way):
    try: way(); told[what] = "yes"
    except OSError as error: told[what] = errno.errorcode[error.errno]
def tcp(*more): return socket.socket(socket.AF_INET, socket.SOCK_STREAM, *more)
def call(number):
    ctypes.set_errno(0)
    if ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), 1, None) < 0:
        raise OSError(ctypes.get_errno(), "")
here = ("127.0.0.1", port)
attempt("unix", lambda: socket.socket(socket.AF_UNIX).connect(listening))
def pair():
    one, other = socket.socketpair()
    one.send(b"x"), other.recv(1)
attempt("pair", pair)
attempt("box", lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendto(b"x", box))
attempt("udp", lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", here))
attempt("udp6", lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC))
attempt("raw", lambda: socket.socket(type=socket.SOCK_RAW, proto=1))
attempt("packet", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
attempt("vsock", lambda: socket.socket(socket.AF_VSOCK))
attempt("tcp", lambda: tcp().connect(here))
attempt("mptcp", lambda: tcp(262).connect(here))
attempt("fast", lambda: tcp().sendto(b"x", 0x20000000, here))
attempt("fast message", lambda: tcp().sendmsg([b"x"], [], 0x20000000, here))
attempt("names", lambda: socket.getaddrinfo("localhost", port))
attempt("interfaces", lambda: socket.if_nameindex())
attempt("events", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15))
attempt("io_uring", lambda: call(425))
open("told", "w").write(json.dumps(told))
"""


@pytest.fixture
def places(tmp_path: Path) -> Iterator[list[str]]:
    """A server's port, a Unix socket that is listened on, and one that takes datagrams."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as listening,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as box,
    ):
        for each, name in ((listening, "listening"), (box, "box")):
            each.bind(str(tmp_path / name))
        listening.listen()
        yield [str(server.getsockname()[1]), str(tmp_path / "listening"), str(tmp_path / "box")]


def told_of(tmp_path: Path, places: list[str], *ports: int, version: int | None = None) -> object:
    inside = tmp_path / "inside"
    inside.mkdir()
    command = Command(
        (sys.executable, "-c", ASKS, *places), inside, fence=Fence((inside,), ports, inside / "f")
    )
    argv = list(fenced_argv(command))
    if version is not None:
        at = argv.index("-c") + 1
        argv[at] = argv[at].replace(
            "landlock.main", f"landlock.version = lambda: {version}; landlock.main"
        )
    subprocess.run(argv, cwd=inside, check=True)
    return json.loads((inside / "told").read_text())


REFUSED = {
    **dict.fromkeys(("unix", "box", "udp", "udp6", "raw", "packet", "vsock", "mptcp"), "EACCES"),
    **dict.fromkeys(("fast", "fast message"), "ENOTSUP"),
    "events": "EACCES",
    "io_uring": "ENOSYS",
}
LEFT = dict.fromkeys(("pair", "names", "interfaces"), "yes")


@HELD
@pytest.mark.parametrize("opened", [True, False])
def test_one_way_is_left(tmp_path: Path, places: list[str], opened: bool) -> None:
    told = told_of(tmp_path, places, int(places[0]) if opened else 9)
    assert told == {**REFUSED, **LEFT, "tcp": "yes" if opened else "EACCES"}


@FENCED
def test_a_kernel_that_knows_no_ports_holds_all_but_tcp(tmp_path: Path, places: list[str]) -> None:
    assert told_of(tmp_path, places, 9, version=3) == {**REFUSED, **LEFT, "tcp": "yes"}


@HELD
def test_an_older_kernel_or_another_processor_does_not_hold_the_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 3)
    world = SystemWorld({"HOME": "/"})
    assert world.has_kernel_fence and not world.has_network_fence
    monkeypatch.setattr(landlock, "version", lambda: 4)
    assert SystemWorld({"HOME": "/"}).has_network_fence
    monkeypatch.setattr(landlock, "machine", lambda: "")
    assert not SystemWorld({"HOME": "/"}).has_network_fence


# step by step ---------------------------------------------------------------------------------

ALLOWED = 0
ARM, INTEL, OLD_INTEL = 0xC00000B7, 0xC000003E, 0x40000003


def answer(steps: list[Step], audit: int, number: int, *arguments: int) -> int:
    """What the kernel makes of a call: 0 where it lets it through, else the error's number."""
    words = {0: number, 4: audit}
    for at, argument in enumerate(arguments):
        words[16 + 8 * at] = argument & 0xFFFFFFFF
    at = loaded = 0
    while True:
        code, if_so, if_not, value = steps[at]
        at += 1
        match code:
            case 0x20:
                loaded = words.get(value, 0)
            case 0x54:
                loaded &= value
            case 0x06:
                return ALLOWED if value == 0x7FFF0000 else value & 0xFFFF
            case _:
                so = {0x15: loaded == value, 0x35: loaded >= value, 0x45: bool(loaded & value)}
                at += if_so if so[code] else if_not


@pytest.mark.parametrize(
    ("system", "audit", "open_", "pair", "sendto", "sendmmsg", "ioctl"),
    [("aarch64", ARM, 198, 199, 206, 269, 29), ("x86_64", INTEL, 41, 53, 44, 307, 16)],
)
def test_the_filter_of_each_processor(
    system: str, audit: int, open_: int, pair: int, sendto: int, sendmmsg: int, ioctl: int
) -> None:
    steps = call_filter(system)
    assert [answer(steps, audit, open_, family, 1, 0) for family in (1, 2, 10, 16, 40)] == [
        errno.EACCES, ALLOWED, ALLOWED, ALLOWED, errno.EACCES,
    ]  # fmt: skip
    close_on_exec = 0x80000
    for type_, is_open in ((1, True), (1 | close_on_exec, True), (2, False), (3, False)):
        assert answer(steps, audit, open_, 2, type_, 6) == (0 if is_open else errno.EACCES)
        assert answer(steps, audit, pair, 1, type_, 0) == (0 if is_open else errno.EACCES)
    assert answer(steps, audit, sendto, 3, 0, 0, 0x4000) == ALLOWED
    assert answer(steps, audit, sendto, 3, 0, 0, 0x20004000) == errno.EOPNOTSUPP
    assert answer(steps, audit, sendmmsg, 3, 0, 1, 0x20000000) == errno.EOPNOTSUPP
    assert answer(steps, audit, ioctl, 0, termios.TCGETS) == ALLOWED
    assert answer(steps, audit, ioctl, 0, termios.TIOCSTI) == errno.EPERM
    assert answer(steps, audit, ioctl, 0, termios.TIOCSTI | 1 << 32) == errno.EPERM
    assert answer(steps, audit, 425) == errno.ENOSYS
    assert answer(steps, audit, 3) == ALLOWED


def test_calls_of_another_architecture_are_refused() -> None:
    steps = call_filter("x86_64")
    assert answer(steps, OLD_INTEL, 359, 1, 1, 0) == errno.ENOSYS
    assert answer(steps, INTEL, 0x40000000 | 41, 2, 1, 0) == errno.ENOSYS
    assert answer(call_filter("aarch64"), INTEL, 41, 2, 1, 0) == errno.ENOSYS
