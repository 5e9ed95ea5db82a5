"""Git's settings as git itself lists them, asked for once as long as their files stay the same.

A run asks more than once, and the engine waits for each answer (3 ms). Settings that include others
are asked for each time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from ai_code.system.git import Git, GitError

_Marks = tuple[tuple[str, tuple[int, ...]], ...]
"""Files, each with what tells whether it was written since; nothing where it is not there."""

_TIMEOUT_S = 10.0
_INCLUDES = ("include.", "includeif.")
_known: dict[tuple[str, ...], tuple[_Marks, Mapping[str, str]]] = {}


def settings_of_file(file: Path, env: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Of one file as text. Reading a file runs nothing; includes are not followed (they could
    name a pipe that never ends). Raises GitError where git cannot read it."""
    key = ("file", str(file))
    if (found := _remembered(key)) is not None:
        return found
    marks = _marks([str(file)])
    answer = Git(env=env).run("config", "-z", "--list", "--no-includes", "--file", file)
    if answer.code:
        raise GitError(f"git cannot read {file}", why=answer.err.strip()[:500])
    return _remember(key, marks, parse_settings(answer.out))


def settings_of_person(git_dir: Path, env: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """The person's and the system's, with what they include. ``git_dir`` is given and empty, so
    that no repository's settings are among them."""
    source = os.environ if env is None else env
    names = ("HOME", "XDG_CONFIG_HOME", "PATH")
    key = ("person", *(source.get(name, "") for name in names))
    if (found := _remembered(key)) is not None:
        return found
    # From before git looks: what is written meanwhile is read the next time.
    places = dict(_marks(_places(source)))
    git = Git(git_dir, env=env, own_settings=True)
    answer = git.run("config", "-z", "--list", "--show-origin", "--includes", timeout_s=_TIMEOUT_S)
    if answer.code:
        return {}
    fields = answer.out.split(b"\0")
    origins = {os.fsdecode(each) for each in fields[0:-1:2]}
    files = [each.removeprefix("file:") for each in origins if each.startswith("file:/")]
    found = parse_settings(b"\0".join(fields[1::2]))
    if any(name.startswith(_INCLUDES) for name in found):
        # Which of them are not there yet, or have nothing to say yet, is not told.
        return found
    marks = {**dict(_marks(files)), **places}
    return _remember(key, tuple(marks.items()), found)


def parse_settings(listing: bytes) -> dict[str, str]:
    """``git config -z --list``: ``key LF value NUL``; a key alone is true. The last wins."""
    found = {}
    for row in listing.split(b"\0"):
        key, newline, value = row.partition(b"\n")
        if key:
            found[os.fsdecode(key)] = os.fsdecode(value) if newline else "true"
    return found


def _places(source: Mapping[str, str]) -> list[str]:
    """Where git looks for the person's, there or not (git-config(1), FILES)."""
    home = source.get("HOME", "")
    folder = source.get("XDG_CONFIG_HOME") or f"{home}/.config"
    return [f"{home}/.gitconfig", f"{folder}/git/config", "/etc/gitconfig"]


def _remembered(key: tuple[str, ...]) -> Mapping[str, str] | None:
    marks, found = _known.get(key, ((), None))
    return found if all(_mark(file) == seen for file, seen in marks) else None


def _remember(key: tuple[str, ...], marks: _Marks, found: dict[str, str]) -> Mapping[str, str]:
    _known[key] = (marks, MappingProxyType(found))
    return _known[key][1]


def _marks(files: Iterable[str]) -> _Marks:
    return tuple((file, _mark(file)) for file in files)


def _mark(file: str) -> tuple[int, ...]:
    try:
        found = Path(file).stat()
    except OSError:
        return ()
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
