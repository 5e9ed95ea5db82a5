"""A reminder at a limit's reset, as a timer of a real systemd."""

from __future__ import annotations

from tests.systemd.session import Session

IN_THE_MANAGER = """
import os, subprocess, sys, time
from pathlib import Path
from ai_code.system.notices import SystemNotices
from ai_code.system.programs import Programs
told, text = Path(sys.argv[1]), sys.argv[2]
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


def test_one_timer_for_an_account(person: Session) -> None:
    """Replaced and not doubled; taken back; nothing is left of it."""
    told, text = person.home / "told", "$PATH %n \\n 'it' $$ 上限"
    python = f"{person.home}/env/bin/python"
    done = person.run(python, "-c", IN_THE_MANAGER, str(told), text)
    assert done.returncode == 0, done.stderr
    assert person.text(told) == f"reset||$HOME|t|{text}|"
    person.run("rm", "-f", str(told))
