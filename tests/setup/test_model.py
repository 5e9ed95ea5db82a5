"""The step of the model, on a real client and the stand-in's pulls; and what is taken back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ai_code.drill.ollama import DEEPSEEK_CODER, QWEN_CODER
from tests.e2e.world import SMALL, wait_for
from tests.setup.bare import Bare, Talk


def names(server: Any) -> list[str]:
    return sorted(server.models)


def recommended(bare: Bare) -> str:
    told = json.loads(bare.run("models", "recommend", "--json").stdout)["recommended"]
    return str(told[0]["name"])


def test_one_that_will_do_is_left_alone(bare: Bare) -> None:
    server = bare.ollama()
    row = bare.rows("--yes", "model")["model"]
    assert row["state"] == "ok" and f"{SMALL.name}, " in row["told"]
    assert "tokens of context (chosen for each run)" in row["told"]
    assert names(server) == [SMALL.tag] and bare.log() == []


def test_the_context_of_the_settings_is_named(bare: Bare) -> None:
    bare.ollama()
    bare.settings("ollama.num-ctx: 4096\n")
    assert "4096 tokens of context (ollama.num-ctx)" in bare.rows("model")["model"]["told"]


def test_the_recommended_one_is_pulled_and_taken_back(bare: Bare) -> None:
    bare.ollama(models=[])
    name = recommended(bare)
    server = bare.ollama(models=[], pullable=[replace(SMALL, name=name)])
    run = bare.setup("--yes", "model")
    assert run.code == 0, run
    assert names(server) == [name] and bare.kinds() == ["model"]
    assert bare.states("--yes", "model") == {"model": "ok"}, "once is enough"
    run = bare.setup("--remove")
    assert run.code == 1 and names(server) == [name], "without a yes it is only said"
    assert f"the model {name}, " in run.stderr and " MB at http" in run.stderr
    assert bare.setup("--remove", "--yes").code == 0
    assert names(server) == [] and bare.log() == []


def test_three_to_choose_from_or_any_other(bare: Bare) -> None:
    server = bare.ollama(models=[], pullable=[SMALL])
    talk = Talk(bare.terminal("setup", "model"))
    talk.answer("Which?", "o")
    talk.answer("Its name", SMALL.tag)
    assert talk.end() == 0, talk.raw
    assert names(server) == [SMALL.tag]
    assert [line.strip()[:3] for line in talk.lines if line.strip()[:1] == "["][:3] == [
        "[1]", "[2]", "[3]",
    ]  # fmt: skip
    assert all(len(line) <= 80 for line in talk.lines)
    assert not any(line.startswith(" [") for line in talk.lines), "the question is one line"


def test_who_wants_none_is_told_how(bare: Bare) -> None:
    server = bare.ollama(models=[])
    talk = Talk(bare.terminal("setup", "model"))
    talk.answer("Which?", "n")
    assert talk.end() == 1
    assert "ai-code models pull " in talk.raw and names(server) == [] and bare.log() == []


def test_a_name_that_there_is_not_is_asked_for_again(bare: Bare) -> None:
    server = bare.ollama(models=[], pullable=[SMALL])
    talk = Talk(bare.terminal("setup", "model"))
    talk.answer("Which?", "o")
    talk.answer("Its name, as Ollama has it", "no such thing")
    talk.answer("Another name", "deepseek-codr:6.7b")
    talk.wait_for("there is no model deepseek-codr:6.7b to download")
    talk.answer("Another name", SMALL.tag)
    assert talk.end() == 0 and names(server) == [SMALL.tag]


def test_who_names_no_other_one_hears_what_the_last_came_to(bare: Bare) -> None:
    bare.ollama(models=[], pullable=[])
    talk = Talk(bare.terminal("setup", "model"))
    talk.answer("Which?", "o")
    talk.answer("Its name, as Ollama has it", "nobody:1b")
    talk.answer("Another name", "")
    assert talk.end() == 1
    assert any("failed" in line and "there is no model nobody:1b" in line for line in talk.lines)


def test_the_model_of_the_settings_is_pulled(bare: Bare) -> None:
    server = bare.ollama(models=[QWEN_CODER], pullable=[SMALL])
    bare.settings(f"model: {SMALL.tag}\n")
    assert bare.rows("model")["model"]["mend"] == [f"ai-code models pull {SMALL.tag}"]
    assert bare.states("--yes", "model") == {"model": "done"}
    assert SMALL.tag in names(server)


def test_the_policy_holds(bare: Bare) -> None:
    server = bare.ollama(models=[], pullable=[DEEPSEEK_CODER])
    bare.settings(f"model: {DEEPSEEK_CODER.tag}\nmodels.exclude-countries: [CN]\n")
    row = bare.rows("--yes", "model")["model"]
    assert row["state"] == "failed" and "models.exclude-countries has CN" in row["told"]
    assert names(server) == [] and bare.setup("--remove", "--yes").code == 0
    bare.settings("models.exclude-countries: [CN]\n")
    talk = Talk(bare.terminal("setup", "model"))
    talk.answer("Which?", "n")
    talk.end()
    assert "(CN)" not in talk.raw


def test_a_model_that_is_there_and_forbidden(bare: Bare) -> None:
    bare.ollama(models=[SMALL])
    bare.settings(f"model: {SMALL.tag}\nmodels.deny: ['{SMALL.tag}']\n")
    row = bare.rows("--yes", "model")["model"]
    assert row["state"] == "failed" and "models.deny" in row["told"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"pull_error": "max retries exceeded: no space left on device"}, "disk of Ollama is full"),
        ({"pullable": []}, "there is no model"),
        ({"pull_dies": True}, "what has come is kept"),
    ],
)
def test_a_pull_that_fails(bare: Bare, options: dict[str, Any], said: str) -> None:
    bare.ollama(**{"models": [], "pullable": [SMALL], **options})
    bare.settings(f"model: {SMALL.tag}\n")
    row = bare.rows("--yes", "model")["model"]
    assert row["state"] == "failed" and said in row["told"] and row["mend"]


def test_ctrl_c_in_the_download_and_on_with_it(bare: Bare) -> None:
    bare.ollama(models=[], pullable=[SMALL], pull_gap_s=0.3)
    bare.settings(f"model: {SMALL.tag}\n")
    talk = Talk(bare.terminal("setup", "model"))
    talk.answer("Pull it?", "y")
    talk.wait_for("%")
    talk.interrupt()
    assert talk.end() == 130
    assert f"to go on: ai-code models pull {SMALL.tag}" in talk.raw
    bare.ollama(models=[], pullable=[SMALL])
    assert bare.states("--yes", "model") == {"model": "done"}


def test_without_a_server_it_says_what_it_would_be(bare: Bare) -> None:
    run = bare.setup("model")
    assert run.code == 1 and "For this machine it would be" in run.stderr


# Taking back -------------------------------------------------------------------------------------


def kept(bare: Bare, *changes: dict[str, Any]) -> None:
    """What an earlier setup remembers."""
    path = bare.state / "setup.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{"made_at": 1, "facts": {}, **each} for each in changes]
    path.write_text(json.dumps({"version": 1, "changes": rows}))


def test_nothing_to_take_back(bare: Bare) -> None:
    run = bare.setup("--remove")
    assert run.code == 0 and "setup has made nothing here" in run.stdout


def test_hooks_are_named_which_another_command_takes_out(bare: Bare) -> None:
    """They are not setup's, and would call a program that may be gone then."""
    bare.script("claude", "#!/bin/sh\necho '2.1.329 (Claude Code)'\n")
    assert bare.run("hooks", "install", "--yes").code == 0
    path = bare.home / ".claude/settings.json"
    run = bare.setup("--remove")
    told = " ".join(run.stdout.split())
    assert run.code == 0 and f"the hooks of ai-code are still in {path}: ai-code hooks remove" in (
        told
    )
    assert json.loads(bare.setup("--remove", "--json").stdout)["hooks"] == [str(path)]
    assert "hooks" not in bare.setup("--remove", "model").stdout
    assert bare.run("hooks", "remove", "--yes").code == 0
    assert "hooks" not in bare.setup("--remove").stdout


def test_a_model_that_is_gone_and_a_server_that_is_down(bare: Bare) -> None:
    server = bare.ollama(models=[SMALL])
    kept(bare, {"kind": "model", "name": "gone:1b", "facts": {"api": server.url}},
         {"kind": "model", "name": "far:1b", "facts": {"api": "http://127.0.0.1:9"}})  # fmt: skip
    run = bare.setup("--remove", "--yes", "--json")
    value = json.loads(run.stdout)
    assert run.code == 1 and value["ok"] is False
    assert [row["fate"] for row in value["changes"]] == ["failed", "gone"]
    assert [row["name"] for row in bare.log()] == ["far:1b"]


def test_a_choice_that_was_changed_since_stays(bare: Bare) -> None:
    choices = bare.state / "choices.json"
    choices.parent.mkdir(parents=True)
    choices.write_text('{"model": "mine:1b"}')
    kept(bare, {"kind": "choice", "name": "model", "facts": {"value": "ours:1b", "was": ""}})
    run = bare.setup("--remove", "--yes")
    assert "left: the choice of model was changed since (mine:1b)" in run.stderr
    told = "all else is taken back; yours now, and still there: the choice of model\n"
    assert run.code == 0 and run.stdout == told
    assert "mine:1b" in choices.read_text() and bare.log() == []


def test_what_was_chosen_before_comes_back(bare: Bare) -> None:
    choices = bare.state / "choices.json"
    choices.parent.mkdir(parents=True)
    choices.write_text('{"model": "ours:1b"}')
    kept(bare, {"kind": "choice", "name": "model", "facts": {"value": "ours:1b", "was": "old:1b"}})
    assert bare.setup("--remove", "--yes").code == 0
    assert json.loads(choices.read_text()) == {"model": "old:1b"}


def test_each_is_asked_and_what_stays_is_kept_in_mind(bare: Bare) -> None:
    server = bare.ollama(models=[SMALL])
    folder = bare.programs / "aider"
    folder.mkdir(parents=True)
    kept(bare, {"kind": "aider", "name": str(folder), "facts": {"link": ""}},
         {"kind": "model", "name": SMALL.tag, "facts": {"api": server.url}})  # fmt: skip
    talk = Talk(bare.terminal("setup", "--remove"))
    talk.answer("Remove it?", "n")
    talk.answer("Remove it?", "y")
    assert talk.end() == 1
    assert "1 left: ai-code setup --remove" in talk.raw
    assert not folder.exists() and names(server) == [SMALL.tag] and bare.kinds() == ["model"]


def test_one_step_is_taken_back(bare: Bare) -> None:
    server = bare.ollama(models=[SMALL])
    folder = bare.programs / "aider"
    folder.mkdir(parents=True)
    kept(bare, {"kind": "aider", "name": str(folder), "facts": {"link": ""}},
         {"kind": "model", "name": SMALL.tag, "facts": {"api": server.url}})  # fmt: skip
    assert bare.setup("aider", "--remove", "--yes").code == 0
    assert not folder.exists() and bare.kinds() == ["model"]
    run = bare.setup("--remove", "--yes", "--skip", "model")
    assert run.code == 0 and "setup has made nothing here" in run.stdout


def test_a_memory_that_is_damaged_is_never_written_over(bare: Bare) -> None:
    path = bare.state / "setup.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"version": 1, "changes": [{"kind": "else"}]}')
    run = bare.setup("--remove", "--yes")
    assert run.code == 78 and run.hint.startswith("mv ")
    assert bare.states("--yes", "aider") == {"aider": "failed"}
    assert "else" in path.read_text()


def test_interrupted_taking_back_goes_on(bare: Bare) -> None:
    bare.setup("--yes", "aider")
    talk = Talk(bare.terminal("setup", "--remove"))
    talk.wait_for("Remove it?")
    talk.interrupt()
    assert talk.end() == 130 and bare.kinds() == ["aider"]
    assert bare.setup("--remove", "--yes").code == 0
    wait_for(lambda: not bare.programs.exists())
