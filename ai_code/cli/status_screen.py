"""The screen of ``ai-code status``, without the parser: main comes here where none is needed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from ai_code.cli.screen import WIDTH, Screen, coloured
from ai_code.core.memory import gib
from ai_code.core.record_words import moment, outcome
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
    told = flow.status(world, world.config.load({}).settings)
    screen = Screen(world.environ)
    if as_json:
        screen.json(flow.as_json(told))
        return 0
    for name, text in _rows(told, world.clock.now(), world.clock.local_tz()):
        screen.line((cell(name, _NAMES) + text).rstrip())
    return 0


def _rows(told: flow.Status, now: float, tz: tzinfo) -> Iterator[tuple[str, str]]:
    answering = told.answering
    who = _WHO[answering.who]
    if answering.until is not None:
        who += f", until {describe_reset(answering.until, now, tz)}"
    yield "answers", coloured(who, _COLOUR[answering.who])
    yield "", _cut(answering.why)
    if answering.then:
        yield "", _cut(answering.then)
    for number, known in enumerate(told.limits):
        yield "" if number else "limits", _cut(_limit(known, now, tz))
    for known in told.over[:1]:
        at = moment(known.resets_at or 0, now, tz).strip()
        yield "over", coloured(_cut(f"the {known.kind} limit: it was reset {at}"), "done")
    yield "claude", _program(told.programs.claude, "Claude Code")
    yield "aider", _program(told.programs.aider, "aider")
    yield from _ollama(told.ollama, now, tz)
    if told.machine is not None:
        machine = told.machine
        free = f"RAM {_of(machine.ram_available, machine.ram_total)}"
        yield "memory", _cut(free)
        for gpu in machine.gpus:
            yield "", _cut(f"{one_line(gpu.name, 40)} {_of(gpu.vram_free, gpu.vram_total)}")
    for number, run in enumerate(told.runs):
        word = outcome(run)
        head = f"{moment(run.started, now, tz)}  {coloured(word, word)}{' ' * (11 - len(word))}  "
        text = run.prompt_line or (f"takes back {run.undo_of}" if run.undo_of else "")
        yield "" if number else "last runs", head + fitting(visible(text), WIDTH - _NAMES - 27)


def _limit(known: KnownLimit, now: float, tz: tzinfo) -> str:
    if known.resets_at is None:
        return f"{known.kind} limit, reset not said"
    return f"{known.kind} limit, resets {describe_reset(known.resets_at, now, tz)}"


def _program(path: str, name: str) -> str:
    return shown_path(path) if path else coloured(f"{name} is not installed", "failed")


def _ollama(ollama: flow.Ollama, now: float, tz: tzinfo) -> Iterator[tuple[str, str]]:
    where = one_line(ollama.api, 60)
    if ollama.error:
        yield "ollama", coloured(_cut(f"does not answer at {where}"), "failed")
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
        yield "" if number else "loaded", _cut(", ".join(parts))


def _of(free: int, total: int) -> str:
    return f"{gib(free).removesuffix(' GiB')} of {gib(total)} free"


def _cut(text: str) -> str:
    shown = visible(text)
    return shown if columns(shown) <= WIDTH - _NAMES else fitting(shown, WIDTH - _NAMES)
