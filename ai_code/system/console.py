"""The person's terminal: the answer on stdout, everything of ours on stderr."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TextIO

from ai_code.core.errors import AiCodeError
from ai_code.core.secret_values import masked
from ai_code.core.text import SafeText, fitting, visible

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
            self._line(fitting(self._shown(text), _columns() - 1), _DIM)

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
        shown = fitting(self._shown(text), _columns() - 1)
        if shown:
            self._plain_screen()
        self._write(self._err, "\r\x1b[K" + (self._styled(shown, _DIM) if shown else ""))
        self._status = text

    def error(self, error: AiCodeError) -> None:
        """What, why, then the hint last."""
        self._line(f"ai-code: {error.what}", _RED)
        if error.why:
            self._line(error.why)
        if error.hint:
            self._line(f"hint: {error.hint}")

    def ask(self, question: str, choices: Mapping[str, str]) -> str | None:
        """See the port. Asked on stderr, answered on the terminal's own stdin."""
        if not (self.may_ask and self.stdin_is_tty and self.stderr_is_tty):
            return None
        listed = ", ".join(f"[{key}] {meaning}" for key, meaning in choices.items())
        while True:
            self.status("")
            self._plain_screen()
            self._fresh_line()
            self._write(self._err, f"{self._shown(question)} {listed}: ")
            reply = self._typed()
            if not reply:
                self._write(self._err, "\n")
                return None
            letter = reply.strip().lower()[:1]
            if letter in choices:
                return letter
            self._write(self._err, f"Please type one of these letters: {', '.join(choices)}\n")

    def ask_line(self, question: str) -> str | None:
        """See the port."""
        if not (self.may_ask and self.stdin_is_tty and self.stderr_is_tty):
            return None
        self.status("")
        self._plain_screen()
        self._fresh_line()
        self._write(self._err, f"{self._shown(question)}: ")
        reply = self._typed()
        if not reply:
            self._write(self._err, "\n")
        return reply.strip() if reply else None

    def _typed(self) -> str:
        """One line from the terminal; empty at its end."""
        if self._stdin is None:
            return ""
        try:
            return self._stdin.readline()
        except UnicodeDecodeError:
            return "\n"
        except OSError:
            # The terminal is gone.
            return ""

    def _line(self, text: str, style: str = "") -> None:
        self.status("")
        if self.stderr_is_tty:
            self._plain_screen()
            self._fresh_line()
        self._write(self._err, self._styled(self._shown(text), style) + "\n")

    def _shown(self, text: str) -> str:
        return visible(masked(text, self._hidden) if self._hidden else text)

    def _styled(self, safe: str, style: str) -> str:
        return f"{style}{safe}{_OFF}" if style and self._colour_err else safe

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


def _columns() -> int:
    try:
        return os.get_terminal_size(2).columns or 80
    except OSError:
        return 80
