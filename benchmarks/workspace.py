"""A local engine's turn without the engine: private worktree, changes, landing; and undo. For
repositories of 100, 5,000 and 50,000 files.

python benchmarks/workspace.py [--pairs N] [COUNT …]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from statistics import median

from pairs import report

from ai_code.core.record import RunRecord
from ai_code.flows.landing import decide, land
from ai_code.flows.undo import undo
from ai_code.system.journal import FileJournal
from ai_code.system.trees import RealTrees

LIMITS_S = {100: 0.15, 5_000: 0.6, 50_000: 5.0}
"""Files → seconds that worktree, changes and landing may take together."""
UNDO_LIMIT_S = 1.0
"""Of that landing, however many files the repository has."""
_STEPS = ("worktree", "changes", "landing", "undo")


def main() -> int:
    parser = argparse.ArgumentParser(description="What a private worktree and a landing cost.")
    parser.add_argument("--pairs", type=int, default=3, help="how often (default 3)")
    parser.add_argument("counts", type=int, nargs="*", default=[*LIMITS_S], help="files")
    asked = parser.parse_args()
    results = []
    # Nothing is deleted before the end: ext4 searches long for places that were not given free in
    # the last minutes, and a round would pay for the one before it.
    with tempfile.TemporaryDirectory(prefix="ai-code-bench-") as folder:
        for count in asked.counts:
            here = Path(folder) / str(count)
            here.mkdir()
            root = here / "project"
            make_repository(root, count)
            bare = checked_out(root, here / "bare")
            rows = [measure(root, here / "state") for _ in range(asked.pairs + 1)][1:]
            steps = [median(column) for column in zip(*rows, strict=True)]
            total = median(sum(row[:3]) for row in rows)
            name = f"{count:,} files: worktree to landing"
            results.append(report(name, total, LIMITS_S.get(count, float("inf")), " s"))
            results.append(report(f"{count:,} files: undo", steps[-1], UNDO_LIMIT_S, " s"))
            told = (f"{step} {each:.3f}" for step, each in zip(_STEPS, steps, strict=True))
            print(f"({', '.join(told)}; git checkout-index alone {bare:.3f} s)", flush=True)
    return 0 if all(results) else 1


def measure(root: Path, state: Path) -> tuple[float, ...]:
    """Seconds of each step. The tree is afterwards as it was."""
    trees, journal = RealTrees(state), FileJournal(state)
    run_id = journal.new_run()
    run_dir = journal.run_dir(run_id)
    record = RunRecord(run_id, time.time(), str(root), str(root), state="done")
    journal.save(record)
    marks = [time.perf_counter()]
    workspace = trees.prepare(root, run_dir, where="worktree")
    marks.append(time.perf_counter())
    # Not a step: this is the engine's own work.
    edited = workspace.path / "d000" / "f0.py"
    edited.write_text(edited.read_text() + "changed = 2\n")
    (workspace.path / "added.py").write_text("added = 1\n")
    began = time.perf_counter()
    marks[0] += began - marks[1]
    marks[1] = began
    changes = workspace.changes()
    marks.append(time.perf_counter())
    with trees.lock(root, run_id=run_id, wait_s=1):
        landed = land(decide(changes), trees, root=root, run_dir=run_dir)
    marks.append(time.perf_counter())
    undone = undo(journal, trees, record, now=time.time(), cwd=root)
    marks.append(time.perf_counter())
    if len(landed.files) != 2 or not undone.complete or (root / "added.py").exists():
        raise SystemExit(f"the landing is wrong: {landed}, {undone}")
    return tuple(later - earlier for earlier, later in pairwise(marks))


def checked_out(root: Path, folder: Path) -> float:
    """Seconds that git itself takes to write the files once more: no worktree takes less."""
    folder.mkdir()
    start = time.perf_counter()
    argv = ["git", "checkout-index", "-a", f"--prefix={folder}/"]
    subprocess.run(argv, cwd=root, check=True)
    return time.perf_counter() - start


def make_repository(root: Path, count: int) -> None:
    """A git repository of ``count`` small files, a hundred in a folder."""
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
    # A tree somebody works in: one file edited, one not yet known to git.
    (root / "d000" / "f1.py").write_text("changed = 1\n")
    (root / "untracked.py").write_text("new = 1\n")


if __name__ == "__main__":
    sys.exit(main())
