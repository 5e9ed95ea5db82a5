"""The front door: what the first word means, help, completion, and how app ends."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ai_code.app import _after_dashes
from ai_code.cli.main import COMMANDS, load, main
from ai_code.core.errors import UsageError
from ai_code.system.config_files import ConfigStore, Places
from ai_code.system.stdin import PipedInput
from tests.flows.fake_world import FakeWorld

ROOT = Path(__file__).resolve().parents[2]


class CommandWorld(FakeWorld):
    """The fake world with what the command line asks of it besides: settings and a pipe."""

    after_dashes: tuple[str, ...] = ()
    piped: bytes | None = None
    silent = False
    asked_for_input = 0

    @cached_property
    def config(self) -> ConfigStore:
        return ConfigStore(Places.from_environ(self.environ), self.environ, self.cwd)

    def piped_input(self, *, wait: bool, tell: object) -> PipedInput:
        self.asked_for_input += 1
        return PipedInput(self.piped, silent=self.silent)

    def call(self, *argv: str) -> int:
        self.after_dashes = _after_dashes(argv)
        return int(main(argv, self))

    def refused(self, *argv: str) -> UsageError:
        with pytest.raises(UsageError) as caught:
            self.call(*argv)
        return caught.value

    def told_claude(self, *argv: str, **expected: Any) -> str:
        """The prompt that a command line gives Claude."""
        self.expect_recording("ok-stream-2.1.329")
        assert self.call(*argv) == 0
        stdin = self.command.stdin
        assert stdin is not None
        return stdin.decode()


@pytest.fixture
def world(git_project: Path, tmp_path: Path, clean_env: dict[str, str]) -> Iterator[CommandWorld]:
    state = tmp_path / "state"
    state.mkdir()
    fake = CommandWorld(git_project, state, clean_env)
    yield fake
    fake.done()


# the first word -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "prompt"),
    [
        (["add a docstring to hello()"], "add a docstring to hello()"),
        (["add", "a", "docstring"], "add a docstring"),
        (["run", "add a docstring"], "add a docstring"),
        (["run", "undo"], "undo"),
        (["run", "undoo"], "undoo"),
        (["hello"], "hello"),
        (["ドキュメントを書いて"], "ドキュメントを書いて"),
        (["-p", "-x is an option"], "-x is an option"),
        (["--prompt=--help me"], "--help me"),
        (["-p", "first", "second", "third"], "first\nsecond third"),
        (["please", "undo", "this"], "please undo this"),
        (["remember that the parser is slow"], "remember that the parser is slow"),
        (["/run rm -rf /"], "/run rm -rf /"),
        (["!ls"], "!ls"),
        (["  spaces  "], "  spaces  "),
    ],
)
def test_anything_else_is_the_prompt(world: CommandWorld, argv: list[str], prompt: str) -> None:
    assert world.told_claude(*argv) == prompt


@pytest.mark.parametrize(
    ("argv", "hint"),
    [
        (["--local", "ask", "what is this?"], "ai-code ask --local 'what is this?'"),
        (["-q", "--no-fallback", "plan", "it"], "ai-code plan -q --no-fallback it"),
        (["-v", "doctor"], "ai-code doctor -v"),
        (["--model", "doctor", "doctor"], "ai-code doctor --model doctor"),
    ],
)
def test_a_command_behind_options_is_no_prompt(
    world: CommandWorld, argv: list[str], hint: str
) -> None:
    """What was to be a question would have become a task, and edited files."""
    error = world.refused(*argv)
    assert "has to come first" in error.what
    assert error.hint == hint


def test_a_prompt_that_begins_with_a_commands_name_can_still_be_given(world: CommandWorld) -> None:
    assert world.told_claude("run", "-q", "ask", "what is this?") == "ask what is this?"
    assert world.told_claude("-q", "doctor the parser") == "doctor the parser"
    assert world.told_claude("-q", "undo", "the", "last", "rename") == "undo the last rename"


@pytest.mark.parametrize("word", ["undoo", "limit", "confg", "completions", "dif"])
def test_one_word_close_to_a_command_shows_both_readings(world: CommandWorld, word: str) -> None:
    error = world.refused(word)
    assert repr(word) in error.what
    assert error.why == f"as a prompt: ai-code run {word}"
    assert error.hint.removeprefix("ai-code ") in COMMANDS


@pytest.mark.parametrize(
    ("argv", "prompt"),
    [
        (["undo", "the", "last", "change"], "'undo the last change'"),
        (["diff", "these", "two", "files"], "'diff these two files'"),
        (["limits", "are", "annoying"], "'limits are annoying'"),
        (["config", "the", "parser's", "limits"], "'config the parser'\"'\"'s limits'"),
        (["completion", "of", "words"], "'completion of words'"),
        (["memory", "leaks", "in", "parser.py"], "'memory leaks in parser.py'"),
    ],
)
def test_a_command_with_words_it_cannot_take_shows_both_readings(
    world: CommandWorld, argv: list[str], prompt: str
) -> None:
    error = world.refused(*argv)
    assert f"ai-code {argv[0]} --help" in error.why
    assert error.hint == f"ai-code run {prompt}"


@pytest.mark.parametrize(
    ("argv", "hint"),
    [
        (["--no-such-option", "fix"], "ai-code --help"),
        (["fix", "--no-such-option"], "ai-code --help"),
        (["undo", "--no-such-option"], "ai-code undo --help"),
        (["--output-format", "xml", "fix"], "ai-code --help"),
        (["--model"], "ai-code --help"),
        (["log", "-n", "x"], "ai-code log --help"),
    ],
)
def test_unknown_options(world: CommandWorld, argv: list[str], hint: str) -> None:
    error = world.refused(*argv)
    assert error.exit_code == 2 and error.hint == hint


# standard input -------------------------------------------------------------------------------


def test_a_pipe_is_added_to_the_prompt(world: CommandWorld) -> None:
    world.piped = b"diff --git a/x b/x\n"
    assert world.told_claude("review this") == "review this\ndiff --git a/x b/x\n"


@pytest.mark.parametrize("argv", [["-"], []])
def test_the_prompt_from_a_pipe(world: CommandWorld, argv: list[str]) -> None:
    world.piped = "直して".encode()
    assert world.told_claude(*argv) == "直して"


def test_no_input_reads_nothing(world: CommandWorld) -> None:
    world.piped = b"not for us"
    assert world.told_claude("--no-input", "fix") == "fix"
    assert world.asked_for_input == 0


def test_a_silent_pipe_is_mentioned(world: CommandWorld) -> None:
    world.silent = True
    assert world.told_claude("fix") == "fix"
    assert any("within 3 s" in note for note in world.console.of("note"))


@pytest.mark.parametrize("argv", [[""], ["  "], ["-"], [], ["-p", ""]])
def test_an_empty_prompt(world: CommandWorld, argv: list[str]) -> None:
    error = world.refused(*argv)
    assert error.exit_code == 2 and error.hint


@pytest.mark.parametrize("argv", [[], ["chat"], ["chat", "-v"]])
def test_nothing_at_all_on_a_terminal_is_claudes_screen(
    world: CommandWorld, argv: list[str]
) -> None:
    world.console.terminal()
    world.terminal.expect("claude")
    assert world.call(*argv) == 0
    assert world.terminal.lent[0].argv == ("/programs/claude", "--session-id", "session-1")


def test_nothing_to_do_on_a_terminal(world: CommandWorld) -> None:
    world.console.terminal()
    error = world.refused("-v")
    assert error.what == "what shall be done?" and error.hint == "ai-code --help"


def test_chat_passes_on_what_is_claudes(world: CommandWorld) -> None:
    world.console.terminal()
    world.terminal.expect("claude")
    words = ("--resume", "ID", "--claude-model", "opus", "--", "--permission-mode", "plan")
    assert world.call("chat", *words) == 0
    assert world.terminal.lent[0].argv[1:] == (
        *("--resume", "ID", "--model", "opus", "--permission-mode", "plan"),
    )


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["hello"], "chat takes no prompt"),
        (["--local", "-c"], "--local leaves Claude out, -c asks for it"),
        (["--local", "--resume", "ID"], "--local leaves Claude out, --resume asks for it"),
        (["--local", "--", "--verbose"], "--local leaves Claude out, -- asks for it"),
        (["--", "--session-id", "x"], "--session-id after -- is set by ai-code itself"),
        (["--", "-c"], "-c after -- is an option of ai-code itself"),
    ],
)
def test_chat_refuses(world: CommandWorld, argv: list[str], told: str) -> None:
    world.console.terminal()
    assert told in world.refused("chat", *argv).what


def test_chat_needs_a_terminal(world: CommandWorld) -> None:
    error = world.refused("chat")
    assert error.what == "a chat needs a terminal" and error.hint


def test_the_defaults_of_a_chat_are_clicks() -> None:
    from ai_code.cli.begin_chat import DEFAULTS as PLAIN

    with load("chat").make_context("chat", []) as context:
        assert context.params == PLAIN


def test_bytes_that_are_no_text(world: CommandWorld) -> None:
    world.piped = b"a\0b\xff"
    assert world.told_claude("fix") == "fix\nab�"
    assert len(world.console.of("note")) == 2


# after -- -------------------------------------------------------------------------------------


def test_what_follows_two_dashes_is_claudes(world: CommandWorld) -> None:
    prompt = world.told_claude("run", "the tests", "--", "--allowedTools", "Bash", "--", "x")
    assert prompt == "the tests"
    assert world.command.argv[-4:] == ("--allowedTools", "Bash", "--", "x")


@pytest.mark.parametrize(
    "option", ["-p", "--print", "--output-format", "--output-format=json", "--verbose",
               "--session-id", "--input-format"],
)  # fmt: skip
def test_options_of_ours_after_two_dashes(world: CommandWorld, option: str) -> None:
    error = world.refused("fix", "--", option, "x")
    assert option.split("=")[0] in error.what and "ai-code --help" in error.hint


# options --------------------------------------------------------------------------------------


def test_options_reach_the_run(world: CommandWorld) -> None:
    world.told_claude("--claude-model", "opus", "--resume", "abc", "--timeout", "5m", "fix")
    argv = world.command.argv
    assert ("--model", "opus") in pairwise(argv)
    assert ("--resume", "abc") in pairwise(argv)
    assert world.command.deadline_s == 300.0
    world.told_claude("-c", "fix")
    assert "--continue" in world.command.argv


def test_local_options_reach_the_model(world: CommandWorld) -> None:
    world.expect_aider()
    argv = ("--local", "--model", "qwen2.5-coder:7b", "--api", "10.0.0.7/api/chat", "fix hello.py")
    assert world.call(*argv) == 0
    assert world.server.base_url == "http://10.0.0.7:11434"


def test_no_fallback_stops_at_a_limit(world: CommandWorld) -> None:
    from ai_code.core.errors import TryLaterError

    world.expect_recording("limit-5h-oauth-stream-2.1.329")
    with pytest.raises(TryLaterError):
        world.call("--no-fallback", "fix")


@pytest.mark.parametrize("option", ["--file", "--read"])
def test_a_file_that_is_not_there(world: CommandWorld, option: str) -> None:
    assert world.refused(option, "none.py", "fix").what == "there is no file none.py"


def test_dry_run_runs_nothing(world: CommandWorld) -> None:
    assert world.call("--dry-run", "fix") == 0
    assert world.console.stdout.startswith(b"1. claude\n")


# help -----------------------------------------------------------------------------------------


HELPS = [
    *([], ["run"], ["chat"], ["undo"], ["diff"], ["completion"], ["drill"], ["doctor"], ["setup"]),
    *(["limits"], ["limits", "classify"], ["limits", "rules"], ["limits", "status"]),
    *(["history"], ["history", "show"], ["log"], ["status"], ["stats"]),
    *(["ask"], ["plan"], ["engines"], *(["engines", n] for n in sorted(load("engines").commands))),
    *(["handover"], ["handover", "show"], ["review"]),
    *(["remember"], ["memory"], *(["memory", name] for name in sorted(load("memory").commands))),
    *(["hooks"], ["hooks", "install"], ["hooks", "remove"], ["hooks", "show"]),
    *(["config"], ["config", "show"], ["config", "check"], ["config", "path"], ["config", "trust"]),
    *(["models"], *(["models", name] for name in sorted(load("models").commands))),
]


@pytest.mark.parametrize("command", HELPS, ids=" ".join)
@pytest.mark.parametrize("option", ["--help"])
def test_help_fits_80_columns(
    world: CommandWorld, capsys: pytest.CaptureFixture[str], command: list[str], option: str
) -> None:
    assert world.call(*command, option) == 0
    text = capsys.readouterr().out
    assert text.startswith("Usage: ai-code")
    assert [line for line in text.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize(("command", "what", "other"), [("ask", "QUESTION", "TASK"),
                                                        ("plan", "TASK", "QUESTION")])  # fmt: skip
def test_help_says_what_a_command_takes(
    world: CommandWorld, capsys: pytest.CaptureFixture[str], command: str, what: str, other: str
) -> None:
    assert world.call(command, "--help") == 0
    text = capsys.readouterr().out
    assert f"{command} [OPTIONS] {what}… [-- CLAUDE-ARGS…]" in text
    assert f"The {what.lower()}, when it looks like an option." in text
    assert ("Ask this engine only." in text) is (command == "ask")
    assert f"{other}…" not in text


def test_help_covers_every_command() -> None:
    assert {command[0] for command in HELPS if command} == set(COMMANDS)


def test_the_help_of_the_program_names_commands_and_exit_codes(
    world: CommandWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.call("-h") == 0
    text = capsys.readouterr().out
    assert all(re.search(rf"^  {name} ", text, re.MULTILINE) for name in COMMANDS)
    for code in ("0 done", "1 failed", "2 usage", "75 limit", "78 conf", "124", "125", "126/127"):
        assert code in " ".join(text.split())


@pytest.mark.parametrize("argv", [["-V"], ["--version"], ["run", "-V"], ["-q", "-V"]])
def test_version(world: CommandWorld, capsys: pytest.CaptureFixture[str], argv: list[str]) -> None:
    assert world.call(*argv) == 0
    assert re.fullmatch(r"ai-code \d+\.\d+\.\d+\S*\n", capsys.readouterr().out)


# the program itself ---------------------------------------------------------------------------


def ai_code(
    env: Mapping[str, str], *argv: str, code: str = "", **more: Any
) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own; ``code`` is run before, to break something."""
    start = ["-m", "ai_code"]
    if code:
        start = ["-c", f"{code}\nimport sys\nfrom ai_code.__main__ import main\nmain()"]
    return subprocess.run(
        [sys.executable, *start, *argv],
        env={**env, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        **{"stdout": subprocess.PIPE, **more},
    )


def complete(env: Mapping[str, str], words: str, number: int) -> list[str]:
    told = ai_code(
        {**env, "_AI_CODE_COMPLETE": "bash_complete", "COMP_WORDS": words,
         "COMP_CWORD": str(number)}
    )  # fmt: skip
    assert (told.returncode, told.stderr) == (0, "")
    return [line.partition(",")[2] for line in told.stdout.splitlines()]


def test_bash_completion(clean_env: dict[str, str]) -> None:
    assert complete(clean_env, "ai-code ", 1) == list(COMMANDS)
    assert complete(clean_env, "ai-code co", 1) == ["config", "completion"]
    assert "--wait" in complete(clean_env, "ai-code --w", 1)
    assert complete(clean_env, "ai-code config tr", 2) == ["trust"]
    assert complete(clean_env, "ai-code completion z", 2) == ["zsh"]
    assert set(complete(clean_env, "ai-code limits classify --format s", 4)) == {"stream-json"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("drill --scenario m", {"mid-task", "model", "model-missing"}),
        ("drill --engine o", {"opencode"}),
        ("--engine cl", {"claude", "claude-local"}),
        ("ask --engine au", {"auto"}),
        ("engines install c", {"codex"}),
        ("engines show a", {"aider"}),
        ("engines test v", {"vibe"}),
        ("engines remove g", {"goose"}),
        ("models test --engine pi", {"pi"}),
    ],
)
def test_names_are_completed(clean_env: dict[str, str], words: str, expected: set[str]) -> None:
    assert set(complete(clean_env, f"ai-code {words}", len(words.split()))) == expected


def test_what_is_completed_for_install_is_what_it_installs() -> None:
    from ai_code.cli.completing import _ELSEWHERE
    from ai_code.core.engine_table import LOCAL
    from ai_code.engines.registry import local_engine

    others = [n for n in LOCAL if local_engine(n).about.install.how not in ("npm", "pypi")]
    assert sorted(others) == sorted(_ELSEWHERE)


def test_claude_is_not_installed(clean_env: dict[str, str], git_project: Path) -> None:
    told = ai_code(clean_env, "fix it", cwd=git_project)
    assert told.returncode == 127 and told.stdout == ""
    assert told.stderr.splitlines()[-1].startswith("hint: ai-code setup claude")


def test_an_error_is_what_why_and_the_hint_last(clean_env: dict[str, str]) -> None:
    told = ai_code(clean_env, "undoo")
    assert told.returncode == 2 and told.stdout == ""
    what, why, hint = told.stderr.splitlines()
    assert what.startswith("ai-code: 'undoo'") and why and hint.startswith("hint: ")


BROKEN = "import ai_code.cli.main as m\ndef bad(*_): raise ZeroDivisionError('x' * 3)\nm.main = bad"


def test_a_bug_is_125_with_a_report(clean_env: dict[str, str]) -> None:
    told = ai_code(clean_env, "the prompt is private", code=BROKEN)
    assert told.returncode == 125 and "Traceback" not in told.stderr
    assert "a bug of ai-code's: ZeroDivisionError: xxx" in told.stderr
    [report] = (Path(clean_env["XDG_STATE_HOME"]) / "ai-code" / "reports").iterdir()
    assert str(report) in told.stderr
    text = report.read_text()
    assert "Traceback" in text and "ZeroDivisionError" in text and "Python 3." in text
    assert "the prompt is private" not in text
    assert report.stat().st_mode & 0o777 == 0o600


def test_a_bug_where_no_report_can_be_written(clean_env: dict[str, str]) -> None:
    told = ai_code({**clean_env, "XDG_STATE_HOME": "/dev/null"}, "x", code=BROKEN)
    assert told.returncode == 125
    assert "ZeroDivisionError: xxx" in told.stderr and "Traceback" in told.stderr


@pytest.mark.parametrize("argv", [["--help"], ["limits", "rules"], ["completion", "bash"]])
def test_a_reader_that_has_had_enough(clean_env: dict[str, str], argv: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        told = ai_code(clean_env, *argv, stdout=writer)
    finally:
        os.close(writer)
    assert told.returncode == 141
    assert told.stderr == ""


def in_shell(env: Mapping[str, str], cwd: Path, script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", script],
        env={**env, "PYTHONPATH": str(ROOT), "AI": f"{sys.executable} -m ai_code"},
        cwd=cwd, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_folder_that_is_gone(clean_env: dict[str, str], tmp_path: Path) -> None:
    gone = "mkdir gone; cd gone; rmdir ../gone; "
    told = in_shell(clean_env, tmp_path, gone + 'exec $AI "fix it" </dev/null')
    assert told.returncode == 2
    assert "does not exist any more" in told.stderr and told.stderr.endswith("hint: cd\n")
    assert in_shell(clean_env, tmp_path, gone + "exec $AI --help").returncode == 0


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed(clean_env: dict[str, str], tmp_path: Path, closed: str) -> None:
    told = in_shell(clean_env, tmp_path, f"$AI undoo {closed}; echo code $? >&2")
    assert told.stderr.endswith("code 2\n") and "Traceback" not in told.stderr


def test_a_prompt_alone_is_read_as_click_would_read_it() -> None:
    from ai_code.cli.begin import DEFAULTS

    context = load("run").make_context("ai-code", ["two", "words"])
    assert {**context.params, "mode": "edit"} == {**DEFAULTS, "words": ("two", "words")}
