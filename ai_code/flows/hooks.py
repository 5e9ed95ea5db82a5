"""``ai-code hooks``: ours in Claude Code's settings, for people who open plain ``claude``."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from ai_code.core.claude_hooks import (
    EVENTS,
    HookEvent,
    are_off,
    command_of,
    known_to,
    lines_of,
    nix_lines,
    ours_in,
    with_hooks,
    without_hooks,
)
from ai_code.core.errors import CannotStartError, ConfigError, NotInstalledError
from ai_code.core.json_edit import Insertion, taken_back
from ai_code.core.ports_hooks import Installed
from ai_code.core.secret_values import MASK

if TYPE_CHECKING:
    from ai_code.core.ports_hooks import SettingsFile
    from ai_code.core.ports_setup import NixKind
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_NEW = "{}\n"
_SECRET = re.compile(r'("[^"]*(?:key|token|secret|password)[^"]*"\s*:\s*)"[^"]*"', re.IGNORECASE)
State = Literal["installed", "absent", "other", "unknown-to-claude", "harmful"]
"""``other``: with another command than we would write now; ``harmful``: it is in the file, and
this version of Claude does not know it, so that it drops all hooks."""


class Hook(NamedTuple):
    """One of ours: what it is for and how it is. ``command`` is the one in the file, else the
    one that would be written."""

    event: HookEvent
    state: State
    command: str


class Look(NamedTuple):
    """``version`` of the installed Claude Code, empty where none is; ``off``: the file switches
    all hooks off."""

    file: SettingsFile
    version: str
    hooks: tuple[Hook, ...]
    nix: NixKind = ""
    off: bool = False


class Wired(NamedTuple):
    """A file that has hooks of ours: their commands by Claude's word for the event."""

    file: SettingsFile
    commands: Mapping[str, Sequence[str]]


class Change(NamedTuple):
    """What a file would become; ``text`` None: it goes. ``left_away`` are events that this
    Claude does not know. Equal texts: there is nothing to do."""

    path: Path
    before: str | None
    text: str | None
    installed: Installed | None = None
    left_away: tuple[HookEvent, ...] = ()

    @property
    def difference(self) -> list[str]:
        """To be shown; values that look like secrets are not."""
        old, new = (_SECRET.sub(rf'\1"{MASK}"', each or "") for each in (self.before, self.text))
        lines = difflib.unified_diff(old.splitlines(), new.splitlines(), n=1, lineterm="")
        return list(lines)[2:]


def look(world: World, settings: Settings) -> Look:
    """How our hooks are in this environment's file. Changes nothing."""
    file = world.claude_settings.look(world.claude_settings.path)
    version = _version(world, settings)
    there = _ours(file)
    hooks = []
    for event in EVENTS:
        command, known = command_of(world.site.own_command, event), known_to(version, event)
        found = there.get(event.name, [])
        state: State = "absent" if known else "unknown-to-claude"
        if found:
            state = "installed" if found == [command] else "other"
            state = state if known or version is None else "harmful"
        hooks.append(Hook(event, state, found[0] if found else command))
    told = ".".join(map(str, version)) if version else ""
    try:
        off = are_off(file.text or _NEW)
    except ValueError as error:
        off, file = False, file._replace(problem=f"it cannot be read as JSON: {error}")
    return Look(file, told, tuple(hooks), world.site.nix, off)


def wired(world: World) -> list[Wired]:
    """The files that have our hooks: this environment's, and those that we wrote elsewhere."""
    settings = world.claude_settings
    found = [(file, _ours(file)) for file in map(settings.look, _paths(world))]
    return [Wired(file, ours) for file, ours in found if ours]


def installing(world: World, settings: Settings) -> Change:
    """What the file becomes with our hooks: those that this Claude knows. What was ours before
    is taken out first. Raises NotInstalledError, ConfigError."""
    version = _version(world, settings)
    if version is None:
        raise NotInstalledError(
            "it is not known which version of Claude Code there is",
            why="a version that does not know a hook's name drops all of your hooks",
            hint="claude --version",
        )
    known = [event for event in EVENTS if known_to(version, event)]
    left = tuple(event for event in EVENTS if event not in known)
    own = world.site.own_command
    commands = {event.name: command_of(own, event) for event in known}
    file = world.claude_settings.look(world.claude_settings.path)
    if world.site.nix or file.managed:
        raise _by_hand(file, commands, known, "Nix makes the configuration here")
    if file.problem:
        raise _by_hand(file, commands, known, file.problem)
    before = _remembered(world, file.path)
    made = before.made if before else ""
    try:
        if (file.text or "").strip() and ours_in(file.text or "") == {
            name: [each] for name, each in commands.items()
        }:
            return Change(file.path, file.text, file.text, before, left)
        plain = _without(file, before) or ""
        new = () if plain.strip() else (Insertion(0, _NEW),)
        edited = with_hooks(_NEW + plain if new else plain, commands)
    except ValueError as error:
        raise _by_hand(file, commands, known, f"it cannot be read as JSON: {error}") from error
    insertions = (*new, *edited.insertions)
    made = made or world.claude_settings.missing(file.path)
    installed = Installed(file.path, _digest(edited.text), insertions, edited.had, made)
    return Change(file.path, file.text, edited.text, installed, left)


def install(world: World, change: Change) -> None:
    """Carries it out, remembered first: an interrupted one can be taken back, too."""
    assert change.installed is not None and change.text is not None
    settings, installed = world.claude_settings, change.installed
    settings.remember(installed)
    settings.write(change.path, change.text, change.before)


def removing(world: World) -> list[Change]:
    """What becomes of each file that has our hooks: as it was, byte for byte, where nobody
    changed it since; else it loses ours alone. Raises ConfigError."""
    settings = world.claude_settings
    changes = []
    for path in _paths(world):
        file, before = settings.look(path), _remembered(world, path)
        if file.text is None and not file.problem:
            if before:
                changes.append(Change(path, None, None, before))
            continue
        if file.problem and not before and not _ours(file):
            continue
        if file.problem:
            raise ConfigError(
                f"our hooks cannot be taken out of {path}",
                why=file.problem,
                hint=f"take out the entries with “ai-code hooks run” in {path}",
            )
        try:
            text = _without(file, before)
        except ValueError as error:
            raise ConfigError(f"{path} cannot be read as JSON", why=str(error)) from error
        if before or text != file.text:
            changes.append(Change(path, file.text, text, before))
    return changes


def remove(world: World, change: Change) -> None:
    """Carries it out."""
    settings = world.claude_settings
    if change.text is not None and change.text != change.before:
        settings.write(change.path, change.text, change.before)
    elif change.text is None and change.before is not None:
        settings.delete(change.path, change.installed.made if change.installed else "")
    settings.forget(change.path)


def _without(file: SettingsFile, before: Installed | None) -> str | None:
    """The file's text without ours; None where it was made for them and nobody wrote in it."""
    text = file.text
    if text is None or not text.strip():
        return text
    if before and _digest(text) == before.digest:
        was = taken_back(text, before.insertions)
        if was is not None:
            return None if before.made and not was else was
    return without_hooks(text, before.had if before else ())


def _paths(world: World) -> list[Path]:
    settings = world.claude_settings
    return list(dict.fromkeys([settings.path, *(each.path for each in settings.installed())]))


def _remembered(world: World, path: Path) -> Installed | None:
    return next((each for each in world.claude_settings.installed() if each.path == path), None)


def _ours(file: SettingsFile) -> dict[str, list[str]]:
    try:
        return ours_in(file.text) if file.text is not None else {}
    except ValueError:
        return {}


def _version(world: World, settings: Settings) -> tuple[int, ...] | None:
    try:
        program = world.processes.find(settings.claude_command)
    except CannotStartError:
        return None
    return world.processes.version(program).version if program else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _by_hand(
    file: SettingsFile, commands: dict[str, str], known: Sequence[HookEvent], why: str
) -> ConfigError:
    """The error, with the lines to write."""
    nix = why.startswith("Nix") or file.managed
    lines = nix_lines(known) if nix else lines_of(commands)
    where = "your Home Manager configuration" if nix else str(file.path)
    told = "\n".join(f"  {line}" for line in lines)
    return ConfigError(
        f"{file.path} is not written",
        why=f"{why}. To be written by hand, into {where}:\n{told}",
        hint="ai-code hooks show",
    )
