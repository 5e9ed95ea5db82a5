"""The real process room against small real programs, each with a fault of its own."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ai_code.core.command import Command
from ai_code.core.exits import EndedBy, Exit
from ai_code.system.leftovers import Leftovers
from ai_code.system.process import ProcessRoom
from ai_code.system.signals import Signals
from tests.system.programs_under_test import Collected, pids_in, python_program, until_gone

LEFT_BEHIND = "import os, time\nopen('pids', 'a').write(f'{os.getpid()}\\n')\n"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[ProcessRoom]:
    made = ProcessRoom(dict(os.environ), Signals(), Leftovers(tmp_path / "running"))
    yield made
    made.close()


class Bench:
    """Runs sources in one folder and keeps what came."""

    def __init__(self, room: ProcessRoom, folder: Path) -> None:
        self.room = room
        self.folder = folder
        self.heard = Collected()

    def run(
        self,
        argv: Sequence[str],
        stdin: bytes | None = None,
        stall: float = 0.0,
        deadline: float = 0.0,
        env: dict[str, str | None] | None = None,
    ) -> Exit:
        command = Command(tuple(argv), self.folder, env or {}, stdin, stall, deadline)
        return self.room.run(command, self.heard)

    def python(self, source: str, **more: object) -> Exit:
        program = python_program(self.folder / "program", source)
        return self.run([str(program)], **more)  # type: ignore[arg-type]


@pytest.fixture
def bench(room: ProcessRoom, tmp_path: Path) -> Bench:
    return Bench(room, tmp_path)


@pytest.mark.parametrize("code", [0, 1, 3, 126, 127, 255])
def test_an_exit_code_is_told(bench: Bench, code: int) -> None:
    told = bench.python(
        f"print('out'); import sys; print('err', file=sys.stderr); sys.exit({code})"
    )
    assert (told.code, told.signal, told.ended_by) == (code, None, None)
    assert (bench.heard.out, bench.heard.err) == (b"out\n", b"err\n")
    assert (told.stdout_tail, told.stderr_tail) == ("out\n", "err\n")


def test_a_missing_program(bench: Bench) -> None:
    told = bench.run([str(bench.folder / "nothing")])
    assert (told.code, told.start_error) == (127, "No such file or directory")


def test_a_program_whose_interpreter_is_missing(bench: Bench) -> None:
    program = bench.folder / "program"
    program.write_text("#!/no/such/python\n")
    program.chmod(0o755)
    assert bench.run([str(program)]).code == 127


@pytest.mark.parametrize("mode", [0o644, 0o755])
def test_what_cannot_be_run(bench: Bench, mode: int) -> None:
    """Not executable, and executable but no program (exec format error)."""
    program = bench.folder / "program"
    program.write_bytes(b"\x01\x02 no program\n")
    program.chmod(mode)
    told = bench.run([str(program)])
    assert told.code == 126
    assert told.start_error in ("Permission denied", "Exec format error")
    assert told.wall_s >= 0


def test_a_folder_in_place_of_a_program(bench: Bench) -> None:
    assert bench.run([str(bench.folder)]).code == 126


def test_arguments_that_are_too_long(bench: Bench) -> None:
    told = bench.run([sys.executable, "-c", "pass", "x" * (1 << 20)])
    assert (told.code, told.start_error) == (126, "Argument list too long")


@pytest.mark.parametrize("signum", [signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL, signal.SIGTERM])
def test_a_crash_by_signal(bench: Bench, signum: signal.Signals) -> None:
    told = bench.python(
        f"import os, resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        f"os.write(1, b'half a line'); os.kill(os.getpid(), {int(signum)})"
    )
    assert (told.code, told.signal, told.ended_by) == (None, signum, None)
    assert bench.heard.out == b"half a line"


def test_garbage_comes_as_it_is(bench: Bench) -> None:
    told = bench.python("import os; os.write(1, bytes(range(256)) * 4)")
    assert bytes(bench.heard.out) == bytes(range(256)) * 4
    assert "\x00\x01" in told.stdout_tail


def test_stderr_only(bench: Bench) -> None:
    told = bench.python("import os; os.write(2, b'trouble'); os._exit(4)")
    assert (told.code, told.stdout_tail, told.stderr_tail) == (4, "", "trouble")
    assert not bench.heard.out


def test_no_input_is_dev_null(bench: Bench) -> None:
    bench.python("import os, sys; print(repr(sys.stdin.read())); print(os.readlink('/dev/fd/0'))")
    assert bench.heard.out == b"''\n/dev/null\n"


def test_changes_of_the_environment(bench: Bench) -> None:
    bench.python(
        "import os; print(os.environ.get('HOME'), os.environ['ADDED'])",
        env={"HOME": None, "ADDED": "yes"},
    )
    assert bench.heard.out == b"None yes\n"


@pytest.mark.parametrize("size", [0, 1, 1 << 20])
def test_the_prompt_arrives_whole(bench: Bench, size: int) -> None:
    told = bench.python(
        "import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())",
        stdin=b"x" * size,
    )
    import hashlib

    assert told.code == 0
    assert bench.heard.out.decode().strip() == hashlib.sha256(b"x" * size).hexdigest()


@pytest.mark.parametrize("ending", ["os._exit(0)", "time.sleep(.6); os._exit(0)"])
def test_a_program_that_reads_a_little_of_a_large_prompt(bench: Bench, ending: str) -> None:
    told = bench.python(
        f"import os, time; os.read(0, 10); os.close(0); os.write(1, b'done'); {ending}",
        stdin=b"x" * (1 << 20),
    )
    assert told.code == 0
    assert bench.heard.out == b"done"


def test_a_program_that_answers_before_it_reads(bench: Bench) -> None:
    """Both pipes full at once: neither side may wait for the other."""
    told = bench.python(
        "import os, sys\nos.write(1, b'y' * 500_000)\nos.write(2, b'z' * 500_000)\n"
        "print(len(sys.stdin.buffer.read()))",
        stdin=b"x" * (1 << 20),
    )
    assert told.code == 0
    assert bench.heard.out.endswith(b"y1048576\n")
    assert len(bench.heard.err) == 500_000


def test_output_without_end_stays_in_bounds(room: ProcessRoom, tmp_path: Path) -> None:
    """20 MB pass through: pieces and tails are bounded, nothing is kept."""

    class Passing(Collected):
        total = 0

        def started(self) -> None:
            pass

        def output(self, channel: object, data: bytes) -> None:
            self.total += len(data)
            self.sizes.append(len(data))

    import tracemalloc

    program = python_program(
        tmp_path / "program", "import os\nfor _ in range(20):\n    os.write(1, b'x' * (1 << 20))"
    )
    heard = Passing()
    tracemalloc.start()
    try:
        told = room.run(Command((str(program),), tmp_path), heard)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert heard.total == 20 << 20
    assert max(heard.sizes) <= 1 << 16
    assert len(told.stdout_tail) == 4000
    assert peak < 4 << 20


# What never ends -----------------------------------------------------------------------------

NEVER_ENDING = LEFT_BEHIND + "print('begun', flush=True)\ntime.sleep(600)"


def test_silence_ends_it(bench: Bench) -> None:
    told = bench.python(NEVER_ENDING, stall=2.0)
    assert (told.ended_by, told.signal) == (EndedBy.STALL, signal.SIGTERM)
    assert bench.heard.out == b"begun\n"
    until_gone(*pids_in(bench.folder / "pids", 1))


def test_output_is_no_silence(bench: Bench) -> None:
    told = bench.python(
        "import time\nfor _ in range(6):\n    print('.', flush=True)\n    time.sleep(.3)", stall=1.5
    )
    assert (told.code, told.ended_by) == (0, None)


def test_the_deadline_ends_what_speaks_for_ever(bench: Bench) -> None:
    told = bench.python(
        LEFT_BEHIND + "while True:\n    print('.', flush=True)\n    time.sleep(.01)", deadline=0.8
    )
    assert told.ended_by is EndedBy.DEADLINE
    until_gone(*pids_in(bench.folder / "pids", 1))


def test_the_listener_ends_it(bench: Bench) -> None:
    bench.heard = Collected(lambda heard: EndedBy.PERMANENT if b"begun" in heard.out else None)
    told = bench.python(NEVER_ENDING)
    assert told.ended_by is EndedBy.PERMANENT
    until_gone(*pids_in(bench.folder / "pids", 1))


def test_what_is_said_at_the_end_is_heard(bench: Bench) -> None:
    bench.heard = Collected(lambda heard: EndedBy.PATIENCE if heard.out else None)
    told = bench.python(
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (os.write(1, b'goodbye'), os._exit(9)))\n"
        "os.write(1, b'begun ')\ntime.sleep(600)"
    )
    assert (told.code, told.ended_by) == (9, EndedBy.PATIENCE)
    assert bench.heard.out == b"begun goodbye"


def test_term_is_followed_by_kill(bench: Bench) -> None:
    bench.heard = Collected(lambda heard: EndedBy.PATIENCE if heard.out else None)
    told = bench.python(
        "import signal\nfor s in (15, 1, 2):\n    signal.signal(s, signal.SIG_IGN)\n" + NEVER_ENDING
    )
    assert (told.ended_by, told.signal) == (EndedBy.PATIENCE, signal.SIGKILL)
    until_gone(*pids_in(bench.folder / "pids", 1))


def test_a_stopped_program_is_ended(bench: Bench) -> None:
    told = bench.python("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", stall=0.5)
    assert (told.ended_by, told.signal) == (EndedBy.STALL, signal.SIGTERM)


def test_a_listener_that_raises_leaves_no_orphan(bench: Bench) -> None:
    def fails(_heard: Collected) -> EndedBy | None:
        if (bench.folder / "pids").exists():
            raise BrokenPipeError
        return None

    bench.heard = Collected(fails)
    with pytest.raises(BrokenPipeError):
        bench.python(NEVER_ENDING)
    until_gone(*pids_in(bench.folder / "pids", 1))


# Grandchildren -------------------------------------------------------------------------------


def with_child(before: str, after: str) -> str:
    """A program with a child that does ``before`` and then sleeps; itself it does ``after``
    once the child has begun. Both write their pids."""
    return LEFT_BEHIND + (
        f"if os.fork() == 0:\n    {before}\n    open('pids', 'a').write(f'{{os.getpid()}}\\n')\n"
        "    time.sleep(600)\n    os._exit(0)\n"
        "while len(open('pids').read().split()) < 2:\n    time.sleep(.01)\n" + after
    )


@pytest.mark.parametrize("fds", ["pass", "os.closerange(0, 3)"], ids=["holds the pipe", "closed"])
def test_grandchildren_end_with_the_engine(bench: Bench, fds: str) -> None:
    """The pipe that one of them holds open is not waited for."""
    told = bench.python(with_child(fds, "print('done', flush=True)"))
    assert (told.code, told.ended_by) == (0, None)
    assert bench.heard.out == b"done\n"
    until_gone(*pids_in(bench.folder / "pids", 2))


def test_a_grandchild_that_ignores_term_ends_with_the_room(bench: Bench) -> None:
    ignores = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    assert bench.python(with_child(ignores, "")).code == 0
    bench.room.close()
    until_gone(*pids_in(bench.folder / "pids", 2))


def test_an_escapee_is_ended_with_the_engine(bench: Bench) -> None:
    """A child with a session of its own is out of the group, but still of the family."""
    source = with_child("os.setsid()", "print('begun', flush=True); time.sleep(600)")
    bench.heard = Collected(lambda heard: EndedBy.PERMANENT if heard.out else None)
    assert bench.python(source).ended_by is EndedBy.PERMANENT
    until_gone(*pids_in(bench.folder / "pids", 2))


def test_an_engine_that_kills_its_whole_group(bench: Bench) -> None:
    """Our guard dies with it; the next engine gets a new one."""
    assert bench.run(["/bin/sh", "-c", "kill -9 0"]).signal == signal.SIGKILL
    assert bench.run(["/bin/sh", "-c", "echo again"]).code == 0
    assert bench.heard.out == b"again\n"


def test_one_after_the_other(bench: Bench) -> None:
    for _ in range(3):
        assert bench.run(["/bin/sh", "-c", "echo x"]).code == 0
    assert bench.heard.out == b"x\nx\nx\n"


def test_nothing_is_left_open(bench: Bench) -> None:
    bench.run(["/bin/true"])
    before = os.listdir("/dev/fd")
    bench.run(["/bin/cat"], stdin=b"x" * 100_000)
    bench.run([str(bench.folder / "nothing")])
    assert os.listdir("/dev/fd") == before


def test_a_state_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """The record for the next call is lost, the run is not."""
    (tmp_path / "file").write_text("")
    room = ProcessRoom(dict(os.environ), Signals(), Leftovers(tmp_path / "file" / "running"))
    heard = Collected()
    try:
        told = room.run(Command(("/bin/echo", "x"), tmp_path), heard)
    finally:
        room.close()
    assert (told.code, heard.out) == (0, b"x\n")


def test_a_grandchild_that_never_stops_talking(bench: Bench) -> None:
    """It writes into the pipe for ever; the engine has ended all the same."""
    chatters = "\n    ".join(
        (
            "open('pids', 'a').write(f'{os.getpid()}\\n')",
            "while True: os.write(2, b'log\\n'); time.sleep(.05)",
        )
    )
    told = bench.python(with_child(chatters, "print('done', flush=True)"))
    assert (told.code, told.ended_by) == (0, None)
    until_gone(*pids_in(bench.folder / "pids", 2))
