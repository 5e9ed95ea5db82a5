"""Finding installed programs and remembering their versions."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ai_code.core.command import Command
from ai_code.core.errors import CannotStartError
from ai_code.core.task import Program
from ai_code.system.programs import Programs
from tests.system.programs_under_test import pids_in, python_program, until_gone


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "bin"
    path.mkdir()
    return path


@pytest.fixture
def programs(folder: Path, tmp_path: Path) -> Programs:
    return Programs({"PATH": str(folder)}, tmp_path / "cache" / "programs.json")


def counted(folder: Path, text: str) -> Path:
    """A program that prints ``text`` and leaves a mark each time it is asked."""
    mark = folder.parent / "asked"
    return python_program(
        folder / "claude", f"open({str(mark)!r}, 'a').write('x')\nprint({text!r})\n"
    )


def asked(folder: Path) -> int:
    mark = folder.parent / "asked"
    return len(mark.read_text()) if mark.exists() else 0


def test_found_by_name_with_its_arguments(programs: Programs, folder: Path) -> None:
    path = counted(folder, "2.1.329")
    assert programs.find(["claude", "--x"]) == Program((str(path), "--x"))
    assert programs.find([str(path)]) == Program((str(path),))
    assert asked(folder) == 0


def test_a_path_relative_to_here(
    programs: Programs, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine may be started in another folder: its path is made absolute."""
    path = counted(folder, "1.2.3")
    monkeypatch.chdir(folder)
    assert programs.find(["./claude"]) == Program((str(path),))


def test_a_path_below_home(
    programs: Programs, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = counted(folder, "1.2.3")
    monkeypatch.setenv("HOME", str(folder))
    assert programs.find(["~/claude"]) == Program((str(path),))


def test_not_there(programs: Programs, folder: Path) -> None:
    assert programs.find(["claude"]) is None
    assert programs.find([str(folder / "claude")]) is None
    (folder / "claude").mkdir()
    assert programs.find(["claude"]) is None


@pytest.mark.parametrize("by", ["name", "path"])
def test_there_but_not_executable(programs: Programs, folder: Path, by: str) -> None:
    path = counted(folder, "1.2.3")
    path.chmod(0o644)
    with pytest.raises(CannotStartError) as caught:
        programs.find(["claude" if by == "name" else str(path)])
    assert caught.value.hint == f"chmod +x {path}"


def test_a_version_on_standard_error(programs: Programs, folder: Path) -> None:
    """As pi 0.74.2 tells it; not what Node.js tells of itself when a program breaks."""
    path = python_program(folder / "pi", "import sys; print('0.74.2', file=sys.stderr)")
    assert programs.version(Program((str(path),))).version == (0, 74, 2)
    python_program(path, "import sys; sys.exit('Node.js v22.17.0 is what is broken here')")
    assert programs.version(Program((str(path),))).version is None


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("2.1.329 (Claude Code)", (2, 1, 329)),
        ("aider 0.86.2", (0, 86, 2)),
        ("no version", None),
        ("", None),
        ("\x00\xff\udcff".encode("utf-8", "surrogateescape").decode("latin-1"), None),
    ],
)
def test_versions(
    programs: Programs, folder: Path, text: str, version: tuple[int, ...] | None
) -> None:
    path = counted(folder, text)
    assert programs.version(Program((str(path),))).version == version


def test_asked_once_and_again_after_an_update(
    programs: Programs, folder: Path, tmp_path: Path
) -> None:
    path = counted(folder, "1.0.0")
    program = Program((str(path),))
    for _ in range(3):
        assert programs.version(program).version == (1, 0, 0)
    again = Programs({"PATH": str(folder)}, tmp_path / "cache" / "programs.json")
    assert again.version(program).version == (1, 0, 0)
    assert asked(folder) == 1
    counted(folder, "1.0.10")
    assert again.version(program).version == (1, 0, 10)
    assert (asked(folder), (tmp_path / "cache").stat().st_mode & 0o777) == (2, 0o700)


def test_an_updated_link_is_asked_again(programs: Programs, folder: Path) -> None:
    """npm and nix install by turning a link to another file."""
    link = folder / "tool"
    for number in (1, 2):
        target = python_program(folder / f"tool-{number}", f"print('{number}.0.0')\n")
        os.utime(target, (1, 1))
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        assert programs.version(Program((str(link),))).version == (number, 0, 0)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"x": 1}', '{"x": {"y": 2}}', "\udcff"])
def test_a_broken_cache_is_no_trouble(folder: Path, tmp_path: Path, text: str) -> None:
    cache = tmp_path / "programs.json"
    path = counted(folder, "3.2.1")
    cache.write_bytes(text.replace("x", str(path)).encode("utf-8", "surrogateescape"))
    assert Programs({}, cache).version(Program((str(path),))).version == (3, 2, 1)


def test_a_cache_that_cannot_be_written(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = counted(folder, "3.2.1")
    found = Programs({}, tmp_path / "file" / "programs.json").version(Program((str(path),)))
    assert found.version == (3, 2, 1)


def test_a_program_that_will_not_start(programs: Programs, folder: Path) -> None:
    path = folder / "claude"
    path.write_text("#!/no/such/shell\n")
    path.chmod(0o755)
    assert programs.version(Program((str(path),))).version is None
    assert programs.version(Program((str(folder / "gone"),))).version is None


def test_one_that_never_answers_is_ended(
    programs: Programs, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its children, who would hold the pipe open."""
    monkeypatch.setattr("ai_code.system.programs._TIMEOUT_S", 1.0)
    pids = folder / "pids"
    path = python_program(
        folder / "claude",
        f"import os, time\nos.fork()\nopen({str(pids)!r}, 'a').write(f'{{os.getpid()}}\\n')\n"
        "time.sleep(600)\n",
    )
    assert programs.version(Program((str(path),))).version is None
    until_gone(*pids_in(pids, 2))


def test_a_quick_check_is_asked_once(programs: Programs, folder: Path) -> None:
    mark = folder / "asked"
    path = python_program(
        folder / "check",
        f"import os\nopen({str(mark)!r}, 'a').write('x')\nprint('x' * 200_000)\n"
        "raise SystemExit(not os.environ.get('GIVEN') or int('PATH' in os.environ))\n",
    )
    good = Command((str(path),), folder, {"GIVEN": "1", "PATH": None})
    bad = Command((str(path), "-x"), folder)
    assert [programs.succeeds(each) for each in (good, good, bad, bad)] == [
        True,
        True,
        False,
        False,
    ]
    assert mark.read_text() == "xx"
    assert not programs.succeeds(Command((str(folder / "gone"),), folder))


def test_asked_away_from_the_project(
    programs: Programs, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = "import os\nprint('1.2.3' if os.getcwd() == '/' else 'led astray')\n"
    python_program(folder / "claude", told)
    monkeypatch.chdir(tmp_path)
    found = programs.find(["claude"])
    assert found and programs.version(found).version is None
    assert programs.version(found, away=True).version == (1, 2, 3)


def test_one_that_tells_no_version_for_a_record_is_asked_once(
    programs: Programs, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run would wait for it; who asks for more than a record asks again."""
    monkeypatch.setattr("ai_code.system.programs._BRIEF_S", 0.5)
    monkeypatch.setattr("ai_code.system.programs._TIMEOUT_S", 0.5)
    mark = folder / "asked"
    path = python_program(
        folder / "slow", f"import time\nopen({str(mark)!r}, 'a').write('x')\ntime.sleep(600)\n"
    )
    for asked in ("x", "x"):
        assert programs.version(Program((str(path),)), brief=True).version is None
        assert mark.read_text() == asked
    assert programs.version(Program((str(path),))).version is None
    assert mark.read_text() == "xx"
