"""A check of an engine's work by a command: what the command itself left behind is nobody's
work. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ai_code.core.changes import Change, Changes

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.")


class CheckFailure(NamedTuple):
    """``why`` in words (``it ended with exit status 1``), ``output`` its end. ``mendable``: the
    work may be at fault; not where the command could not even be started."""

    command: str
    why: str
    output: str = ""
    mendable: bool = True


def plain(output: bytes) -> str:
    """What a program printed, without colours, and of a line that was written over (progress)
    the last state."""
    text = _ESCAPES.sub("", output.decode("utf-8", "replace")).replace("\r\n", "\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))


def ending(text: str, characters: int) -> str:
    """The last lines of a text that fit; of a longer last line its end."""
    text = text.strip("\n")
    if len(text) <= characters:
        return text
    tail = text[-characters:]
    return tail.partition("\n")[2] or tail


def without_droppings(now: Changes, before: Changes, after: Changes) -> Changes:
    """What the engine made. ``before`` and ``after`` are the changes around a check, ``now`` what
    there is after the engine's next turn: what is still as only the check left it goes back to
    what the engine had made."""
    from dataclasses import replace

    made = {each.path: each for each in before.items}
    left = {each.path: each for each in after.items}
    there = {each.path for each in now.items}

    def items() -> Iterator[Change]:
        for each in now.items:
            if each == left.get(each.path) and each != made.get(each.path):
                if each.path in made:
                    yield made[each.path]
            else:
                yield each
        for path, each in made.items():
            # The check took it back, and nobody touched it since.
            if path not in there and path not in left:
                yield each

    of_check = set(after.ignored) - set(before.ignored)
    beside = set(after.escaped) - set(before.escaped)
    return replace(
        now,
        items=tuple(sorted(items(), key=lambda each: each.path)),
        ignored=tuple(path for path in now.ignored if path not in of_check),
        escaped=tuple(path for path in now.escaped if path not in beside),
    )


def as_they_are(before: Changes, now: Changes) -> Changes:
    """For work in the tree itself: the engine's paths, as they are there after the check."""
    from dataclasses import replace

    paths = {each.path for each in before.items}
    return replace(before, items=tuple(each for each in now.items if each.path in paths))
