"""A small world for ``ai-code`` as a whole: a home, a project, engines, stand-ins of both APIs.

``ai-code`` runs as a process of its own from the checkout; Claude Code and aider are the real
ones or small scripts (``fakes``). Every process of a world carries a mark in its environment:
what is still running when the world ends fails the test.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect
import psutil

from ai_code.drill.anthropic import AnthropicStandIn, Step
from ai_code.drill.models import FakeModel
from ai_code.drill.ollama import OllamaStandIn
from ai_code.drill.replies import Reply
from tests.conftest import HELLO, real_program

CHECKOUT = Path(__file__).resolve().parents[2]
MARK = "E2E_WORLD"
SMALL = FakeModel(
    "deepseek-coder:6.7b", size=50_000_000, layers=4, embedding_length=256, head_count=4,
    head_count_kv=4,
)  # fmt: skip
"""A model that fits into the memory of any machine that runs these tests."""
_LAUNCHER = """\
import sys
sys.path[0] = {checkout!r}
from ai_code.__main__ import main
main()
"""
_TIMEOUT_S = 240.0


@dataclass(frozen=True)
class Result:
    """How a run ended. On a terminal both streams are in ``raw``, and ``stderr`` is empty."""

    code: int
    raw: bytes
    stderr: str

    @property
    def stdout(self) -> str:
        return self.raw.decode("utf-8", "replace")

    @property
    def banners(self) -> list[str]:
        """The lines that say which engine works."""
        return [line for line in self.stderr.splitlines() if line.startswith("[AI:")]

    @property
    def hint(self) -> str:
        """The command that mends it: the last line of an error."""
        last = self.stderr.rstrip("\n").rsplit("\n", 1)[-1]
        return last.removeprefix("hint: ") if last.startswith("hint: ") else ""

    def __str__(self) -> str:
        return f"exit {self.code}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"


class Running:
    """A run that goes on. ``wait_for`` what it does, then ``signal`` it or ``wait`` for its end."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.pid = process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def signal(self, signum: int) -> None:
        """Nothing where it has ended."""
        self._process.send_signal(signum)

    def wait(self) -> Result:
        out, err = self._process.communicate(timeout=_TIMEOUT_S)
        return Result(self._process.returncode, out, err.decode("utf-8", "replace"))


class World:
    """One person's machine below ``base``. ``env`` may be changed before a run."""

    def __init__(self, base: Path, env: Mapping[str, str]) -> None:
        self.base, self.home, self.bin = base, Path(env["HOME"]), base / "bin"
        self.project = base / "project"
        self.project.mkdir()
        self._mark = uuid.uuid4().hex
        self.env = {
            **env, MARK: self._mark, "CLAUDE_CODE_OAUTH_TOKEN": "dummy", "PWD": str(self.project)
        }  # fmt: skip
        self._stack = ExitStack()
        (base / "ai-code.py").write_text(_LAUNCHER.format(checkout=str(CHECKOUT)))

    # The project --------------------------------------------------------------------------

    def git(self, *args: str, cwd: Path | None = None) -> str:
        """Git as the person; with an identity, without anything of the machine's."""
        person = {f"GIT_{r}_{k}": "p@q" for r in ("AUTHOR", "COMMITTER") for k in ("NAME", "EMAIL")}
        done = subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *args],
            cwd=cwd or self.project, env={**self.env, **person}, capture_output=True, check=True,
        )  # fmt: skip
        return done.stdout.decode("utf-8", "surrogateescape")

    def write(self, path: str, data: str | bytes, mode: int | None = None) -> Path:
        """A file of the project's."""
        full = self.project / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(data.encode() if isinstance(data, str) else data)
        if mode is not None:
            full.chmod(mode)
        return full

    def text(self, path: str = "hello.py") -> str:
        return (self.project / path).read_text()

    def files(self, commit: bool = True) -> World:
        """A repository with hello.py, README.md and CLAUDE.md; ``commit`` False leaves the
        branch unborn."""
        self.write("hello.py", HELLO)
        self.write("README.md", "# Hello\n\nPrints a greeting.\n")
        self.write("CLAUDE.md", "Write docstrings in the imperative.\n")
        self.git("init", "--quiet", "--initial-branch=main")
        if commit:
            self.git("add", "--all")
            self.git("commit", "--quiet", "--message=First")
        return self

    def tree(self, root: Path | None = None) -> dict[str, tuple[int, bytes]]:
        """Every path below the project but git's objects: mode and content (or a link's target).
        Equal before and after: nothing was touched, neither index nor HEAD nor settings."""
        found: dict[str, tuple[int, bytes]] = {}
        root = root or self.project
        for folder, folders, names in os.walk(root):
            if "objects" in folders and Path(folder).name == ".git":
                folders.remove("objects")
            for name in (*folders, *names):
                found[os.path.relpath(os.path.join(folder, name), root)] = _seen(folder, name)
        return found

    # Engines and their servers ------------------------------------------------------------

    def link(self, name: str, target: Path) -> None:
        """A program on the PATH."""
        (self.bin / name).unlink(missing_ok=True)
        (self.bin / name).symlink_to(target)

    def script(self, name: str, text: str, mode: int = 0o755) -> Path:
        """A program on the PATH, made of its text."""
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def claude(self, steps: Sequence[Step], version: str = "2.1.329") -> AnthropicStandIn:
        """The real Claude Code, and the API that it talks to."""
        self.link("claude", real_program(f"claude {version}"))
        api = self._stack.enter_context(AnthropicStandIn(steps))
        self.env["ANTHROPIC_BASE_URL"] = api.url
        return api

    def aider(self, *replies: Reply, **options: Any) -> OllamaStandIn:
        """The real aider, and the models that it talks to."""
        self.link("aider", real_program("aider"))
        return self.ollama(*replies, **options)

    def ollama(self, *replies: Reply, **options: Any) -> OllamaStandIn:
        """A model server that answers with ``replies``; OLLAMA_HOST names it."""
        options.setdefault("models", [SMALL])
        server = self._stack.enter_context(OllamaStandIn(replies=replies or ("OK",), **options))
        self.env["OLLAMA_HOST"] = server.url
        return server

    def stop_servers(self) -> None:
        """From now on nobody listens."""
        self._stack.close()

    def settings(self, text: str) -> None:
        """The person's config.yaml."""
        path = self.home / ".config/ai-code/config.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    # Runs ---------------------------------------------------------------------------------

    def run(
        self, *args: str | bytes, stdin: bytes | None = None, cwd: Path | None = None,
        wrap: Sequence[str] = (), env: Mapping[str, str] | None = None,
    ) -> Result:  # fmt: skip
        """``ai-code ARGS``, without a terminal; ``wrap`` is a command in front of it."""
        place = cwd or self.project
        done = subprocess.run(
            [*wrap, *self.command(*args)], cwd=place, env={**(env or self.env), "PWD": str(place)},
            input=stdin, stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True, timeout=_TIMEOUT_S, check=False,
        )  # fmt: skip
        return Result(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))

    def start(self, *args: str) -> Running:
        """The same, while the test goes on."""
        return Running(
            subprocess.Popen(
                self.command(*args), cwd=self.project, env=self.env, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0,
            )
        )  # fmt: skip

    def terminal(
        self, *args: str, columns: int = 80, env: Mapping[str, str] | None = None
    ) -> pexpect.spawn[bytes]:
        """The same on a terminal of its own; the caller talks to it, ``ended`` waits for it."""
        first, *rest = (os.fsdecode(each) for each in self.command(*args))
        env = {**self.env, "TERM": "xterm-256color", **(env or {})}
        child: pexpect.spawn[bytes] = pexpect.spawn(
            first, rest, cwd=str(self.project), env=env, dimensions=(24, columns), echo=False,
            timeout=_TIMEOUT_S,
        )  # fmt: skip
        self._stack.callback(child.close, force=True)
        return child

    def on_terminal(self, *args: str) -> Result:
        """Runs on a terminal to the end; all that the screen was sent is in ``raw``."""
        child = self.terminal(*args)
        return ended(child, child.read())

    def command(self, *args: str | bytes) -> list[str | bytes]:
        return [sys.executable, str(self.base / "ai-code.py"), *args]

    # What is there afterwards -------------------------------------------------------------

    @property
    def state(self) -> Path:
        return self.home / ".local/state/ai-code"

    def records(self) -> list[dict[str, Any]]:
        """The journal, the newest first."""
        found = sorted((self.state / "runs").glob("*/record.json"), reverse=True)
        return [json.loads(path.read_text()) for path in found]

    def verdicts(self) -> list[str]:
        """``engine verdict kind-or-reason`` of each attempt of the last run."""
        rows = self.records()[0]["attempts"]
        return [" ".join(filter(None, (r["engine"], r["verdict"], r["kind"] or r["reason"])))
                for r in rows]  # fmt: skip

    def processes(self) -> list[psutil.Process]:
        """What runs with this world's mark, whoever its parent is now.

        ``info`` has what ``argv_of`` and ``status_of`` tell as it was when it was looked at: a
        process that is asked later may have ended meanwhile.
        """
        found = psutil.process_iter(["environ", "cmdline", "status"])
        return [each for each in found if _marked(each.info, self._mark)]

    def close(self) -> list[str]:
        """Ends what is left, and says what it was."""
        self._stack.close()
        left = self.processes() and _after(2.0, self.processes)
        for each in left:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        return [" ".join(argv_of(each)) or f"process {each.pid}" for each in left]


def ended(child: pexpect.spawn[bytes], seen: bytes) -> Result:
    """The result of a run on a terminal whose output was read to the end."""
    child.wait()
    code = child.exitstatus if child.exitstatus is not None else -(child.signalstatus or 0)
    return Result(code, seen, "")


def wait_for(holds: Callable[[], Any], seconds: float = 30.0) -> Any:
    """The value of ``holds`` as soon as it is true; fails after so many seconds."""
    until = time.monotonic() + seconds
    while not (value := holds()):
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds:g} s: {holds}")
        time.sleep(0.02)
    return value


def _after(seconds: float, look: Callable[[], list[psutil.Process]]) -> list[psutil.Process]:
    """What is still there after a moment of grace."""
    until = time.monotonic() + seconds
    while (left := look()) and time.monotonic() < until:
        time.sleep(0.05)
    return left


def argv_of(process: psutil.Process) -> list[str]:
    """The command line of one of ``World.processes``."""
    return process.info["cmdline"] or []


def status_of(process: psutil.Process) -> str:
    """The state of one of ``World.processes``, in psutil's words."""
    return str(process.info["status"])


def _marked(seen: Mapping[str, Any], mark: str) -> bool:
    """``None`` is what could not be read: another person's, or one that is about to go."""
    return (seen["environ"] or {}).get(MARK) == mark and seen["status"] != psutil.STATUS_ZOMBIE


def _seen(folder: str, name: str) -> tuple[int, bytes]:
    full = Path(folder, name)
    mode = full.lstat().st_mode
    if stat.S_ISLNK(mode):
        return mode, os.fsencode(os.readlink(full))
    return mode, full.read_bytes() if stat.S_ISREG(mode) else b""


def lines_of(raw: bytes) -> Iterator[dict[str, Any]]:
    """The JSON lines of an output."""
    return (json.loads(line) for line in raw.splitlines())
