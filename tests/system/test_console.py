"""The console on real terminals and pipes: what a person sees, what a script gets."""

from __future__ import annotations

import os
import re
import tty
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TextIO

import pytest

from ai_code.core.errors import AiCodeError, UsageError
from ai_code.system.console import TerminalConsole

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
TAKEN_AWAY = "\r\x1b[K"


class End:
    """A terminal or a pipe: ``stream`` is the program's side, ``told`` what came out of it."""

    def __init__(self, terminal: bool, writes: bool = True) -> None:
        if terminal:
            self._far, near = os.openpty()
            if writes:
                # Else every newline would come out as two characters.
                tty.setraw(near)
        else:
            reading, writing = os.pipe()
            self._far, near = (reading, writing) if writes else (writing, reading)
        self.stream: TextIO = os.fdopen(near, "w" if writes else "r", encoding="utf-8")
        os.set_blocking(self._far, False)

    def told(self) -> str:
        pieces = []
        try:
            while piece := os.read(self._far, 1 << 16):
                pieces.append(piece)
        except OSError:
            pass
        return b"".join(pieces).decode("utf-8")

    def typed(self, text: str | bytes) -> None:
        os.write(self._far, text if isinstance(text, bytes) else text.encode())

    def hang_up(self) -> None:
        if self._far >= 0:
            os.close(self._far)
        self._far = -1

    def close(self) -> None:
        self.hang_up()
        self.stream.close()


@dataclass
class Screen:
    """A console with its three streams."""

    console: TerminalConsole
    stdin: End
    out: End
    err: End


class Maker:
    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def __call__(
        self, *, stdin: bool = True, out: bool = True, err: bool = True, **env: str
    ) -> Screen:
        """``stdin``, ``out``, ``err``: whether that stream is a terminal."""
        ends = [End(stdin, writes=False), End(out), End(err)]
        for end in ends:
            self._stack.enter_context(closing(end))
        one, two, three = (end.stream for end in ends)
        environ = {"TERM": "xterm", **env}
        return Screen(TerminalConsole(environ, stdin=one, stdout=two, stderr=three), *ends)


@pytest.fixture
def screen() -> Iterator[Maker]:
    with ExitStack() as stack:
        yield Maker(stack)


def one_screen(environ: dict[str, str]) -> tuple[TerminalConsole, End]:
    """stdout and stderr are the same terminal, as they mostly are."""
    end = End(True)
    stdin = End(True, writes=False)
    return TerminalConsole(environ, stdin=stdin.stream, stdout=end.stream, stderr=end.stream), end


# The answer ----------------------------------------------------------------------------------


def test_the_answer_on_a_terminal_is_made_safe(screen: Maker) -> None:
    shown = screen()
    shown.console.answer("one \x1b[31mred")
    shown.console.answer(" two\x1b]0;title\x07\u202e")
    shown.console.answer_end()
    assert shown.out.told() == "one \x1b[31mred two^[]0;title^G\\u202e\x1b[0m\n"
    assert shown.err.told() == ""


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_without_colour(screen: Maker, env: dict[str, str]) -> None:
    shown = screen(**env)
    shown.console.answer("\x1b[31mred\x1b[0m")
    shown.console.answer_end()
    shown.console.banner("[AI: Claude Code]", "line")
    shown.console.tool("· edit x")
    shown.console.error(AiCodeError("what"))
    shown.console.status("waiting")
    shown.console.status("")
    assert shown.out.told() == "red\n"
    assert not COLOUR.search(shown.err.told())


def test_an_empty_no_color_is_none(screen: Maker) -> None:
    shown = screen(NO_COLOR="")
    shown.console.banner("[AI: Claude Code]", "")
    assert shown.err.told() == "\x1b[1m[AI: Claude Code]\x1b[0m\n"


def test_bytes_for_a_pipe_are_left_alone(screen: Maker) -> None:
    shown = screen(out=False)
    shown.console.raw(b"\x1b[2Jas it \r is\n")
    assert shown.out.told() == "\x1b[2Jas it \r is\n"


def test_a_lone_surrogate_can_be_shown(screen: Maker) -> None:
    shown = screen()
    shown.console.note("file \udcff.txt")
    assert shown.err.told() == "file ?.txt\n"


# Ours ----------------------------------------------------------------------------------------


def test_on_a_pipe_there_is_no_colour_and_no_status(screen: Maker) -> None:
    shown = screen(err=False)
    shown.console.banner("[AI: Claude Code]", "version 2")
    shown.console.status("waiting 3 s")
    shown.console.note("note")
    shown.console.error(UsageError("what", why="why", hint="do this"))
    assert shown.err.told() == (
        "[AI: Claude Code]\nversion 2\nnote\nai-code: what\nwhy\nhint: do this\n"
    )


def test_an_error_on_a_terminal_breaks_at_words_and_on_a_pipe_not_at_all(screen: Maker) -> None:
    why = "there is no program of that name on the PATH, which has these folders and no other: /bin"
    error = UsageError("what", why=why, hint=f"export PATH={'/a' * 28} && ai-code doctor --all")
    shown, piped = screen(), screen(err=False)
    shown.console.error(error)
    piped.console.error(error)
    assert COLOUR.sub("", shown.err.told()).replace(TAKEN_AWAY, "") == (
        "ai-code: what\n"
        "there is no program of that name on the PATH, which has these folders and no\n"
        "  other: /bin\n"
        f"hint: export PATH={'/a' * 28} &&\n"
        "      ai-code doctor --all\n"
    )
    assert piped.err.told() == f"ai-code: what\n{why}\nhint: {error.hint}\n"


def test_a_note_breaks_at_words_on_a_terminal_and_not_on_a_pipe(screen: Maker) -> None:
    told = "A local model does small tasks: 小さな 作業が 得意です。 大きな 変更は Claude に。"
    command = f"What did not land is kept in a patch: git apply {'/folder' * 6}/left.patch"
    shown, piped = screen(NO_COLOR="1"), screen(err=False)
    for each in (shown, piped):
        each.console.note(told)
        each.console.important(command)
        each.console.banner("[AI: Claude Code]", told)
    japanese = (
        "A local model does small tasks: 小さな 作業が 得意です。 大きな 変更は Claude\n  に。\n"
    )
    assert shown.err.told().replace(TAKEN_AWAY, "") == (
        f"{japanese}What did not land is kept in a patch:\n"
        f"  git apply {'/folder' * 6}/left.patch\n[AI: Claude Code]\n{japanese}"
    )
    assert piped.err.told() == f"{told}\n{command}\n[AI: Claude Code]\n{told}\n"


def test_commands_are_as_the_person_calls_us_and_what_an_engine_does_is_not(screen: Maker) -> None:
    shown = screen(err=False)
    shown.console.shown_as = "./ai-code"
    shown.console.note("to use it: ai-code models use x")
    shown.console.tool("ai-code drill")
    shown.console.error(UsageError("ai-code is not here", hint="ai-code setup"))
    assert shown.err.told().splitlines() == [
        "to use it: ./ai-code models use x",
        "ai-code drill",
        "ai-code: ai-code is not here",
        "hint: ./ai-code setup",
    ]


@pytest.mark.parametrize(
    ("quiet", "verbose", "lines"),
    [
        (False, False, "title line switch because note important tool error"),
        (True, False, "switch because important error"),
        (False, True, "title line switch because note important tool detail error"),
    ],
)
def test_quiet_and_verbose(screen: Maker, quiet: bool, verbose: bool, lines: str) -> None:
    shown = screen(err=False)
    console = shown.console
    console.quiet, console.verbose = quiet, verbose
    console.banner("title", "line")
    console.banner("switch", "because", switch=True)
    console.note("note")
    console.important("important")
    console.tool("tool")
    console.detail("detail")
    console.error(AiCodeError("error"))
    assert shown.err.told().replace("ai-code: ", "").split() == lines.split()


@pytest.mark.parametrize("text", ["a\x1b[2Jb", "a\x1b[31mb", "a\x9bb", "a\u202eb", "a\rb"])
def test_nothing_of_ours_moves_the_cursor(screen: Maker, text: str) -> None:
    shown = screen(TERM="dumb")
    console = shown.console
    console.verbose = True
    for say in (console.note, console.important, console.tool, console.detail):
        say(text)
    console.banner(text, text)
    console.error(AiCodeError(text, why=text, hint=text))
    assert not re.search("[\x1b\x9b\r\u202e]", shown.err.told())


# Both on one screen --------------------------------------------------------------------------


def test_a_line_of_ours_never_starts_in_the_middle_of_a_line() -> None:
    console, end = one_screen({"TERM": "dumb"})
    console.answer("half a ")
    console.tool("· edit x")
    console.answer("line")
    console.note("note")
    console.answer("whole\n")
    console.note("last")
    assert end.told() == "half a \n· edit x\nline\nnote\nwhole\nlast\n"


def test_elsewhere_the_answer_is_not_broken_up(screen: Maker) -> None:
    """stderr goes to a file: the answer on the terminal keeps its lines."""
    shown = screen(err=False)
    shown.console.answer("half a ")
    shown.console.note("note")
    shown.console.answer("line\n")
    shown.console.answer_end()
    assert shown.out.told() == "half a line\n"


def test_a_line_of_ours_is_not_in_the_answers_colour() -> None:
    """Nor hidden by it: 8 is "conceal"."""
    console, end = one_screen({"TERM": "xterm"})
    console.answer("\x1b[8mhidden")
    console.note("note")
    console.status("waiting")
    assert end.told() == ("\x1b[8mhidden\x1b[0m\nnote\n" + TAKEN_AWAY + "\x1b[2mwaiting\x1b[0m")


def test_the_status_is_taken_away_before_anything_else() -> None:
    console, end = one_screen({"TERM": "xterm", "NO_COLOR": "1"})
    console.status("waiting 3 s")
    console.status("waiting 3 s")
    console.status("waiting 4 s")
    console.answer("text")
    console.answer_end()
    console.status("waiting 5 s")
    console.note("note")
    console.status("waiting 6 s")
    console.error(AiCodeError("what"))
    parts = [
        f"{TAKEN_AWAY}waiting 3 s{TAKEN_AWAY}waiting 4 s{TAKEN_AWAY}text\n",
        f"{TAKEN_AWAY}waiting 5 s{TAKEN_AWAY}note\n",
        f"{TAKEN_AWAY}waiting 6 s{TAKEN_AWAY}ai-code: what\n",
    ]
    assert end.told() == "".join(parts)


def test_no_status_in_the_middle_of_the_answers_line() -> None:
    console, end = one_screen({"TERM": "xterm"})
    console.answer("half a line")
    console.status("waiting")
    console.answer(" and the rest\n")
    assert end.told() == "half a line and the rest\n"


def test_a_status_is_one_line_of_the_screen(screen: Maker) -> None:
    shown = screen()
    shown.console.status("x\n" * 500)
    assert len(COLOUR.sub("", shown.err.told()).removeprefix(TAKEN_AWAY)) < 500


def test_a_dumb_terminal_gets_no_status(screen: Maker) -> None:
    shown = screen(TERM="dumb")
    shown.console.status("waiting")
    assert shown.err.told() == ""


# Questions -----------------------------------------------------------------------------------

CHOICES = {"l": "local model", "q": "stop"}


def test_a_question_is_answered(screen: Maker) -> None:
    shown = screen(NO_COLOR="1")
    shown.console.status("waiting")
    shown.stdin.typed("what?\n\nLocal\n")
    assert shown.console.ask("Go on?", CHOICES) == "l"
    asked = "Go on? [l] local model, [q] stop: "
    again = f"Please type one of these letters: l, q\n{asked}"
    assert shown.err.told() == f"{TAKEN_AWAY}waiting{TAKEN_AWAY}{asked}{again}{again}"


def test_what_is_typed_may_be_no_text(screen: Maker) -> None:
    shown = screen()
    shown.stdin.typed(b"\xff\xfe\nq\n")
    assert shown.console.ask("Go on?", CHOICES) == "q"


def test_ctrl_d_is_no_answer(screen: Maker) -> None:
    shown = screen()
    shown.stdin.typed("\x04")
    assert shown.console.ask("Go on?", CHOICES) is None


@pytest.mark.parametrize("missing", ["stdin", "err", "no input"])
def test_nobody_can_answer(screen: Maker, missing: str) -> None:
    shown = screen(stdin=missing != "stdin", err=missing != "err")
    shown.console.may_ask = missing != "no input"
    assert shown.console.ask("Go on?", CHOICES) is None
    assert shown.err.told() == ""


# Streams that are gone -----------------------------------------------------------------------


def test_a_terminal_that_is_gone_does_not_end_the_work(screen: Maker) -> None:
    shown = screen()
    for end in (shown.stdin, shown.out, shown.err):
        end.hang_up()
    shown.console.answer("text\n")
    shown.console.answer_end()
    shown.console.status("waiting")
    shown.console.note("note")
    assert shown.console.ask("Go on?", CHOICES) is None
    shown.console.error(AiCodeError("what"))


def test_a_reader_of_stderr_that_is_gone(screen: Maker) -> None:
    shown = screen(err=False)
    shown.err.hang_up()
    shown.console.note("x" * 100_000)


def test_a_reader_of_the_answer_that_is_gone(screen: Maker) -> None:
    shown = screen(out=False)
    shown.out.hang_up()
    with pytest.raises(BrokenPipeError):
        shown.console.raw(b"text")
    with pytest.raises(BrokenPipeError):
        shown.console.answer("text")


def test_a_full_disk_is_an_error_in_words(screen: Maker) -> None:
    with open("/dev/full", "w") as full:
        console = TerminalConsole({}, stdout=full)
        with pytest.raises(AiCodeError) as caught:
            console.raw(b"text")
    assert caught.value.why == "No space left on device"


def test_a_pipe_that_somebody_made_non_blocking(screen: Maker) -> None:
    import threading

    shown = screen(out=False)
    os.set_blocking(shown.out.stream.fileno(), False)
    os.set_blocking(shown.out._far, True)
    came = bytearray()

    def read_it() -> None:
        while len(came) < 1 << 20:
            came.extend(os.read(shown.out._far, 1 << 16))

    reader = threading.Thread(target=read_it)
    reader.start()
    shown.console.raw(b"x" * (1 << 20))
    reader.join()
    assert len(came) == 1 << 20


def test_streams_that_were_closed_before_we_started(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(f"sys.{name}", None)
    console = TerminalConsole({})
    console.raw(b"text")
    console.note("note")
    assert (console.stdin_is_tty, console.stdout_is_tty) == (False, False)
