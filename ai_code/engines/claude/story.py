"""A story out of Claude Code's rows: those of a transcript, or of its stream of events.

Both have the same messages. Seen with 1.0.128, 2.0.77, 2.1.197 and 2.1.329: tests/recordings/
transcripts. A row that is of another kind or form is skipped and counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ai_code.core.steps import steps_in, with_states
from ai_code.core.story import CommandRun, FileEdit, Step, StepState, Story
from ai_code.engines.claude.fields import (
    Json,
    dict_of,
    dicts_of,
    is_model_error,
    json_object,
    text_of,
    words_of,
)
from ai_code.engines.claude.prompts import typed

_OTHERS = frozenset(
    [
        "system",
        "result",
        "attachment",
        "summary",
        "last-prompt",
        "queue-operation",
        "file-history-snapshot",
        "progress",
        "rate_limit_event",
        "stream_event",
        "tools-used",
        "api-request",
        "api-request-shape",
        "api-request-blob",
        "atis-latch",
        "cost-state",
        "mode",
        "ai-title",
        "custom-title",
        "tag",
        "agent-name",
    ]
)
"""Rows that are known, and tell nothing of the work."""
_STATES: Mapping[str, StepState] = {
    "completed": "done",
    "in_progress": "doing",
    "pending": "open",
}
_MOST_EDITS = 400
_MOST_COMMANDS = 200
_MOST_SAID = 60
_MOST_READ = 400
_PIECE = 20_000
"""Characters that are kept of one piece of an edit, of one text."""
_OUTPUT = 2_000
_CREATED = re.compile(r"Task #(\w+) created")


def story_of(lines: Iterable[bytes]) -> Story:
    """What these rows tell since the person's last prompt."""
    reader = _Reader()
    for line in lines:
        reader.row(line)
    return reader.story()


class _Reader:
    def __init__(self) -> None:
        self.rows = 0
        self.skipped = 0
        self._tasks: dict[str, Step] = {}
        self._before: Story | None = None
        self._begin("")

    def _begin(self, task: str) -> None:
        """A prompt of the person's: what follows belongs to it. The list of tasks goes on, but is
        about this prompt only once Claude has touched it again."""
        self._task = task
        self._new_tasks: set[str] = set()
        self._goes_on_with_list = False
        self._edits: list[FileEdit] = []
        self._read: dict[str, None] = {}
        self._commands: list[CommandRun] = []
        self._said: list[str] = []
        self._error = ""
        self._limit = ""
        self._model = ""
        self._pending: dict[str, tuple[str, Json]] = {}

    def row(self, line: bytes) -> None:
        self.rows += 1
        row = json_object(line)
        if row is None:
            self.skipped += 1
            return
        message = dict_of(row.get("message"))
        match row["type"]:
            case "assistant" if message:
                self._assistant(row, message)
            case "user" if message:
                self._user(row, message)
            case other if other not in _OTHERS:
                self.skipped += 1

    # Claude -----------------------------------------------------------------------------------

    def _assistant(self, row: Json, message: Json) -> None:
        content = message.get("content")
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if is_model_error(row):
            self._limit = words_of(content)
            return
        # An answer after a limit: Claude went on by itself.
        self._limit = ""
        beside = row.get("isSidechain") is True or bool(row.get("parent_tool_use_id"))
        self._model = self._model if beside else text_of(message.get("model")) or self._model
        for block in dicts_of(blocks):
            if block.get("type") == "text" and not beside:
                self._say(text_of(block.get("text")) or "")
            elif block.get("type") == "tool_use":
                self._asked(block)

    def _say(self, text: str) -> None:
        if text.strip():
            self._said = [*self._said[-_MOST_SAID + 1 :], text.strip()[:_PIECE]]

    def _asked(self, block: Json) -> None:
        name, given = text_of(block.get("name")) or "", dict_of(block.get("input"))
        if tool_id := text_of(block.get("id")):
            self._pending[tool_id] = (name, given)

    # Results ----------------------------------------------------------------------------------

    def _user(self, row: Json, message: Json) -> None:
        content = message.get("content")
        results = [b for b in dicts_of(content) if b.get("type") == "tool_result"]
        for block in results:
            asked = self._pending.pop(text_of(block.get("tool_use_id")) or "", None)
            if asked is not None:
                self._answered(*asked, block)
        if results:
            return
        if row.get("isCompactSummary") is True:
            self._say(words_of(content))
        elif words := typed(row):
            story = self.story()
            if not story.empty:
                self._before = story._replace(before=None)
            self._begin(words)

    def _answered(self, name: str, given: Json, block: Json) -> None:
        text = words_of(block.get("content"))
        failed = block.get("is_error") is True
        if failed and "<tool_use_error>" in text and name != "Bash":
            # A tool that was asked wrongly, mostly asked again at once.
            return
        match name:
            case "Edit" | "Write" | "MultiEdit" | "NotebookEdit" if not failed:
                self._edited(name, given)
            case "Read" | "NotebookRead" if not failed:
                if (path := _path(given)) and len(self._read) < _MOST_READ:
                    self._read[path] = None
            case "Bash":
                self._ran(text_of(given.get("command")) or "", not failed, text)
            case "TodoWrite" if not failed:
                had = self._done()
                self._tasks = {
                    str(number): Step(content, _STATES.get(str(item.get("status")), "open"))
                    for number, item in enumerate(dicts_of(given.get("todos")))
                    if (content := text_of(item.get("content")))
                }
                self._goes_on_with_list = True
                self._moved_on(had)
            case "TaskCreate" if not failed:
                number = _CREATED.search(text)
                subject = text_of(given.get("subject"))
                if number and subject:
                    self._tasks[number[1]] = Step(subject)
                    self._new_tasks.add(number[1])
            case "TaskUpdate" if not failed:
                self._task_updated(given)

    def _edited(self, name: str, given: Json) -> None:
        path = _path(given)
        if not path or len(self._edits) >= _MOST_EDITS:
            return
        if name == "Write":
            pieces = [("", text_of(given.get("content")) or "")]
        elif name == "NotebookEdit":
            pieces = [("", text_of(given.get("new_source")) or "")]
        else:
            rows = [given, *dicts_of(given.get("edits"))]
            pieces = [
                (text_of(each.get("old_string")) or "", text_of(each.get("new_string")) or "")
                for each in rows
                if "old_string" in each
            ]
        whole = name == "Write"
        self._edits += [FileEdit(path, old[:_PIECE], new[:_PIECE], whole) for old, new in pieces]

    def _ran(self, command: str, ok: bool, text: str) -> None:
        if not command:
            return
        tail = text.strip()[-_OUTPUT:]
        self._commands = [*self._commands[-_MOST_COMMANDS + 1 :], CommandRun(command, ok, tail)]
        if not ok:
            self._error = f"$ {command}\n{tail}"
        elif self._error.startswith(f"$ {command}\n"):
            # The same command went well since.
            self._error = ""

    def _task_updated(self, given: Json) -> None:
        number, status = str(given.get("taskId", "")), str(given.get("status", ""))
        step = self._tasks.get(number)
        if step is None:
            return
        self._goes_on_with_list = self._goes_on_with_list or number not in self._new_tasks
        if status == "deleted":
            del self._tasks[number]
            return
        had = self._done()
        text = text_of(given.get("subject")) or step.text
        self._tasks[number] = Step(text, _STATES.get(status, step.state))
        self._moved_on(had)

    def _done(self) -> int:
        return sum(step.state == "done" for step in self._tasks.values())

    def _moved_on(self, had: int) -> None:
        """A step was done after a failure: it was no obstacle any more."""
        if self._done() > had:
            self._error = ""

    # The end ----------------------------------------------------------------------------------

    def story(self) -> Story:
        begun = [_path(given) for name, given in self._pending.values() if name in _EDITORS]
        story = Story(
            task=self._task,
            edits=tuple(self._edits),
            read=tuple(self._read),
            commands=tuple(self._commands),
            said=tuple(self._said),
            error=self._error,
            begun=tuple(dict.fromkeys(filter(None, begun))),
            limit=self._limit,
            model=self._model,
            rows=self.rows,
            skipped=self.skipped,
        )
        if tasks := self._own_list():
            story = story._replace(steps=tasks, steps_from="list")
        return self._with_steps(story._replace(before=self._before))

    def _own_list(self) -> tuple[Step, ...]:
        """Of Claude's list what is about this prompt: all, where it goes on with an older one;
        else what is new. The rest may have been done by somebody else since."""
        return tuple(
            step
            for number, step in self._tasks.items()
            if self._goes_on_with_list or number in self._new_tasks
        )

    def _with_steps(self, story: Story) -> Story:
        """By its plan in words, or the person's, where it keeps no list."""
        if story.steps:
            return story
        if plan := next(filter(None, map(steps_in, reversed(self._said))), ()):
            return story._replace(steps=with_states(plan, story.edited), steps_from="plan")
        if wished := steps_in(self._task):
            return story._replace(steps=with_states(wished, story.edited), steps_from="prompt")
        return story


_EDITORS = frozenset({"Edit", "Write", "MultiEdit", "NotebookEdit"})


def _path(given: Json) -> str:
    return text_of(given.get("file_path")) or text_of(given.get("notebook_path")) or ""
