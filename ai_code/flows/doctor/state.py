"""Our own folder: safe, readable, without leftovers of runs that were killed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.core.doctor import Finding, Fix, Mending, failed, ok, run, warn
from ai_code.core.record import RecordError, RunRecord, from_json

if TYPE_CHECKING:
    from collections.abc import Sized

    from ai_code.flows.doctor.facts import Facts

_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
_MOST_RUNS = 300
_MOST_RECORD = 16 << 20
_DAY_S = 86_400.0
_MEND = ("ai-code", "doctor", "--fix")


def folder(facts: Facts) -> Finding:
    """The state folder is ours alone, and can be written."""
    path = facts.world.state_dir
    entry = facts.machine_facts.entry(path)
    if entry is None:
        return ok(f"{path} (made by the first run)")
    if entry.kind == "link":
        entry = facts.machine_facts.entry(Path(entry.real))
    if entry is None or entry.kind != "folder":
        return failed(f"{path} is no folder", run("mv", str(path), f"{path}.old"))
    if not entry.mine:
        fix = Fix(text=f'sudo chown -R "$USER" {path}')
        return failed(f"{path} belongs to somebody else", fix)
    if not entry.writable or entry.mode & 0o300 != 0o300:
        return failed(f"{path} cannot be written", run("chmod", "u+rwx", str(path), safe=True))
    open_ = [
        name for name in ("", "runs", "limits.json", "trust.json") if _open(facts, path / name)
    ]
    if open_:
        told = f"{path / open_[0]} can be read by others"
        return failed(told, run("chmod", "-R", "go=", str(path), safe=True))
    return ok(f"{path}")


def _open(facts: Facts, path: Path) -> bool:
    entry = facts.machine_facts.entry(path)
    return entry is not None and entry.kind != "link" and bool(entry.mode & 0o077)


def _records(facts: Facts) -> tuple[dict[str, RunRecord], list[str]]:
    """The newest records, and ids of those that cannot be read."""
    runs = facts.world.state_dir / "runs"
    ids = [name for name in facts.machine_facts.names(runs) if _ID.fullmatch(name)]
    good: dict[str, RunRecord] = {}
    bad: list[str] = []
    for name in reversed(ids[-_MOST_RUNS:]):
        path = runs / name / "record.json"
        if facts.machine_facts.entry(path) is None:
            continue
        try:
            good[name] = from_json(json.loads(facts.machine_facts.tail(path, _MOST_RECORD) or ""))
        except (ValueError, RecordError, RecursionError):
            bad.append(name)
    return good, bad


def journal(facts: Facts) -> Finding:
    """Every record can be read."""
    good, bad = _records(facts)
    if bad:
        path = facts.world.state_dir / "runs" / bad[0]
        more = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
        # Put aside, not removed: what an undo needs lies in the same folder.
        fix = run("mv", str(path), f"{path}.unreadable", safe=True)
        return failed(f"the record of run {bad[0]} cannot be read{more}", fix)
    return ok(_many(good, "record"))


def processes(facts: Facts) -> Finding:
    """Nothing of a killed run is left running, nor its locks."""
    left = facts.world.left_behind()
    if left.dead:
        told = f"{_many(left.dead, 'killed run')} left files behind, {left.running} a process"
        return warn(told, _mend("end-processes"))
    if left.orphans:
        return warn(_many(left.orphans, "stale lock"), _mend("end-processes"))
    return ok(f"{_many(left.living, 'run')} at work" if left.living else "none")


def left_worktrees(facts: Facts) -> list[str]:
    """Runs that are over, and whose private worktree is still there."""
    alive = {*facts.world.left_behind().living}
    now = facts.world.clock.now()
    found = []
    for name, record in _records(facts)[0].items():
        run_dir = facts.world.state_dir / "runs" / name
        if name in alive or facts.machine_facts.entry(run_dir / "w") is None:
            continue
        # One that says it runs may be between two engines, where no file names it.
        over = record.state != "running" or now - record.started > _DAY_S
        if over and not facts.world.trees.in_place(run_dir):
            found.append(name)
    return found


def worktrees(facts: Facts) -> Finding:
    """No private worktree outlives its run."""
    left = left_worktrees(facts)
    if left:
        told = f"{_many(left, 'private worktree')} of runs that are over (first: {left[-1]})"
        return warn(told, _mend("discard-worktrees"))
    return ok("none")


def _many(them: Sized, what: str) -> str:
    return f"{len(them)} {what}" + "s" * (len(them) != 1)


def _mend(mending: Mending) -> Fix:
    return Fix((_MEND,), safe=True, mending=mending)
