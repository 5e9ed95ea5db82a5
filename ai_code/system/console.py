"""The person's terminal: the answer on stdout, everything of ours on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import BinaryIO, TextIO

from ai_code.core.errors import AiCodeError
from ai_code.core.text import SafeText, visible

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
        self._stdin = stdin or sys.stdin
        self._out: BinaryIO = (stdout or sys.stdout).buffer
        self._err: BinaryIO = (stderr or sys.stderr).buffer
        self.stdin_is_tty = self._stdin is not None and self._stdin.isatty()
        self.stdout_is_tty = (stdout or sys.stdout).isatty()
        self.stderr_is_tty = (stderr or sys.stderr).isatty()
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
        """Bytes for stdout as they are: for pipes, exactly what the engine would have printed."""
        self._out.write(data)
        self._out.flush()

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
            self._line(text, _DIM)

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
        width = _columns()
        shown = visible(text)
        if len(shown) >= width:
            shown = shown[: width - 2] + "…"
        self._write(self._err, "\r\x1b[K" + (f"{_DIM}{shown}{_OFF}" if text else ""))
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
            self._fresh_line()
            self._write(self._err, f"{visible(question)} {listed}: ")
            reply = self._stdin.readline()
            if not reply:
                self._write(self._err, "\n")
                return None
            letter = reply.strip().lower()[:1]
            if letter in choices:
                return letter

    def _line(self, text: str, style: str = "") -> None:
        self.status("")
        self._fresh_line()
        safe = visible(text)
        if style and self._colour_err:
            safe = f"{style}{safe}{_OFF}"
        self._write(self._err, safe + "\n")

    def _fresh_line(self) -> None:
        if self._mid_line:
            self._mid_line = False
            self._write(self._out, "\n")

    def _write(self, stream: BinaryIO, text: str) -> None:
        try:
            # A path that is no UTF-8 comes as surrogates.
            stream.write(text.encode("utf-8", "replace"))
            stream.flush()
        except OSError:
            # A screen that is gone must not end the work; a closed stdout is the reader's word.
            if stream is self._out and not self.stdout_is_tty:
                raise


def _columns() -> int:
    try:
        return os.get_terminal_size(2).columns or 80
    except OSError:
        return 80
