"""Our own folder: each check broken, mended by ``--fix``, and seen well."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from ai_code.core.record import RunRecord, to_json
from ai_code.system.leftovers import start_time
from tests.doctor.patient import Patient
from tests.system.programs_under_test import alive, until_gone

RUN = "20261120-231245-ab12"
FIX = "ai-code doctor --fix"


def run_of(patient: Patient, state: str = "done", run_id: str = RUN) -> Path:
    folder = patient.state / "runs" / run_id
    folder.mkdir(parents=True, mode=0o700)
    for path in (patient.state, patient.state / "runs"):
        path.chmod(0o700)
    project = str(patient.project)
    record = RunRecord(run_id, time.time(), project, project, state=state)  # type: ignore[arg-type]
    (folder / "record.json").write_text(json.dumps(to_json(record)))
    return folder


def needs_programs(patient: Patient) -> None:
    for name in ("chmod", "mv"):
        (patient.bin / name).symlink_to(f"/bin/{name}")


def test_a_folder_that_others_can_read(patient: Patient) -> None:
    needs_programs(patient)
    run_of(patient)
    patient.state.chmod(0o755)
    patient.broken("state-folder", f"chmod -R go= {patient.state}", evidence="read by others")
    report = patient.mend("state-folder")
    assert (report.fixed, report.healthy) == (("state-folder",), True)
    patient.mended("state-folder")
    patient.state.chmod(0o500)
    patient.broken("state-folder", f"chmod u+rwx {patient.state}")
    assert patient.mend("state-folder").healthy


def test_a_file_in_its_place(patient: Patient) -> None:
    patient.state.parent.mkdir(parents=True)
    patient.state.write_text("")
    patient.broken("state-folder", f"mv {patient.state} {patient.state}.old")
    patient.state.unlink()
    patient.mended("state-folder")


def test_a_record_that_cannot_be_read(patient: Patient) -> None:
    needs_programs(patient)
    run_of(patient, run_id="20261120-231245-ab13")
    folder = run_of(patient)
    (folder / "record.json").write_text('{"version": 1')
    patient.broken("state-journal", f"mv {folder} {folder}.unreadable", evidence=RUN)
    assert patient.mend("state-journal").healthy
    assert "1 record" in patient.mended("state-journal").finding.evidence
    assert (folder.parent / f"{RUN}.unreadable" / "record.json").exists()


def test_a_killed_run_left_a_process(patient: Patient) -> None:
    run_of(patient, "running")
    child = subprocess.Popen([sys.executable, "-c", "input()"], process_group=0,
                             stdin=subprocess.PIPE)  # fmt: skip
    try:
        running = patient.state / "running"
        running.mkdir(mode=0o700)
        born = start_time(child.pid)
        told = {"run": RUN, "owner": [os.getpid(), 1.0], "group": [child.pid, born],
                "child": [child.pid, born]}  # fmt: skip
        (running / "1-aa.json").write_text(json.dumps(told))
        patient.broken("state-processes", FIX, state="warn", evidence="1 a process")
        assert alive(child.pid)
        assert patient.mend("state-processes").fixed == ("state-processes",)
        child.wait(30)
        until_gone(child.pid)
    finally:
        if child.poll() is None:
            child.kill()
        child.communicate()
    patient.mended("state-processes")
    record = json.loads((patient.state / "runs" / RUN / "record.json").read_text())
    assert record["state"] == "crashed"


def test_stale_locks(patient: Patient) -> None:
    running = patient.state / "running"
    running.mkdir(parents=True)
    (running / "2-bb.lock").touch()
    patient.broken("state-processes", FIX, state="warn", evidence="1 stale lock")
    patient.mend("state-processes")
    assert not list(running.iterdir())
    patient.mended("state-processes")


def test_a_worktree_that_outlived_its_run(patient: Patient) -> None:
    folder = run_of(patient)
    (folder / "w/project").mkdir(parents=True)
    (folder / "before").mkdir()
    patient.broken("state-worktrees", FIX, state="warn", evidence=RUN)
    patient.mend("state-worktrees")
    assert not (folder / "w").exists() and (folder / "before").exists()
    patient.mended("state-worktrees")


def test_the_worktree_of_a_run_at_work_stays(patient: Patient) -> None:
    folder = run_of(patient, "running")
    (folder / "w/project").mkdir(parents=True)
    patient.mended("state-worktrees")
    assert patient.mend("state-worktrees").fixed == ()
    assert (folder / "w").exists()
