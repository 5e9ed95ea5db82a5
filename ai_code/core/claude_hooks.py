"""Our hooks in Claude Code's settings: which there are, how they are written, found again and
taken out. Pure, over the text of the file."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from ai_code.core.json_edit import Insertion, Node, added, inserted, parsed, without

Event = Literal["session-start", "stop-failure"]


class HookEvent(NamedTuple):
    """``name`` is Claude's word, ``since`` the first version that knows it: an older one would
    drop every hook of the file for a name it does not know (seen in 2.0.77). ``does`` says what
    ours is for."""

    word: Event
    name: str
    since: tuple[int, ...]
    does: str


EVENTS = (
    HookEvent("session-start", "SessionStart", (1, 0, 62),
              "tells Claude what a local model did meanwhile"),
    HookEvent("stop-failure", "StopFailure", (2, 1, 78),
              "records a limit for ai-code status"),
)  # fmt: skip
"""Versions by Claude Code's changelog; 2.0.77 and 2.1.329 were tried."""

TIMEOUT_S = 10
"""After which Claude ends a hook of ours; it ends itself before."""

_BEFORE: Mapping[Event, str] = {
    "session-start": "",
    # `claude -p` ends right after a failure, and 30 ms after their start (2.1.329) it sends TERM
    # to these hooks: Python has not even begun by then. What ignores it from the start goes on.
    "stop-failure": "trap '' TERM; exec ",
}

_OURS = re.compile(r"(?:ai-code|ai_code)['\"]? hooks run [a-z-]+\s*$")


class FormError(ValueError):
    """The file is JSON, but its hooks do not have the form that Claude knows."""


class Edited(NamedTuple):
    """A text with our hooks; ``insertions`` in the order in which they were made. ``had`` are
    the containers that were there already: ``hooks``, ``hooks.SessionStart``."""

    text: str
    insertions: tuple[Insertion, ...]
    had: tuple[str, ...]


def command_of(own: Sequence[str], event: HookEvent) -> str:
    """What Claude runs, through a shell."""
    return _BEFORE[event.word] + shlex.join([*own, "hooks", "run", event.word])


def parts_of(command: str) -> tuple[str, ...]:
    """The words of one of our commands, without what its shell does before; none where it cannot
    be read."""
    for before in filter(None, _BEFORE.values()):
        command = command.removeprefix(before)
    try:
        return tuple(shlex.split(command))
    except ValueError:
        return ()


def known_to(version: tuple[int, ...] | None, event: HookEvent) -> bool:
    """Whether a version of Claude Code takes the event; of an unknown version nobody knows."""
    return version is not None and version >= event.since


def group_of(command: str) -> dict[str, Any]:
    """One entry below an event, as Claude wants it."""
    return {"hooks": [{"type": "command", "command": command, "timeout": TIMEOUT_S}]}


def lines_of(commands: Mapping[str, str]) -> list[str]:
    """To be written by hand: Claude's word for the event → command."""
    value = {"hooks": {name: [group_of(command)] for name, command in commands.items()}}
    return json.dumps(value, indent=2, ensure_ascii=False).splitlines()


def nix_lines(events: Sequence[HookEvent]) -> list[str]:
    """The same for Home Manager's own module of Claude Code; the program by the package, for a
    path in the store goes with the next generation."""
    lines = ["programs.claude-code.settings.hooks = {"]
    for event in events:
        program = "${lib.getExe config.programs.ai-code.package}"
        lines += [
            f"  {event.name} = [ {{ hooks = [ {{",
            '    type = "command";',
            f'    command = "{_BEFORE[event.word]}{program} hooks run {event.word}";',
            f"    timeout = {TIMEOUT_S};",
            "  } ]; } ];",
        ]
    return [*lines, "};"]


def ours_in(text: str) -> dict[str, list[str]]:
    """Claude's word for an event → our commands there. Raises ValueError (FormError)."""
    hooks = _loaded(text).get("hooks")
    found: dict[str, list[str]] = {}
    for name, groups in hooks.items() if isinstance(hooks, dict) else ():
        for group in groups if isinstance(groups, list) else ():
            entries = group.get("hooks") if isinstance(group, dict) else None
            for entry in entries if isinstance(entries, list) else ():
                if _is_ours(entry):
                    found.setdefault(name, []).append(entry["command"])
    return found


def are_off(text: str) -> bool:
    """Whether the file switches all hooks off. Raises ValueError."""
    return _loaded(text).get("disableAllHooks") is True


def with_hooks(text: str, commands: Mapping[str, str]) -> Edited:
    """The text with one group more for each event. Raises ValueError (FormError)."""
    insertions: list[Insertion] = []
    had: list[str] = []
    for name, command in commands.items():
        root = _object(text)
        hooks = root.member("hooks")
        groups = hooks.member(name) if hooks else None
        if hooks is None:
            each = added(text, root, "hooks", {name: [group_of(command)]}, 0)
        elif hooks.kind != "object" or (groups is not None and groups.kind != "list"):
            raise FormError(f"hooks{f'.{name}' if groups else ''} is not what Claude Code takes")
        elif groups is None:
            each = added(text, hooks, name, [group_of(command)], 1)
        else:
            each = added(text, groups, None, group_of(command), 2)
        if not insertions and hooks is not None:
            had.append("hooks")
        if groups is not None:
            had.append(f"hooks.{name}")
        insertions.append(each)
        text = inserted(text, each)
    return Edited(text, tuple(insertions), tuple(had))


def without_hooks(text: str, had: Sequence[str] = ()) -> str:
    """The text without ours, and without what is empty then; containers that ``had`` names stay.
    Raises ValueError (FormError)."""
    while (shorter := _without_one(text, had)) is not None:
        text = shorter
    return text


def _without_one(text: str, had: Sequence[str]) -> str | None:
    root = _object(text)
    hooks = root.member("hooks")
    for event in hooks.members if hooks else ():
        for number, group in enumerate(event.value.members):
            entries = group.value.member("hooks")
            for index, entry in enumerate(entries.members if entries else ()):
                if not _is_ours(json.loads(text[entry.start : entry.value.end])):
                    continue
                assert entries is not None and hooks is not None
                path = [(root, "hooks"), (hooks, f"hooks.{event.key}")]
                return _shorter(text, path, event.value, number, entries, index, had)
    return None


def _shorter(
    text: str,
    path: list[tuple[Node, str]],
    groups: Node,
    number: int,
    entries: Node,
    index: int,
    had: Sequence[str],
) -> str:
    """Without the entry, or with it what holds nothing else."""
    if len(entries.members) > 1:
        return without(text, entries, index)
    if len(groups.members) > 1 or path[1][1] in had:
        return without(text, groups, number)
    (root, whole), (hooks, name) = path
    if len(hooks.members) > 1 or whole in had:
        return without(text, hooks, _index(hooks, name.partition(".")[2]))
    return without(text, root, _index(root, "hooks"))


def _index(container: Node, key: str) -> int:
    return max(number for number, each in enumerate(container.members) if each.key == key)


def _is_ours(entry: Any) -> bool:
    command = entry.get("command") if isinstance(entry, dict) else None
    return isinstance(command, str) and bool(_OURS.search(command))


def _loaded(text: str) -> dict[str, Any]:
    """The object; an empty one where it is something else. Raises ValueError."""
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value if isinstance(value, dict) else {}


def _object(text: str) -> Node:
    root = parsed(text)
    if root.kind != "object":
        raise FormError("it is no JSON object")
    return root
