"""YAML text to keys with raw values and places. Imports yaml: loaded only where a file exists.

Scalars stay the text that was written (YAML 1.1 would read the key ``on`` as true and ``1:30``
as ninety); only an unquoted yes/no word becomes a bool and an empty value None, so that typed
conversion can refuse them with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import yaml

from ai_code.core.text import one_line
from ai_code.settings.keys import GROUP_NAMES, KEYS
from ai_code.settings.values import shown

_DEEPEST = 8
_MOST_NODES = 2000
"""PyYAML composes some 50 KB a second: a hostile file must not cost seconds."""
_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset(_TAG + name for name in ("str", "int", "float", "timestamp", "value"))
_MAP, _SEQ, _NULL, _BOOL = (_TAG + name for name in ("map", "seq", "null", "bool"))


class _Mark(Protocol):
    """A place as PyYAML counts it, from 0."""

    line: int
    column: int


class RawEntry(NamedTuple):
    """One key as the file has it, known or not. Places count from 1."""

    name: str
    raw: object
    line: int
    column: int
    value_line: int
    value_column: int


class YamlTextError(ValueError):
    """The text is not YAML, or not the small part of it that settings use."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class _Loader(yaml.SafeLoader):
    """SafeLoader, composing only: no aliases, bounded depth and size."""

    depth = 0
    nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _at("aliases (*name) are not taken in settings", event.start_mark)
        self.depth += 1
        self.nodes += 1
        if self.depth > _DEEPEST or self.nodes > _MOST_NODES:
            raise _at("nested too deeply or too many values for settings", event.start_mark)
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def read_yaml(text: str) -> list[RawEntry]:
    """All keys of ``text`` in order, nested mappings made into dotted keys.

    Raises YamlTextError for anything that is not a mapping of settings; a key that is there
    twice is such an error, in whichever of its two forms."""
    entries = list(_entries(_compose(text), ""))
    first: dict[str, int] = {}
    for entry in entries:
        if entry.name in first:
            raise YamlTextError(
                f"{one_line(entry.name, 60)} is set twice, first in line {first[entry.name]}",
                entry.line,
                entry.column,
            )
        first[entry.name] = entry.line
    return entries


def _compose(text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        message = " ".join(part for part in (error.context, error.problem) if part)
        raise _at(f"not YAML: {one_line(message)}", error.problem_mark) from error
    except yaml.YAMLError as error:
        raise YamlTextError(f"not YAML: {one_line(str(error))}") from error
    except (ValueError, OverflowError) as error:
        # PyYAML lets chr() fail for "\UFFFFFFFF" and int() for odd directives.
        if isinstance(error, YamlTextError):
            raise
        raise YamlTextError("not YAML: an escape or directive is out of range") from error


def _entries(node: yaml.Node | None, prefix: str) -> Iterator[RawEntry]:
    """Leaves below ``node``; a mapping is a group only where the table knows one."""
    if node is None or (isinstance(node, yaml.ScalarNode) and node.tag == _NULL):
        return
    if not isinstance(node, yaml.MappingNode) or node.tag != _MAP:
        where = f"below {prefix[:-1]}" if prefix else "in the file"
        raise _at(f"expected keys and values {where}, got {_kind(node)}", node.start_mark)
    seen: set[str] = set()
    for key_node, value_node in node.value:
        name = prefix + _key_text(key_node)
        if name in seen:
            raise _at(f"{one_line(name, 60)} is there twice", key_node.start_mark)
        seen.add(name)
        if name in GROUP_NAMES and name not in KEYS:
            yield from _entries(value_node, name + ".")
        else:
            yield _entry(name, key_node, value_node)


def _entry(name: str, key_node: yaml.Node, value_node: yaml.Node) -> RawEntry:
    key, value = key_node.start_mark, value_node.start_mark
    raw = _raw(value_node)
    return RawEntry(name, raw, key.line + 1, key.column + 1, value.line + 1, value.column + 1)


def _raw(node: yaml.Node) -> object:
    if isinstance(node, yaml.MappingNode) and node.tag == _MAP:
        pairs = [(_key_text(key), _raw(value)) for key, value in node.value]
        if len(dict(pairs)) < len(pairs):
            raise _at("a key is there twice", node.start_mark)
        return dict(pairs)
    if isinstance(node, yaml.SequenceNode) and node.tag == _SEQ:
        return [_raw(item) for item in node.value]
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    raise _at("tags (!name) are not taken in settings", node.start_mark)


def _scalar(node: yaml.ScalarNode) -> str | bool | None:
    text = str(node.value)
    if node.tag in _PLAIN_TAGS:
        return text
    if node.tag == _NULL:
        return None
    if node.tag == _BOOL and text.lower() in ("yes", "no", "on", "off", "true", "false"):
        return text.lower() in ("yes", "on", "true")
    raise _at("tags (!name) are not taken in settings", node.start_mark)


def _key_text(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise _at(f"a key must be a word, got {_kind(node)}", node.start_mark)
    return str(node.value)


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return shown(node.value)
    return "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"


def _at(message: str, mark: _Mark | None) -> YamlTextError:
    if mark is None:
        return YamlTextError(message)
    return YamlTextError(message, mark.line + 1, mark.column + 1)
