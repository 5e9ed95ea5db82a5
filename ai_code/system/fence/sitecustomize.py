"""A fence around aider, loaded by Python itself when aider starts (PYTHONPATH names this folder).

aider writes where the model's answer says: ``../x`` and ``/home/you/x`` too. This audit hook
(PEP 578; it cannot be taken off again) lets aider write only below the folders it was given,
start no program but git, and talk to no host but the model's server. Nothing called ``.git`` is
written: a planted one would have git run what it says. It runs inside aider's own Python (3.10
and later), so it uses the standard library only and nothing of ai_code.

It holds back what a model's answer makes aider do. It is no jail for hostile Python code, which
would have ways around any hook (ctypes, _posixsubprocess); the model's code is never run.

AI_CODE_FENCE is a JSON object: ``write`` (folders), ``connect`` ([[host, port], ...]), ``told``
(a file that gets one line for each refusal), ``counts`` (one for each answer of the model's).
"""

import importlib.machinery
import importlib.util
import json
import os
import sys
from typing import Any, NoReturn

_WRITING_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_PATHS_OF = {
    "os.mkdir": (0,),
    "os.remove": (0,),
    "os.rmdir": (0,),
    "os.rename": (0, 1),
    "os.link": (0, 1),
    "os.symlink": (1,),
    "os.truncate": (0,),
    "os.chmod": (0,),
    "os.chown": (0,),
    "os.utime": (0,),
    "os.setxattr": (0,),
    "shutil.rmtree": (0,),
}
_ENTRIES = {"os.remove", "os.rmdir", "os.rename", "os.link", "os.symlink"}
"""These change a folder's entry: a link is not followed."""
_STARTS = {"os.exec": 0, "os.posix_spawn": 0, "subprocess.Popen": 0}
_PROGRAMS = {"git", "uname"}
_SENDS = {"socket.connect", "socket.sendto", "socket.sendmsg"}


def _found(name: str) -> str:
    """The real path of a program, as it is looked for; empty where there is none."""
    folders = [""] if os.sep in name else os.environ.get("PATH", os.defpath).split(os.pathsep)
    paths = (os.path.join(folder, name) for folder in folders)
    return next((os.path.realpath(path) for path in paths if os.access(path, os.X_OK)), "")


def _raise_fence() -> None:
    rules = json.loads(os.environ.pop("AI_CODE_FENCE"))
    folders = [os.path.realpath(folder) for folder in rules["write"]]
    hosts = {(str(host), int(port)) for host, port in rules["connect"]}
    names = {host.lower() for host, _ in hosts} | {"", "localhost"}
    # Found now: a .env that aider loads later may put a folder of its own before them.
    programs = {_found(name) for name in _PROGRAMS} - {""}
    told = os.open(rules["told"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    _note_counts(rules.get("counts"))

    def refuse(what: str, which: object) -> NoReturn:
        line = json.dumps([what, str(which)[:500]]) + "\n"
        os.write(told, line.encode("utf-8", "replace"))
        raise PermissionError(f"ai-code's fence: {what} is not allowed here: {which!r}")

    def inside(path: Any, entry: bool = False) -> bool:
        if isinstance(path, int):
            return True
        name = os.fsdecode(path)
        full = os.path.realpath(name)
        if entry:
            above, name = os.path.split(name.rstrip(os.sep))
            full = os.path.join(os.path.realpath(above or os.curdir), name)
        for folder in folders:
            if full == folder or full.startswith(folder + os.sep):
                return ".git" not in full[len(folder) :].lower().split(os.sep)
        return full == os.devnull

    def leads_in(path: Any) -> bool:
        """A folder that is there already, or that an allowed one lies in."""
        full = os.path.realpath(os.fsdecode(path))
        return os.path.isdir(full) or any(each.startswith(full + os.sep) for each in folders)

    def check_open(path: Any, mode: Any, flags: Any) -> None:
        writes = isinstance(mode, str) and any(letter in mode for letter in "wax+")
        writes = writes or (isinstance(flags, int) and bool(flags & _WRITING_FLAGS))
        if writes and path is not None and not inside(path):
            refuse("writing", path)

    def check_start(program: Any) -> None:
        name = os.fsdecode(program) if program else ""
        if os.path.basename(name) not in _PROGRAMS or _found(name) not in programs:
            refuse("starting a program", program)

    def resolved(address: tuple[str, int]) -> bool:
        """Whether it is what an allowed name is looked up to."""
        import socket

        for host, port in hosts:
            try:
                rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            except OSError:
                continue
            if address in {(str(row[4][0]), port) for row in rows}:
                return True
        return False

    def check_connect(address: Any) -> None:
        if not isinstance(address, tuple):
            return
        wanted = (str(address[0]), int(address[1]))
        if wanted not in hosts and not resolved(wanted):
            refuse("connecting", f"{address[0]}:{address[1]}")

    def named(host: Any) -> str:
        return "" if host is None else os.fsdecode(host).lower()

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            check_open(*args[:3])
        elif event in _PATHS_OF:
            for index in _PATHS_OF[event]:
                harmless = event == "os.mkdir" and leads_in(args[index])
                if not harmless and not inside(args[index], event in _ENTRIES):
                    refuse("writing", args[index])
        elif event == "subprocess.Popen":
            argv = args[1]
            check_start(args[0] or (argv if isinstance(argv, (str, bytes)) else argv[0]))
        elif event in _STARTS:
            check_start(args[0])
        elif event in ("os.system", "pty.spawn"):
            refuse("starting a program", args[0])
        elif event in _SENDS:
            check_connect(args[1])
        elif event == "socket.getaddrinfo" and named(args[0]) not in names:
            refuse("looking up", args[0])

    sys.addaudithook(hook)


def _note_counts(path: Any) -> None:
    """See answer_counts, the file beside this one, which is on no path any more."""
    if not path:
        return
    beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), "answer_counts.py")
    spec = importlib.util.spec_from_file_location("ai_code_answer_counts", beside)
    if spec and spec.loader:
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.note_counts(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))


def _next_sitecustomize() -> None:
    """Runs the module of this name that this one hides (NixOS and Debian have one)."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder or ".") != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize")
    if spec and spec.loader:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


def _end_quietly_on_ctrl_c() -> None:
    """In its own chat aider asks before it ends; while it still starts, Python would fill the
    screen with where it just was."""
    told = sys.__excepthook__

    def tell(kind: Any, value: Any, trace: Any) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            told(kind, value, trace)

    # aider's own hook passes Ctrl-C on to the second one.
    sys.excepthook = sys.__excepthook__ = tell


try:
    _next_sitecustomize()
finally:
    if "AI_CODE_FENCE" in os.environ:
        _end_quietly_on_ctrl_c()
        try:
            _raise_fence()
        except (OSError, ValueError, KeyError, TypeError) as error:
            # Python goes on after an error here: without a fence aider must not.
            sys.stderr.write(f"ai-code's fence cannot be raised: {error!r}\n")
            os._exit(126)
