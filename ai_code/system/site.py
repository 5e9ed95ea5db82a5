"""The system that ``ai-code setup`` installs programs on."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path

from ai_code.core.errors import TryLaterError
from ai_code.core.ports_setup import NixKind
from ai_code.system.child import run_child
from ai_code.system.locks import tree_lock

_ASK = """\
import json, os, sys
try: import ensurepip, venv; has = True
except ImportError: has = False
print(json.dumps([sys.executable, list(sys.version_info[:2]), has]))
"""
_ASK_S = 30.0
_LARGEST = 256 * 1024
_UNITS = Path(__file__).parent / "units"
_NIX_STORE = Path("/nix/store")


class SystemSite:
    """See ``ai_code.core.ports_setup.Site``. ``root`` is the file system's, elsewhere in tests."""

    def __init__(
        self,
        environ: Mapping[str, str],
        home: Path,
        config_file: Path,
        state_dir: Path,
        root: Path = Path("/"),
    ) -> None:
        self._environ = dict(environ)
        self.home = home
        self._config_file = config_file
        self._state_dir = state_dir
        self._root = root
        self.macos = sys.platform == "darwin"
        self.own_python = sys.executable

    @cached_property
    def wsl(self) -> bool:
        # Both kinds of WSL have Microsoft's name in their kernel's version.
        return "microsoft" in (self.text(self._root / "proc/version") or "").lower()

    @cached_property
    def nix(self) -> NixKind:
        release = self.text(self._root / "etc/os-release") or ""
        is_nixos = any(line.strip() in ("ID=nixos", 'ID="nixos"') for line in release.splitlines())
        if is_nixos or self.there(self._root / "etc/NIXOS"):
            return "nixos"
        # Our own file is a link into the store, or Home Manager has made a generation.
        target = self.link_target(self._config_file)
        if target is not None and target.is_relative_to(_NIX_STORE):
            return "home-manager"
        state = self._state_dir.parent
        user = self._environ.get("USER", "")
        generations = [
            state / "nix/profiles/home-manager",
            state / "home-manager/gcroots/current-home",
            *([self._root / "nix/var/nix/profiles/per-user" / user / "home-manager"] * bool(user)),
        ]
        return "home-manager" if any(self.there(path) for path in generations) else ""

    @property
    def own_command(self) -> tuple[str, ...]:
        program = Path(sys.executable).with_name("ai-code")
        if os.access(program, os.X_OK):
            return (str(program),)
        # -P: what lies in the folder where it is started must not be taken for us.
        return (sys.executable, "-P", "-m", __package__.partition(".")[0])

    @property
    def lingers(self) -> bool:
        # What `loginctl enable-linger` leaves (systemd-logind(8)); it needs no bus to be read.
        try:
            user = pwd.getpwuid(os.getuid()).pw_name
        except KeyError:
            return False
        return self.there(self._root / "var/lib/systemd/linger" / user)

    @property
    def user_units(self) -> Path:
        return self._config_file.parent.parent / "systemd" / "user"

    def python(self, minors: Sequence[int]) -> str | None:
        folders = [f for f in self._environ.get("PATH", os.defpath).split(":") if f[:1] == "/"]
        for minor in minors:
            names = [Path(folder, f"python3.{minor}") for folder in folders]
            # Not on the PATH: pyenv's shim runs only the versions that the person chose, and uv
            # puts none there by itself.
            for root, pattern in self._elsewhere(folders):
                names += sorted(root.glob(pattern.format(minor=minor)))
            names += [Path(sys.executable)] if sys.version_info[:2] == (3, minor) else []
            for path in names:
                if os.access(path, os.X_OK) and (found := self._asked(path, minor)):
                    return found
        return None

    def _elsewhere(self, folders: Sequence[str]) -> Iterator[tuple[Path, str]]:
        """Where pyenv and uv keep their Pythons, and a pattern for what lies there."""
        pyenv = {Path(self._environ.get("PYENV_ROOT") or self.home / ".pyenv")}
        pyenv |= {Path(folder).parent for folder in folders if folder.endswith("/shims")}
        for root in sorted(pyenv):
            yield root, "versions/3.{minor}.*/bin/python3.{minor}"
        data = self._environ.get("XDG_DATA_HOME", "")
        share = Path(data) if data.startswith("/") else self.home / ".local" / "share"
        uv = self._environ.get("UV_PYTHON_INSTALL_DIR") or share / "uv" / "python"
        yield Path(uv), "cpython-3.{minor}.*/bin/python3.{minor}"

    def _asked(self, path: Path, minor: int) -> str | None:
        try:
            asked = [str(path), "-I", "-c", _ASK]
            told = run_child(asked, timeout_s=_ASK_S, env=self._environ)
            told.check_returncode()
            executable, version, has_venv = json.loads(told.stdout)
        except (OSError, ValueError, subprocess.SubprocessError):
            return None
        return str(executable) if version == [3, minor] and has_venv else None

    def free_bytes(self, path: Path) -> int | None:
        while not self.there(path) and path != path.parent:
            path = path.parent
        try:
            return shutil.disk_usage(path).free
        except OSError:
            return None

    def unit_template(self, name: str) -> str:
        return (_UNITS / name).read_text(encoding="utf-8")

    def text(self, path: Path) -> str | None:
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(handle, "rb") as stream:
                return stream.read(_LARGEST).decode("utf-8", "replace")
        except OSError:
            return None

    def there(self, path: Path) -> bool:
        return os.path.lexists(path)

    def link_target(self, path: Path) -> Path | None:
        try:
            return Path(path.parent, path.readlink())
        except OSError:
            return None

    def delete(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def prune(self, path: Path) -> None:
        with suppress(OSError):
            path.rmdir()

    def bytes_below(self, path: Path) -> int:
        total = 0
        for folder, _, names in os.walk(path):
            for name in names:
                with suppress(OSError):
                    total += Path(folder, name).lstat().st_size
        return total

    @contextmanager
    def alone(self) -> Iterator[None]:
        taken = tree_lock(self._state_dir, self._state_dir / "setup", run_id="setup", wait_s=0)
        try:
            taken.__enter__()
        except TryLaterError as error:
            raise TryLaterError(
                "another ai-code setup is at work", why=error.why, hint=error.hint
            ) from error
        try:
            yield
        finally:
            taken.__exit__(None, None, None)
