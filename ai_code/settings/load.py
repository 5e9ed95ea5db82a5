"""The layers of settings, highest first: flag, environment, choices made by commands, the
project's file, the user's file, default."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.errors import ConfigError
from ai_code.core.text import one_line
from ai_code.settings.keys import KEYS, Key, Value
from ai_code.settings.typed import LayerName, Loaded, Notice, Origin, SourceFile, typed_settings

if TYPE_CHECKING:
    from ai_code.settings.sources import Entry, Parsed, Problem

ENV_PREFIX = "AI_CODE_"
_THEIRS = ("OLLAMA_HOST", "OLLAMA_API_BASE")
"""Variables of Ollama and of aider that say where the server is, first wins."""
_MOST_NAMED = 3
"""Unknown keys that a warning names one by one: a repository must not fill the screen."""
_RANK: tuple[LayerName, ...] = ("default", "user", "project", "command", "env", "flag")

Chosen = tuple[Value, Origin]


class Layers(NamedTuple):
    """What was found. ``flags`` are keyed by setting (``fallback.enabled``); None and () mean
    not given. ``choices`` is JSON, the other files are YAML."""

    flags: Mapping[str, object] = MappingProxyType({})
    environ: Mapping[str, str] = MappingProxyType({})
    choices: SourceFile | None = None
    project: SourceFile | None = None
    user: SourceFile | None = None


def load(layers: Layers) -> Loaded:
    """All settings with their origins. Pure; imports yaml only where there is a YAML file.

    An exported ``OLLAMA_HOST`` or ``OLLAMA_API_BASE`` stands below ``AI_CODE_*`` and above all
    files, like every variable: a person who exports it means it. It belongs to other programs,
    so one that we cannot read is a warning. A broken project or choices file is a warning and
    ignored as a whole; a broken user file, variable or flag raises ConfigError."""
    warnings: list[Notice] = []
    chosen: dict[str, Chosen] = {
        name: (key.default, Origin("default")) for name, key in KEYS.items()
    }
    chosen.update(_user(layers.user))
    chosen.update(_project(layers.project, warnings))
    chosen.update(_choices(layers.choices, warnings))
    theirs: list[_Unread] = []
    chosen.update(_environment(layers.environ, warnings, theirs))
    chosen.update(_flags(layers.flags))
    warnings += _ignored(theirs, chosen["ollama.api"])
    _one_voice(chosen)
    _nearer(chosen, "model", "models.roles.")
    _nearer(chosen, "engine", "engines.for.")
    values = {name: value for name, (value, _) in chosen.items()}
    origins = {name: origin for name, (_, origin) in chosen.items()}
    return Loaded(typed_settings(values), values, origins, tuple(warnings))


def _user(file: SourceFile | None) -> dict[str, Chosen]:
    if file is None:
        return {}
    from ai_code.settings.sources import parse_file

    parsed = parse_file(file)
    if parsed.problems:
        raise problem_error(parsed.problems)
    return _from_file("user", file, parsed.entries)


def _project(file: SourceFile | None, warnings: list[Notice]) -> dict[str, Chosen]:
    if file is None:
        return {}
    from ai_code.settings.sources import needing_trust, parse_file

    parsed = parse_file(file)
    if not _usable(parsed, warnings):
        return {}
    refused = () if file.trusted else needing_trust(parsed.entries)
    if refused:
        names = ", ".join(entry.key.name for entry in refused)
        text = f"{file.path} sets {names}: ignored, because the file is not trusted"
        warnings.append(Notice(text, "ai-code config trust"))
    taken = tuple(entry for entry in parsed.entries if entry not in refused)
    return _from_file("project", file, taken)


def _choices(file: SourceFile | None, warnings: list[Notice]) -> dict[str, Chosen]:
    if file is None:
        return {}
    from ai_code.settings.sources import parse_choices

    parsed = parse_choices(file)
    if not _usable(parsed, warnings):
        return {}
    return _from_file("command", file, parsed.entries)


def _usable(parsed: Parsed, warnings: list[Notice]) -> bool:
    """Adds a warning for each unknown key; False, with one warning, where the file is broken."""
    broken = [problem for problem in parsed.problems if not problem.unknown_key]
    if broken:
        text = f"{broken[0]}; the whole file is ignored"
        warnings.append(Notice(text, "ai-code config check"))
        return False
    unknown = parsed.problems[:_MOST_NAMED]
    warnings += [Notice(f"{problem}; ignored", "ai-code config check") for problem in unknown]
    if more := len(parsed.problems) - len(unknown):
        text = f"{parsed.problems[0].path}: {more} more unknown keys; ignored"
        warnings.append(Notice(text, "ai-code config check"))
    return True


def _from_file(layer: LayerName, file: SourceFile, entries: tuple[Entry, ...]) -> dict[str, Chosen]:
    return {
        entry.key.name: (entry.value, Origin(layer, path=file.path, line=entry.line))
        for entry in entries
    }


def problem_error(problems: tuple[Problem, ...]) -> ConfigError:
    """The error for a file that must be right: its first problem, and how many more."""
    first, more = problems[0], len(problems) - 1
    why = f"and {more} more: ai-code config check names them all" if more else ""
    return ConfigError(str(first), why=why, hint=first.hint or "ai-code config check")


class _Unread(NamedTuple):
    """A variable of another program that cannot be read as an address, and why not."""

    variable: str
    why: str


def _environment(
    environ: Mapping[str, str], warnings: list[Notice], theirs: list[_Unread]
) -> dict[str, Chosen]:
    """``AI_CODE_*`` and, for the server's address, what other programs are told by. Empty
    variables count as not set."""
    chosen: dict[str, Chosen] = {}
    for name, key in KEYS.items():
        if text := environ.get(key.env):
            chosen[name] = (_converted(key, text, key.env), Origin("env", key.env))
    if "ollama.api" not in chosen:
        chosen.update(_their_server(environ, theirs))
    _warn_of_slips(environ, warnings)
    return chosen


def _their_server(environ: Mapping[str, str], unread: list[_Unread]) -> dict[str, Chosen]:
    key = KEYS["ollama.api"]
    for variable in _THEIRS:
        text = environ.get(variable, "").strip()
        if not text:
            continue
        from ai_code.settings.values import BadValueError, convert

        try:
            return {key.name: (convert(key, text), Origin("env", variable))}
        except BadValueError as error:
            unread.append(_Unread(variable, str(error)))
    return {}


def _ignored(theirs: list[_Unread], used: Chosen) -> list[Notice]:
    """Which address counts in its place. Who gave one on the command line knows it."""
    api, origin = used
    if origin.layer == "flag":
        return []
    return [
        Notice(
            f"{each.variable} cannot be read as an address, and is ignored: Ollama is looked for "
            f"at {api} ({origin}). {each.why[:1].upper()}{each.why[1:]}",
            f"unset {each.variable}",
        )
        for each in theirs
    ]


def _warn_of_slips(environ: Mapping[str, str], warnings: list[Notice]) -> None:
    """Variables that nearly name a setting. Others with our prefix are not ours to judge."""
    known = {key.env for key in KEYS.values()}
    for variable in environ:
        if variable.startswith(ENV_PREFIX) and variable not in known:
            near = _nearest(variable, known)
            if near:
                text = f"{one_line(variable, 60)} is no setting; did you mean {near}?"
                warnings.append(Notice(text, _instead(variable)))


def _instead(variable: str) -> str:
    """What ends the warning; a name that no shell can unset is looked at."""
    is_name = variable.isascii() and variable.isidentifier()
    return f"unset {variable}" if is_name else "ai-code config show --origin"


def _nearest(variable: str, known: set[str]) -> str:
    import difflib

    near = difflib.get_close_matches(variable[:60], sorted(known), n=1, cutoff=0.85)
    return near[0] if near else ""


def _flags(flags: Mapping[str, object]) -> dict[str, Chosen]:
    chosen: dict[str, Chosen] = {}
    for name, raw in flags.items():
        if raw is None or raw == ():
            continue
        key = KEYS[name]
        flag = key.flag or f"--{name.replace('.', '-')}"
        chosen[name] = (_converted(key, raw, flag), Origin("flag", flag))
    return chosen


def _converted(key: Key, raw: object, source: str) -> Value:
    """A flag's or a variable's value. Raises ConfigError naming the source."""
    # Here, since most runs have nothing to convert.
    from ai_code.settings.values import BadValueError, convert, from_text

    try:
        return convert(key, from_text(key, raw) if isinstance(raw, str) else raw)
    except BadValueError as error:
        # With a variable that cannot be used no other command works either.
        mend = (
            f"unset {source}" if source.startswith(ENV_PREFIX) else "ai-code config show --origin"
        )
        hint = error.hint or mend
        raise ConfigError(
            f"{source}: {error}", why=f"that is the value of {key.name}", hint=hint
        ) from error


def _one_voice(chosen: dict[str, Chosen]) -> None:
    """quiet and verbose exclude each other: the one of the higher layer counts."""
    if not (chosen["quiet"][0] and chosen["verbose"][0]):
        return
    quiet, verbose = (_RANK.index(chosen[name][1].layer) for name in ("quiet", "verbose"))
    if quiet == verbose:
        raise ConfigError(
            "quiet and verbose exclude each other",
            why=f"{chosen['quiet'][1]} and {chosen['verbose'][1]} set both",
            hint="ai-code config show --origin",
        )
    loser = "quiet" if quiet < verbose else "verbose"
    chosen[loser] = (False, chosen["verbose" if loser == "quiet" else "quiet"][1])


def _nearer(chosen: dict[str, Chosen], plain: str, roles: str) -> None:
    """A ``model`` or ``engine`` of a higher layer than a role's beats it: who says --model means
    it."""
    origin = chosen[plain][1]
    for name in [name for name in chosen if name.startswith(roles)]:
        value, own = chosen[name]
        if value is not None and _RANK.index(origin.layer) > _RANK.index(own.layer):
            chosen[name] = (None, origin)
