"""systemd units of a person: written where there is none, brought up to date where they are still
as setup wrote them, and otherwise left alone."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from ai_code.core.unit_log import reading, telling

if TYPE_CHECKING:
    from ai_code.core.setup import Change
    from ai_code.flows.setup.ground import Ground, Ran

State = Literal["absent", "current", "stale", "changed", "theirs"]
"""``stale``: ours, and setup would write something else now; ``changed``: ours, and the person
wrote in it; ``theirs``: setup did not write it, wherever it lies (a package, Nix)."""


class Unit(NamedTuple):
    """``text`` is what lies there, ``wanted`` what setup would write."""

    name: str
    path: Path
    wanted: str
    text: str | None
    made: Change | None
    state: State


def look(ground: Ground, name: str, wanted: str) -> Unit:
    """What there is of a unit."""
    path = ground.site.user_units / name
    text, made = ground.site.text(path), ground.made("unit", str(path))
    state: State
    if text is None:
        elsewhere = ground.site.there(path) or systemctl(ground, "cat", name).ok
        state = "theirs" if elsewhere else "absent"
    elif made is None:
        state = "theirs"
    elif text != made.facts.get("text"):
        state = "changed"
    else:
        state = "current" if text == wanted else "stale"
    return Unit(name, path, wanted, text, made, state)


def systemctl(ground: Ground, *words: str) -> Ran:
    """One command to the person's own manager."""
    return ground.run(("systemctl", "--user", *words), f"systemctl --user {words[0]}")


def log_command(name: str) -> str:
    """What a person types to read it."""
    return f"journalctl --user -u {name}"


def write(ground: Ground, unit: Unit) -> str:
    """Writes it, remembered first; why it could not be written, or nothing."""
    facts = dict(unit.made.facts) if unit.made else {}
    if unit.text is None:
        new = [str(each) for each in unit.path.parents if not ground.site.there(each)]
        facts["folder"] = "".join(new[-1:])
    change = ground.remember("unit", str(unit.path), **{**facts, "text": unit.wanted})
    try:
        ground.world.files.write(unit.path, unit.wanted)
    except OSError as error:
        ground.log.drop(change)
        return f"{ground.shown(unit.path)} cannot be written: {error.strerror or error}"
    systemctl(ground, "daemon-reload")
    return ""


def update(ground: Ground, unit: Unit) -> bool:
    """Shows what would change in one of ours and asks; whether it was changed."""
    ground.say(f"{ground.shown(unit.path)}, which setup wrote, would be changed:")
    show_difference(ground, unit)
    return ground.agrees("Change it?") and not write(ground, unit)


def show_difference(ground: Ground, unit: Unit) -> None:
    """From what lies there to what setup would write."""
    there, wanted = (unit.text or "").splitlines(), unit.wanted.splitlines()
    for line in list(difflib.unified_diff(there, wanted, lineterm=""))[2:]:
        ground.show(line)


def properties(ground: Ground, name: str, *wanted: str) -> dict[str, str]:
    """Of a unit of the person's: ActiveState, NRestarts …; empty where systemd does not tell."""
    told = systemctl(ground, "show", name, f"--property={','.join(wanted)}")
    return dict(line.partition("=")[::2] for line in told.out.splitlines())


def gives_up(ground: Ground, name: str) -> bool:
    """Whether a unit that was started will not come up: it failed, or fails again and again."""
    told = properties(ground, name, "ActiveState", "NRestarts")
    restarts = told.get("NRestarts", "")
    return told.get("ActiveState") == "failed" or (restarts.isdigit() and int(restarts) >= 2)


def last_words(ground: Ground, name: str) -> str:
    """The line of its log that says why it ended; empty where there is none."""
    ran = ground.run(reading(name), "reading its log")
    return telling(ran.out) if ran.ok else ""
