"""What engines on a local model share: defaults, and the reading of JSON events line by line.

An engine of this kind is one file: its ``about``, its command line, and a ``_Reader`` with one
method that makes events of one row. It is judged by what it told **and** by what changed, never by
its exit status alone: 0 with nothing written was seen in six of them.
"""

from __future__ import annotations

import codecs
import json
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ai_code.core.answer_end import error_words
from ai_code.core.brief import Brief, render, render_facts
from ai_code.core.context_parts import beside, is_whole
from ai_code.core.events import Answer, Event, Text, Tool
from ai_code.core.secret_values import secret_names
from ai_code.core.text import in_folder, one_line
from ai_code.engines.local_judge import Told, judge

if TYPE_CHECKING:
    from ai_code.core.about import About
    from ai_code.core.command import Command
    from ai_code.core.exits import Exit
    from ai_code.core.ports import OutputChannel
    from ai_code.core.task import LocalModel, Program, Task
    from ai_code.core.verdict import Verdict
    from ai_code.engines.registry import FenceKind, LocalRun

_LONGEST_LINE = 8 << 20
"""Bytes. A tool's result may be long; a line without an end is no event."""
_TAIL = 4000
_LEADS_AWAY = ("ANTHROPIC_", "CLAUDE_CODE_", "OPENAI_", "OLLAMA_")


class LocalBase:
    """Defaults of ``registry.LocalEngine``."""

    name = ""
    about: About
    local = True
    fence: FenceKind = "kernel"
    modules: Sequence[str] = ()

    @property
    def title(self) -> str:
        """``Ollama + NAME``: for the banner."""
        return f"Ollama + {self.name}"

    def sandbox_check(self, program: Program, folder: Path) -> Command | None:
        """See ``registry.LocalEngine``."""
        return None

    def writes(self, task: Task) -> Sequence[Path]:
        """See ``registry.LocalEngine``."""
        return ()

    def prepare(self, task: Task) -> str:
        """See ``registry.LocalEngine``."""
        return ""

    def files(self, task: Task) -> Mapping[str, str]:
        """See ``registry.LocalEngine``."""
        return {}

    def links(self, task: Task) -> Mapping[str, Path]:
        """See ``registry.LocalEngine``."""
        return {}

    def told(self, brief: Brief) -> tuple[str, str]:
        """One text: what it may read beside it is in it."""
        return text_of(brief, self.loads(brief)), ""

    def loads(self, brief: Brief | None) -> frozenset[str]:
        """Names of the memory files that it reads by itself: none where not all of them fit."""
        loads = self.about.loads
        return loads if brief is None or is_whole(brief, loads) else frozenset()

    def chat_command(self, task: Task) -> Command:
        """Asked only where ``about.chats``."""
        raise NotImplementedError(f"{self.name} has no chat of its own here")

    def chat_files(self, task: Task) -> Mapping[str, str]:
        """See ``registry.LocalEngine``."""
        return {}

    def refusals(self, log: str) -> Sequence[str]:
        """The kernel keeps no list: what it refused is an error of the engine's tool."""
        return ()

    @abstractmethod
    def command(self, task: Task) -> Command: ...

    @abstractmethod
    def open(self, task: Task) -> LocalRun: ...


def folder_of(task: Task, name: str) -> Path:
    """The engine's folder of the run's folder: removed with it."""
    return task.run_dir / name


def model_of(task: Task) -> LocalModel:
    """The model, which every local engine has."""
    if task.local is None:
        raise ValueError("a local engine needs a local model")
    return task.local


def whole_prompt(task: Task, loads: Iterable[str] = ()) -> str:
    """The brief, its facts and the project's memory in one text, for an engine that takes one.
    Files that the engine ``loads`` by itself are not in it."""
    return text_of(task.brief or Brief(task=task.request.prompt, mode=task.mode), loads)


def text_of(brief: Brief, loads: Iterable[str] = ()) -> str:
    """The same of a brief alone."""
    parts = [render(brief)]
    if facts := render_facts(brief):
        parts.append(facts)
    if brief.editable and brief.mode == "edit":
        parts.append("Files that this is most likely about: " + ", ".join(brief.editable) + "\n")
    if memory := memory_of(brief, loads):
        parts.append(memory)
    return "\n".join(parts)


def memory_of(brief: Brief, loads: Iterable[str] = ()) -> str:
    """The project's memory, as far as the engine does not read it by itself."""
    told = (each for each in beside(brief.context, frozenset(loads)) if each.text)
    return "\n".join(f"The project's {each.shown}:\n\n{each.text.rstrip()}\n" for each in told)


class JsonRun:
    """Reader and judge of one attempt whose events are JSON, one object on a line."""

    session_id = ""

    def __init__(self, name: str, *, mode: str = "edit", folder: str = "") -> None:
        """``folder``: where it works, and what the names of files are told without."""
        self.name = name
        self.told = Told(answers=mode != "edit", folder=folder)
        self._lines = Lines()
        self._stderr = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    @property
    def begun(self) -> bool:
        """See ``registry.EngineRun``."""
        return self.told.begun

    @property
    def answer(self) -> str:
        """See ``registry.LocalRun``."""
        return self.told.answer

    @property
    def longest_prompt(self) -> int:
        """See ``registry.LocalRun``."""
        return self.told.longest_prompt

    @property
    def refused(self) -> Sequence[str]:
        """See ``registry.LocalRun``."""
        return tuple(dict.fromkeys(self.told.refused))

    @property
    def tokens(self) -> tuple[int, int]:
        """See ``registry.LocalRun``."""
        return self.told.sent, self.told.received

    def server_failed(self, words: str) -> None:
        """See ``registry.LocalRun``."""
        self.told.server_error = words

    def feed(self, channel: OutputChannel, data: bytes) -> Sequence[Event]:
        """Events of what came, which may end in the middle of a line or a letter."""
        if channel == "err":
            self._stderr = (self._stderr + self._decoder.decode(data))[-_TAIL:]
            return tuple(self.error_text(self._stderr))
        return tuple(event for row in self._lines.feed(data) for event in self._row(row))

    def finish(self) -> Sequence[Event]:
        """The last line, where it has no end, and the answer, whole."""
        events = [event for row in self._lines.finish() for event in self._row(row)]
        if self.told.answer:
            events.append(Answer(self.told.answer))
        return events

    def judge(self, exit_: Exit, *, now: int, tz: tzinfo, changed: bool) -> Verdict:
        """See ``registry.EngineRun``."""
        return judge(self.name, self.told, exit_, changed=changed)

    def _row(self, row: Mapping[str, Any]) -> Iterator[Event]:
        self.told.begun = True
        yield from self.row(row)

    def says(self, text: str, whole: str = "") -> Iterator[Event]:
        """The model's words: the last message is its answer. Where it comes in pieces, ``whole``
        is the message up to here."""
        if (whole or text).strip():
            self.told.answer = whole or text
            self.told.spoke = True
            yield Text(text if whole or text.endswith("\n") else text + "\n")

    def uses(self, tool: str, what: str) -> Tool:
        """The model uses a tool on a file, or runs a command."""
        self.told.spoke = True
        return Tool(tool, one_line(in_folder(what, self.told.folder), 80))

    @abstractmethod
    def row(self, row: Mapping[str, Any]) -> Iterator[Event]:
        """Events of one row; what it tells is noted in ``told``. A row that is not known is
        nothing."""

    def error_text(self, stderr: str) -> Iterator[Event]:
        """Of what it printed on standard error so far (its end)."""
        yield from ()


class Lines:
    """Bytes in pieces of any size to JSON objects; what is none is skipped."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Mapping[str, Any]]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-_LONGEST_LINE:]
        return list(filter(None, map(_object, lines)))

    def finish(self) -> list[Mapping[str, Any]]:
        line, self._rest = self._rest, b""
        return list(filter(None, [_object(line)]))


def _object(line: bytes) -> Mapping[str, Any] | None:
    if not line.lstrip().startswith(b"{"):
        return None
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def mapping(value: Any) -> Mapping[str, Any]:
    """A JSON object, or an empty one in the place of anything else."""
    return value if isinstance(value, Mapping) else {}


def listed(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a JSON list."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def plain_words(text: str) -> str:
    """An error in its own words, without the JSON in which an engine hands on a server's."""
    try:
        row = mapping(json.loads(text))
    except (ValueError, RecursionError):
        row = {}
    return one_line(error_words(row) or str(row.get("message") or text), 300)


def toml_text(text: str) -> str:
    """A TOML string: JSON's escapes are its own."""
    return json.dumps(text)


def isolated(task: Task, folder: Path) -> dict[str, str | None]:
    """Folders for what a program keeps, away from the person's own; no way past the model's
    server; nobody to ask."""
    model = model_of(task)
    env: dict[str, str | None] = {
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "TMPDIR": str(folder / "tmp"),
        "NO_PROXY": "*",
        "no_proxy": "*",
        "NO_COLOR": "1",
        "TERM": "dumb",
        "CI": "1",
        "DO_NOT_TRACK": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
    }
    if model.ca_file:
        env |= {"NODE_EXTRA_CA_CERTS": model.ca_file, "SSL_CERT_FILE": model.ca_file}
    # With a key of a paid provider, or another server's address, some would choose that.
    elsewhere = [name for name in task.environ if name.startswith(_LEADS_AWAY)]
    return {**dict.fromkeys([*elsewhere, *secret_names(task.environ)]), **env}


def path_in(value: Any, *names: str) -> str:
    """The first of these fields of a tool's arguments that is a text."""
    if isinstance(value, Mapping):
        for name in names:
            found = value.get(name)
            if isinstance(found, str) and found:
                return found
    return ""
