"""What an engine did before it was stopped: the facts that a brief is written from."""

from __future__ import annotations

from typing import Literal, NamedTuple

StepState = Literal["done", "doing", "open"]
StepsFrom = Literal["", "list", "plan", "prompt"]
"""``list`` is the engine's own list of tasks, ``plan`` a list in its words, ``prompt`` one in the
person's; of these two, what is done is judged by the files that a step names."""


class Step(NamedTuple):
    """One thing to do, in the words of whoever wrote the list."""

    text: str
    state: StepState = "open"


class FileEdit(NamedTuple):
    """One edit that was carried out: ``old`` made into ``new``, pieces of the file or all of it.
    ``path`` as the engine named it."""

    path: str
    old: str
    new: str
    whole: bool = False


class CommandRun(NamedTuple):
    """A command and the end of what it printed."""

    command: str
    ok: bool
    output: str = ""


class Story(NamedTuple):
    """In the order in which things happened. ``said`` are the engine's own words, ``error`` the
    failure that nothing after it has mended, ``begun`` files that it had asked to edit and of
    which no result came. ``rows`` of a transcript were read, ``skipped`` ones not understood.
    ``before`` is what was done for the prompt before, in the same session: what "go on" means."""

    task: str = ""
    steps: tuple[Step, ...] = ()
    steps_from: StepsFrom = ""
    edits: tuple[FileEdit, ...] = ()
    read: tuple[str, ...] = ()
    commands: tuple[CommandRun, ...] = ()
    said: tuple[str, ...] = ()
    error: str = ""
    begun: tuple[str, ...] = ()
    limit: str = ""
    model: str = ""
    rows: int = 0
    skipped: int = 0
    before: Story | None = None

    @property
    def edited(self) -> tuple[str, ...]:
        """Each file once."""
        return tuple(dict.fromkeys(edit.path for edit in self.edits))

    @property
    def done(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.state == "done")

    @property
    def open(self) -> tuple[Step, ...]:
        """What is left to do; what was begun is among it."""
        return tuple(step for step in self.steps if step.state != "done")

    @property
    def empty(self) -> bool:
        """Nothing was done before the limit: the prompt alone is handed over."""
        return not (self.edits or self.commands or self.read or self.said or self.done)

    @property
    def tells(self) -> bool:
        """Whether there is anything to tell of."""
        return not self.empty or self.before is not None
