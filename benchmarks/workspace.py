"""Seconds for the private worktree: prepare, changes, discard for 100, 5,000 and 50,000 files.

python benchmarks/workspace.py [COUNT …]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ai_code.system.workspace import discard_workspace, prepare


def main() -> None:
    counts = [int(each) for each in sys.argv[1:]] or [100, 5_000, 50_000]
    print(f"{'files':>7} {'tree':>8} {'worktree':>9} {'changes':>8} {'discard':>8}  (seconds)")
    for count in counts:
        with tempfile.TemporaryDirectory(prefix="ai-code-bench-") as folder:
            row = measure(Path(folder), count)
        print(f"{count:>7} " + " ".join(f"{each:>8.3f}" for each in row), flush=True)


def measure(folder: Path, count: int) -> list[float]:
    root = folder / "project"
    make_repository(root, count)
    (root / "d000" / "f0.py").write_text("changed = 1\n")
    (root / "untracked.py").write_text("new = 1\n")
    start = time.perf_counter()
    prepare(root, folder / "run-tree", where="tree")
    marks = [time.perf_counter() - start]
    start = time.perf_counter()
    workspace = prepare(root, folder / "run")
    marks.append(time.perf_counter() - start)
    (workspace.path / "d000" / "f0.py").write_text("changed = 2\n")
    start = time.perf_counter()
    if len(workspace.changes().items) != 1:
        raise SystemExit("the changes are wrong")
    marks.append(time.perf_counter() - start)
    start = time.perf_counter()
    discard_workspace(folder / "run")
    return [*marks, time.perf_counter() - start]


def make_repository(root: Path, count: int) -> None:
    root.mkdir()
    for number in range(count):
        path = root / f"d{number // 100:03d}" / f"f{number % 100}.py"
        if number % 100 == 0:
            path.parent.mkdir()
        path.write_text(f"value = {number}\n" * 20)
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(root.parent),
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@b",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@b",
    }
    for args in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "x")):
        subprocess.run(["git", "-c", "gc.auto=0", *args], cwd=root, env=env, check=True)
    subprocess.run(["git", "gc", "-q"], cwd=root, env=env, check=True)


if __name__ == "__main__":
    main()
