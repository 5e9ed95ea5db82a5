"""Notes as files in the state folder, readable by nobody else: one for all projects, one for each
repository.

Each run asks whether there are any, and most have none: the rest is imported where it is needed."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.core.errors import AiCodeError
from ai_code.system.files import write_whole
from ai_code.system.repository import find_shared

if TYPE_CHECKING:
    from ai_code.core.ports_memory import Scope

_FORGOTTEN = ".forgotten.md"
_GLOBAL = "all projects"


class NoteFiles:
    """See ``ai_code.core.ports_memory.NoteStore``."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / "memory"

    def any(self) -> bool:
        return self._folder.is_dir()

    def scopes(self, cwd: Path) -> tuple[Scope, ...]:
        shared = find_shared(cwd)
        return (*([self._of(shared)] if shared else []), self._global())

    def all(self) -> tuple[Scope, ...]:
        from ai_code.core.notes_file import title_of
        from ai_code.core.ports_memory import Scope

        found = []
        for path in sorted((self._folder / "projects").glob("*.md")):
            if not path.name.endswith(_FORGOTTEN):
                title = title_of(_text(path)) or path.stem
                found.append(Scope("project", title, path))
        return (*found, self._global())

    def read(self, scope: Scope) -> str:
        return _text(scope.path)

    def forgotten(self, scope: Scope) -> Scope:
        return scope._replace(path=scope.path.with_name(scope.path.stem + _FORGOTTEN))

    def change(self, scope: Scope, change: Callable[[str], str]) -> None:
        from ai_code.system.locks import file_lock

        try:
            with file_lock(scope.path):
                text = change(_text(scope.path))
                if text:
                    write_whole(scope.path, text.encode("utf-8", "replace"))
                else:
                    scope.path.unlink(missing_ok=True)
        except OSError as error:
            raise AiCodeError(
                f"cannot write {scope.path}",
                why=error.strerror or str(error),
                hint=f"df -h {self._folder.parent}",
            ) from error

    def claude_file(self, cwd: Path) -> Path:
        return self._folder / "for-claude" / self.scopes(cwd)[0].path.name

    def _global(self) -> Scope:
        from ai_code.core.ports_memory import Scope

        return Scope("global", _GLOBAL, self._folder / "all-projects.md")

    def _of(self, shared: Path) -> Scope:
        from ai_code.core.ports_memory import Scope

        root = shared.parent if shared.name == ".git" else shared
        name = re.sub(r"[^0-9A-Za-z._-]", "-", root.name)[-60:].lstrip(".") or "repository"
        number = zlib.crc32(str(shared).encode("utf-8", "surrogateescape"))
        title = str(root).encode("utf-8", "replace").decode()
        return Scope("project", title, self._folder / "projects" / f"{name}-{number:08x}.md")


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
