"""Running git so that nothing of a repository's settings runs along."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ai_code.core.errors import AiCodeError, NotInstalledError
from ai_code.core.text import visible
from ai_code.system.child import run_child
from ai_code.system.signals import in_main_thread

TIMEOUT_S = 120.0
_OF_THE_TERMINAL = (-signal.SIGINT, -signal.SIGHUP)

_SAFE = {
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",
    "core.untrackedCache": "false",
    "core.splitIndex": "false",
    "core.safecrlf": "false",
    "core.pager": "cat",
    "protocol.allow": "never",
    "submodule.recurse": "false",
    "diff.ignoreSubmodules": "all",
    "log.showSignature": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "advice.addEmbeddedRepo": "false",
}


class GitError(AiCodeError):
    """A git command failed or took too long; ``why`` is what git said."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a call of git ended, and what it printed."""

    code: int
    out: bytes
    err: str


class Git:
    """Git with an explicit git dir, work tree and index, none of which it looks for itself.

    The person's and the system's settings are not read, nothing is fetched, no prompt, hook,
    pager or file-system monitor starts. ``env`` is the environment to start from (default: ours);
    its GIT_* variables are dropped."""

    def __init__(
        self,
        git_dir: Path | None = None,
        work_tree: Path | None = None,
        env: Mapping[str, str] | None = None,
        *,
        index: Path | None = None,
        own_settings: bool = False,
    ) -> None:
        """``own_settings``: the person's own settings are read (only to list them)."""
        source = os.environ if env is None else env
        self._program = _find_git(source.get("PATH", os.defpath))
        self._cwd = work_tree
        self._env = _clean(source)
        if not own_settings:
            self._env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        for name, value in (
            ("GIT_DIR", git_dir),
            ("GIT_WORK_TREE", work_tree),
            ("GIT_INDEX_FILE", index),
        ):
            if value is not None:
                self._env[name] = str(value)

    def __call__(
        self,
        *args: str | os.PathLike[str],
        stdin: bytes = b"",
        ok: Iterable[int] = (0,),
        timeout_s: float = TIMEOUT_S,
        env: Mapping[str, str] | None = None,
    ) -> bytes:
        """stdout of ``git ARGS``. Raises GitError for an exit status that is not in ``ok``."""
        answer = self.run(*args, stdin=stdin, timeout_s=timeout_s, env=env)
        if answer.code not in tuple(ok):
            raise GitError(
                f"git {args[0]} failed with status {answer.code}",
                why=visible(answer.err.strip()[-2000:]),
            )
        return answer.out

    def run(
        self,
        *args: str | os.PathLike[str],
        stdin: bytes = b"",
        timeout_s: float = TIMEOUT_S,
        env: Mapping[str, str] | None = None,
    ) -> Answer:
        """Any exit status is an answer. Raises GitError when it takes longer than the limit."""
        argv = [self._program, *_settings(), *(os.fspath(arg) for arg in args)]
        given = {**self._env, **(env or {})}
        try:
            done = self._done(argv, stdin, given, timeout_s)
            if done.returncode in _OF_THE_TERMINAL and in_main_thread():
                # It was ours still in the instant before it had its own group, and had not begun.
                done = self._done(argv, stdin, given, timeout_s)
        except subprocess.TimeoutExpired as error:
            raise GitError(f"git {args[0]} took longer than {timeout_s:.0f} s") from error
        except OSError as error:
            raise GitError(f"git could not be started: {error.strerror}") from error
        return Answer(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))

    def _done(
        self, argv: list[str], stdin: bytes, env: Mapping[str, str], timeout_s: float
    ) -> subprocess.CompletedProcess[bytes]:
        # A Ctrl-C on the terminal is for us: what must not be cut is not cut by it. What a thread
        # does beside is, for nobody else would end it.
        return run_child(
            argv,
            stdin=stdin,
            timeout_s=timeout_s,
            env=env,
            cwd=self._cwd or "/",
            process_group=0 if in_main_thread() else None,
        )


def _settings() -> list[str]:
    return [part for key, value in _SAFE.items() for part in ("-c", f"{key}={value}")]


def _clean(source: Mapping[str, str]) -> dict[str, str]:
    env = {name: value for name, value in source.items() if not name.startswith("GIT_")}
    env |= {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_PAGER": "cat",
        "LC_ALL": "C",
    }
    env.pop("LANGUAGE", None)
    return env


def _find_git(path: str) -> str:
    """Only absolute folders of PATH: with ``.`` in it a repository could bring its own git."""
    for folder in path.split(os.pathsep):
        program = Path(folder, "git")
        if folder.startswith("/") and os.access(program, os.X_OK) and program.is_file():
            return str(program)
    raise NotInstalledError(
        "git is not installed",
        why="the private worktree of a local engine is made with it",
        hint="sudo apt install git",
    )
