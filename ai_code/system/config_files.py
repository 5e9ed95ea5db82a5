"""Finds and reads the settings files. Where they lie follows the XDG base directory
specification 0.8, on macOS too: people keep one set of dot files."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.errors import ConfigError
from ai_code.settings import Layers, Loaded, SourceFile, load

if TYPE_CHECKING:
    from ai_code.settings.ports import FileInfo, FileRole
    from ai_code.system.trust import TrustStore

PROJECT_FILE = ".ai-code.yaml"
_READ_AT_MOST = 256 * 1024 + 1
"""One byte more than settings take, so that they can tell a larger file."""
_MISSING = (errno.ENOENT, errno.ENOTDIR)
_NIX_STORE = Path("/nix/store")


class Places(NamedTuple):
    """Where our files lie. Nothing here need exist."""

    config_file: Path
    state_dir: Path
    cache_dir: Path
    data_dir: Path
    home: Path = Path("/")
    """No project is looked for above it."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Places:
        """XDG variables where they hold absolute paths (others are ignored, as XDG says), else
        the defaults below the home folder."""
        home = _home(environ)

        def base(variable: str, default: str) -> Path:
            value = environ.get(variable, "")
            usable = value.startswith("/") and "\0" not in value
            return (Path(value) if usable else home / default) / "ai-code"

        return cls(
            config_file=base("XDG_CONFIG_HOME", ".config") / "config.yaml",
            state_dir=base("XDG_STATE_HOME", ".local/state"),
            cache_dir=base("XDG_CACHE_HOME", ".cache"),
            data_dir=base("XDG_DATA_HOME", ".local/share"),
            home=home,
        )


def _home(environ: Mapping[str, str]) -> Path:
    home = environ.get("HOME", "")
    if home.startswith("/"):
        return Path(home)
    import pwd

    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        return Path("/")


class ConfigStore:
    """The settings files of one run; implements ``settings.ports.Config``.

    Files are read when asked for, each time anew. Raises ConfigError where the user's file or
    the choices are there and cannot be read; what is wrong with a project's file is told in its
    ``problem`` instead, because a repository must not be able to stop us."""

    def __init__(self, places: Places, environ: Mapping[str, str], cwd: Path) -> None:
        self._places = places
        self._environ = environ
        self._cwd = cwd
        self._trust: TrustStore | None = None

    @property
    def trust(self) -> TrustStore:
        from ai_code.system.trust import TrustStore

        if self._trust is None:
            self._trust = TrustStore(self._places.state_dir / "trust.json")
        return self._trust

    def load(self, flags: Mapping[str, object]) -> Loaded:
        """All layers, read and put together; ``flags`` are keyed by setting."""
        return load(
            Layers(
                flags=flags,
                environ=self._environ,
                choices=self.choices(),
                project=self.project(),
                user=self.user(),
            )
        )

    def user(self) -> SourceFile | None:
        return _read(self._places.config_file)

    def user_text(self) -> str | None:
        """The user's file as text for showing, None where there is none."""
        file = self.user()
        return file.content.decode("utf-8", "replace") if file else None

    def choices(self) -> SourceFile | None:
        return _read(self._places.state_dir / "choices.json")

    def choose(self, changes: Mapping[str, object]) -> None:
        """See the port. Raises ConfigError where the file cannot be written."""
        from ai_code.system.choices import change_choices

        change_choices(self._places.state_dir / "choices.json", changes)

    def read(self, path: Path) -> SourceFile:
        """Any file, to check it. Raises ConfigError where it is not there, too."""
        path = self._cwd / path
        file = _read(path)
        if file is None:
            raise ConfigError(f"there is no file {path}", hint="ai-code config path")
        return file

    def project_path(self) -> Path:
        """The project's file, or where it would be: in the root of the git work tree, or in the
        current folder outside git. Nearer files win over the root's."""
        for folder in self._project_folders():
            if os.path.lexists(folder / PROJECT_FILE):
                return folder / PROJECT_FILE
        return self._project_folders()[-1] / PROJECT_FILE

    def project(self) -> SourceFile | None:
        path = self.project_path()
        try:
            info = path.lstat()
        except OSError:
            return None
        root = self._project_folders()[-1]
        try:
            content = _project_content(path, info, root)
        except OSError as error:
            return SourceFile(path, b"", trusted=False, problem=_reason(error))
        return SourceFile(path, content, trusted=self.trust.is_trusted(path, content))

    def files(self) -> tuple[FileInfo, ...]:
        """Every file that settings are read from, in the order in which they count."""
        state = self._places.state_dir
        return (
            _look("choices", state / "choices.json"),
            _look("project file", self.project_path()),
            _look("user file", self._places.config_file),
            _look("trust", state / "trust.json"),
        )

    def _project_folders(self) -> list[Path]:
        """From the current folder up to the root of its git work tree; the home folder is the
        last that is looked at."""
        try:
            cwd = self._cwd.resolve()
            home = self._places.home.resolve()
        except (OSError, RuntimeError):
            return [self._cwd]
        folders: list[Path] = []
        for folder in (cwd, *cwd.parents):
            folders.append(folder)
            if os.path.lexists(folder / ".git"):
                return folders
            if folder == home:
                break
        return [cwd]


def _read(path: Path) -> SourceFile | None:
    """A file of the user, through links (dot files often are links). Raises ConfigError."""
    try:
        return SourceFile(path, _content(path, 0))
    except OSError as error:
        if error.errno in _MISSING and not path.is_symlink():
            return None
        raise ConfigError(
            f"cannot read {path}", why=_reason(error, path), hint="ai-code config path"
        ) from error


def _project_content(path: Path, info: os.stat_result, root: Path) -> bytes:
    """The project's file; a link counts only where it leads to a file below ``root``."""
    if not stat.S_ISLNK(info.st_mode):
        return _content(path, os.O_NOFOLLOW)
    try:
        target = path.resolve(strict=True)
    except RuntimeError as error:  # Python < 3.13 reports a loop of links so
        raise OSError(errno.ELOOP, "a link that leads in a circle") from error
    if not target.is_relative_to(root):
        raise OSError(errno.EPERM, "a link that leads out of the project")
    return _content(target, os.O_NOFOLLOW)


def _content(path: Path, flags: int) -> bytes:
    """The first bytes of a regular file, one more than settings take. Never waits for a FIFO."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY | flags)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        pieces: list[bytes] = []
        left = _READ_AT_MOST
        while left and (piece := os.read(descriptor, left)):
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)
    finally:
        os.close(descriptor)


def _reason(error: OSError, path: Path | None = None) -> str:
    if path is not None and error.errno in _MISSING and path.is_symlink():
        return f"it is a link to {path.readlink()}, which is not there"
    return error.strerror or str(error)


def _look(role: FileRole, path: Path) -> FileInfo:
    from ai_code.settings.ports import FileInfo

    try:
        real = path.resolve()
    except (OSError, RuntimeError):
        real = path
    managed = real.is_relative_to(_NIX_STORE)
    return FileInfo(
        role,
        path,
        exists=os.path.lexists(path),
        writable=os.access(path, os.W_OK) and not managed,
        target=real if path.is_symlink() or managed else None,
        managed=managed,
    )
