"""Landing: what an engine changed is looked at, then brought into the person's tree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from ai_code.core.changes import (
    GITLINK,
    Change,
    Changes,
    Doubt,
    Landed,
    LandingPlan,
    LeftOut,
    is_protected,
    unsafe_path,
    unshowable_path,
)
from ai_code.core.patches import patch
from ai_code.core.suspicions import Suspicion, suspicions

if TYPE_CHECKING:
    from ai_code.core.ports_tree import Written

OnSuspect = Literal["keep", "drop", "ask"]
Ask = Callable[[Change, Sequence[Suspicion]], bool]
"""Shows one suspicious change to the person; True lets it land."""

ANSWER_WAS_CUT = "the model's answer was cut"
NOT_AT_ITS_END = "the engine did not come to its end"
STOPPED = "the run was stopped"


class LandingTrees(Protocol):
    """The part of the port ``Trees`` that a landing needs."""

    def write(
        self, root: Path, run_dir: Path, changes: Sequence[Change], remove_dirs: Sequence[str] = ()
    ) -> Written: ...
    def adopt(
        self, root: Path, run_dir: Path, changes: Sequence[Change], take_back: Sequence[Change]
    ) -> Written: ...
    def keep_patch(self, run_dir: Path, patch: bytes) -> Path: ...


def decide(
    changes: Changes,
    *,
    allow_protected: bool = False,
    on_suspect: OnSuspect = "ask",
    ask: Ask | None = None,
    unfinished: str = "",
    whole_files: bool = False,
    to_read: frozenset[str] = frozenset(),
) -> LandingPlan:
    """What lands and what is left out, each with its reason. ``whole_files``: the model wrote
    each file anew, so that what is missing was perhaps forgotten. ``to_read`` was given to be
    read only. ``unfinished`` says why the engine did not come to its end, if it did not.

    ``ask`` None with ``on_suspect="ask"``: nobody can answer, so it is left out."""
    land: list[Change] = []
    left: list[LeftOut] = []
    doubts: list[Doubt] = []
    for change in changes.items:
        refused = _refusal(change, allow_protected)
        if not refused and change.path in to_read:
            refused = "it was given to be read only (name it to have it edited)"
        if refused:
            left.append(LeftOut(change.path, refused, change))
            continue
        found = suspicions(change, whole_files=whole_files)
        if unfinished:
            found.insert(0, Suspicion(unfinished))
        if not found or _taken(change, found, on_suspect, ask):
            land.append(change)
            doubts += [Doubt(change.path, in_words(each)) for each in found]
        else:
            left.append(LeftOut(change.path, "; ".join(map(in_words, found)), change))
    left += [LeftOut(path, "it was written outside the project") for path in changes.escaped]
    left += [LeftOut(path, "it is ignored by git") for path in changes.ignored]
    left += changes.unfit
    return LandingPlan(tuple(land), tuple(left), tuple(doubts))


def held_back(changes: Changes, why: str) -> LandingPlan:
    """Nothing lands; all of it is kept."""
    return LandingPlan(left_out=tuple(LeftOut(each.path, why, each) for each in changes.items))


def land(
    plan: LandingPlan, trees: LandingTrees, *, root: Path, run_dir: Path, in_place: bool = False
) -> Landed:
    """Carries out a plan. What does not reach the tree is kept as a patch in ``run_dir``, and
    kept before the tree is touched. ``in_place``: the engine worked in the tree itself."""
    kept = [left.change for left in plan.left_out if left.change is not None]
    patch_path = trees.keep_patch(run_dir, patch(kept)) if kept else None
    if in_place:
        written = trees.adopt(root, run_dir, plan.land, kept)
    else:
        written = trees.write(root, run_dir, plan.land)
    missed = [left.change for left in (*written.skipped, *written.conflicts) if left.change]
    if missed:
        patch_path = trees.keep_patch(run_dir, patch([*kept, *missed]))
    landed = {file.path for file in written.files}
    return Landed(
        files=written.files,
        left_out=plan.left_out + written.skipped,
        conflicts=written.conflicts,
        doubts=tuple(doubt for doubt in plan.doubts if doubt.path in landed),
        patch_path=str(patch_path) if patch_path else None,
    )


def _refusal(change: Change, allow_protected: bool) -> str:
    reason = unsafe_path(change.path)
    if reason:
        return reason
    if change.kind == "A" and (reason := unshowable_path(change.path)):
        return reason
    if GITLINK in (change.old_mode, change.new_mode):
        return "it is a repository of its own"
    if change.too_big:
        return "it is too big to be looked at"
    if is_protected(change.path) and not allow_protected:
        return "the path is protected (--allow-protected lets it land)"
    return ""


def _taken(
    change: Change, found: Sequence[Suspicion], on_suspect: OnSuspect, ask: Ask | None
) -> bool:
    if on_suspect == "ask":
        return ask is not None and ask(change, found)
    return on_suspect == "keep"


def in_words(suspicion: Suspicion) -> str:
    """``it was cut to a fragment: 12 of 80 lines``"""
    return f"{suspicion.reason}: {suspicion.detail}" if suspicion.detail else suspicion.reason
