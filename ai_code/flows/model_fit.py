"""Does one model fit into memory now, and with which context? By what was measured of it, else
by the formula of ``core.memory``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from ai_code.core.machine import room_for_models
from ai_code.core.memory import CONTEXTS, DEFAULT_CONTEXT, gib, need_bytes, shape_of
from ai_code.core.models import calls_tools, runs_elsewhere, same_model
from ai_code.core.preload import fits_beside

if TYPE_CHECKING:
    from ai_code.core.machine import Machine
    from ai_code.core.model_notes import ModelNotes
    from ai_code.core.ports import Hardware, LoadedModel, ServedModel
    from ai_code.flows.wanted import Wanted
    from ai_code.flows.world import World
    from ai_code.settings import Settings

WISHED_CONTEXT = 16384
"""Larger contexts cost memory and time; an edit with its files rarely needs more."""
_MOST_ATTEMPTS = 2
"""With one model: as it seemed to fit, and once with at most half the context."""


class Fit(NamedTuple):
    """It fits with ``context`` tokens; ``notes`` are worth telling. ``beside``: loading it takes
    nothing from the models that are loaded."""

    context: int
    notes: tuple[str, ...] = ()
    loaded: bool = False
    beside: bool = True


class NoRoom(NamedTuple):
    """It does not: bytes it needs at least, and bytes there are; ``failed`` where it was tried."""

    need: int
    available: int
    failed: bool = False

    def words(self, name: str) -> str:
        """In words, for a line."""
        if self.failed:
            return f"{name} did not fit into memory"
        return f"{name} needs about {gib(self.need)} of memory and {gib(self.available)} can be had"


class Room:
    """The memory of the machine that serves, asked for when it is first needed. ``loaded`` None:
    the server does not tell."""

    def __init__(
        self,
        base_url: str,
        hardware: Hardware,
        loaded: Sequence[LoadedModel] | None,
        wanted: Wanted,
    ) -> None:
        self._hardware = hardware
        self._told = loaded
        self._loaded = loaded or ()
        self._wanted = wanted
        self.is_here = is_local(base_url)

    @cached_property
    def machine(self) -> Machine:
        return self._hardware.memory()

    @cached_property
    def available(self) -> int:
        """Bytes a model could have, see ``room_for_models``."""
        return room_for_models(
            self.machine,
            sum(model.size for model in self._loaded),
            sum(model.size_vram for model in self._loaded),
            cpu_offload=self._wanted.allow_cpu_offload,
        )

    def is_beside(self, need: int) -> bool:
        """Whether a model of so many bytes takes nothing from those that are loaded."""
        return fits_beside(need, self.machine if self.is_here else None, self._told)

    def is_partly_on_cpu(self, running: LoadedModel) -> bool:
        """Whether a loaded model lies beside the GPU, though there is one."""
        if running.size_vram >= running.size:
            return False
        return running.size_vram > 0 or (self.is_here and _has_gpu(self.machine))


def _has_gpu(machine: Machine) -> bool:
    return bool(machine.vram_total or machine.unified_total)


def fit(
    model: ServedModel,
    show: Mapping[str, Any],
    running: LoadedModel | None,
    wanted: Wanted,
    room: Room,
    notes: ModelNotes | None,
) -> Fit | NoRoom:
    """``running`` is the model as it is in memory. A context that was tried in vain
    (``wanted.failed``) is not tried again, nor a larger one; nor is one that the model was not
    made for."""
    own = trained_for(show)
    if not 0 < own < wanted.num_ctx:
        return _fit(model, show, running, wanted, room, notes)
    # Ollama cuts it to that as well, and tells its log only.
    found = _fit(model, show, running, replace(wanted, num_ctx=own), room, notes)
    if isinstance(found, NoRoom):
        return found
    note = f"{model.name} was made for {own} tokens of context, not {wanted.num_ctx}."
    return found._replace(notes=(note, *found.notes))


def _fit(
    model: ServedModel,
    show: Mapping[str, Any],
    running: LoadedModel | None,
    wanted: Wanted,
    room: Room,
    notes: ModelNotes | None,
) -> Fit | NoRoom:
    failed = [context for name, context in wanted.failed if same_model(name, model.name)]
    most = min(failed) // 2 if failed else 0
    need = need_of(model, show, wanted, notes)
    if failed and (len(failed) >= _MOST_ATTEMPTS or most < CONTEXTS[-1]):
        return NoRoom(need(CONTEXTS[-1]), 0, failed=True)
    if runs_elsewhere(model.name):
        note = f"{model.name} runs on Ollama's servers: the prompt and files leave this machine."
        return Fit(wanted.num_ctx or _own_context(show), (note,), beside=False)
    if running and not failed and _will_do(running.context, wanted):
        # It is in memory with a context that will do: asking for another would load it anew.
        if wanted.allow_cpu_offload or not room.is_partly_on_cpu(running):
            return Fit(running.context, offload_note(running), loaded=True)
        most = running.context // 2
    if not room.is_here:
        usual = wanted.wished or _own_context(show)
        context = wanted.num_ctx or max(usual, wanted.least_context)
        context = min(context, trained_for(show) or context)
        context = min(context, most) if most else context
        return _told(context, wanted, room.is_beside(need(context)))
    for context in contexts_of(show, wanted.num_ctx, most, wished_by(wanted)):
        if need(context) <= room.available:
            return _told(context, wanted, room.is_beside(need(context)))
    return NoRoom(need(_least(show, wanted.num_ctx)), room.available, failed=bool(failed))


def wished_by(wanted: Wanted) -> int:
    """Tokens that a run asks for where there is room."""
    return max(wanted.wished or WISHED_CONTEXT, 2 * wanted.least_context)


def trained_for(show: Mapping[str, Any]) -> int:
    """Tokens that the model was made for; 0 where the server does not tell."""
    shape = shape_of(show)
    return shape.context if shape else 0


def will_serve(show: Mapping[str, Any], *, tools: bool, context: int) -> bool:
    """Whether a model will do for an engine that needs so much, with all the memory it wants."""
    if 0 < trained_for(show) < context:
        return False
    return calls_tools(show) or not tools


def need_of(
    model: ServedModel, show: Mapping[str, Any], wanted: Wanted, notes: ModelNotes | None
) -> Callable[[int], int]:
    """Bytes by context: measured where it was, for one request at a time, else computed."""
    shape = shape_of(show)

    def need(context: int) -> int:
        if notes is not None and model.digest and wanted.parallel == 1:
            measured = notes.need(model.digest, context, wanted.kv_type)
            if measured is not None:
                return measured.size
        return need_bytes(model.size, shape, context, wanted.kv_type, wanted.parallel)

    return need


def contexts_of(
    show: Mapping[str, Any], asked: int, most: int = 0, wished: int = WISHED_CONTEXT
) -> list[int]:
    """Contexts to try, the largest first: the one asked for, then smaller ones."""
    own = trained_for(show) or CONTEXTS[0]
    if own < CONTEXTS[-1] and not asked:
        return [own] if not most else []
    begin = asked or min(own, wished)
    smaller = [context for context in (wished, *CONTEXTS) if context < begin]
    found = [begin, *smaller] if asked or begin in (wished, *CONTEXTS) else smaller
    return [context for context in found if not most or context <= most]


def _least(show: Mapping[str, Any], asked: int) -> int:
    return min(contexts_of(show, asked), default=CONTEXTS[-1])


def _told(context: int, wanted: Wanted, beside: bool) -> Fit:
    """With a line where it is less than was asked for."""
    note = f"A context of {wanted.num_ctx} tokens does not fit: {context}."
    return Fit(context, (note,) if context < wanted.num_ctx else (), beside=beside)


def _will_do(context: int, wanted: Wanted) -> bool:
    """Whether a loaded model's context can stay: the one asked for, else any that is no dwarf
    and that the engine can work with."""
    if wanted.num_ctx:
        return context == wanted.num_ctx
    return context >= max(CONTEXTS[-1], wanted.least_context)


def _own_context(show: Mapping[str, Any]) -> int:
    return min(DEFAULT_CONTEXT, trained_for(show) or DEFAULT_CONTEXT)


def is_local(base_url: str) -> bool:
    """Whether an address is of this machine: then its memory and disk are those we see."""
    host = urlsplit(base_url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def offload_note(running: LoadedModel) -> tuple[str, ...]:
    """A line where a loaded model lies only partly on the GPU."""
    if 0 < running.size_vram < running.size:
        share = 100 * running.size_vram // running.size
        return (f"{running.name} is only {share} % on the GPU, so it will be slow.",)
    return ()


def own_authority(world: World, settings: Settings) -> str:
    """The person's file of certificates for an https address; empty: the system's count."""
    ca_file = settings.ollama_ca_file or ""
    home = world.environ.get("HOME", "")
    return home + ca_file[1:] if ca_file.startswith("~/") else ca_file
