"""One settings file, or the JSON of choices, to typed entries and the problems in it.

Imported only where there is a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ai_code.core.text import one_line
from ai_code.settings.keys import GROUP_NAMES, KEYS, Key, Value
from ai_code.settings.typed import SourceFile
from ai_code.settings.values import BadValueError, convert, suggestion

LARGEST_FILE = 256 * 1024
"""Bytes. A settings file is a few hundred; more is a mistake or an attack."""


class Entry(NamedTuple):
    """A key that is set, typed, with the line (from 1) where a file has lines."""

    key: Key
    value: Value
    line: int | None = None

    def __repr__(self) -> str:
        return f"Entry({self.key.name}, line {self.line})"


class Problem(NamedTuple):
    """Something wrong in a file. Line and column count from 1, 0 is unknown."""

    path: Path
    message: str
    line: int = 0
    column: int = 0
    unknown_key: bool = False
    hint: str = ""

    def __str__(self) -> str:
        place = "".join(f":{number}" for number in (self.line, self.column) if number)
        return f"{self.path}{place}: {self.message}"


class Parsed(NamedTuple):
    """What a file says, and what is wrong with it."""

    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()


def parse_file(file: SourceFile) -> Parsed:
    """Entries and problems of a YAML file, all of them, in the file's order. Never raises for
    what is in the file."""
    from ai_code.settings.yaml_text import YamlTextError, read_yaml

    try:
        raw = read_yaml(_decoded(file))
    except YamlTextError as error:
        return Parsed((), (Problem(file.path, str(error), error.line, error.column),))
    except _UnreadableError as error:
        return Parsed((), (Problem(file.path, str(error)),))
    entries: list[Entry] = []
    problems: list[Problem] = []
    for item in raw:
        made = _typed(item.name, item.raw)
        if isinstance(made, Entry):
            entries.append(Entry(made.key, made.value, item.line))
            continue
        unknown = made.unknown
        line, column = (item.line, item.column) if unknown else (item.value_line, item.value_column)
        problems.append(Problem(file.path, made.message, line, column, unknown, made.hint))
    return Parsed(tuple(entries), tuple(problems))


def parse_choices(file: SourceFile) -> Parsed:
    """Entries and problems of the JSON that commands keep in the state folder."""
    import json

    try:
        data = json.loads(_decoded(file))
    except _UnreadableError as error:
        return Parsed((), (Problem(file.path, str(error)),))
    except (ValueError, RecursionError):
        return Parsed((), (Problem(file.path, "not JSON"),))
    if not isinstance(data, dict):
        return Parsed((), (Problem(file.path, "not a JSON object"),))
    made = [_typed(name, raw) for name, raw in _flat(data)]
    entries = tuple(item for item in made if isinstance(item, Entry))
    refused = (item for item in made if not isinstance(item, Entry))
    problems = (
        Problem(file.path, item.message, unknown_key=item.unknown, hint=item.hint)
        for item in refused
    )
    return Parsed(entries, tuple(problems))


def unknown_key(name: str) -> str:
    """The message for a key that the table does not have, with the nearest one that it has."""
    plain = name.lower().replace("_", "-")
    ends = [known for known in KEYS if known.rpartition(".")[2] == plain]
    near = f"; did you mean {ends[0]}?" if ends else suggestion(name, list(KEYS))
    return f"unknown key {one_line(name.encode('utf-8', 'replace').decode(), 60)}{near}"


class _UnreadableError(ValueError):
    pass


class _Refused(NamedTuple):
    message: str
    unknown: bool = False
    hint: str = ""


def _decoded(file: SourceFile) -> str:
    if file.problem:
        raise _UnreadableError(file.problem)
    if len(file.content) > LARGEST_FILE:
        raise _UnreadableError(f"larger than {LARGEST_FILE // 1024} KB: not a settings file")
    try:
        return file.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _UnreadableError(f"not UTF-8 (byte {error.start})") from error


def _typed(name: str, raw: object) -> Entry | _Refused:
    key = KEYS.get(name)
    if key is None:
        return _Refused(unknown_key(name), unknown=True)
    try:
        return Entry(key, convert(key, raw))
    except BadValueError as error:
        return _Refused(f"{name}: {error}", hint=error.hint)


def _flat(data: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for last, raw in data.items():
        name = prefix + last
        if name in GROUP_NAMES and name not in KEYS and isinstance(raw, dict):
            yield from _flat(raw, name + ".")
        else:
            yield name, raw


def needing_trust(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries of a project's file that count only when the person trusts the file."""
    return tuple(entry for entry in entries if entry.key.needs_trust(entry.value))
