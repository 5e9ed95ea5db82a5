"""Raw values (of YAML, JSON, the environment, flags) made into typed ones, or refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from ai_code.core.engine_table import known_names
from ai_code.core.errors import ConfigError
from ai_code.core.placeholders import misused
from ai_code.core.text import one_line
from ai_code.settings.api import parse_api
from ai_code.settings.keys import Key, Value

_DURATION = re.compile(
    r"(?:(?P<bare>\d{1,9}(?:\.\d{1,6})?)"
    r"|(?=\d)(?:(?P<h>\d{1,9})h)? ?(?:(?P<m>\d{1,9})m)? ?(?:(?P<s>\d{1,9})s)?)",
    re.ASCII | re.IGNORECASE,
)
_LONGEST_S = 366 * 86_400
"""Longer than a year is a slip of the pen, and more than some system calls take."""
_INTEGER = re.compile(r"\d{1,9}", re.ASCII)
_NAME = re.compile(r"[^\s-]\S{0,199}")
_KEEP_ALIVE = re.compile(r"-?(\d+(\.\d+)?|(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+)", re.ASCII)
"""A number of seconds or a Go duration, as Ollama's ``keep_alive`` takes them."""
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""``token`` of RFC 9110, 5.6.2."""
_HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?")
_UNUSABLE = re.compile("[\x00\ud800-\udfff]")
_WORDS = {"true": True, "yes": True, "on": True, "1": True}
_WORDS |= {"false": False, "no": False, "off": False, "0": False}


class BadValueError(ValueError):
    """A value that a key does not take; the text says what was expected. No secret in it."""

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.hint = hint


def convert(key: Key, raw: object) -> Value:
    """The typed value of ``raw`` (text, bool, number, None, sequence or mapping).

    Raises BadValueError. Pure; never shows the value of a secret key."""
    if raw is None:
        if key.nullable:
            return None
        raise BadValueError(f"expected {expected(key)}, but there is no value")
    return _CONVERTERS[key.type](key, raw)


def from_text(key: Key, text: str) -> object:
    """The raw value that a variable or flag means: lists are comma-separated or JSON, mappings
    are ``Name: value`` lines or JSON, all else is the text itself. Raises BadValueError."""
    if key.type == "notify" and not text.lstrip().startswith("["):
        return text
    if key.type not in ("list", "command", "commands", "mapping", "urls", "notify", "countries"):
        return text
    if text.lstrip().startswith(("[", "{")):
        return _from_json(key, text)
    if key.type == "commands":
        raise BadValueError(f"expected {expected(key)}, as JSON")
    if key.type == "mapping":
        lines = [line for line in text.splitlines() if line.strip()]
        if not all(":" in line for line in lines):
            raise BadValueError("expected Name: value, one on each line")
        return {line.partition(":")[0].strip(): line.partition(":")[2].strip() for line in lines}
    return [item.strip() for item in text.split(",") if item.strip()]


def _from_json(key: Key, text: str) -> object:
    import json

    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadValueError(f"expected {expected(key)}, got broken JSON") from error
    return value


def expected(key: Key) -> str:
    """What a key takes, in words: for messages and the reference."""
    match key.type:
        case "name" if key.engines:
            return "one of " + ", ".join(known_names(key.engines))
        case "list" if key.engines:
            return "a list of " + ", ".join(known_names(key.engines))
        case "choice":
            return "one of " + ", ".join(key.choices)
        case "list" if key.choices:
            return "a list of " + ", ".join(key.choices)
        case _:
            return _IN_WORDS[key.type]


_IN_WORDS: Mapping[str, str] = {
    "name": "a name without spaces",
    "text": "a duration such as 5m, or seconds",
    "bool": "true or false",
    "int": "a whole number, 0 or more",
    "duration": "seconds, or a duration such as 90s, 5m or 1h30m",
    "list": "a list of texts",
    "command": "a program's path, or a list of arguments",
    "commands": "a mapping of engines to lists of arguments",
    "mapping": "a mapping of header names to texts",
    "url": "a host, host:port or http(s) address",
    "countries": "a list of country codes (CN, US, …)",
    "urls": "a list of hosts, host:port or http(s) addresses",
    "path": "an absolute path, or one that begins with ~/",
    "notify": "off, desktop, or a list of arguments",
}


def parse_duration(text: str) -> float:
    """Seconds of ``90``, ``90s``, ``5m``, ``2h``, ``1h30m``. Raises BadValueError."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise BadValueError(f"{shown(text)} is not {_IN_WORDS['duration']}")
    if match["bare"]:
        seconds = float(match["bare"])
    else:
        hours, minutes, rest = (int(match[unit] or 0) for unit in ("h", "m", "s"))
        seconds = float(hours * 3600 + minutes * 60 + rest)
    if seconds > _LONGEST_S:
        raise BadValueError(f"{shown(text)} is longer than a year")
    return seconds


def shown(raw: object) -> str:
    """A raw value for a message: bounded, on one line, safe to print."""
    if isinstance(raw, bool) or raw is None:
        return {True: "true", False: "false", None: "nothing"}[raw]
    if isinstance(raw, Mapping):
        return "a mapping"
    if isinstance(raw, Sequence) and not isinstance(raw, str):
        return "a list"
    text = _UNUSABLE.sub("\ufffd", str(raw)[:200])
    return f"'{one_line(text, 60)}'"


def suggestion(word: str, known: Sequence[str]) -> str:
    """``; did you mean …?`` for the nearest known word, or nothing."""
    import difflib

    near = difflib.get_close_matches(word.lower().replace("_", "-")[:60], known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _text(key: Key, raw: object) -> str:
    """One text; a yes/no word is refused, because YAML reads ``no`` and ``on`` as such."""
    if isinstance(raw, bool):
        raise BadValueError(f"expected {expected(key)}, got a yes/no word: put it in quotes")
    if isinstance(raw, int | float):
        raw = str(raw)
    if not isinstance(raw, str):
        raise BadValueError(f"expected {expected(key)}, got {shown(raw)}")
    if _UNUSABLE.search(raw):
        raise BadValueError(f"expected {expected(key)}, got a NUL or an unpaired surrogate")
    return raw


def _choice(key: Key, raw: object) -> str:
    """YAML reads a plain ``off`` as a no."""
    text = "off" if raw is False and "off" in key.choices else _text(key, raw)
    if text not in key.choices:
        near = suggestion(text, key.choices)
        raise BadValueError(f"{shown(text)} is not one of {', '.join(key.choices)}{near}")
    return text


def _engine(key: Key, text: str) -> str:
    """A name that has to be an engine's."""
    names = known_names(key.engines)
    if text not in names:
        near = suggestion(text, names)
        raise BadValueError(f"{shown(text)} is not one of {', '.join(names)}{near}")
    return text


def _name(key: Key, raw: object) -> str:
    text = _text(key, raw)
    if key.engines:
        return _engine(key, text)
    if not _NAME.fullmatch(text) or not text.isprintable():
        raise BadValueError(f"{shown(text)} is not a name: no spaces, no leading '-'")
    return text


def _keep_alive(key: Key, raw: object) -> str:
    text = _text(key, raw)
    if not _KEEP_ALIVE.fullmatch(text):
        raise BadValueError(f"{shown(text)} is not {expected(key)}")
    return text


def _bool(key: Key, raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    word = raw.strip().lower() if isinstance(raw, str) else ""
    if word not in _WORDS:
        raise BadValueError(f"expected {expected(key)}, got {shown(raw)}")
    return _WORDS[word]


def _int(key: Key, raw: object) -> int:
    text = _text(key, raw).strip()
    if not _INTEGER.fullmatch(text):
        raise BadValueError(f"{shown(text)} is not a whole number from 0 to 999999999")
    return int(text)


def _duration(key: Key, raw: object) -> float:
    return parse_duration(_text(key, raw))


def _list(key: Key, raw: object) -> tuple[str, ...]:
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise BadValueError(f"expected {expected(key)}, got {shown(raw)}")
    item = _choice if key.choices else _text
    items = tuple(item(key, each) for each in raw)
    if key.engines and key.type == "list":
        items = tuple(dict.fromkeys(_engine(key, each) for each in items))
    if key.name == "context.files" and "" in items:
        raise BadValueError("expected names of files, got an empty one")
    return items


def _countries(key: Key, raw: object) -> tuple[str, ...]:
    """In capitals. A code that no country has would exclude nothing, and nobody would notice."""
    from ai_code.core.countries import country_code, no_country

    items = _list(key, raw)
    for item in items:
        if not country_code(item):
            raise BadValueError(f"{shown(item)} {no_country(item)}")
    return tuple(dict.fromkeys(map(country_code, items)))


def _command(key: Key, raw: object) -> tuple[str, ...]:
    words = (_text(key, raw),) if isinstance(raw, str) else _list(key, raw)
    if not words or not words[0].strip():
        raise BadValueError(f"expected {expected(key)}, but it is empty")
    if key.name == "custom.command":
        _placeholders(words)
    return words


def _placeholders(words: Sequence[str]) -> None:
    """One that would be handed on as it stands is a slip of the pen."""
    if why := misused(words[1:]):
        raise BadValueError(why)


def _commands(key: Key, raw: object) -> Mapping[str, tuple[str, ...]]:
    """A list for each name; a single text is the program's path."""
    if not isinstance(raw, Mapping):
        raise BadValueError(f"expected {expected(key)}, got {shown(raw)}")
    found: dict[str, tuple[str, ...]] = {}
    for name, words in raw.items():
        _engine(key, _text(key, name))
        args = (_text(key, words),) if isinstance(words, str) else _list(key, words)
        if key.name == "engines.command" and not (args and args[0].strip()):
            raise BadValueError(f"the command of {one_line(name, 60)} is empty")
        if (key.name, name) == ("engines.command", "custom"):
            _placeholders(args)
        found[name] = args
    return found


def _notify(key: Key, raw: object) -> str | tuple[str, ...]:
    """YAML reads a plain ``off`` as a no."""
    word = "off" if raw is False else raw.strip() if isinstance(raw, str) else None
    if word in ("off", "desktop"):
        return str(word)
    if word is not None or raw is True:
        raise BadValueError(f"expected {expected(key)}, got {shown(raw)}")
    return _command(key, raw)


def _mapping(key: Key, raw: object) -> Mapping[str, str]:
    if not isinstance(raw, Mapping):
        raise BadValueError(f"expected {expected(key)}")
    headers: dict[str, str] = {}
    for name, value in raw.items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise BadValueError("a name in it is not the name of an HTTP header")
        if isinstance(value, bool | None) or not isinstance(value, str | int | float):
            raise BadValueError(f"the value of {one_line(name, 60)} is not a text")
        if not _HEADER_VALUE.fullmatch(str(value)):
            raise BadValueError(f"the value of {one_line(name, 60)} is not plain ASCII text")
        headers[name] = str(value)
    if len({name.lower() for name in headers}) < len(headers):
        raise BadValueError("a header is named twice (upper and lower case are the same)")
    return headers


def _url(key: Key, raw: object) -> str:
    try:
        return parse_api(_text(key, raw))
    except ConfigError as error:
        raise BadValueError(f"{error.what} ({error.why})", error.hint) from error


def _urls(key: Key, raw: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_url(key, item) for item in _list(key, raw)))


def _path(key: Key, raw: object) -> str:
    text = _text(key, raw)
    if not text.startswith(("/", "~/")) or not text.isprintable():
        raise BadValueError(f"{shown(text)} is not {expected(key)}")
    return text


_CONVERTERS: Mapping[str, Callable[[Key, object], Value]] = {
    "choice": _choice,
    "name": _name,
    "text": _keep_alive,
    "bool": _bool,
    "int": _int,
    "duration": _duration,
    "list": _list,
    "countries": _countries,
    "command": _command,
    "commands": _commands,
    "mapping": _mapping,
    "url": _url,
    "urls": _urls,
    "path": _path,
    "notify": _notify,
}
