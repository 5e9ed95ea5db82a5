"""Rules for some files only: the front matter of ``.claude/rules/*.md``, and its patterns, which
are those of .gitignore with braces (seen in Claude Code 2.1.329). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_FRONT = re.compile(r"\A---[ \t]*\n(?P<front>.*?)^---[ \t]*(?:\n|\Z)", re.S | re.M)
_KEY = re.compile(r"^paths[ \t]*:[ \t]*(?P<value>.*)$")
_ITEM = re.compile(r"^[ \t]*-[ \t]+(?P<value>.*)$")
_MOST_PATTERNS = 64
_LONGEST = 400
_ALL = ("", "**", "**/*", "*")


class Rule(NamedTuple):
    """``paths`` are the patterns of the files that ``text`` is for; none: for all."""

    text: str
    paths: tuple[str, ...] = ()

    def applies(self, files: Iterable[str]) -> bool:
        """Whether one of these files, relative to the rule's project, is meant."""
        return not self.paths or any(matches(each, self.paths) for each in files)


def parse_rule(text: str) -> Rule:
    """A rule's file: its front matter is not part of what it says."""
    text = text.replace("\r\n", "\n")
    front = _FRONT.match(text)
    if front is None:
        return Rule(text)
    patterns: list[str] = []
    inside = False
    for line in front["front"].split("\n"):
        if (key := _KEY.match(line)) is not None:
            inside = True
            patterns += _values(key["value"])
        elif inside and (item := _ITEM.match(line)) is not None:
            patterns += _values(item["value"])
        elif line.strip():
            inside = False
    wanted = [each for pattern in patterns for each in _unbraced(pattern)][:_MOST_PATTERNS]
    meant = all(each.lstrip("/") not in _ALL for each in wanted)
    return Rule(text[front.end() :], tuple(wanted) if meant else ())


def matches(path: str, patterns: Sequence[str]) -> bool:
    """As git reads .gitignore: the last pattern that fits decides, ``!`` takes back, one that
    fits a folder fits all below it."""
    found = False
    for pattern in patterns:
        bare = pattern.removeprefix("!")
        if _fits(path, bare):
            found = bare == pattern
    return found


def _fits(path: str, pattern: str) -> bool:
    if len(pattern) > _LONGEST:
        return False
    segments = pattern.strip("/").split("/")
    if len(segments) == 1 and not pattern.startswith("/"):
        segments = ["**", *segments]
    parts = path.split("/")
    # A pattern for a folder (``docs/``) never means a file of that name.
    last = len(parts) - 1 if pattern.endswith("/") else len(parts)
    return any(_walk(parts[:end], segments) for end in range(1, last + 1))


def _walk(parts: Sequence[str], segments: Sequence[str]) -> bool:
    """Whether all of ``parts`` is what ``segments`` say."""
    reached = {0}
    for number, segment in enumerate(segments):
        if segment == "**":
            # ``docs/**`` means what lies in docs, not docs itself.
            least = 1 if number == len(segments) - 1 else 0
            reached = {end for at in reached for end in range(at + least, len(parts) + 1)}
            continue
        reached = {at + 1 for at in reached if at < len(parts) and _same(parts[at], segment)}
    return len(parts) in reached


def _same(name: str, segment: str) -> bool:
    """One name against one segment: ``*``, ``?``, ``[…]``, a backslash before a character."""
    reached = {0}
    for kind, value in _tokens(segment):
        if kind == "*":
            reached = set(range(min(reached), len(name) + 1)) if reached else reached
        else:
            reached = {at + 1 for at in reached if at < len(name) and _one(name[at], kind, value)}
    return len(name) in reached


def _tokens(segment: str) -> Iterable[tuple[str, str]]:
    at = 0
    while at < len(segment):
        char = segment[at]
        end = segment.find("]", at + 2) if char == "[" else -1
        if char in "*?":
            yield char, ""
        elif char == "\\" and at + 1 < len(segment):
            at += 1
            yield "", segment[at]
        elif end > 0:
            yield "[", segment[at + 1 : end]
            at = end
        else:
            yield "", char
        at += 1


def _one(char: str, kind: str, value: str) -> bool:
    if kind == "?":
        return True
    if kind == "[":
        inside = value.lstrip("!^")
        return _in_class(char, inside) != (inside != value)
    return char == value


def _in_class(char: str, inside: str) -> bool:
    at = 0
    while at < len(inside):
        if inside[at + 1 : at + 2] == "-" and at + 2 < len(inside):
            if inside[at] <= char <= inside[at + 2]:
                return True
            at += 3
        else:
            if inside[at] == char:
                return True
            at += 1
    return False


def _values(text: str) -> list[str]:
    """``a``, ``"a"``, ``a, b`` or ``[a, b]``; a comma in braces is the pattern's own."""
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    parts = re.split(r",(?![^{]*})", text)
    return [each for part in parts if (each := part.strip().strip("\"'").strip())]


def _unbraced(pattern: str) -> list[str]:
    """``*.{ts,tsx}`` as two patterns."""
    done: list[str] = []
    left = [pattern]
    while left and len(done) < _MOST_PATTERNS:
        each = left.pop(0)
        found = re.search(r"\{([^{}]*,[^{}]*)\}", each)
        if found is None:
            done.append(each)
            continue
        head, tail = each[: found.start()], each[found.end() :]
        if len(left) < _MOST_PATTERNS:
            left += [head + choice + tail for choice in found[1].split(",")]
    return done
