"""The person's terminal: the answer on stdout, everything of ours on stderr."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TextIO

from ai_code.core.errors import AiCodeError
from ai_code.core.reply import chosen, listed
from ai_code.core.secret_values import masked
from ai_code.core.text import SafeText, fitting, visible, wrapped
from ai_code.system.signals import wait_readable

_DIM, _BOLD, _RED, _OFF = "\x1b[2m", "\x1b[1m", "\x1b[31m", "\x1b[0m"


class TerminalConsole:
    """Writes to the given streams; colour only where a stream is a terminal that has it.

    On a terminal both streams share the screen: a line of ours never starts in the middle of a
    line of the answer, and the status line is taken away before anything else is written."""

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        stdin: TextIO | None = None,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
    ) -> None:
        # Where a stream was closed before we started, Python has None.
        self._stdin: TextIO | None = stdin or sys.stdin
        self._out = _descriptor(stdout or sys.stdout)
        self._err = _descriptor(stderr or sys.stderr)
        self.stdin_is_tty = self._stdin is not None and self._stdin.isatty()
        self.stdout_is_tty = self._out is not None and os.isatty(self._out)
        self.stderr_is_tty = self._err is not None and os.isatty(self._err)
        plain = bool(environ.get("NO_COLOR")) or environ.get("TERM") == "dumb"
        self._colour_out = self.stdout_is_tty and not plain
        self._colour_err = self.stderr_is_tty and not plain
        self._moves = self.stderr_is_tty and environ.get("TERM") != "dumb"
        self._safe = SafeText(colour=self._colour_out)
        self._mid_line = False
        self._status = ""
        self.quiet = False
        self.verbose = False
        self.may_ask = True
        self.shown_as = ""
        """How this program was called, for the commands in lines of ours; empty: ``ai-code``."""
        self._hidden: Sequence[str] = ()

    def hide(self, values: Sequence[str]) -> None:
        """See the port. The answer itself is passed on as it comes."""
        self._hidden = values

    def answer(self, text: str) -> None:
        """A piece of the answer, for a terminal: as it comes, made safe."""
        self.status("")
        shown = self._safe.feed(text)
        if shown:
            self._write(self._out, shown)
            if self.stdout_is_tty:
                self._mid_line = not shown.endswith("\n")

    def answer_end(self) -> None:
        """The answer is complete: colours are reset, the line is ended."""
        rest = self._safe.end()
        if rest:
            self._write(self._out, rest)
        self._fresh_line()

    def raw(self, data: bytes) -> None:
        """Bytes for stdout as they are: for pipes, exactly what the engine would have printed.

        Raises BrokenPipeError where the reader is gone, AiCodeError where it cannot be
        written for another reason (a full disk)."""
        try:
            _write_all(self._out, data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise cannot_write("the answer", error) from error

    def banner(self, title: str, line: str, *, switch: bool = False) -> None:
        """Which engine works now, and one line about it; a switch is told under -q too."""
        if self.quiet and not switch:
            return
        self._line(title, _BOLD)
        if line:
            self._line(line)

    def note(self, text: str) -> None:
        if not self.quiet:
            self._line(text)

    def important(self, text: str) -> None:
        """A line that -q does not silence."""
        self._line(text)

    def tool(self, text: str) -> None:
        if not self.quiet:
            # One line of the screen: a long path must not take two.
            self._put([fitting(self._shown(text), self._columns() - 1)], _DIM)

    def detail(self, text: str) -> None:
        """Only with -v."""
        if self.verbose:
            self._line(text, _DIM)

    def status(self, text: str) -> None:
        """A line that the next one takes away; on a pipe nothing is shown."""
        if not self._moves or text == self._status or self.quiet:
            return
        if text and self._mid_line:
            # The answer stands there, unfinished: a person sees by it how far things are.
            return
        shown = fitting(self._shown(text), self._columns() - 1)
        if shown:
            self._plain_screen()
        self._write(self._err, "\r\x1b[K" + (self._styled(shown, _DIM) if shown else ""))
        self._status = text

    def error(self, error: AiCodeError) -> None:
        """What, why, then the hint last."""
        self._line(f"ai-code: {error.what}", _RED, lists=True)
        if error.why:
            self._line(error.why, lists=True)
        if error.hint:
            self._line(f"hint: {error.hint}", lists=True)

    def ask(self, question: str, choices: Mapping[str, str]) -> str | None:
        """See the port. Asked on stderr, answered on the terminal's own stdin."""
        if not (self.may_ask and self.stdin_is_tty and self.stderr_is_tty):
            return None
        indent = question[: len(question) - len(question.lstrip())]
        room = self._columns() - len(indent) - 2
        lines = wrapped(f"{self._said(question)} {listed(choices)}:", room)
        prompt = "\n".join(indent + line for line in lines) + " "
        while True:
            reply = self._replied(prompt)
            if not reply:
                return None
            if letter := chosen(reply, choices):
                return letter
            letters = ", ".join(choices)
            self._write(self._err, f"{indent}Please type one of these letters: {letters}\n")

    def ask_line(self, question: str) -> str | None:
        """See the port."""
        if not (self.may_ask and self.stdin_is_tty and self.stderr_is_tty):
            return None
        reply = self._replied(f"{self._shown(question)}: ")
        return reply.strip() if reply else None

    def _replied(self, prompt: str) -> str:
        """One line from the terminal; empty at its end. The screen's line is ended in any case:
        what is said next, after Ctrl-C too, begins a new one."""
        self.status("")
        self._plain_screen()
        self._fresh_line()
        reply = ""
        try:
            self._write(self._err, prompt)
            reply = self._typed()
        finally:
            if not reply:
                self._write(self._err, "\n")
        return reply

    def _typed(self) -> str:
        if self._stdin is None:
            return ""
        try:
            # A terminal gives a line at once or nothing: the reading itself does not wait.
            wait_readable(self._stdin.fileno())
            return self._stdin.readline()
        except UnicodeDecodeError:
            return "\n"
        except OSError:
            # The terminal is gone.
            return ""

    def _line(self, text: str, style: str = "", *, lists: bool = False) -> None:
        """On a terminal no word is broken at its edge; a script gets the text as it is.
        ``lists``: what is indented by four blanks is a command."""
        shown = self._said(text)
        self._put(self._folded(shown, lists) if self.stderr_is_tty else [shown], style)

    def _put(self, lines: Sequence[str], style: str) -> None:
        self.status("")
        if self.stderr_is_tty:
            self._plain_screen()
            self._fresh_line()
        self._write(self._err, "".join(self._styled(line, style) + "\n" for line in lines))

    def _folded(self, shown: str, lists: bool) -> Sequence[str]:
        columns, lines = self._columns(), shown.split("\n")
        if all(fitting(line, columns) == line for line in lines):
            return lines
        # Most lines are short: the start does not pay for it.
        from ai_code.core.pasting import prose_lines, screen_lines

        fold = screen_lines if lists else prose_lines
        return [part for line in lines for part in fold(line, columns, self.shown_as)]

    def _said(self, text: str) -> str:
        """A line of ours, its commands as the person calls them."""
        shown = self._shown(text)
        if not self.shown_as:
            return shown
        from ai_code.core.pasting import shown_command

        return shown_command(shown, self.shown_as)

    def _shown(self, text: str) -> str:
        return visible(masked(text, self._hidden) if self._hidden else text)

    def _styled(self, safe: str, style: str) -> str:
        return f"{style}{safe}{_OFF}" if style and self._colour_err else safe

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(2 if self._err is None else self._err).columns or 80
        except OSError:
            return 80

    def _plain_screen(self) -> None:
        """A line of ours does not take on the colour that the answer has set: it could be one
        that hides it."""
        if self._safe.coloured:
            self._safe.coloured = False
            self._write(self._out, _OFF)

    def _fresh_line(self) -> None:
        if self._mid_line:
            self._mid_line = False
            self._write(self._out, "\n")

    def _write(self, descriptor: int | None, text: str) -> None:
        # A path that is no UTF-8 comes as surrogates.
        data = text.encode("utf-8", "replace")
        if descriptor == self._out and not self.stdout_is_tty:
            self.raw(data)
            return
        # A screen that is gone must not end the work.
        with contextlib.suppress(OSError):
            _write_all(descriptor, data)


def cannot_write(what: str, error: OSError) -> AiCodeError:
    """Where standard output leads nobody but the shell knows: the hint names no path."""
    return AiCodeError(
        f"{what} cannot be written to standard output",
        why=error.strerror or str(error),
        hint="df -h",
    )


def _descriptor(stream: TextIO | None) -> int | None:
    return None if stream is None else stream.fileno()


def _write_all(descriptor: int | None, data: bytes) -> None:
    """Straight to the descriptor: what Python's buffer keeps after a failure would fail once
    more when we end, with an exit code of its own."""
    left = memoryview(data)
    while left and descriptor is not None:
        try:
            left = left[os.write(descriptor, left) :]
        except BlockingIOError:
            # Somebody who shares the terminal or the pipe made it non-blocking.
            import select

            select.select([], [descriptor], [])
