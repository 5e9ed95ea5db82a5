"""What the doctor finds: of each check a state, its evidence, and the command that mends it."""

from __future__ import annotations

import shlex
from typing import Literal, NamedTuple, get_args

State = Literal["ok", "warn", "failed", "skipped"]
"""``warn`` works, but not as it should; ``skipped`` could not be looked at, or need not be."""
Group = Literal[
    "claude", "aider", "engines", "ollama", "models", "machine", "settings", "state"
]  # fmt: skip
GROUPS: tuple[Group, ...] = get_args(Group)
"""In the order in which they are shown."""
Mending = Literal["", "end-processes", "discard-worktrees"]
"""What the doctor mends by means of its own, where no program of the system could."""


class Fix(NamedTuple):
    """What mends a trouble.

    ``commands`` are lists of arguments, run one after the other. ``text`` is shown in their
    place where no command can do it as it stands (a line for a Nix file, an editor's content).
    ``safe``: the doctor may run it after asking: it loses nothing, and twice is like once.
    """

    commands: tuple[tuple[str, ...], ...] = ()
    text: str = ""
    safe: bool = False
    mending: Mending = ""

    @property
    def shown(self) -> str:
        """One line to paste."""
        return self.text or " && ".join(shlex.join(each) for each in self.commands)


class Finding(NamedTuple):
    """What one look at one thing gave. ``evidence`` is what was seen, never a secret."""

    state: State
    evidence: str
    fix: Fix | None = None


class Result(NamedTuple):
    """A check's finding with its stable id, which is its anchor on the troubleshooting page.
    ``seconds`` is how long the look took."""

    id: str
    group: Group
    title: str
    finding: Finding
    seconds: float = 0.0

    @property
    def state(self) -> State:
        """The finding's."""
        return self.finding.state

    @property
    def fix(self) -> Fix | None:
        """The finding's; only where something is wrong."""
        return self.finding.fix if self.state in ("warn", "failed") else None


def ok(evidence: str) -> Finding:
    """All is well."""
    return Finding("ok", evidence)


def warn(evidence: str, fix: Fix | None = None) -> Finding:
    """It works, but not as it should."""
    return Finding("warn", evidence, fix)


def failed(evidence: str, fix: Fix | None = None) -> Finding:
    """It does not work."""
    return Finding("failed", evidence, fix)


def skipped(reason: str) -> Finding:
    """Not looked at, and why."""
    return Finding("skipped", reason)


def run(*argv: str, safe: bool = False) -> Fix:
    """A fix of one command."""
    return Fix((argv,), safe=safe)


def write(text: str) -> Fix:
    """A fix that a person has to type or write."""
    return Fix(text=text)


def counts(results: tuple[Result, ...]) -> dict[State, int]:
    """How many of each state."""
    states = [each.state for each in results]
    return {state: states.count(state) for state in get_args(State)}
