from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from ai_code.core.changes import (
    EXECUTABLE,
    GITLINK,
    REGULAR,
    Change,
    Changes,
    LandedFile,
    LandingPlan,
    LeftOut,
)
from ai_code.core.ports_tree import Written
from ai_code.core.suspicions import Suspicion
from ai_code.flows.landing import ANSWER_WAS_CUT, decide, land
from ai_code.system.trees import RealTrees

GOOD = Change("good.txt", "M", REGULAR, REGULAR, b"a\n", b"b\n")
CUT = Change("cut.txt", "M", REGULAR, REGULAR, b"a\nb\nc\n", b"a\n")
HOOK = Change(".git/hooks/pre-commit", "A", 0, EXECUTABLE, None, b"#!/bin/sh\n")


def paths(plan: LandingPlan) -> tuple[list[str], list[str]]:
    return [each.path for each in plan.land], [each.path for each in plan.left_out]


def test_good_changes_land_and_suspicious_ones_by_choice() -> None:
    changes = Changes((GOOD, CUT))
    assert paths(decide(changes, on_suspect="drop")) == (["good.txt"], ["cut.txt"])
    kept = decide(changes, on_suspect="keep")
    assert paths(kept) == (["good.txt", "cut.txt"], [])
    assert [doubt.path for doubt in kept.doubts] == ["cut.txt"]


def test_asking() -> None:
    asked: list[tuple[str, str]] = []

    def yes(change: Change, found: Sequence[Suspicion]) -> bool:
        asked.append((change.path, found[0].reason))
        return True

    changes = Changes((GOOD, CUT))
    assert paths(decide(changes, on_suspect="ask", ask=yes))[0] == ["good.txt", "cut.txt"]
    assert asked == [("cut.txt", "it was cut to a fragment")]
    assert paths(decide(changes, on_suspect="ask", ask=lambda *_: False))[0] == ["good.txt"]
    assert paths(decide(changes, on_suspect="ask", ask=None))[0] == ["good.txt"]


def test_after_a_cut_answer_nothing_is_above_suspicion() -> None:
    plan = decide(Changes((GOOD,)), on_suspect="drop", unfinished=ANSWER_WAS_CUT)
    assert plan.left_out == (LeftOut("good.txt", ANSWER_WAS_CUT, GOOD),)


def test_protected_paths_land_only_when_allowed() -> None:
    assert paths(decide(Changes((HOOK,)), on_suspect="keep")) == ([], [HOOK.path])
    ci = Change(".github/workflows/a.yml", "A", 0, REGULAR, None, b"a: 1\n")
    assert paths(decide(Changes((ci,)), on_suspect="drop"))[1] == [ci.path]
    assert paths(decide(Changes((ci,)), on_suspect="drop", allow_protected=True))[0] == [ci.path]


@pytest.mark.parametrize(
    "change",
    [
        Change("../x", "A", 0, REGULAR, None, b""),
        Change("/etc/x", "A", 0, REGULAR, None, b""),
        Change("a\x1b[2Jb", "A", 0, REGULAR, None, b""),
        Change("sub", "A", 0, GITLINK, None, None, too_big=True),
        Change("huge", "M", REGULAR, REGULAR, None, None, too_big=True),
    ],
)
def test_what_never_lands(change: Change) -> None:
    plan = decide(Changes((change,)), on_suspect="keep", allow_protected=True)
    assert not plan.land and plan.left_out[0].reason


def test_an_existing_file_with_a_strange_name_may_be_edited() -> None:
    change = Change("new\nline", "M", REGULAR, REGULAR, b"a\n", b"b\n")
    assert decide(Changes((change,)), on_suspect="drop").land == (change,)


def test_what_was_written_elsewhere_is_named() -> None:
    plan = decide(Changes(escaped=("../x",), ignored=("build/",)))
    assert [left.path for left in plan.left_out] == ["../x", "build/"]


class FakeTrees:
    """Notes the order of calls; ``conflicts`` is what a write runs into."""

    def __init__(self, conflicts: tuple[LeftOut, ...] = ()) -> None:
        self.calls: list[str] = []
        self._conflicts = conflicts

    def write(
        self, root: Path, run_dir: Path, changes: Sequence[Change], remove_dirs: Sequence[str] = ()
    ) -> Written:
        self.calls.append("write")
        return Written(
            tuple(LandedFile(c.path, c.kind, 1, 1) for c in changes), (), self._conflicts
        )

    def adopt(
        self, root: Path, run_dir: Path, changes: Sequence[Change], take_back: Sequence[Change]
    ) -> Written:
        self.calls.append("adopt " + " ".join(each.path for each in take_back))
        return Written()

    def keep_patch(self, run_dir: Path, patch: bytes) -> Path:
        self.calls.append(f"patch {patch.count(b'diff --git')}")
        return run_dir / "left-out.patch"


def test_what_is_left_out_is_kept_before_the_tree_is_touched() -> None:
    trees = FakeTrees((LeftOut("good.txt", "x", GOOD),))
    plan = decide(Changes((GOOD, CUT)), on_suspect="drop")
    landed = land(plan, trees, root=Path("/r"), run_dir=Path("/s"))
    assert trees.calls == ["patch 1", "write", "patch 2"]
    assert landed.patch_path == "/s/left-out.patch"
    assert [left.path for left in landed.left_out] == ["cut.txt"]
    assert [left.path for left in landed.conflicts] == ["good.txt"]


def test_in_place_what_is_left_out_is_taken_back() -> None:
    trees = FakeTrees()
    land(
        decide(Changes((GOOD, CUT)), on_suspect="drop"),
        trees,
        root=Path("/r"),
        run_dir=Path("/s"),
        in_place=True,
    )
    assert trees.calls == ["patch 1", "adopt cut.txt"]
    quiet = FakeTrees()
    assert land(LandingPlan((GOOD,)), quiet, root=Path("/r"), run_dir=Path("/s")).patch_path is None
    assert quiet.calls == ["write"]


def test_the_kept_patch_applies(tmp_path: Path) -> None:
    tree, run_dir = tmp_path / "tree", tmp_path / "run"
    for folder in (tree, run_dir):
        folder.mkdir()
    (tree / "cut.txt").write_bytes(b"a\nb\nc\n")
    (tree / "good.txt").write_bytes(b"mine\n")
    plan = decide(Changes((GOOD, CUT)), on_suspect="drop")
    landed = land(plan, RealTrees(tmp_path), root=tree, run_dir=run_dir)
    assert landed.patch_path and [left.path for left in landed.conflicts] == ["good.txt"]
    (tree / "good.txt").write_bytes(b"a\n")
    subprocess.run(["git", "apply", landed.patch_path], cwd=tree, check=True)
    assert (tree / "cut.txt").read_bytes() == b"a\n"
    assert (tree / "good.txt").read_bytes() == b"b\n"
