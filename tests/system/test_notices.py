"""Notifications by small real programs in the place of notify-send, systemd-run and the like."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from ai_code.system.notices import SystemNotices
from ai_code.system.programs import Programs
from tests.e2e.world import wait_for

NOW = 1795207640
SAY = '#!/bin/sh\nfor each in "$0" "$AI_CODE_EVENT" "$@"; do printf "%s\\n" "$each"; done >> '


@pytest.fixture
def machine(tmp_path: Path) -> Callable[..., tuple[SystemNotices, Callable[[], list[str]]]]:
    """Notices with these programs in the PATH; and what they were called with, in lines."""

    def make(*names: str, platform: str = "linux") -> tuple[SystemNotices, Callable[[], list[str]]]:
        folder, told = tmp_path / "bin", tmp_path / "told"
        folder.mkdir()
        for name in names:
            (folder / name).write_text(f"{SAY}'{told}'\n")
            (folder / name).chmod(0o700)
        env = {"PATH": str(folder), "HOME": str(tmp_path)}
        notices = SystemNotices(env, Programs(env, tmp_path / "cache").find, platform)

        def lines() -> list[str]:
            # Nobody waits for the programs but the test.
            wait_for(lambda: not any(child.poll() is None for _, child in notices._telling))
            return told.read_text().splitlines() if told.exists() else []

        return notices, lines

    return make


def test_the_desktop_of_linux(machine: Callable[..., object], tmp_path: Path) -> None:
    notices, told = machine("notify-send")  # type: ignore[misc]
    assert notices.tell("desktop", "-t", "$(touch x) `id` \x1b[31m", "switch") == ""
    program = str(tmp_path / "bin" / "notify-send")
    expected = [program, "switch", "--app-name=ai-code", "--", "-t", "$(touch x) `id` ^[[31m"]
    assert told() == expected


def test_markup_and_backslashes_mean_nothing_to_the_desktop(
    machine: Callable[..., object],
) -> None:
    notices, told = machine("notify-send")  # type: ignore[misc]
    assert notices.tell("desktop", "t", "<b>a</b> & \\n", "switch") == ""
    assert told()[-1] == "&lt;b&gt;a&lt;/b&gt; &amp; \\\\n"


def test_the_desktop_of_macos_gets_the_text_as_an_argument(machine: Callable[..., object]) -> None:
    notices, told = machine("osascript", platform="darwin")  # type: ignore[misc]
    text = '" & (do shell script "id") & "'
    assert notices.tell("desktop", "title", text, "switch") == ""
    assert told()[-2:] == ["title", text]
    assert not any("shell" in line for line in told()[2:-1])
    assert not notices.has_timers
    assert "no systemd-run" in notices.tell_at("desktop", "t", "x", "reset", at=NOW, account="a")


def test_a_command_gets_title_and_text_last(machine: Callable[..., object]) -> None:
    notices, told = machine("mine")  # type: ignore[misc]
    assert notices.tell(("mine", "--to", "me"), "title", "two words", "reset") == ""
    assert told()[1:] == ["reset", "--to", "me", "title", "two words"]


@pytest.mark.parametrize("how", ["desktop", ("mine",)])
def test_a_program_that_is_missing_is_told(machine: Callable[..., object], how: object) -> None:
    notices, _ = machine()  # type: ignore[misc]
    assert "there is no" in notices.tell(how, "t", "x", "switch")
    assert "there is no" in notices.tell_at(how, "t", "x", "reset", at=NOW, account="a")


def test_one_that_fails_is_told_once_it_has_ended(tmp_path: Path) -> None:
    env = {"PATH": "/usr/bin:/bin"}
    notices = SystemNotices(env, Programs(env, tmp_path / "cache").find)
    go = tmp_path / "go"
    fails = ("sh", "-c", f"until test -e {go}; do sleep 0.02; done; exit 3")
    assert notices.tell(fails, "t", "x", "switch") == ""
    assert notices.tell(("true",), "t", "x", "switch") == ""
    assert notices.failures() == [], "it still works, and nobody waits"
    go.touch()
    [failure] = wait_for(notices.failures)
    assert failure.endswith("/sh ended with 3")
    assert notices.failures() == []
    assert notices.tell(("sh", "-c", "\0"), "t", "x", "switch") != ""


def test_one_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    env = {"PATH": "/usr/bin:/bin"}
    notices = SystemNotices(env, Programs(env, tmp_path / "cache").find, longest_s=0.5)
    pids = tmp_path / "pids"
    hangs = ("sh", "-c", f"sleep 600 & echo $$ $! > {pids}; wait")
    assert notices.tell(hangs, "t", "x", "switch") == ""
    [failure] = wait_for(notices.failures)
    assert "took longer than 0.5 s and was ended" in failure
    for pid in map(int, pids.read_text().split()):
        wait_for(lambda pid=pid: not psutil.pid_exists(pid))


def test_what_watches_over_a_quick_one_ends_with_it(tmp_path: Path) -> None:
    """Its sleep was left behind once in ten times: the signal met a shell just forked."""
    env = {"PATH": "/usr/bin:/bin"}
    notices = SystemNotices(env, Programs(env, tmp_path / "cache").find, longest_s=600.25)
    for _ in range(120):
        assert notices.tell(("true",), "t", "x", "switch") == ""
        if len(notices._telling) > 8:
            wait_for(lambda: notices.failures() or not notices._telling)
    wait_for(lambda: notices.failures() or not notices._telling)
    wait_for(lambda: not _with_argument("600.25"))


def _with_argument(word: str) -> list[int]:
    """The processes that have this word in their command line."""
    found = psutil.process_iter(["pid", "cmdline"])
    return [each.pid for each in found if word in (each.info["cmdline"] or ())]


WE_END_FIRST = """
import sys
from pathlib import Path
from ai_code.system.notices import SystemNotices
from ai_code.system.programs import Programs
env, cache = {"PATH": "/usr/bin:/bin"}, Path(sys.argv[1], "cache")
notices = SystemNotices(env, Programs(env, cache).find, longest_s=float(sys.argv[2]))
assert notices.tell(("sh", "-c", sys.argv[3]), "t", "x", "switch") == ""
"""


@pytest.mark.parametrize(("seconds", "heard"), [("30", True), ("0.3", False)])
def test_it_outlives_us_and_not_its_time(tmp_path: Path, seconds: str, heard: bool) -> None:
    """What a run began to tell is told although the run has ended, and never stays for ever."""
    pid, go, told = (tmp_path / name for name in ("pid", "go", "told"))
    body = f"echo $$ > {pid}; until test -e {go}; do sleep 0.02; done; touch {told}"
    subprocess.run([sys.executable, "-c", WE_END_FIRST, str(tmp_path), seconds, body], check=True)
    number = int(wait_for(lambda: pid.exists() and pid.read_text()))
    if heard:
        go.touch()
    wait_for(lambda: not psutil.pid_exists(number))
    assert told.exists() == heard


def test_the_timer_of_an_account_takes_the_place_of_its_earlier_one(
    machine: Callable[..., object],
) -> None:
    notices, told = machine("systemd-run", "systemctl", "mine")  # type: ignore[misc]
    how = ("mine", "$HOME")
    assert notices.tell_at(how, "t", "x", "reset", at=NOW, account="a") == ""
    stop, run = told()[:6], told()[6:]
    assert stop[2:5] == ["--user", "--quiet", "stop"]
    unit = stop[5].removesuffix(".timer")
    assert f"--unit={unit}" in run and "--on-calendar=2026-11-20 20:47:20 UTC" in run
    assert {"--user", "--collect", "--setenv=AI_CODE_EVENT=reset"} <= set(run)
    after = run[run.index("--") + 1 :]
    assert after[0].endswith("/mine") and after[1:] == ["$$HOME", "t", "x"]
    notices.forget("b")
    assert told()[-1] != stop[5]
    notices.forget("a")
    assert told()[-1] == stop[5]


def test_without_systemd_there_is_no_timer(machine: Callable[..., object]) -> None:
    notices, told = machine("mine")  # type: ignore[misc]
    assert not notices.has_timers
    problem = notices.tell_at(("mine",), "t", "x", "reset", at=NOW, account="a")
    assert "no systemd-run" in problem and told() == []
