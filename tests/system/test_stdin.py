"""Standard input in every form it comes in."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_code.system.stdin import MOST_BYTES, PipedInput, read_piped


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    for descriptor in (reading, writing):
        try:
            os.close(descriptor)
        except OSError:
            continue


def fields(told: PipedInput) -> tuple[bytes | None, bool, bool]:
    return told.data, told.silent, told.too_long


NOTHING = (None, False, False)


@pytest.mark.parametrize("wait", [True, False])
def test_a_terminal_is_not_read(wait: bool) -> None:
    leader, terminal = os.openpty()
    os.write(leader, b"typed\n")
    assert fields(read_piped(terminal, wait)) == NOTHING
    os.close(leader)
    os.close(terminal)


@pytest.mark.parametrize("wait", [True, False])
def test_dev_null(wait: bool) -> None:
    with open(os.devnull, "rb") as stream:
        assert fields(read_piped(stream.fileno(), wait)) == NOTHING


def test_a_closed_descriptor(pipe: tuple[int, int]) -> None:
    os.close(pipe[0])
    assert fields(read_piped(pipe[0])) == NOTHING


def test_a_folder(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    assert fields(read_piped(descriptor)) == NOTHING
    os.close(descriptor)


def test_a_descriptor_open_for_writing_only(tmp_path: Path) -> None:
    """What nohup puts in a terminal's place."""
    descriptor = os.open(tmp_path / "file", os.O_WRONLY | os.O_CREAT)
    assert fields(read_piped(descriptor)) == NOTHING
    os.close(descriptor)


@pytest.mark.parametrize("data", [b"a diff\n", b"\xff\x00 no text", b""])
def test_a_pipe_to_its_end(pipe: tuple[int, int], data: bytes) -> None:
    os.write(pipe[1], data)
    os.close(pipe[1])
    assert fields(read_piped(pipe[0], wait=False)) == (data or None, False, False)


def test_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 100_000)
    with open(tmp_path / "file", "rb") as stream:
        assert read_piped(stream.fileno()).data == b"x" * 100_000


def test_an_open_silent_pipe_is_given_up(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ai_code.system.stdin._PATIENCE_S", 0.05)
    assert fields(read_piped(pipe[0], wait=False)) == (None, True, False)


def test_where_it_is_the_prompt_it_is_waited_for(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ai_code.system.stdin._PATIENCE_S", 0.0)

    def later() -> None:
        os.write(pipe[1], b"late")
        os.close(pipe[1])

    writer = threading.Timer(0.2, later)
    writer.start()
    assert read_piped(pipe[0], wait=True).data == b"late"
    writer.join()


def test_a_pipe_that_somebody_made_non_blocking(pipe: tuple[int, int]) -> None:
    os.set_blocking(pipe[0], False)
    writer = threading.Timer(0.2, lambda: (os.write(pipe[1], b"late"), os.close(pipe[1])))
    writer.start()
    assert read_piped(pipe[0], wait=True).data == b"late"
    writer.join()


def test_a_slow_writer_is_read_to_the_end(pipe: tuple[int, int]) -> None:
    def slowly() -> None:
        for _ in range(3):
            os.write(pipe[1], b"x" * 1000)
            threading.Event().wait(0.05)
        os.close(pipe[1])

    writer = threading.Thread(target=slowly)
    writer.start()
    assert read_piped(pipe[0], wait=False).data == b"x" * 3000
    writer.join()


@pytest.mark.parametrize(("size", "too_long"), [(1 << 20, False), (MOST_BYTES + 1, True)])
def test_a_megabyte_and_too_much(tmp_path: Path, size: int, too_long: bool) -> None:
    with open(tmp_path / "file", "w+b") as stream:
        stream.truncate(size)
        told = read_piped(stream.fileno())
    assert told.too_long is too_long
    assert told.data == (None if too_long else bytes(size))


def test_exactly_the_most(tmp_path: Path) -> None:
    with open(tmp_path / "file", "w+b") as stream:
        stream.truncate(MOST_BYTES)
        assert len(read_piped(stream.fileno()).data or b"") == MOST_BYTES


def test_a_device_without_end() -> None:
    with open("/dev/zero", "rb") as stream:
        assert read_piped(stream.fileno()).too_long
