"""Small edits in a JSON text that somebody else wrote: what is not touched stays byte for byte.

An insertion is all that is ever added, so that taking it out gives back what was there."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


class Node(NamedTuple):
    """A value with its place in the text. ``members`` of an object or a list, in their order."""

    kind: Literal["object", "list", "other"]
    start: int
    end: int
    members: tuple[Member, ...] = ()

    def member(self, key: str) -> Node | None:
        """The value of a key; of one that is there twice the last, as every reader takes it."""
        found = [each.value for each in self.members if each.key == key]
        return found[-1] if found else None


class Member(NamedTuple):
    """``start`` is where its key begins, in a list its value."""

    key: str | None
    start: int
    value: Node


class Insertion(NamedTuple):
    """What was put in, and where, counted in characters."""

    at: int
    text: str


def parsed(text: str) -> Node:
    """The tree of a text. Raises ValueError where it is not JSON."""
    try:
        json.loads(text)
        return _value(text, _skip(text, 0))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def added(text: str, into: Node, key: str | None, value: Any, depth: int) -> Insertion:
    """What to insert so that ``into`` ends with ``value``, in the manner of the text. ``key``
    None: it is a list. ``depth`` counts the containers around it."""
    end = "\r\n" if "\r\n" in text else "\n"
    unit = _unit(text)
    inside = text[into.start + 1 : into.end - 1]
    compact = "\n" not in text[into.start : into.end] and (bool(into.members) or depth > 0)
    if compact and "\n" in text and not into.members:
        # An empty pair of brackets in a text of many lines.
        compact = False
    if compact:
        told = _written(key, value, None, text)
        return Insertion(into.end - 1, told) if not into.members else _after(into, f", {told}")
    base = _indent_of(text, into, unit * (depth + 1))
    told = _written(key, value, unit, text).replace("\n", end + base)
    if into.members:
        return _after(into, f",{end}{base}{told}")
    outer = unit * depth
    closing = "" if "\n" in inside else end + outer
    return Insertion(into.start + 1, f"{end}{base}{told}{closing}")


def without(text: str, container: Node, index: int) -> str:
    """The text without one member of a container, and the comma that is too many then."""
    members = container.members
    if index > 0:
        start, end = members[index - 1].value.end, members[index].value.end
    elif len(members) > 1:
        start, end = members[0].start, members[1].start
    else:
        start, end = container.start + 1, container.end - 1
    return text[:start] + text[end:]


def inserted(text: str, insertion: Insertion) -> str:
    """The text with it."""
    return text[: insertion.at] + insertion.text + text[insertion.at :]


def taken_back(text: str, insertions: Sequence[Insertion]) -> str | None:
    """The text before these insertions; None where one of them is not there any more."""
    for each in reversed(insertions):
        end = each.at + len(each.text)
        if text[each.at : end] != each.text:
            return None
        text = text[: each.at] + text[end:]
    return text


def _after(into: Node, told: str) -> Insertion:
    return Insertion(into.members[-1].value.end, told)


def _written(key: str | None, value: Any, unit: str | None, text: str) -> str:
    colon = ":" if unit is None and '": ' not in text and '":' in text else ": "
    between = (",", colon) if unit is not None or colon == ":" else (", ", colon)
    told = json.dumps(value, ensure_ascii=False, indent=unit, separators=between)
    return told if key is None else f"{json.dumps(key, ensure_ascii=False)}{colon}{told}"


def _unit(text: str) -> str:
    """What one level is indented by: the first key that begins a line tells it."""
    found = re.match(r"\s*\{[ \t]*\r?\n([ \t]+)\S", text)
    return found[1] if found else "  "


def _indent_of(text: str, into: Node, otherwise: str) -> str:
    """What stands before the container's members, where each has its own line."""
    for member in into.members:
        line = text[text.rfind("\n", 0, member.start) + 1 : member.start]
        if line and not line.strip():
            return line
    return otherwise


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _value(text: str, start: int) -> Node:
    if text[start] in "{[":
        return _container(text, start)
    return Node("other", start, _DECODER.raw_decode(text, start)[1])


def _container(text: str, start: int) -> Node:
    is_object = text[start] == "{"
    members: list[Member] = []
    at = _skip(text, start + 1)
    while text[at] not in "}]":
        began, key = at, None
        if is_object:
            key, at = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        value = _value(text, at)
        members.append(Member(key, began, value))
        at = _skip(text, value.end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return Node("object" if is_object else "list", start, at + 1, tuple(members))
