"""Raises a fence around a program by the kernel (Landlock, Linux 5.13 and later, and seccomp),
then becomes it.

    main([TOLD, TERMINAL, PORTS, WRITABLE…, "--", PROGRAM, ARGUMENT…])

TOLD is a file that is made once the fence stands; TERMINAL the person's terminal, where it is lent
to the program (empty: it gets none); PORTS the TCP ports that may be reached, with commas between
them (none but these, from Linux 6.7 on); WRITABLE the absolute paths of folders and files that may
be written (nothing else is). What the program starts is behind the same fence, which nothing takes
off again (landlock(7)). Reading and running stay free: the fence keeps a model from damage, it is
no hiding place for secrets.

Landlock knows files and TCP alone. What else leads out is refused by a filter of system calls,
on x86_64 and aarch64: a tmux, a Docker or a session's bus listens on a Unix socket.

Runs in a process of its own before the engine, which waits for it: so it imports nothing of
ai_code, and little of the standard library (json would take as long as Python's own start).
``version`` and ``holds_network`` tell what the kernel can do.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import struct
import sys
import termios

_CREATE, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""System call numbers, the same on all architectures (Linux 5.13, syscall tables)."""
_ASK_VERSION = 1
_PATH_BENEATH, _NET_PORT = 1, 2
_NO_NEW_PRIVS = 38

_WRITE_FILE, _REFER, _TRUNCATE, _IOCTL_DEV = 1 << 1, 1 << 13, 1 << 14, 1 << 15
_CHANGE_FOLDER = 0b1111111110000
"""REMOVE_DIR, REMOVE_FILE, MAKE_CHAR, _DIR, _REG, _SOCK, _FIFO, _BLOCK and _SYM."""
_CONNECT_TCP = 1 << 1
_SCOPED = 0b11
"""No abstract socket and no signal leads out (Linux 6.12)."""
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full")
_TERMINAL = "/dev/tty"


_SET_SECCOMP, _FILTER = 22, 2
_SYSTEMS = {
    # audit's name of it; socket, socketpair, sendto, sendmsg, sendmmsg, ioctl
    "x86_64": (0xC000003E, (41, 53, 44, 46, 307, 16)),
    "aarch64": (0xC00000B7, (198, 199, 206, 211, 269, 29)),
}
"""linux/audit.h, asm/unistd.h. Both count their bytes from the low one."""
_UNIX, _INET, _INET6, _NETLINK = 1, 2, 10, 16
_STREAM, _SEQPACKET = 1, 5
"""The same on both."""
_TCP, _ROUTE, _TYPE = 6, 0, 0xF
_X32, _IO_URING_SETUP = 0x40000000, 425
_FAST_OPEN = 0x20000000
"""MSG_FASTOPEN connects where Landlock does not look (6.18)."""
_TIOCLINUX = 0x541C
"""Pastes, on a console."""
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000


class _Attributes(ctypes.Structure):
    """struct landlock_ruleset_attr (linux/landlock.h); a kernel that does not know the last ones
    is given a shorter one."""

    _fields_ = [
        ("fs", ctypes.c_uint64),
        ("net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    ]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


class _Program(ctypes.Structure):
    """struct sock_fprog (linux/filter.h)."""

    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


class _Port(ctypes.Structure):
    _fields_ = [("allowed", ctypes.c_uint64), ("port", ctypes.c_uint64)]


def version() -> int:
    """The kernel's version of Landlock: 0 where it has none, or it is switched off."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, _call(_CREATE, None, 0, _ASK_VERSION))


def machine() -> str:
    """The processor whose system calls this process makes; empty where they have no filter."""
    name = os.uname().machine
    return name if name in _SYSTEMS and struct.calcsize("P") == 8 else ""


def holds_network() -> bool:
    """Whether the fence lets nothing but the given TCP ports be reached: where Landlock knows
    ports (Linux 6.7), and all other sockets can be refused."""
    return version() >= 4 and _filters()


def _filters() -> bool:
    """A kernel that could take a filter says of none at all that it lies at a bad address."""
    if not machine():
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_SET_SECCOMP, ctypes.c_ulong(_FILTER), None, 0, 0)
    return ctypes.get_errno() == errno.EFAULT


Step = tuple[int, int, int, int]
"""struct sock_filter: code, steps to leave out if it is so, if it is not, value."""


def call_filter(system: str) -> list[Step]:
    """What the kernel runs before each system call (seccomp(2), classic BPF).

    TCP is left, which Landlock holds; pairs of Unix sockets, which are connected to each other and
    stay so (datagrams are not: those can be sent anywhere); and the kernel's lists of interfaces.
    Calls of another architecture have other numbers, and io_uring would open sockets unseen."""
    audit, (open_, pair, sendto, sendmsg, sendmmsg, ioctl) = _SYSTEMS[system]
    missing, refused = _refuse(errno.ENOSYS), _refuse(errno.EACCES)
    interfaces = [*_one_of(2, refused, _ROUTE), (_RETURN, 0, 0, _ALLOW)]
    stream = [
        *_one_of(0, refused, _INET, _INET6),
        *_one_of(1, refused, _STREAM, mask=_TYPE),
        *_one_of(2, refused, 0, _TCP),
        (_RETURN, 0, 0, _ALLOW),
    ]
    netlink = [_argument(0), (_EQUAL, 0, len(interfaces), _NETLINK), *interfaces]
    connected = [
        *_one_of(0, refused, _UNIX),
        *_one_of(1, refused, _STREAM, _SEQPACKET, mask=_TYPE),
        (_RETURN, 0, 0, _ALLOW),
    ]
    keys = [
        _argument(1),
        (_EQUAL, 1, 0, termios.TIOCSTI),
        (_EQUAL, 0, 1, _TIOCLINUX),
        _refuse(errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, audit),
        missing,
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, 0, 1, _X32),
        missing,
        *_if_called(_IO_URING_SETUP, [missing]),
        *_if_called(open_, [*netlink, *stream]),
        *_if_called(pair, connected),
        *_if_called(sendto, _slow_open(3)),
        *_if_called(sendmsg, _slow_open(2)),
        *_if_called(sendmmsg, _slow_open(3)),
        *_if_called(ioctl, keys),
        (_RETURN, 0, 0, _ALLOW),
    ]


def _refuse(number: int) -> Step:
    return (_RETURN, 0, 0, _REFUSE | number)


def _argument(number: int) -> Step:
    """Loads its lower half: all of these are ints to the kernel."""
    return (_LOAD, 0, 0, 16 + 8 * number)


def _if_called(number: int, steps: list[Step]) -> list[Step]:
    """``steps`` end the filter in any case."""
    return [(_EQUAL, 0, len(steps), number), *steps]


def _one_of(argument: int, refused: Step, *values: int, mask: int = 0xFFFFFFFF) -> list[Step]:
    tests = [(_EQUAL, len(values) - at, 0, value) for at, value in enumerate(values)]
    return [_argument(argument), (_AND, 0, 0, mask), *tests, refused]


def _slow_open(flags: int) -> list[Step]:
    """A program goes on with connect() where there is no fast open."""
    refused = _refuse(errno.EOPNOTSUPP)
    return [_argument(flags), (_ANY_BIT, 0, 1, _FAST_OPEN), refused, (_RETURN, 0, 0, _ALLOW)]


def _filter_calls(system: str) -> None:
    steps = call_filter(system)
    packed = b"".join(struct.pack("=HBBI", *each) for each in steps)
    program = _Program(len(steps), packed)
    libc = ctypes.CDLL(None, use_errno=True)
    done = libc.prctl(_SET_SECCOMP, ctypes.c_ulong(_FILTER), ctypes.byref(program), 0, 0)
    _checked(done, "filtering system calls")


def _call(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    given = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    return int(libc.syscall(ctypes.c_long(number), *given))


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def raise_fence(write: list[str], connect: list[int]) -> None:
    """Keeps this process, and all that it starts, within these places from now on.

    Raises OSError where the kernel cannot. What is not there, cannot be allowed and is left out."""
    known = version()
    if not known:
        raise OSError("this kernel has no Landlock")
    handled = _WRITE_FILE | _CHANGE_FOLDER
    handled |= _REFER if known >= 2 else 0
    handled |= _TRUNCATE if known >= 3 else 0
    handled |= _IOCTL_DEV if known >= 5 else 0
    attributes = _Attributes(
        handled, _CONNECT_TCP if known >= 4 else 0, _SCOPED if known >= 6 else 0
    )
    size = 24 if known >= 6 else 16 if known >= 4 else 8
    ruleset = _checked(_call(_CREATE, ctypes.byref(attributes), size, 0), "making the fence")
    try:
        for path in write:
            _allow(ruleset, path, handled)
        for port in connect if known >= 4 else ():
            rule = _Port(_CONNECT_TCP, port)
            _checked(_call(_ADD_RULE, ruleset, _NET_PORT, ctypes.byref(rule), 0), f"port {port}")
        libc = ctypes.CDLL(None, use_errno=True)
        _checked(libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")
        _checked(_call(_RESTRICT_SELF, ruleset, 0), "raising the fence")
        if _filters():
            _filter_calls(machine())
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, handled: int) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        is_folder = os.path.isdir(path)
        # Rights over entries are a folder's: the kernel refuses them for a file.
        rights = handled if is_folder else handled & (_WRITE_FILE | _TRUNCATE | _IOCTL_DEV)
        rule = _Beneath(rights, parent)
        _checked(_call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0), path)
    finally:
        os.close(parent)


def leave_terminal() -> None:
    """This process, and all that it starts, has no controlling terminal any more: /dev/tty leads
    nowhere, and nothing can be put among the keys that the person types (TIOCSTI). For one that
    leads no session: of a leader's whole session it would be taken."""
    try:
        terminal = os.open(_TERMINAL, os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return
    try:
        fcntl.ioctl(terminal, termios.TIOCNOTTY)
    finally:
        os.close(terminal)


def main(arguments: list[str]) -> None:
    """Does not come back: it becomes the program, or ends with 126 or 127."""
    end = arguments.index("--")
    told_name, lent, ports, *writable = arguments[:end]
    program = arguments[end + 1 :]
    told = os.open(told_name, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        if not lent:
            leave_terminal()
        devices = [*_DEVICES, *([_TERMINAL, lent] if lent else [])]
        raise_fence([*writable, *devices], [int(port) for port in ports.split(",") if port])
    except OSError as error:
        sys.stderr.write(f"ai-code's fence cannot be raised: {error}\n")
        os._exit(126)
    os.write(told, b'["fence", "stands"]\n')
    try:
        os.execvp(program[0], program)  # noqa: S606  the engine takes our place
    except OSError as error:
        sys.stderr.write(f"{program[0]}: {error.strerror}\n")
        os._exit(127 if isinstance(error, FileNotFoundError) else 126)
