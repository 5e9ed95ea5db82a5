"""Notifications by small real programs in the place of notify-send, systemd-run and the like."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ai_code.system.notices import SystemNotices
from ai_code.system.programs import Programs

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
    assert "ai-code status" in notices.tell_at("desktop", "t", "x", "reset", at=NOW, account="a")


def test_a_command_gets_title_and_text_last(machine: Callable[..., object]) -> None:
    notices, told = machine("mine")  # type: ignore[misc]
    assert notices.tell(("mine", "--to", "me"), "title", "two words", "reset") == ""
    assert told()[1:] == ["reset", "--to", "me", "title", "two words"]


@pytest.mark.parametrize("how", ["desktop", ("mine",)])
def test_a_program_that_is_missing_is_told(machine: Callable[..., object], how: object) -> None:
    notices, _ = machine()  # type: ignore[misc]
    assert "there is no" in notices.tell(how, "t", "x", "switch")
    assert "there is no" in notices.tell_at(how, "t", "x", "reset", at=NOW, account="a")


def test_one_that_fails_or_hangs_stops_nobody(tmp_path: Path) -> None:
    env = {"PATH": "/usr/bin:/bin"}
    notices = SystemNotices(env, Programs(env, tmp_path / "cache").find)
    assert "ended with 3" in notices.tell(("sh", "-c", "exit 3"), "t", "x", "switch")
    pid = tmp_path / "pid"
    hangs = ("sh", "-c", f"echo $$ > {pid}; sleep 600")
    assert "took longer" in notices.tell(hangs, "t", "x", "switch")
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
    assert notices.tell(("sh", "-c", "\0"), "t", "x", "switch") != ""


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


def test_without_systemd_the_status_is_named(machine: Callable[..., object]) -> None:
    notices, told = machine("mine")  # type: ignore[misc]
    problem = notices.tell_at(("mine",), "t", "x", "reset", at=NOW, account="a")
    assert "ai-code status" in problem and told() == []


IN_THE_MANAGER = """
import os, subprocess, sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from ai_code.system.notices import SystemNotices
from ai_code.system.programs import Programs
told, text = Path(sys.argv[2]), sys.argv[3]
env = {**os.environ, "SOME_KEY": "secret"}
notices = SystemNotices(env, Programs(env, told.with_name("cache")).find)
def units():
    listed = ["systemctl", "--user", "list-units", "--all", "--plain", "--no-legend", "ai-code*"]
    return [row.split()[0] for row in subprocess.check_output(listed, text=True).splitlines()]
def plan(account, seconds):
    say = f'printf "%s|" "$AI_CODE_EVENT" "$SOME_KEY" "$@" > {told}'
    command = ("sh", "-c", say, "sh", "$HOME")
    at = int(time.time()) + seconds
    return notices.tell_at(command, "t", text, "reset", at=at, account=account)
assert [plan("a", 3600), plan("b", 3600), plan("a", 3600)] == ["", "", ""]
assert sum(unit.endswith(".timer") for unit in units()) == 2, units()
notices.forget("a")
notices.forget("b")
assert units() == [], units()
assert plan("a", 1) == ""
while not told.exists() or units():
    time.sleep(0.1)
left = list(Path(os.environ["XDG_RUNTIME_DIR"], "systemd/transient").glob("*"))
assert left == [], left
"""


def test_a_real_systemd(tmp_path: Path) -> None:
    """One timer for an account, replaced and not doubled; taken back; nothing is left of it."""
    systemd = "/usr/lib/systemd/systemd"
    needed = [name for name in ("systemd-run", "unshare") if not shutil.which(name)]
    needed += [] if Path(systemd).exists() else [systemd]
    needed += [] if os.geteuid() == 0 else ["root, for a namespace with a systemd of its own"]
    if needed:
        pytest.skip(f"no timer of systemd was tried: there is no {', '.join(needed)}")
    spaces = ["--mount", "--pid", "--cgroup", "--fork", "--kill-child", "--mount-proc"]
    if subprocess.run(["unshare", *spaces, "true"], capture_output=True).returncode:
        pytest.skip("no timer of systemd was tried: this machine makes no namespaces")
    told, text = tmp_path / "told", "$PATH %n \\n 'it' $$ 上限"
    script, checkout = Path(__file__).with_name("user_manager.sh"), Path(__file__).parents[2]
    inside = [sys.executable, "-c", IN_THE_MANAGER, str(checkout), str(told), text]
    done = subprocess.run(
        ["unshare", *spaces, "sh", str(script), str(tmp_path), *inside],
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    if done.returncode == 99:
        pytest.skip(f"no timer of systemd was tried: it does not start here ({done.stderr})")
    assert done.returncode == 0, done.stderr
    assert told.read_text() == f"reset||$HOME|t|{text}|"
