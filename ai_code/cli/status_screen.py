"""The screen of ``ai-code status``, without the parser: main comes here where none is needed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from ai_code.cli.screen import WIDTH, Screen, coloured
from ai_code.core.memory import gib
from ai_code.core.pasting import screen_lines, shown_command, shown_values
from ai_code.core.record_words import moment, outcome, subject
from ai_code.core.resets import describe_reset
from ai_code.core.text import cell, columns, fitting, one_line, shown_path, visible
from ai_code.flows import status as flow

if TYPE_CHECKING:
    from ai_code.core.known_limits import KnownLimit

_NAMES = 10
_COLOUR = {"claude": "done", "local": "limit", "limit": "limit", "none": "failed"}
_WHO = {
    "claude": "Claude Code",
    "local": "the local model",
    "limit": "nobody for now",
    "none": "nobody",
}


def show(world: Any, *, as_json: bool) -> int:
    """Prints the screen, or one object; the exit code."""
    loaded = world.config.load({})
    told = flow.status(world, loaded.settings)
    screen = Screen(world.environ)
    if as_json:
        warnings = [{"text": notice.text, "hint": notice.hint} for notice in loaded.warnings]
        value = {**flow.as_json(told), "warnings": warnings}
        screen.json(shown_values(value, world.shown_as))
        return 0
    for notice in loaded.warnings:
        world.console.important(f"warning: {notice}")
    for name, text in _rows(told, world.clock.now(), world.clock.local_tz(), world.shown_as):
        screen.line((cell(name, _NAMES) + text).rstrip())
    return 0


def _rows(told: flow.Status, now: float, tz: tzinfo, called: str) -> Iterator[tuple[str, str]]:
    answering = told.answering
    who = _WHO[answering.who]
    if answering.until is not None:
        who += f", until {describe_reset(answering.until, now, tz)}"
    yield "answers", coloured(who, _COLOUR[answering.who])
    yield "", _cut(answering.why)
    if answering.then:
        yield "", _cut(answering.then)
    yield from _mend(answering.mend, called)
    for number, known in enumerate(told.limits):
        yield "" if number else "limits", _cut(_limit(known, now, tz))
    for known in told.over[:1]:
        at = moment(known.resets_at or 0, now, tz).strip()
        yield "over", coloured(_cut(f"the {known.kind} limit: it was reset {at}"), "done")
    yield "claude", _program(told.programs.claude, "Claude Code")
    if told.log_in:
        yield "", coloured("not logged in", "failed")
        yield from _mend(told.log_in if told.log_in != answering.mend else "", called)
    yield "aider", _program(told.programs.aider, "aider")
    yield from _ollama(told.ollama, now, tz)
    yield from _mend(told.ollama.mend if told.ollama.mend != answering.mend else "", called)
    if told.machine is not None:
        machine = told.machine
        free = f"RAM {_of(machine.ram_available, machine.ram_total)}"
        yield "memory", _cut(free)
        for gpu in machine.gpus:
            yield "", _cut(f"{one_line(gpu.name, 40)} {_of(gpu.vram_free, gpu.vram_total)}")
    for number, run in enumerate(told.runs):
        word = outcome(run)
        head = f"{moment(run.started, now, tz)}  {coloured(word, word)}{' ' * (11 - len(word))}  "
        yield "" if number else "last runs", head + fitting(subject(run), WIDTH - _NAMES - 27)


def _mend(command: str, called: str) -> Iterator[tuple[str, str]]:
    """The command that mends it, whole; once on a screen."""
    if command:
        for line in screen_lines(f"hint: {shown_command(command, called)}", WIDTH - _NAMES):
            yield "", line


def _limit(known: KnownLimit, now: float, tz: tzinfo) -> str:
    if known.resets_at is None:
        return f"{known.kind} limit, reset not said"
    return f"{known.kind} limit, resets {describe_reset(known.resets_at, now, tz)}"


def _program(path: str, name: str) -> str:
    return shown_path(path) if path else coloured(f"{name} is not installed", "failed")


def _ollama(ollama: flow.Ollama, now: float, tz: tzinfo) -> Iterator[tuple[str, str]]:
    where = one_line(ollama.api, 60)
    if ollama.error:
        foreign = ollama.kind == "garbage"
        told = (
            f"what answers at {where} is not Ollama" if foreign else f"does not answer at {where}"
        )
        yield "ollama", coloured(_cut(told), "failed")
        yield "", _cut(ollama.error)
        return
    yield "ollama", _cut(f"{ollama.version or 'version not told'} at {where}")
    count = f"{ollama.installed} installed"
    none = coloured("none of the installed ones is chosen by itself", "failed")
    if ollama.model:
        yield "model", _cut(f"{one_line(ollama.model, 50)} ({count})")
    else:
        yield "model", none if ollama.installed else coloured("none is installed", "failed")
    if not ollama.loaded:
        yield "loaded", "none"
    for number, row in enumerate(ollama.loaded):
        parts = [one_line(row.name, 40), gib(row.size)]
        parts += [f"{100 * row.size_vram // row.size} % GPU"] if row.size and row.size_vram else []
        parts += [f"{row.context} tokens"] if row.context else []
        if flow.stays(row, now):
            parts.append("stays")
        elif row.expires_at:
            parts.append(f"until {describe_reset(int(row.expires_at), now, tz)}")
        text = ", ".join(parts)
        # How long it is until then goes before the moment itself does.
        short = text.rsplit(" (", 1)[0] if columns(text) > WIDTH - _NAMES else text
        yield "" if number else "loaded", _cut(short)


def _of(free: int, total: int) -> str:
    return f"{gib(free).removesuffix(' GiB')} of {gib(total)} free"


def _cut(text: str) -> str:
    shown = visible(text)
    return shown if columns(shown) <= WIDTH - _NAMES else fitting(shown, WIDTH - _NAMES)
