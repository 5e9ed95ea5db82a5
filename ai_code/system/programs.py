"""Finds installed programs, and remembers which version each is."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from ai_code.core.command import Command
from ai_code.core.errors import CannotStartError
from ai_code.core.task import Program
from ai_code.system.asked import Asked
from ai_code.system.child_environment import environment_of
from ai_code.system.files import private_folder, write_whole

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_TIMEOUT_S = 10.0
_BRIEF_S = 2.0
"""For a version that is only worth a word in a record, and for a quick check."""
_SILENT = "?"
"""Kept for a program that told no version in that time: it is not asked for it again."""


class Programs:
    """``cache`` is a JSON file: path, size and mtime of a program → its version. ``own`` is
    looked through after the PATH: what we installed for the person."""

    def __init__(
        self,
        environ: Mapping[str, str],
        cache: Path,
        own: Path | None = None,
        asked: Asked | None = None,
    ) -> None:
        self._environ = dict(environ)
        self._asked = asked or Asked()
        self._succeeded: dict[tuple[str, ...], bool] = {}
        self._cache = cache
        path = self._environ.get("PATH", os.defpath)
        self._search = f"{path}:{own}" if own else path

    def find(self, argv: Sequence[str]) -> Program | None:
        name = str(Path(argv[0]).expanduser()) if argv[0].startswith("~") else argv[0]
        path = _which(name, self._search)
        if path is None:
            self._explain(name)
            return None
        return Program((str(Path(path).absolute()), *argv[1:]))

    def version(self, program: Program, *, away: bool = False, brief: bool = False) -> Program:
        path = Path(program.argv[0])
        try:
            real = path.resolve(strict=True)
            told = real.stat()
        except (OSError, RuntimeError):
            return program
        key = f"{real}|{told.st_size}|{told.st_mtime_ns}|{' '.join(program.argv[1:])}"
        known = self._known()
        text = known.get(str(path), {}).get(key, "")
        if not text or (text == _SILENT and not brief):
            seconds = _BRIEF_S if brief else _TIMEOUT_S
            text = self._ask_away(program, seconds) if away else self._ask(program, seconds)
            kept = text or (_SILENT if brief else "")
            self._remember({**known, str(path): {key: kept}} if kept else known)
        return program._replace(version=_parsed(text))

    def succeeds(self, command: Command) -> bool:
        """See ``core.ports.Processes``."""
        if command.argv not in self._succeeded:
            self._succeeded[command.argv] = self._check(command)
        return self._succeeded[command.argv]

    def _check(self, command: Command) -> bool:
        environ = environment_of(command, self._environ)
        quiet = subprocess.DEVNULL
        try:
            with self._asked.start(command.argv, environ, stderr=quiet, cwd=command.cwd) as child:
                child.communicate(timeout=_BRIEF_S)
        except (subprocess.TimeoutExpired, OSError):
            return False
        return child.returncode == 0

    def _explain(self, name: str) -> None:
        """A file that is there but cannot be run deserves another message than none at all."""
        folders = [""] if "/" in name else self._search.split(":")
        for folder in folders:
            path = Path(folder) / name
            try:
                if path.is_file():
                    raise CannotStartError(f"{path} is not executable", hint=f"chmod +x {path}")
            except OSError:
                continue

    def _ask_away(self, program: Program, seconds: float) -> str:
        from ai_code.system.scratch_folder import scratch_folder

        with scratch_folder(self._environ) as folder:
            place = {"XDG_STATE_HOME": str(folder), "PWD": "/"}
            return self._ask(program, seconds, Path("/"), place)

    def _ask(
        self,
        program: Program,
        seconds: float,
        cwd: Path | None = None,
        place: Mapping[str, str] = MappingProxyType({}),
    ) -> str:
        environ = {**self._environ, **place}
        argv = [*program.argv, "--version"]
        try:
            with self._asked.start(argv, environ, stderr=subprocess.PIPE, cwd=cwd) as child:
                out, err = child.communicate(timeout=seconds)
        except (subprocess.TimeoutExpired, OSError):
            return ""
        # pi 0.74.2 tells it on standard error. There a broken one tells the version of Node.js.
        told = (out, err) if child.returncode == 0 else (out,)
        found = (_VERSION.search(each[:200].decode("utf-8", "replace")) for each in told)
        return next((match.group() for match in found if match), "")

    def _known(self) -> dict[str, dict[str, str]]:
        try:
            value = json.loads(self._cache.read_bytes())
        except (OSError, ValueError):
            return {}
        rows = value.items() if isinstance(value, dict) else ()
        return {path: row for path, row in rows if isinstance(row, dict)}

    def _remember(self, known: dict[str, dict[str, str]]) -> None:
        try:
            private_folder(self._cache.parent)
            write_whole(self._cache, json.dumps(known).encode())
        except OSError:
            # Asking again next time costs a second and breaks nothing.
            return


def _parsed(text: str) -> tuple[int, ...] | None:
    match = _VERSION.search(text)
    return tuple(int(part) for part in match.groups()) if match else None


def _which(name: str, search: str) -> str | None:
    """As ``shutil.which`` on POSIX; importing that takes 1.6 ms (all its archive formats)."""
    # A relative folder of PATH is the repository's to fill.
    folders = [each for each in search.split(":") if each.startswith("/")]
    places = [name] if "/" in name else [os.path.join(each, name) for each in folders]  # noqa: PTH118
    for path in places:
        if os.access(path, os.X_OK) and not os.path.isdir(path):  # noqa: PTH112
            return path
    return None
