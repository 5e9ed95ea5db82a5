"""aider's command line and the files beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.brief import Brief, ContextFile
from ai_code.core.command import Request
from ai_code.core.task import LocalModel, Program, Task
from ai_code.engines.aider.command import aider_command, files_of, refusals_of

MODEL = LocalModel("m:7b", "http://127.0.0.1:11434", 16384)


def task(prompt: str = "fix it", **more: object) -> Task:
    made = Task(
        request=Request(prompt, Path("/w/tree")),
        program=Program(("/bin/aider",)),
        workdir=Path("/w/tree"),
        run_dir=Path("/w/run"),
        environ={"HOME": "/home/p"},
        brief=Brief(prompt),
        local=MODEL,
    )
    return made._replace(**more)  # type: ignore[arg-type]


def values(argv: tuple[str, ...], option: str) -> list[str]:
    """What follows each ``option``."""
    return [argv[index + 1] for index, word in enumerate(argv) if word == option]


def test_the_guards_of_the_facts_file() -> None:
    argv = aider_command(task()).argv
    for guard in (
        "--yes-always",
        "--no-auto-commits",
        "--no-suggest-shell-commands",
        "--no-detect-urls",
        "--no-auto-lint",
        "--no-auto-test",
        "--no-gitignore",
        "--no-analytics",
        "--no-check-update",
        "--no-notifications",
    ):
        assert guard in argv
    for option in ("--env-file", "--load", "--chat-history-file", "--input-history-file"):
        assert values(argv, option) == ["/dev/null"]
    assert values(argv, "--notifications-command") == ["true"]
    assert "OLLAMA_API_BASE=http://127.0.0.1:11434" in values(argv, "--set-env")
    assert "HTTP_PROXY=" in values(argv, "--set-env")


def test_our_words_beat_the_persons_arguments() -> None:
    argv = aider_command(task(extra_args=("--dark-mode", "--load", "x"))).argv
    assert values(argv, "--load")[-1] == "/dev/null"
    assert argv.index("--dark-mode") < argv.index("--model")


PROMPTS = st.one_of(st.text(), st.sampled_from(["/run rm -rf ~", "!ls", "--yes", "-x", "@file"]))


@given(PROMPTS)
def test_the_prompt_is_never_an_argument_nor_a_command(prompt: str) -> None:
    argv = " ".join(aider_command(task(prompt)).argv)
    assert argv.replace(" --chat-language ja", "") == " ".join(aider_command(task()).argv)
    message = files_of(task(prompt))["message"]
    assert message[0] not in "/!"
    assert prompt.strip("\n") in message


def test_files_to_edit_and_to_read() -> None:
    context = ContextFile(Path("/w/run/aider/context/0/CLAUDE.md"), "CLAUDE.md", 10)
    brief = Brief("x", editable=("a.py", "-dash.py"), context=(context,))
    argv = aider_command(task(brief=brief)).argv
    assert values(argv, "--file") == ["/w/tree/a.py", "/w/tree/-dash.py"]
    assert values(argv, "--read") == [str(context.path)]
    assert values(argv, "--message-file") == ["/w/run/aider/message"]


@pytest.mark.parametrize("in_git", [True, False])
def test_outside_git_it_must_not_make_a_repository(in_git: bool) -> None:
    assert ("--no-git" in aider_command(task(in_git=in_git)).argv) is not in_git


@given(st.text(min_size=1), st.dictionaries(st.text(), st.text()))
def test_no_name_breaks_out_of_the_settings(name: str, headers: dict[str, str]) -> None:
    model = MODEL._replace(name=name, headers=headers, keep_alive="10m")
    rows = json.loads(files_of(task(local=model))["model-settings.yml"])
    assert rows[0]["name"] == rows[0]["weak_model_name"] == f"ollama_chat/{name}"
    extra = rows[0]["extra_params"]
    assert (extra["num_ctx"], extra["keep_alive"]) == (16384, "10m")
    assert extra.get("extra_headers", {}) == headers
    assert rows[1] == {
        "name": "aider/extra_params",
        "extra_params": {"api_base": "http://127.0.0.1:11434"},
    }


def test_no_keep_alive_of_ours_unless_asked_for() -> None:
    rows = json.loads(files_of(task())["model-settings.yml"])
    assert "keep_alive" not in rows[0]["extra_params"]


def test_secrets_are_named_and_are_no_arguments() -> None:
    model = MODEL._replace(headers={"Authorization": "Basic c2VjcmV0"})
    command = aider_command(task(local=model))
    assert not [word for word in command.argv if "c2VjcmV0" in word]


def test_the_environments_options_do_not_count() -> None:
    environ = {"HOME": "/home/p", "AIDER_LOAD": "x", "GIT_DIR": "/x", "KEPT": "y"}
    env = aider_command(task(environ=environ)).env
    assert env["AIDER_LOAD"] is None
    assert env["GIT_DIR"] is None
    assert "KEPT" not in env


def test_the_fence() -> None:
    command = aider_command(
        task(fence_dir=Path("/fence"), environ={"HOME": "/home/p", "PYTHONPATH": "/mine"})
    )
    assert command.env["PYTHONPATH"] == "/fence:/mine"
    rules = json.loads(str(command.env["AI_CODE_FENCE"]))
    assert rules["write"][:2] == ["/w/tree", "/w/run/aider/tmp"]
    assert not {"/home/p", "/home/p/.aider", "/home/p/.cache"} & set(rules["write"])
    assert ["127.0.0.1", 11434] in rules["connect"]


@pytest.mark.parametrize(
    ("url", "connect"),
    [
        ("http://gpu.lan:8080/ollama", [["gpu.lan", 8080]]),
        ("https://gpu.lan", [["gpu.lan", 443]]),
        ("http://10.0.0.2", [["10.0.0.2", 80]]),
    ],
)
def test_the_fence_opens_to_the_models_server_only(url: str, connect: list[list[object]]) -> None:
    model = MODEL._replace(base_url=url)
    command = aider_command(task(local=model, fence_dir=Path("/fence")))
    assert json.loads(str(command.env["AI_CODE_FENCE"]))["connect"] == connect


@pytest.mark.parametrize(
    ("prompt", "locale", "language"),
    [
        ("hello.pyを直して", "", ["ja"]),
        ("fix it", "ja_JP.UTF-8", ["ja"]),
        ("fix it", "en_US.UTF-8", []),
        ("fix it", "C.UTF-8", []),
        ("fix it", "", []),
    ],
)
def test_the_language_of_the_answer(prompt: str, locale: str, language: list[str]) -> None:
    argv = aider_command(task(prompt, environ={"HOME": "/h", "LANG": locale})).argv
    assert values(argv, "--chat-language") == language


def test_refusals_worth_telling() -> None:
    log = '["writing", "/etc/x"]\n["writing", "/etc/x"]\n["starting a program", "file"]\n["wri'
    assert refusals_of(log) == ["the model's edit of /etc/x, which is not its to write"]


def test_https_is_checked_against_what_we_check_against() -> None:
    made = aider_command(task(local=MODEL._replace(base_url="https://box", ca_file="/ca.pem")))
    trust = {"SSL_VERIFY": "True", "SSL_CERT_FILE": "/ca.pem", "REQUESTS_CA_BUNDLE": "/ca.pem"}
    assert {name: made.env.get(name) for name in trust} == trust
    # Nor does a repository's .env change it.
    assert {f"{name}={value}" for name, value in trust.items()} <= set(
        values(made.argv, "--set-env")
    )
    assert "SSL_CERT_FILE" not in aider_command(task()).env


def test_what_the_server_counts_is_noted_beside_the_fences_log() -> None:
    fence = json.loads(aider_command(task(fence_dir=Path("/fence"))).env["AI_CODE_FENCE"] or "")
    assert (fence["told"], fence["counts"]) == ("/w/run/aider/fence", "/w/run/aider/counts")
