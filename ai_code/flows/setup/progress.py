"""What an installer says while it works, for a status line; and its reason where it fails."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ai_code.core.text import one_line

if TYPE_CHECKING:
    from ai_code.core.exits import EndedBy
    from ai_code.core.ports import Console, OutputChannel

_KEPT = 8000
_LINE_EVERY_S = 60.0
_PIP = re.compile(r"\s*(Collecting|Downloading|Using cached|Building wheel for) ([\w.+-]+)(.*)")
_SIZE = re.compile(r"\([\d.]+ ?[kKMG]i?B\)")
_INSTALLING = "Installing collected packages:"
_UV = re.compile(r"\s*(Downloading|Resolved|Prepared|Installed|Bytecode compiled|Updated) (\S+.*)")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

_NO_NETWORK = re.compile(
    r"name resolution|Name or service not known|Network is unreachable|NewConnectionError"
    r"|Connection refused|ConnectTimeout|ReadTimeout|Max retries exceeded|ProxyError|dns error"
    r"|error sending request|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT"
)
_TRIED = re.compile(r"(?:failed, reason: |\[Errno -?\d+\] )([^\n:'\")][^\n'\")]*)")
"""npm's and pip's words for what it tried, where they tell: which address, or which name."""
_DISK_FULL = re.compile(r"No space left on device|ENOSPC|Disk quota exceeded|EDQUOT")
_CAUSE = re.compile(r"^\s*(?:ERROR|[Ee]rror|×)[: ]+(?!Ignored the following)(\S.*)", re.MULTILINE)
_NPM = re.compile(r"^npm (?:error|ERR!) (\S.*)", re.MULTILINE)
_NPM_FACT = re.compile(
    r"(?:code|errno|syscall|path|dest|command|node:)\b|A complete log|This is |If "
)
"""Lines of npm's that tell what was called, how and where, and not why it failed."""
_NPM_TAG = re.compile(
    r"(?:network (?=request )|(?:notarget|nospc|enoent|notsup|\d{3}) +)|\[?(?:\w*Error): "
)


class Doing:
    """Listens to a program. ``said`` is the end of all it printed, ``out`` of its output."""

    def __init__(self, console: Console, what: str) -> None:
        self._console = console
        self._what = what
        self._now = ""
        self._told_at = 0.0
        self.said = b""
        self.out = b""

    def started(self) -> None:
        """See ``core.ports.Listener``."""

    def output(self, channel: OutputChannel, data: bytes) -> None:
        self.said = (self.said + data)[-_KEPT:]
        if channel == "out":
            self.out = (self.out + data)[-_KEPT:]
        for line in data.decode("utf-8", "replace").splitlines():
            self._now = does(line) or self._now

    def tick(self, elapsed_s: float, silence_s: float) -> EndedBy | None:
        now = f", {self._now}" if self._now else ""
        text = f"{self._what}… {elapsed_s:.0f} s{now}"
        self._console.status(text)
        if not self._console.stderr_is_tty and elapsed_s - self._told_at >= _LINE_EVERY_S:
            self._told_at = elapsed_s
            self._console.note(text)
        return None


def does(line: str) -> str:
    """What a line of pip's or uv's says that a person understands; empty for all else."""
    line = _ANSI.sub("", line)
    if line.startswith(_INSTALLING):
        return f"installing {line.count(',') + 1} packages"
    if found := _PIP.match(line):
        verb, name, rest = found.groups()
        name = re.split(r"-\d|==|>|<|!|~", name)[0]
        size = _SIZE.search(rest)
        words = [verb.split()[0].lower(), name, size.group() if size else ""]
        return one_line(" ".join(words))
    if found := _UV.match(line):
        return one_line(f"{found.group(1).lower()} {found.group(2)}", 50)
    return ""


def said_by(said: bytes) -> str:
    """Why a program failed, in one line: the first that names a cause, else its last words."""
    text = _ANSI.sub("", said.decode("utf-8", "replace"))
    lines = [line for line in text.strip().splitlines() if line.strip()]
    if found := _DISK_FULL.search(text):
        return f"the disk is full ({found.group()})"
    if found := _NO_NETWORK.search(text):
        tried = _TRIED.search(text)
        return one_line(f"no network ({tried.group(1) if tried else found.group()})")
    if cause := _npm_cause(text):
        return one_line(cause)
    if found := _CAUSE.search(text):
        return one_line(found.group(1))
    return one_line(lines[-1]) if lines else ""


def _npm_cause(text: str) -> str:
    """npm begins with the name and number of an error, and ends with where its log lies; the
    words stand between them, of a script's failure behind what Node.js shows of its source."""
    lines = [line for line in _NPM.findall(text) if not _NPM_FACT.match(line)]
    told = next((line for line in lines if re.match(r"\[?\w*Error: ", line)), "")
    told = told or (lines[0] if lines else "")
    if not told:
        return next(iter(_NPM.findall(text)), "")
    return _NPM_TAG.sub("", told, count=1) if _NPM_TAG.match(told) else told
