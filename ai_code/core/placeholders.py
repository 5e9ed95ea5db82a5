"""Placeholders in the command of the engine custom: which there are, and what they become. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

FILES = "files"
"""Alone in an argument: that becomes one argument for each file."""
NAMES = ("prompt_file", "model", "ollama_url", "context", FILES)
LISTED = ", ".join(f"{{{name}}}" for name in NAMES)

_NAMED = re.compile(
    r"\{\{(?P<literal>[A-Za-z_]\w*)\}\}|(?<!\$)\{(?P<name>[A-Za-z_]\w*)\}", re.ASCII
)
"""Other braces (JSON, a shell's ``${NAME}``) are none of ours; ``{{name}}`` is ``{name}``."""


def misused(arguments: Iterable[str]) -> str:
    """What is wrong with the first placeholder that would not be replaced; empty where none is."""
    for argument in arguments:
        for found in _NAMED.finditer(argument):
            name = found["name"]
            if name == FILES and argument != found[0]:
                return (
                    "{files} stands alone in an argument, which becomes one for each file "
                    f"(placeholders: {LISTED})"
                )
            if name is not None and name not in NAMES:
                return (
                    f"there is no placeholder {{{name[:60]}}} (placeholders: {LISTED}; for braces "
                    f"that stay: {{{{{name[:60]}}}}})"
                )
    return ""


def filled(
    arguments: Iterable[str], values: Mapping[str, str], files: Sequence[str]
) -> tuple[str, ...]:
    """The arguments with their placeholders replaced: once, whatever the values hold."""

    def value(found: re.Match[str]) -> str:
        literal = found["literal"]
        return f"{{{literal}}}" if literal else values.get(found["name"], found[0])

    made: list[str] = []
    for argument in arguments:
        made += files if argument == f"{{{FILES}}}" else (_NAMED.sub(value, argument),)
    return tuple(made)
