"""A git directory of our own: the person's objects, none of the person's settings.

Through ``objects/info/alternates`` it reads the person's objects; what it writes stays in it.
So the repository gets no refs, no registered worktrees and no settings from us, and its own
settings (filters, hooks, monitors, text converters) are not in force here.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ai_code.system.files import private_folder
from ai_code.system.git_settings import settings_of_person
from ai_code.system.repository import Repository, passed_on, small_text

_OWN_ENTRIES = {"HEAD", "config", "objects", "refs", "info", "index", "shallow"}
_RAW = "* -text -eol -ident -filter -working-tree-encoding\n"


@dataclass(frozen=True, slots=True)
class PrivateGit:
    """What the private git directory at ``git_dir`` consists of; ``write`` makes it so again,
    whatever was done to its files meanwhile."""

    git_dir: Path
    object_format: str = "sha1"
    objects: Path | None = None
    shallow: bytes = b""
    settings: Mapping[str, str] = field(default_factory=dict)
    exclude: str = ""
    attributes: str = ""
    branch: str | None = None

    def write(self, head: str | None) -> None:
        """``head`` is the commit to stand on, None for a repository without one."""
        private_folder(self.git_dir)
        for entry in self.git_dir.iterdir():
            if entry.name not in _OWN_ENTRIES:
                remove(entry)
        for name in ("refs", "info", "objects/info", "config", "HEAD", "shallow"):
            remove(self.git_dir / name)
        # What makes it a git directory, and the folders of our files; git makes others itself.
        for name in ("refs", "objects", "info", "objects/info"):
            (self.git_dir / name).mkdir(exist_ok=True)
        self._files()
        self.stand_on(head)

    def _files(self) -> None:
        put = _Writer(self.git_dir)
        put("config", _config(self.object_format, self.settings))
        put("info/exclude", self.exclude)
        put("info/attributes", self.attributes)
        if self.shallow:
            (self.git_dir / "shallow").write_bytes(self.shallow)
        if self.objects is not None:
            put("objects/info/alternates", _alternate(self.objects))

    def stand_on(self, head: str | None) -> None:
        """Another commit, of a directory that nobody but us has written to."""
        put = _Writer(self.git_dir)
        if self.branch is None and head is not None:
            put("HEAD", head + "\n")
            return
        name = f"refs/heads/{self.branch or 'main'}"
        put("HEAD", f"ref: {name}\n")
        if head is not None:
            # packed: a branch a/b must not need a folder that a broken name could lead astray.
            put("packed-refs", f"# pack-refs with: peeled fully-peeled sorted \n{head} {name}\n")


class _Writer:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, name: str, text: str) -> None:
        if text:
            (self._folder / name).write_bytes(os.fsencode(text))


def private_git(
    git_dir: Path, repository: Repository | None, env: Mapping[str, str] | None = None
) -> PrivateGit:
    """The plan of a private git directory for ``repository``, or for no repository at all."""
    own = settings_of_person(git_dir, env)
    files = {
        name: own[f"core.{name}"]
        for name in ("excludesfile", "attributesfile")
        if own.get(f"core.{name}")
    }
    settings = passed_on(own)
    settings |= {f"core.{name}": _expanded(value, env) for name, value in files.items()}
    if repository is None:
        return PrivateGit(git_dir, settings=settings)
    info = repository.common_dir / "info"
    shallow = repository.shallow
    return PrivateGit(
        git_dir,
        object_format=repository.object_format,
        objects=repository.objects,
        shallow=shallow.read_bytes() if shallow.is_file() else b"",
        settings={**settings, **repository.settings},
        exclude=small_text(info / "exclude"),
        attributes=small_text(info / "attributes"),
        branch=repository.branch,
    )


def raw(plan: PrivateGit) -> PrivateGit:
    """The same, with contents taken byte for byte: no line ends or encodings converted."""
    settings = {k: v for k, v in plan.settings.items() if k not in ("core.autocrlf", "core.eol")}
    return PrivateGit(
        plan.git_dir,
        plan.object_format,
        plan.objects,
        plan.shallow,
        settings,
        plan.exclude,
        _RAW,
        plan.branch,
    )


def remove(path: Path) -> None:
    """Removes a file, a link or a folder with all in it; never follows a link."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    shutil.rmtree(path, onerror=_make_writable)


def _make_writable(function: object, path: str, _error: object) -> None:
    """An engine may have left folders without write permission."""
    parent = Path(path).parent
    for folder in (parent, Path(path)):
        if folder.is_dir() and not folder.is_symlink():
            folder.chmod(0o700)
    if Path(path).is_symlink() or not Path(path).is_dir():
        Path(path).unlink(missing_ok=True)
    elif function is not os.rmdir:
        shutil.rmtree(path, ignore_errors=True)


def _config(object_format: str, settings: Mapping[str, str]) -> str:
    """Also read by git as the engine runs it (aider): nothing of it may start anything."""
    version = 1 if object_format != "sha1" else 0
    rows = {
        "core.repositoryformatversion": str(version),
        "core.bare": "false",
        "core.logallrefupdates": "false",
        "core.fsmonitor": "false",
        "core.hookspath": "/dev/null",
        "commit.gpgsign": "false",
        "gc.auto": "0",
        "maintenance.auto": "false",
        "user.name": "ai-code",
        "user.email": "ai-code@localhost",
        **settings,
    }
    if version:
        rows["extensions.objectformat"] = object_format
    lines = []
    for key, value in rows.items():
        section, _, name = key.partition(".")
        lines.append(f"[{section}]\n\t{name} = {_config_value(value)}\n")
    return "".join(lines)


def _config_value(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\t", "\\t") + '"'


def _alternate(path: Path) -> str:
    """One row of objects/info/alternates; in C quotes where it needs them."""
    text = str(path)
    if text.startswith(('"', "#")) or "\n" in text:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        text = f'"{escaped}"'
    return text + "\n"


def _expanded(value: str, env: Mapping[str, str] | None) -> str:
    if not value.startswith("~/"):
        return value
    home = (os.environ if env is None else env).get("HOME", "")
    return str(Path(home, value[2:])) if home else value
