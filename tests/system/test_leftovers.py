"""What a killed run left behind: ended by the next call, and nobody else's process ever is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ai_code.system.leftovers import Leftovers, start_time
from tests.system.programs_under_test import alive, until

GONE = 999_999_999


@pytest.fixture
def engine() -> Iterator[subprocess.Popen[bytes]]:
    """A sleeping program that leads its own group, as an engine's guard does."""
    process = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], process_group=0
    )
    yield process
    process.kill()
    process.wait()


def record(folder: Path, **parts: Any) -> Path:
    """A record of a dead run; ``parts`` replace its fields."""
    folder.mkdir(exist_ok=True)
    row = {"run": "R1", "owner": [GONE, 1.0], "group": [GONE, 1.0], "child": [GONE, 1.0], **parts}
    path = folder / "4242.json"
    path.write_text(json.dumps(row))
    return path


def test_a_dead_runs_group_is_ended(tmp_path: Path, engine: subprocess.Popen[bytes]) -> None:
    path = record(tmp_path, group=[engine.pid, start_time(engine.pid)])
    assert Leftovers(tmp_path).sweep() == ["R1"]
    assert engine.wait(30) == -signal.SIGKILL
    assert not path.exists()


def test_a_group_whose_guard_is_gone(tmp_path: Path, engine: subprocess.Popen[bytes]) -> None:
    record(tmp_path, child=[engine.pid, start_time(engine.pid)])
    assert Leftovers(tmp_path).sweep() == ["R1"]
    assert engine.wait(30) == -signal.SIGKILL


def test_a_number_given_to_another_is_not_hit(
    tmp_path: Path, engine: subprocess.Popen[bytes]
) -> None:
    other = start_time(engine.pid) - 1
    record(tmp_path, group=[engine.pid, other], child=[engine.pid, other])
    assert Leftovers(tmp_path).sweep() == ["R1"]
    assert alive(engine.pid)


def test_a_run_that_lives_is_left_alone(tmp_path: Path, engine: subprocess.Popen[bytes]) -> None:
    mine = Leftovers(tmp_path)
    mine.belong_to("R2")
    mine.remember(engine.pid, engine.pid)
    assert Leftovers(tmp_path).sweep() == []
    assert alive(engine.pid)
    mine.forget()
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_holds_its_lock_lives(tmp_path: Path, engine: subprocess.Popen[bytes]) -> None:
    """Seen from a container its number means nothing: by that alone it would be dead."""
    mine = Leftovers(tmp_path)
    mine.remember(engine.pid, engine.pid)
    [path] = tmp_path.glob("*.json")
    told = json.loads(path.read_text())
    path.write_text(json.dumps({**told, "owner": [2**30, 1.0], "run": "R3"}))
    assert Leftovers(tmp_path).sweep() == []
    assert alive(engine.pid)
    mine.forget()
    path.write_text(json.dumps({**told, "owner": [2**30, 1.0], "run": "R3"}))
    assert Leftovers(tmp_path).sweep() == ["R3"]


def test_our_own_group_is_never_ended(tmp_path: Path) -> None:
    here = [os.getpgrp(), start_time(os.getpgrp())]
    record(tmp_path, group=here, child=[os.getpid(), start_time(os.getpid())])
    assert Leftovers(tmp_path).sweep() == ["R1"]


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", "{}", '{"run": "x"}', '{"run":1,"owner":1,"group":2,"child":3}'),
        '{"run":"x","owner":["a",1],"group":[1],"child":[]}',
    ],
)
def test_half_a_record_names_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "1.json").write_text(text)
    assert Leftovers(tmp_path).sweep() == []
    assert list(tmp_path.iterdir()) == []


def test_no_folder_yet(tmp_path: Path) -> None:
    assert Leftovers(tmp_path / "none").sweep() == []
    Leftovers(tmp_path / "none").forget()


def test_start_time_of_a_zombie_is_none(engine: subprocess.Popen[bytes]) -> None:
    assert start_time(engine.pid) != 0
    engine.kill()
    until(lambda: start_time(engine.pid) == 0)
    assert start_time(GONE) == 0
