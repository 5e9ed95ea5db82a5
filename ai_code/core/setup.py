"""``ai-code setup``: its steps, what each of them came to, and what was changed on the way."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, get_args

StepName = Literal["git", "claude", "aider", "ollama", "service", "model", "drill"]
STEPS: tuple[StepName, ...] = get_args(StepName)
"""In the order in which they are gone through: each may need those before it."""

StepState = Literal["ok", "done", "skipped", "missing", "failed"]
"""``ok`` was there already, ``done`` was made now; ``skipped`` because the person said so;
``missing`` is what nobody made, ``failed`` what did not succeed."""

ChangeKind = Literal["aider", "claude", "brew", "brew-service", "container", "unit", "choice",
                     "model"]  # fmt: skip

AIDER_VERSION = "0.86.2"
"""The version of aider that ai-code is tested with (its lines are read, see engines/aider)."""
AIDER_OLDEST = (0, 80, 0)
"""The oldest that has the options we give it."""
AIDER_PYTHON_MINORS = (12, 11, 10)
"""Python 3.x that aider's packages are made for, the best first (its pyproject: >=3.10,<3.13)."""
AIDER_BYTES = 700_000_000
"""aider 0.86.2 with its 105 packages and compiled bytecode: 687 MB measured."""
AIDER_ROOM = 1_000_000_000
"""Bytes of the disk that its making takes, downloads included."""


class StepResult(NamedTuple):
    """``told`` is the evidence in one line; ``mend`` are commands for what is missing."""

    step: StepName
    state: StepState
    told: str
    mend: tuple[str, ...] = ()

    @property
    def fine(self) -> bool:
        """Whether a later step may build on it."""
        return self.state in ("ok", "done")


_CHOSEN_BY: Mapping[str, StepName] = {"model": "model", "aider.command": "aider"}


class Change(NamedTuple):
    """Something that setup made, for ``--remove``. ``name`` is a path, a model, a key; ``facts``
    are what taking it back needs. ``made_at`` in epoch seconds."""

    kind: ChangeKind
    name: str
    facts: Mapping[str, str] = MappingProxyType({})
    made_at: int = 0

    @property
    def step(self) -> StepName:
        """The step that makes such a change."""
        if self.kind == "choice":
            return _CHOSEN_BY.get(self.name, "ollama")
        return _MADE_BY[self.kind]

    def same(self, other: Change) -> bool:
        return (self.kind, self.name) == (other.kind, other.name)


_MADE_BY: Mapping[ChangeKind, StepName] = {
    "aider": "aider",
    "claude": "claude",
    "brew": "ollama",
    "container": "ollama",
    "brew-service": "service",
    "unit": "service",
    "model": "model",
}
