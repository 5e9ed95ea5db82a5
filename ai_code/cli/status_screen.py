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
from ai_code.core.text import cell, columns, fitting, one_line, shown_path, visible, wrapped
from ai_code.flows import status as flow
from ai_code.flows.engines_set import going_on

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
    names = max([_NAMES, *(len(each.name) + 2 for each in told.engines)])
    rows = _Rows(told, world.clock.now(), world.clock.local_tz(), world.shown_as, WIDTH - names)
    for name, text in rows.all():
        screen.line((cell(name, names) + text).rstrip())
    return 0


class _Rows:
    """Each row's name and text; ``width`` is what a text may take."""

    def __init__(self, told: flow.Status, now: float, tz: tzinfo, called: str, width: int) -> None:
        self._told = told
        self._now = now
        self._tz = tz
        self._called = called
        self._width = width
        self._mends: set[str] = set()

    def all(self) -> Iterator[tuple[str, str]]:
        told, answering, now = self._told, self._told.answering, self._now
        who = _WHO[answering.who]
        if answering.engine:
            # Of several the first may yet be left out: memory is for the run to look at.
            several = len(told.engines) > 1
            who += f", {answering.engine} first" if several else f", with {answering.engine}"
        if answering.until is not None:
            who += f", until {describe_reset(answering.until, now, self._tz)}"
        yield "answers", coloured(who, _COLOUR[answering.who])
        yield "", self._cut(answering.why)
        if answering.then:
            yield "", self._cut(answering.then)
        yield from self._mend(answering.mend)
        for number, known in enumerate(told.limits):
            yield "" if number else "limits", self._cut(_limit(known, now, self._tz))
        for known in told.over[:1]:
            at = moment(known.resets_at or 0, now, self._tz).strip()
            yield "over", coloured(self._cut(f"the {known.kind} limit: it was reset {at}"), "done")
        yield "claude", _program(told.programs.claude, "Claude Code is not installed")
        if told.log_in:
            yield "", coloured("not logged in", "failed")
            yield from self._mend(told.log_in)
        yield from self._engines()
        yield from self._ollama(told.ollama)
        yield from self._mend(told.ollama.mend)
        if told.machine is not None:
            machine = told.machine
            yield "memory", self._cut(f"RAM {_of(machine.ram_available, machine.ram_total)}")
            for gpu in machine.gpus:
                free = _of(gpu.vram_free, gpu.vram_total)
                yield "", self._cut(f"{one_line(gpu.name, 40)} {free}")
        for number, run in enumerate(told.runs):
            word = outcome(run)
            rest = " " * (11 - len(word))
            head = f"{moment(run.started, now, self._tz)}  {coloured(word, word)}{rest}  "
            yield "" if number else "last runs", head + fitting(subject(run), self._width - 27)

    def _mend(self, command: str) -> Iterator[tuple[str, str]]:
        """The command that mends it, whole; once on a screen."""
        if command and command not in self._mends:
            self._mends.add(command)
            hint = f"hint: {shown_command(command, self._called)}"
            for line in screen_lines(hint, self._width):
                yield "", line

    def _engines(self) -> Iterator[tuple[str, str]]:
        """Those that go on at a limit; of several, which one is tried first."""
        engines = self._told.engines
        going = going_on(engines)
        for each in engines:
            if each.path:
                yield each.name, shown_path(each.path)
            for number, line in enumerate(wrapped(visible(each.why), self._width)):
                first = not each.path and not number
                yield each.name if first else "", coloured(line, "failed")
            yield from self._mend(each.mend)
            if each is going and each.model and len(engines) > 1:
                yield "", self._cut(f"is tried first, with {one_line(each.model, 50)}")
            if each.unseen and not each.why:
                yield "", self._cut(each.unseen)

    def _ollama(self, ollama: flow.Ollama) -> Iterator[tuple[str, str]]:
        where = one_line(ollama.api, 60)
        if ollama.error:
            foreign = ollama.kind == "garbage"
            told = (
                f"what answers at {where} is not Ollama"
                if foreign
                else f"does not answer at {where}"
            )
            yield "ollama", coloured(self._cut(told), "failed")
            yield "", self._cut(ollama.error)
            return
        yield "ollama", self._cut(f"{ollama.version or 'version not told'} at {where}")
        count = f"{ollama.installed} installed"
        if ollama.model:
            yield "model", self._cut(f"{one_line(ollama.model, 50)} ({count})")
        else:
            yield "model", coloured(self._cut(self._no_model(ollama)), "failed")
        if not ollama.loaded:
            yield "loaded", "none"
        for number, row in enumerate(ollama.loaded):
            parts = [one_line(row.name, 40), gib(row.size)]
            parts += (
                [f"{100 * row.size_vram // row.size} % GPU"] if row.size and row.size_vram else []
            )
            parts += [f"{row.context} tokens"] if row.context else []
            if flow.stays(row, self._now):
                parts.append("stays")
            elif row.expires_at:
                parts.append(f"until {describe_reset(int(row.expires_at), self._now, self._tz)}")
            text = ", ".join(parts)
            # How long it is until then goes before the moment itself does.
            short = text.rsplit(" (", 1)[0] if columns(text) > self._width else text
            yield "" if number else "loaded", self._cut(short)

    def _no_model(self, ollama: flow.Ollama) -> str:
        if not ollama.installed:
            return "none is installed"
        unfit = next((each for each in self._told.engines if each.path and each.why), None)
        if unfit is not None:
            return f"none of the installed ones will do for {unfit.name}"
        return "none of the installed ones is chosen by itself"

    def _cut(self, text: str) -> str:
        shown = visible(text)
        return shown if columns(shown) <= self._width else fitting(shown, self._width)


def _limit(known: KnownLimit, now: float, tz: tzinfo) -> str:
    if known.resets_at is None:
        return f"{known.kind} limit, reset not said"
    return f"{known.kind} limit, resets {describe_reset(known.resets_at, now, tz)}"


def _program(path: str, missing: str) -> str:
    return shown_path(path) if path else coloured(missing, "failed")


def _of(free: int, total: int) -> str:
    return f"{gib(free).removesuffix(' GiB')} of {gib(total)} free"
