"""``ai-code setup service`` in a real session of systemd: written, enabled, started, ended in all
ways, and taken back. The server is a stand-in of Ollama's API, everything else is real."""

from __future__ import annotations

import json
import signal
import time

from tests.systemd.conftest import OLLAMA, UNITS
from tests.systemd.session import Session

SERVER, MODELS = "ollama.service", "ai-code-models.service"
API = "http://127.0.0.1:11434"


def settings(person: Session, text: str) -> None:
    person.write(person.home / ".config/ai-code/config.yaml", text)


def answers(person: Session) -> bool:
    ask = f"import urllib.request as r; print(r.urlopen('{API}/api/version').read())"
    return person.run(person.python, "-c", ask).returncode == 0


def up(person: Session, settings_text: str = "model: deepseek-coder:6.7b\n") -> None:
    settings(person, settings_text)
    done = person.ai_code("setup", "service", "--yes")
    assert done.returncode == 0, done.stderr


def end(person: Session, signum: signal.Signals) -> int:
    """Ends the server as an accident would; the process that it was."""
    pid = int(person.show(SERVER, "MainPID"))
    assert person.run("kill", f"-{signum.value}", str(pid)).returncode == 0
    return pid


def comes_back(person: Session, was: int) -> None:
    person.until(lambda: person.show(SERVER, "MainPID") not in ("0", str(was)), "a new process")
    person.until(lambda: answers(person), "an answer")
    assert person.show(SERVER, "ActiveState") == "active"


def test_from_nothing_and_back_to_nothing(person: Session) -> None:
    settings(person, "model: deepseek-coder:6.7b\n")
    before = person.run("find", ".", "-not", "-path", "./env/*").stdout
    done = person.ai_code("setup", "service", "--yes")
    assert done.returncode == 0, done.stderr
    assert answers(person)
    assert person.show(SERVER, "ActiveState") == "active"
    assert person.show(SERVER, "UnitFileState") == "enabled"
    assert f"ExecStart={OLLAMA} serve" in (person.text(UNITS / SERVER) or "")
    pid = person.show(SERVER, "MainPID")
    variables = person.run("cat", f"/proc/{pid}/environ").stdout.split("\0")
    assert {"OLLAMA_HOST=127.0.0.1:11434", "OLLAMA_KEEP_ALIVE=5m"} <= set(variables)
    assert "loginctl enable-linger" in done.stderr
    again = person.ai_code("setup", "service", "--json", "--yes")
    [row] = json.loads(again.stdout)["steps"]
    assert row["state"] == "ok" and person.show(SERVER, "MainPID") == pid, again
    removed = person.ai_code("setup", "--remove", "--yes")
    assert removed.returncode == 0, removed
    assert "not loaded" in person.systemctl("stop", SERVER)
    listed = person.systemctl("list-units", "--all", "--plain", "--no-legend", "*.service")
    assert "ollama" not in listed and "ai-code" not in listed
    assert not answers(person)
    left = person.run("find", ".", "-not", "-path", "./env/*").stdout.splitlines()
    ours = ("./.local", "./.local/state", "./.local/state/ai-code")
    new = [path for path in left if path not in before.splitlines()]
    assert [path for path in new if not path.startswith(ours)] == []


def test_a_crash_and_a_segv_are_followed_by_a_new_start(person: Session) -> None:
    up(person)
    for signum in (signal.SIGUSR1, signal.SIGSEGV, signal.SIGKILL):
        comes_back(person, end(person, signum))
    assert int(person.show(SERVER, "NRestarts")) == 3


def test_an_end_that_is_wanted_is_one(person: Session) -> None:
    up(person)
    for signum in (signal.SIGTERM, signal.SIGUSR2):
        end(person, signum)
        person.until(lambda: person.show(SERVER, "ActiveState") == "inactive", "the end")
        time.sleep(3.5)  # RestartSec= is 3
        assert person.show(SERVER, "ActiveState") == "inactive"
        person.systemctl("start", SERVER)
        person.until(lambda: answers(person), "an answer")
    person.systemctl("stop", SERVER)
    assert person.show(SERVER, "ActiveState") == "inactive" and not answers(person)


def test_a_port_that_is_taken(person: Session) -> None:
    """By a program that does not speak HTTP at all: seen before anything is written."""
    listen = "import socket, time; s = socket.create_server(('127.0.0.1', 11434)); time.sleep(600)"
    person.systemctl("reset-failed")
    started = person.run("systemd-run", "--user", "--unit=taker", person.python, "-c", listen)
    assert started.returncode == 0, started.stderr
    try:
        done = person.ai_code("setup", "service", "--yes")
        assert done.returncode == 1 and person.text(UNITS / SERVER) is None
        assert "127.0.0.1:11434" in done.stdout and "in time" in done.stdout
        # Where the unit is there already, it fails, and its log says why.
        path = str(UNITS / SERVER)
        person.systemctl("stop", "taker")
        up(person)
        person.systemctl("stop", SERVER)
        person.run("systemd-run", "--user", "--unit=taker2", person.python, "-c", listen)
        person.run("sed", "-i", "s/^RestartSec=.*/RestartSec=100ms/", path)
        person.systemctl("daemon-reload")
        person.systemctl("start", SERVER)
        person.until(lambda: person.show(SERVER, "ActiveState") == "failed", "it fails for good")
        assert "bind: address already in use" in person.log(SERVER)
        # Then even a start by hand is refused, and the doctor knows what to do.
        told = json.loads(person.ai_code("doctor", "--json").stdout)
        rows = {row["id"]: row for row in told["checks"]}
        assert rows["ollama-service"]["state"] == "failed"
        assert "reset-failed" in json.dumps(rows["ollama-service"])
    finally:
        person.systemctl("stop", "taker", "taker2")


def test_a_server_that_does_not_stay_up(person: Session) -> None:
    """Told with what its log says, long before the 20 s that a slow one gets."""
    good = person.text(OLLAMA)
    assert good is not None
    person.write(OLLAMA, "#!/bin/sh\necho 'Error: no such driver' >&2\nexit 1\n", 0o755)
    try:
        done = person.ai_code("setup", "service", "--yes", "--json")
    finally:
        person.write(OLLAMA, good, 0o755)
    [row] = json.loads(done.stdout)["steps"]
    assert row["state"] == "failed" and "Error: no such driver" in row["told"]
    assert row["mend"] == ["journalctl --user -u ollama.service"]


def test_a_program_that_went_away(person: Session) -> None:
    up(person)
    person.systemctl("stop", SERVER)
    person.run("mv", str(OLLAMA), f"{OLLAMA}-away")
    try:
        told = person.systemctl("start", SERVER)
        assert "failed" in told.lower() and person.show(SERVER, "ActiveState") != "active"
        assert "No such file or directory" in person.log(SERVER)
    finally:
        person.run("mv", f"{OLLAMA}-away", str(OLLAMA))


def test_one_that_was_started_by_hand_keeps_its_place(person: Session) -> None:
    person.run("systemd-run", "--user", "--unit=by-hand", str(OLLAMA), "serve")
    try:
        person.until(lambda: answers(person), "an answer")
        done = person.ai_code("setup", "service", "--yes")
        assert done.returncode == 1 and "started by hand" in done.stderr
        assert "ai-code setup service" in done.stdout and person.text(UNITS / SERVER) is None
    finally:
        person.systemctl("stop", "by-hand")


def test_a_unit_of_the_persons_is_shown_and_stays(person: Session) -> None:
    mine = f"[Service]\nExecStart={OLLAMA} serve\n[Install]\nWantedBy=default.target\n"
    person.write(UNITS / SERVER, mine)
    person.systemctl("daemon-reload")
    person.systemctl("start", SERVER)
    person.until(lambda: answers(person), "an answer")
    done = person.ai_code("setup", "service", "--yes")
    assert done.returncode == 0 and "+Restart=on-failure" in done.stderr, done
    assert person.text(UNITS / SERVER) == mine
    assert person.ai_code("setup", "--remove", "--yes").returncode == 0
    assert person.text(UNITS / SERVER) == mine


def test_a_change_of_the_settings_reaches_a_running_service(person: Session) -> None:
    up(person)
    pid = person.show(SERVER, "MainPID")
    settings(person, "model: deepseek-coder:6.7b\nollama.keep-alive: 1h\n")
    only_said = person.ai_code("setup", "service")
    assert "+Environment=OLLAMA_KEEP_ALIVE=1h" in only_said.stderr
    assert person.show(SERVER, "MainPID") == pid
    done = person.ai_code("setup", "service", "--yes")
    assert done.returncode == 0, done
    assert "OLLAMA_KEEP_ALIVE=1h" in person.show(SERVER, "Environment")
    assert person.show(SERVER, "MainPID") != pid and answers(person)


def test_somebody_whose_services_go_on_is_not_told_how(person: Session) -> None:
    linger = "/var/lib/systemd/linger"
    mount = f"mkdir -p {linger} && mount -t tmpfs tmpfs {linger} && touch {linger}/someone"
    assert person.run("sh", "-c", mount, as_root=True).returncode == 0
    try:
        done = person.ai_code("setup", "service", "--yes")
        assert done.returncode == 0 and "enable-linger" not in done.stderr
    finally:
        person.run("umount", linger, as_root=True)


def test_no_bus_is_said(person: Session) -> None:
    done = person.run(
        f"{person.home}/env/bin/ai-code", "setup", "service", "--yes", XDG_RUNTIME_DIR="/nowhere"
    )
    assert done.returncode == 1 and "No systemd of yours answers here" in done.stderr
    assert "ollama serve" in done.stdout and person.text(UNITS / SERVER) is None
