"""Real repositories in temporary folders, made with an environment of their own."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

NAMES = (
    "with space.txt",
    "new\nline.txt",
    "esc\x1b[31m.txt",
    "日本語.txt",
    'quote".txt',
    "-dash.txt",
)


class Repo:
    """A git repository at ``root``; ``env`` is a whole environment with its own HOME."""

    def __init__(self, root: Path, home: Path) -> None:
        self.root = root
        home.mkdir(exist_ok=True)
        self.home = home
        self.env = {"PATH": os.environ["PATH"], "HOME": str(home)}

    def git(self, *args: str, cwd: Path | None = None, ok: bool = True) -> str:
        person = {f"GIT_{r}_{k}": "p@q" for r in ("AUTHOR", "COMMITTER") for k in ("NAME", "EMAIL")}
        done = subprocess.run(
            ["git", *args],
            cwd=cwd or self.root,
            env={**self.env, **person},
            capture_output=True,
            check=False,
        )
        if ok:
            assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode("utf-8", "surrogateescape")

    def init(self, *args: str) -> Repo:
        self.root.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main", *args)
        return self

    def write(self, path: str, data: bytes | str = b"", mode: int | None = None) -> Path:
        full = self.root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(data.encode() if isinstance(data, str) else data)
        if mode is not None:
            full.chmod(mode)
        return full

    def commit(self, message: str = "a commit") -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--no-verify", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD").strip()


def picture(root: Path) -> dict[str, tuple[int, bytes]]:
    """Every path below ``root``, ``.git`` too: its mode and a hash of what it holds."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            full = Path(folder, name)
            mode = full.lstat().st_mode
            if full.is_symlink():
                data = os.fsencode(os.readlink(full))
            elif full.is_dir():
                data = b""
            elif full.is_file():
                data = hashlib.sha256(full.read_bytes()).digest()
            else:
                data = b"special"
            found[os.path.relpath(full, root)] = (mode, data)
    return found
