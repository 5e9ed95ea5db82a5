"""Commands on a screen: there to be copied, so they are cut only where a shell goes on. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ai_code.core.text import columns as width
from ai_code.core.text import wrapped

_WORD = re.compile(r"(?:[^\s'\"\\]|\\.|'[^']*'|\"(?:[^\"\\]|\\.)*\"|['\"\\])+")
"""A word as a shell takes it: what stands in quotes may have blanks."""
_HINT = re.compile(r"(?P<command>.*?)(?: {3}\(?(?P<about>.*?)\)?)?$", re.DOTALL)
_TOLD = r" *(?:\$|hint:) "
_LEAD = rf"{_TOLD}| {{4,}}"
"""What stands before a command in a line of ours; those in a list are indented that much."""
COMMANDS = (
    "run", "chat", "ask", "plan", "undo", "diff", "handover", "review", "hooks", "remember",
    "memory", "limits", "status", "history", "log", "stats", "drill", "setup", "engines", "models",
    "doctor", "config", "completion",
)  # fmt: skip
"""What makes ``ai-code`` a command line and not the name of the program; a test compares them
with those that there are."""
BEFORE_OURS = (
    r"(?P<before>(?:^[ \t]*(?:\$ )?|[:;|>] +|&& +|[(`]|\b(?:or|see) )(?:[A-Za-z_]\w*=\S* +)*)"
)
"""The start of a line, or what else may stand before a command of ours."""
_OURS = rf"{BEFORE_OURS}ai-code(?=`| *$| {{3}}| +[-\"'…]| +(?:{'|'.join(COMMANDS)})\b)"
"""A command of ours."""
_FOR_A_PERSON = ("why", "hint", "mend", "shown", "command", "told")
_OTHERS = (
    r"(?:sudo|systemctl|journalctl|loginctl|launchctl|curl|chmod|brew|pipx|uv|nix|home-manager"
    r"|nixos-rebuild) |(?:rm|df|kill) -|cd [/~'\"]|(?:export|unset) [A-Z_]+\b"
    r"|claude (?:-|auth|update)|npm (?:install|config) |docker (?:run|rm|start|exec|ps|logs)\b"
    r"|ollama (?:serve|pull|ps|list|run|rm|show|stop|create)\b"
    r"|git (?:init|apply|add|config|diff|log|status|stash|-)"
)
"""Beginnings of other programs' commands in lines of ours; words that go on as a sentence
(``git is not installed``) begin none."""
_INDENT = "  "
_GOES_ON = " \\"


def shown_command(text: str, shown_as: str) -> str:
    """A text of ours for a person, its commands called as this program was called: ``shown_as``
    as a shell reads it, empty for ``ai-code``. Prose about ai-code stays as it is."""
    if not shown_as or "ai-code" not in text:
        return text
    return re.sub(_OURS, lambda found: found["before"] + shown_as, text, flags=re.MULTILINE)


def shown_values(value: Any, shown_as: str) -> Any:
    """The same for what ``--json`` prints: in the values that are words or commands for a person,
    and never in a list of arguments."""
    if not shown_as:
        return value
    if isinstance(value, Mapping):
        return {key: _shown_value(key, each, shown_as) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [shown_values(each, shown_as) for each in value]
    return value


def _shown_value(key: str, value: Any, shown_as: str) -> Any:
    if key in _FOR_A_PERSON:
        if isinstance(value, str):
            return shown_command(value, shown_as)
        if key == "mend" and isinstance(value, list | tuple):
            return [shown_command(each, shown_as) for each in value]
    if key == "commands" and isinstance(value, Mapping):
        return {name: shown_command(each, shown_as) for name, each in value.items()}
    return shown_values(value, shown_as)


def command_and_about(hint: str) -> tuple[str, str]:
    """``command   (explanation)``, as hints are written: both."""
    told = _HINT.match(hint)
    assert told is not None
    return told["command"].strip(), told["about"] or ""


def pasted(command: str, columns: int) -> list[str]:
    """A command in lines of at most so many columns: one where it fits, else one for each part
    between ``&&``, else with a backslash at the end of each. What is copied is the same command.
    With a word that is too long for a line (a path) it is not cut."""
    if width(command) <= columns:
        return [command]
    words = _WORD.findall(command)
    parts: list[list[str]] = [[]]
    for word in words:
        parts[-1].append(word)
        if word == "&&":
            parts.append([])
    return [line for part in parts if part for line in _cut(part, columns)]


def _cut(words: list[str], columns: int) -> list[str]:
    if width(" ".join(words)) <= columns or any(_is_too_long(word, columns) for word in words):
        return [" ".join(words)]
    groups: list[str] = []
    for word in words:
        # ``&&`` ends a line as well as a backslash does; ``-v`` stays with what it says.
        option = bool(groups) and _is_short_option(groups[-1]) and not word.startswith("-")
        if groups and (word == "&&" or option):
            groups[-1] += f" {word}"
        else:
            groups.append(word)
    lines = groups[:1]
    for number, group in enumerate(groups[1:], 2):
        room = columns if number == len(groups) else columns - len(_GOES_ON)
        if width(f"{lines[-1]} {group}") <= room:
            lines[-1] += f" {group}"
        else:
            lines[-1] += _GOES_ON
            lines.append(_INDENT + group)
    return lines


def _is_too_long(word: str, columns: int) -> bool:
    """No cut would help: a screen breaks it, and a copy of one line is whole."""
    return width(word) > columns - len(_INDENT) - len(_GOES_ON)


def _is_short_option(word: str) -> bool:
    return len(word) == 2 and word.startswith("-")


def hint_lines(hint: str, columns: int) -> list[str]:
    """A hint on a screen: its command, and below it what it is for, where one line does not hold
    both."""
    if width(hint) <= columns:
        return [hint]
    command, about = command_and_about(hint)
    return [*pasted(command, columns), *(_INDENT + line for line in _about(about, columns))]


def screen_lines(line: str, columns: int, shown_as: str = "") -> list[str]:
    """A line of ours on a screen: words stay whole, what goes on is indented, and a command
    after ``$``, ``hint:`` or four blanks is cut only where a shell goes on."""
    if width(line) > columns and (found := re.match(_LEAD, line)) is not None:
        return _behind(found.group(), line, columns)
    return prose_lines(line, columns, shown_as)


def prose_lines(line: str, columns: int, shown_as: str = "") -> list[str]:
    """The same where most of it is words: a command in it stands on lines of its own where it
    does not fit. A row of a table, whose columns blanks hold apart, stays as it is."""
    if width(line) <= columns:
        return [line]
    if (found := re.match(_TOLD, line)) is not None:
        return _behind(found.group(), line, columns)
    indent = line[: len(line) - len(line.lstrip())]
    words, command = _told_apart(line[len(indent) :], shown_as)
    if "  " in words:
        return [line]
    room = columns - len(indent)
    lines = wrapped(words, room, indent=_INDENT)
    if command and lines and width(f"{lines[-1]} {command}") <= room:
        lines[-1] += f" {command}"
    elif command:
        inside = _INDENT if lines else ""
        lines += [inside + each for each in hint_lines(command, room - len(inside))]
    return [indent + each for each in lines]


def _told_apart(text: str, shown_as: str) -> tuple[str, str]:
    """The words of a line, and the command that it ends with, if there is one."""
    ours = f"{re.escape(shown_as or 'ai-code')} (?:[-\"'…]|(?:{'|'.join(COMMANDS)})\\b)"
    start = re.search(rf"(?:^|: )(?=(?:[A-Z_]+=\S+ )*(?:{ours}|{_OTHERS}))", text)
    if start is None:
        return text, ""
    return text[: start.end()].rstrip(), text[start.end() :]


def _behind(lead: str, line: str, columns: int) -> list[str]:
    first, *more = hint_lines(line[len(lead) :], columns - len(lead))
    return [lead + first, *(" " * len(lead) + each for each in more)]


def _about(text: str, columns: int) -> list[str]:
    return wrapped(f"({text})", columns - len(_INDENT)) if text else []
