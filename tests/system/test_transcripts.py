"""Transcripts are found by folder and session, and read from their end."""

from __future__ import annotations

import json
import os
import re
import tracemalloc
from pathlib import Path

import pytest

from ai_code.system.transcripts import FileTranscripts

SESSION = "0b5c2f0e-0000-4000-8000-000000000001"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "config/projects/-home-me-my-proj-ct"
    made.mkdir(parents=True)
    return made


@pytest.fixture
def transcripts(tmp_path: Path) -> FileTranscripts:
    return FileTranscripts(tmp_path / "config", most_bytes=1000)


CWD = Path("/home/me/my.proj_ct")


def row(number: int, size: int = 0) -> bytes:
    return json.dumps({"n": number, "x": "y" * size}).encode() + b"\n"


def numbers(lines: tuple[bytes, ...]) -> list[int]:
    return [json.loads(line)["n"] for line in lines]


def test_a_session_is_found_by_its_folder(transcripts: FileTranscripts, folder: Path) -> None:
    path = folder / f"{SESSION}.jsonl"
    assert transcripts.find(CWD, SESSION) is None
    path.write_bytes(row(1))
    assert transcripts.find(CWD, SESSION) == path
    assert transcripts.find(Path("/elsewhere"), SESSION) == path
    assert transcripts.find(CWD, "../../etc/passwd") is None
    assert transcripts.find(CWD, "") is None


def test_the_latest(transcripts: FileTranscripts, folder: Path) -> None:
    for number, name in enumerate(("a", "b", "c")):
        (folder / f"{name}.jsonl").write_bytes(row(number))
        os.utime(folder / f"{name}.jsonl", (1000 - number, 1000 - number))
    (folder / "notes.txt").write_text("x")
    (folder / "a").mkdir()
    assert transcripts.latest(CWD) == folder / "a.jsonl"
    assert transcripts.latest(CWD, since=1001) is None
    assert transcripts.latest(Path("/elsewhere")) is None


def test_the_end_of_a_large_one(transcripts: FileTranscripts, folder: Path) -> None:
    path = folder / "a.jsonl"
    path.write_bytes(b"".join(row(number) for number in range(200)))
    rows = transcripts.tail(path)
    told = numbers(rows.lines)
    assert not rows.whole and told[-1] == 199 and told == list(range(told[0], 200))
    assert rows.end == path.stat().st_size
    path.write_bytes(row(1) + row(2))
    assert transcripts.tail(path).whole and numbers(transcripts.tail(path).lines) == [1, 2]
    assert transcripts.tail(folder / "none.jsonl").lines == ()
    path.write_bytes(row(1, 5000))
    assert transcripts.tail(path).lines == ()


def test_what_comes_after(transcripts: FileTranscripts, folder: Path) -> None:
    path = folder / "a.jsonl"
    path.write_bytes(row(1))
    rows = transcripts.tail(path)
    assert transcripts.after(path, rows.end) == ((), rows.end, True, 0)
    half = row(2)
    with path.open("ab") as stream:
        stream.write(half[:5])
    assert transcripts.after(path, rows.end).lines == ()
    with path.open("ab") as stream:
        stream.write(half[5:] + row(3))
    more = transcripts.after(path, rows.end)
    assert numbers(more.lines) == [2, 3] and more.end == path.stat().st_size
    path.write_bytes(row(4))
    assert numbers(transcripts.after(path, more.end).lines) == [4]


def test_a_row_that_is_too_long_is_passed_over(transcripts: FileTranscripts, folder: Path) -> None:
    path = folder / "a.jsonl"
    path.write_bytes(row(1, 5000) + row(2))
    offset, seen, dropped = 0, [], 0
    for _ in range(20):
        rows = transcripts.after(path, offset)
        offset, dropped = rows.end, dropped + rows.dropped
        seen += [line for line in rows.lines if line.startswith(b"{")]
    assert numbers(tuple(seen)) == [2] and dropped


def test_200_megabytes_in_bounded_memory(folder: Path, tmp_path: Path) -> None:
    path = folder / "a.jsonl"
    with path.open("wb") as stream:
        stream.truncate(200 << 20)
        stream.seek(0, os.SEEK_END)
        stream.write(b"\n" + row(7))
    tracemalloc.start()
    try:
        rows = FileTranscripts(tmp_path / "config").tail(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert numbers(tuple(line for line in rows.lines if line.startswith(b"{"))) == [7]
    assert peak < 64 << 20


def test_the_session_of_a_process_is_claudes_own_word(tmp_path: Path) -> None:
    folder = tmp_path / "sessions"
    folder.mkdir()
    known = FileTranscripts(tmp_path)
    (folder / "12.json").write_text('{"pid": 12, "sessionId": "0a-1b"}')
    (folder / "13.json").write_text('{"sessionId": "../../x"}')
    (folder / "14.json").write_text("{")
    (folder / "15.json").write_text("[]")
    assert [known.session_of(pid) for pid in (12, 13, 14, 15, 16)] == ["0a-1b", "", "", "", ""]


def test_the_latest_is_no_sub_agents(tmp_path: Path) -> None:
    cwd = tmp_path / "project"
    folder = tmp_path / "projects" / re.sub(r"[^0-9A-Za-z]", "-", str(cwd))
    folder.mkdir(parents=True)
    (folder / "agent-a1.jsonl").write_text("{}\n")
    known = FileTranscripts(tmp_path)
    assert known.latest(cwd) is None
    (folder / "0a-1b.jsonl").write_text("{}\n")
    os.utime(folder / "0a-1b.jsonl", (1, 1))
    assert known.latest(cwd) == folder / "0a-1b.jsonl"
