"""The unit of the models in a real session: after the server, with its progress in the journal,
ended with the server, tried again only where that may help."""

from __future__ import annotations

import json

from tests.systemd.conftest import UNITS
from tests.systemd.session import Session
from tests.systemd.test_service import API, MODELS, SERVER, answers, settings, up


def installed(person: Session) -> list[str]:
    ask = f"import urllib.request as r; print(r.urlopen('{API}/api/tags').read().decode())"
    done = person.run(person.python, "-c", ask)
    return [row["name"] for row in json.loads(done.stdout or '{"models": []}')["models"]]


def result(person: Session) -> str:
    return person.show(MODELS, "Result")


def test_it_fetches_what_is_missing_after_the_server(person: Session) -> None:
    settings(person, "model: deepseek-coder:6.7b\n")
    done = person.ai_code("setup", "service", "--yes")
    assert "Now that is deepseek-coder:6.7b" in " ".join(done.stderr.split()), done
    person.until(lambda: installed(person) == ["deepseek-coder:6.7b"], "the model")
    person.until(lambda: person.show(MODELS, "ActiveState") == "inactive", "its end")
    assert result(person) == "success" and person.show(MODELS, "UnitFileState") == "enabled"
    log = person.log(MODELS)
    assert "deepseek-coder:6.7b" in log and "%" in log and "is installed" in log
    # A new start of the server brings it along, and nothing is missing then.
    person.systemctl("restart", SERVER)
    person.until(lambda: installed(person) == ["deepseek-coder:6.7b"], "the model again")
    listed = person.systemctl("list-dependencies", SERVER, "--plain")
    assert MODELS in listed


def test_several_and_one_that_nobody_has(person: Session) -> None:
    up(person, "model: codellama:7b\nmodels.chain: [nobody-has-this, deepseek-coder:6.7b]\n")
    person.until(lambda: result(person) == "exit-code", "an end")
    assert sorted(installed(person)) == ["codellama:7b", "deepseek-coder:6.7b"]
    assert person.show(MODELS, "NRestarts") == "0", "a name that is wrong stays wrong"
    assert "1 of 3 models could not be fetched" in person.log(MODELS)
    again = person.ai_code("setup", "service", "--yes")
    assert again.returncode == 1 and "1 of 3 models could" in again.stdout
    assert "journalctl --user -u ai-code-models.service" in again.stdout
    # The doctor knows the command that mends it, from the unit's own words.
    told = json.loads(person.ai_code("doctor", "--json", "models-service").stdout)["checks"][0]
    assert told["state"] == "failed" and "1 of 3 models could" in told["evidence"]
    assert told["fix"]["shown"] == "ai-code models pull nobody-has-this"


def test_it_ends_with_the_server(person: Session) -> None:
    slow = "[Service]\nEnvironment=GAP_S=5\n"
    person.write(UNITS / "ollama.service.d/slow.conf", slow)
    up(person)
    person.until(lambda: person.show(MODELS, "ActiveState") == "activating", "its start")
    pid = person.show(MODELS, "MainPID")
    person.systemctl("stop", SERVER)
    person.until(lambda: person.show(MODELS, "ActiveState") != "activating", "its end")
    assert person.run("kill", "-0", pid).returncode != 0
    assert not answers(person)


def test_what_may_help_later_is_tried_again(person: Session) -> None:
    away = "dial-tcp:-lookup-registry:-no-such-host"
    person.write(UNITS / f"{SERVER}.d/away.conf", f"[Service]\nEnvironment=PULL_ERROR={away}\n")
    person.write(UNITS / f"{MODELS}.d/soon.conf", "[Service]\nRestartSec=100ms\n")
    up(person)
    person.until(lambda: int(person.show(MODELS, "NRestarts")) >= 2, "a third try")
    assert away in person.log(MODELS)
    # Not for ever.
    assert person.show(MODELS, "StartLimitBurst") == "20"
    assert f"AI_CODE_OLLAMA_API={API}" in person.show(MODELS, "Environment")


def test_nothing_is_missing(person: Session) -> None:
    up(person)
    person.until(lambda: person.show(MODELS, "ActiveState") == "inactive", "its end")
    again = person.ai_code("models", "pull", "--missing", "--yes")
    assert again.returncode == 0 and "installed already" in again.stderr
    settings(person, "model: auto\n")
    again = person.ai_code("models", "pull", "--missing", "--yes")
    assert again.returncode == 0 and "nothing is missing" in again.stderr
