"""What somebody who knows Claude Code types: no prompt that is billed, and a hint that works."""

from __future__ import annotations

import shlex

import pytest

from ai_code.cli import main, slips
from tests.cli.test_main import CommandWorld, ai_code
from tests.cli.test_main import world as world


@pytest.mark.parametrize(
    ("argv", "hint"),
    [
        (["mcp"], "claude mcp"),
        (["mcp", "list"], "claude mcp list"),
        (["mcp", "get", "sentry"], "claude mcp get sentry"),
        (
            ["mcp", "add", "--transport", "http", "x", "http://h/"],
            "claude mcp add --transport http x http://h/",
        ),
        (["update"], "claude update"),
        (["login"], "claude auth login"),
        (["logout"], "claude auth logout"),
        (["auth", "status"], "claude auth status"),
        (["plugin", "install", "x"], "claude plugin install x"),
        (["agents"], "claude agents"),
        (["install"], "claude install"),
    ],
)
def test_claudes_own_commands_are_no_prompts(
    world: CommandWorld, argv: list[str], hint: str
) -> None:
    error = world.refused(*argv)
    assert "is a command of Claude Code's, and none of ai-code" in error.what
    assert error.why.startswith("as a prompt: ai-code run ") and error.hint == hint


@pytest.mark.parametrize(
    "words",
    [
        ["update", "the", "readme"],
        ["update the readme"],
        ["login fails for users without a password"],
        ["login", "fails"],
        ["mcp", "server", "is", "broken"],
        ["mcp list is slow"],
        ["plugin", "install", "is", "slow"],
        ["install", "pytest"],
        ["agents", "are", "slow"],
        ["help", "me", "with", "x"],
        ["help", "me"],
        ["help", "drill", "holes"],
        ["run", "update"],
    ],
    ids=" ".join,
)
def test_a_sentence_that_begins_so_is_a_prompt(world: CommandWorld, words: list[str]) -> None:
    assert world.told_claude(*words) == " ".join(words[words[0] == "run" :])


def test_the_words_that_are_looked_at_are_those_that_are_known() -> None:
    assert set(slips._CLAUDES) == main._CLAUDES
    assert not main._CLAUDES & set(main.COMMANDS)


@pytest.mark.parametrize(
    "words", [["drill"], ["undo"], ["config", "show"], ["config"], ["run"]], ids=" ".join
)
def test_help_about_a_command(
    world: CommandWorld, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert world.call("help", *words) == 0
    told = capsys.readouterr().out
    assert world.call(*words, "--help") == 0
    assert told.startswith("Usage: ai-code") and told == capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "hint"),
    [
        (["drill", "weekly"], "ai-code drill --scenario weekly"),
        (["drill", "--real", "all"], "ai-code drill --scenario all --real"),
        (["drill", "opencode"], "ai-code drill --engine opencode"),
        (["drill", "help"], "ai-code drill --help"),
        (["config", "help"], "ai-code config --help"),
        (["drill", "holes", "weekly"], "ai-code run 'drill holes weekly'"),
    ],
)
def test_words_behind_a_command(world: CommandWorld, argv: list[str], hint: str) -> None:
    assert world.refused(*argv).hint == hint


@pytest.mark.parametrize(
    ("argv", "hint"),
    [
        (["--permission-mode", "plan", "fix it"], "ai-code 'fix it' -- --permission-mode plan"),
        (["fix", "--permission-mode=plan"], 'ai-code "fix" -- --permission-mode=plan'),
        (["--allowedTools", "Bash(git *)", "x"], "ai-code \"x\" -- --allowedTools 'Bash(git *)'"),
        (
            ["-q", "--add-dir", "../b", "--debug", "x", "--", "--effort", "low"],
            "ai-code -q x -- --add-dir ../b --debug --effort low",
        ),
        (["--dangerously-skip-permissions"], "ai-code chat -- --dangerously-skip-permissions"),
        (
            ["chat", "--dangerously-skip-permissions"],
            "ai-code chat -- --dangerously-skip-permissions",
        ),
        (["ask", "--add-dir", "../b", "why?"], "ai-code ask 'why?' -- --add-dir ../b"),
        (["--print", "fix it"], "ai-code 'fix it'"),
        (["--print"], 'ai-code "PROMPT"'),
        (["--print", "--settings", "s.json", "x"], 'ai-code "x" -- --settings s.json'),
    ],
)
def test_claudes_options_go_behind_two_dashes(
    world: CommandWorld, argv: list[str], hint: str
) -> None:
    error = world.refused(*argv)
    assert "is an option of Claude Code's, and none of ai-code" in error.what
    assert error.hint == hint and "Did you mean" not in error.what


def test_what_is_shown_for_an_option_of_claudes_runs(world: CommandWorld) -> None:
    world.refused("--permission-mode", "plan", "fix it")
    assert world.told_claude("fix it", "--", "--permission-mode", "plan") == "fix it"
    assert world.command.argv[-2:] == ("--permission-mode", "plan")


@pytest.mark.parametrize(
    "argv", [["-p", "--output-format", "json", "x"], ["-p", "--permission-mode", "plan", "x"],
             ["-p", "--json"]],
)  # fmt: skip
def test_an_option_is_no_prompt(world: CommandWorld, argv: list[str]) -> None:
    error = world.refused(*argv)
    assert error.what == f"-p needs the prompt, and {argv[1]} is an option"
    assert error.hint.startswith('ai-code "PROMPT" ') and argv[1] in error.hint


@pytest.mark.parametrize(
    "argv", [["--resume", "--dry-run", "fix it"], ["--resume=-q", "x"], ["--resume"], ["-r", "x"]]
)
def test_resume_needs_an_id(world: CommandWorld, argv: list[str]) -> None:
    error = world.refused(*argv)
    assert error.what.startswith("--resume needs the id of a session")
    assert error.why == "The last session goes on with: ai-code -c …"
    assert error.hint == "ai-code --resume ID …"


@pytest.mark.parametrize(
    ("argv", "why", "again"),
    [
        (["-x what?"], "As a prompt:", ["-p", "-x what?"]),
        (["--local", "-x what?"], "As a prompt:", ["--local", "-p", "-x what?"]),
        (["ask", "-x what?"], "As a question:", ["ask", "-p", "-x what?"]),
        (["ask", "--read", "a.py", "-x what?", "--", "--effort", "low"], "As a question:",
         ["ask", "--read", "a.py", "-p", "-x what?", "--", "--effort", "low"]),
        (["plan", "-x what"], "As a task:", ["plan", "-p", "-x what"]),
        (["remember", "-x flag"], "As text:", ["remember", "--", "-x flag"]),
        (["remember", "--global", "-x flag", "is new"], "As text:",
         ["remember", "--global", "--", "-x flag", "is new"]),
        (["memory", "search", "-x flag"], "As text:", ["memory", "search", "--", "-x flag"]),
    ],
)  # fmt: skip
def test_a_text_that_begins_as_an_option_does(
    world: CommandWorld, argv: list[str], why: str, again: list[str]
) -> None:
    error = world.refused(*argv)
    assert error.what.startswith("No such option") and error.why == why
    assert error.hint == shlex.join(["ai-code", *again])
    assert world.refused("ask", "-x", "what").hint == "ai-code ask --help"


def test_such_a_text_arrives_as_it_is_shown(
    world: CommandWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.told_claude("ask", "-p", "-x what?") == "-x what?"
    assert world.call("remember", "--", "-x flag") == 0
    assert world.call("memory", "search", "--", "-x flag") == 0
    assert "-x flag" in capsys.readouterr().out


@pytest.mark.parametrize("argv", [["ask", "-r"], ["plan", "--resume", "0b-1", "what?"]])
def test_an_answer_goes_on_with_the_last_session_alone(
    world: CommandWorld, argv: list[str]
) -> None:
    error = world.refused(*argv)
    assert error.what == f"{argv[0]} has no {argv[1]}: it goes on with the last session"
    assert error.hint == f"ai-code {argv[0]} -c …"


def test_resume_of_a_chat_needs_one_too(world: CommandWorld) -> None:
    world.console.terminal()
    assert world.refused("chat", "-r").hint == "ai-code chat --resume ID …"
    assert world.refused("chat", "--resume", "-v").hint == "ai-code chat --resume ID …"


@pytest.mark.parametrize("option", ["--model", "--claude-model"])
def test_an_option_is_no_model(world: CommandWorld, option: str) -> None:
    error = world.refused(option, "--dry-run", "fix it")
    assert error.what == f"{option} needs the name of a model, and --dry-run is an option"
    assert error.hint == f"ai-code {option} NAME …"


@pytest.mark.parametrize(
    "name", ["sonnet", "opus", "haiku", "sonnet[1m]", "opusplan", "claude-sonnet-4-5", "claude-3"]
)
def test_claudes_models_are_none_of_ollamas(world: CommandWorld, name: str) -> None:
    error = world.refused("--dry-run", "--model", name, "fix it")
    assert error.what == f"--model is the local model, and {name} is one of Claude's"
    assert error.hint in (f"ai-code --claude-model {name} …", f"ai-code --claude-model '{name}' …")


@pytest.mark.parametrize("name", ["sonnet:latest", "me/claude-3", "claude-distill:7b", "qwen3"])
def test_models_of_ollamas_may_be_called_alike(world: CommandWorld, name: str) -> None:
    assert world.call("--dry-run", "--model", name, "fix it") == 0


def test_in_ask_the_hint_is_one_for_ask(world: CommandWorld) -> None:
    assert world.refused("ask", "--model", "opus", "x").hint == "ai-code ask --claude-model opus …"


def test_the_hint_is_called_as_the_program_was(clean_env: dict[str, str]) -> None:
    told = ai_code({**clean_env, "_AI_CODE_SHOWN_AS": "./ai-code"}, "x", "--effort", "low")
    assert told.returncode == 2
    assert told.stderr.splitlines()[-1] == 'hint: ./ai-code "x" -- --effort low'


@pytest.mark.parametrize("argv", [["drill", "--engine", "claude"], ["engines", "show", "claude"]])
def test_claude_is_known_and_no_engine_of_the_fallback(
    clean_env: dict[str, str], argv: list[str]
) -> None:
    told = ai_code(clean_env, *argv)
    assert told.returncode == 2 and "there is no engine" not in told.stderr
    assert "claude works first, and is no engine that goes on at its limit" in told.stderr
    assert told.stderr.endswith("hint: ai-code engines list\n")


def test_an_ordinary_run_imports_none_of_it(clean_env: dict[str, str]) -> None:
    code = "import sys\nsys.modules['ai_code.cli.slips'] = None"
    assert ai_code(clean_env, "update the readme", code=code).returncode == 127
    assert ai_code(clean_env, "update", code=code).returncode == 125
