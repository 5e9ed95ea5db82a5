"""Is a local model ready? Asked before anything starts, answered in about a second.

aider itself needs 76 silent seconds to say that no server answers; this says it at once, with
the command that mends it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ai_code.core.catalogue import Role
from ai_code.core.model_choice import MOST_ASKED, Standing, best_able, next_ones, standing
from ai_code.core.models import (
    calls_tools,
    can_chat,
    installed_name,
    is_variant,
    is_variant_of,
    same_model,
)
from ai_code.core.ports import AskedServer, Hardware, LoadedModel, ModelServerError, ServedModel
from ai_code.core.task import LocalModel
from ai_code.core.verdict import Unavailable, UnavailableReason
from ai_code.engines.registry import local_engine
from ai_code.flows.engine_fit import too_old
from ai_code.flows.first_model import FirstModel, wishes_of
from ai_code.flows.model_disk import disk_room
from ai_code.flows.model_fit import Fit, NoRoom, Room, fit, trained_for, will_serve
from ai_code.flows.wanted import MACHINE_S, Known, Tried, Wanted, wanted_by
from ai_code.flows.why_not_ready import (
    SERVE,
    no_memory,
    no_model,
    no_server,
    none_serves,
    refused,
    serve,
)

if TYPE_CHECKING:
    from ai_code.flows.asked_once import AskedOnce
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_GOOD_CONTEXT = 8192
"""Tokens. Below it a better model is worth less than one that sees the files it edits."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A model that is served and fits. ``notes`` are lines worth telling, ``details`` for who
    wants to know why; ``digest`` is the model's. ``beside``: loading it takes nothing from the
    models that are loaded."""

    local: LocalModel
    notes: tuple[str, ...] = ()
    loaded: bool = False
    digest: str = ""
    details: tuple[str, ...] = ()
    beside: bool = True


def ask_local(
    world: World,
    settings: Settings,
    *,
    role: Role = "edit",
    failed: tuple[Tried, ...] = (),
    exactly: str = "",
    engine: str = "",
    once: AskedOnce | None = None,
) -> Ready | Unavailable:
    """``check_local`` with what the settings want of the servers they name, in their order. All
    are asked at once, so that a dead one costs nobody's time. Where no server runs and no
    Ollama is installed, the hint says how to get it. ``exactly`` is a model that is asked for by
    name, whatever the settings say, and no other in its place. ``engine`` is the one that is to
    work on it: ``auto`` takes a model that will do for it; ``once`` is shared by several
    engines."""
    known = Known(
        world.catalogue,
        world.model_notes,
        lambda read: world.machine_facts.beside(read)(MACHINE_S),
        partial(disk_room, world),
    )
    wanted = wanted_by(world, settings, role, failed, engine)
    if exactly:
        wanted = replace(wanted, model=exactly, alone=True)

    def ask(base_url: str, headers: Mapping[str, str]) -> Ready | Unavailable:
        server_of = once.server if once else world.model_server
        server, hardware = server_of(base_url, headers, wanted.ca_file), once or world.hardware
        return check_local(server, hardware, replace(wanted, headers=headers), known)

    first, *others = hosts(settings)
    later = [world.background(partial(ask, *host)) for host in others]
    answer = ask(*first)
    if isinstance(answer, Unavailable) and later:
        answer = _first_ready(answer, [get() for get in later], others)
    if isinstance(answer, Unavailable) and answer.hint == SERVE:
        return answer._replace(hint=serve(world))
    if isinstance(answer, Ready) and answer.local.base_url.startswith("https:"):
        # The engine's own HTTP client brings a list of authorities of its own.
        ca_file = wanted.ca_file or str(world.ca_bundle or "")
        return replace(answer, local=answer.local._replace(ca_file=ca_file))
    return answer


def hosts(settings: Settings) -> list[tuple[str, Mapping[str, str]]]:
    """Addresses in the order in which they count, each with the headers that it gets: a key is
    for the server that it was set for, and for no other."""
    first = settings.ollama_api
    found: dict[str, Mapping[str, str]] = {first: settings.ollama_headers}
    for url in settings.ollama_hosts:
        same = urlsplit(url)[:2] == urlsplit(first)[:2]
        found.setdefault(url, settings.ollama_headers if same else {})
    return list(found.items())


def _first_ready(
    first: Unavailable,
    answers: Sequence[Ready | Unavailable],
    others: Sequence[tuple[str, Mapping[str, str]]],
) -> Ready | Unavailable:
    for answer in answers:
        if isinstance(answer, Ready):
            note = f"{first.message}:\nusing {answer.local.base_url} instead (ollama.hosts)."
            return replace(answer, notes=(note[:1].upper() + note[1:], *answer.notes))
    told = ", ".join(url for url, _ in others)
    return first._replace(message=f"{first.message}; nor is a model ready at {told}")


def check_local(
    server: AskedServer, hardware: Hardware, wanted: Wanted, known: Known | None = None
) -> Ready | Unavailable:
    """Server, model, policy and memory, in this order; the first that is missing answers."""
    try:
        return _Check(server, hardware, wanted, known or Known()).answer()
    except ModelServerError as error:
        return no_server(server.base_url, error)


class _Check:
    """One server's models against one wish."""

    def __init__(
        self, server: AskedServer, hardware: Hardware, wanted: Wanted, known: Known
    ) -> None:
        self._server = server
        self._wanted = wanted
        self._known = known
        self._served = {
            model.name: model for model in server.models() if not is_variant(model.name)
        }
        told = _loaded(server)
        self._loaded = told or ()
        self._room = Room(server.base_url, hardware, told, wanted)
        self._shows: dict[str, Mapping[str, Any]] = {}

    def answer(self) -> Ready | Unavailable:
        wanted, served = self._wanted, tuple(self._served.values())
        policy, catalogue = wanted.policy, self._known.catalogue
        named = "" if wanted.model == "auto" else installed_name(wanted.model, list(self._served))
        if wanted.model != "auto":
            name = named or wanted.model
            rule = policy.refusal(name, catalogue.maker(name))
            rule = rule and self._refusal(name) if named else rule
            if rule:
                return refused(name, rule, served, self._models)
        queue = self._queue(named or "")
        if not queue:
            return self._none(served)
        return self._first_that_fits(queue)

    def _queue(self, named: str) -> list[Standing]:
        """Models in the order in which they are tried, what is not allowed left out."""
        standings = [self._standing(model) for model in self._served.values()]
        if self._wanted.model != "auto":
            first = [each for each in standings if each.name == named]
            rest = [each for each in standings if each.name != named]
        else:
            standings = [each for each in standings if not self._refusal(each.name)]
            first, rest = best_able(standings, self._serves), standings
        if not first or self._wanted.alone:
            return first[:1]
        if self._wanted.model == "auto" and not self._wanted.chain:
            return self._lighter_than_failed(first)
        later = next_ones(first[0], rest, self._wanted.chain)
        return [first[0], *(each for each in later if not self._refusal(each.name))]

    def _none(self, served: Sequence[ServedModel]) -> Unavailable:
        """No model is chosen: none is there, or none that will do for the engine, or it is for
        the person to name one of those that will."""
        wanted = self._wanted
        if wanted.model == "auto" and (wanted.needs_tools or wanted.least_context):
            allowed = (each for each in served if not self._refusal(each.name))
            chatting = [each for each in allowed if can_chat(each.name)][:MOST_ASKED]
            serving = [each for each in chatting if self._serves(each.name)]
            if chatting and not serving:
                if old := too_old(local_engine(wanted.engine), self._server.version()):
                    return old  # Another model would be of no use.
                calling = any(calls_tools(self._show(each.name)) for each in chatting)
                return none_serves(wanted, chatting, self._models, calling=calling)
            served = serving or served
        return no_model(wanted.model, served, self._models)

    def _serves(self, name: str) -> bool:
        """Whether the engine can work on it; nobody is asked where any will do."""
        tools, context = self._wanted.needs_tools, self._wanted.least_context
        return not (tools or context) or will_serve(self._show(name), tools=tools, context=context)

    def _lighter_than_failed(self, queue: list[Standing]) -> list[Standing]:
        """What is heavier than a model that did not fit will not fit either."""
        failed = {name for name, _ in self._wanted.failed}
        sizes = [self._served[name].size for name in failed if name in self._served]
        least = min(sizes, default=0)
        return [each for each in queue if not sizes or each.name in failed or each.size < least]

    def _standing(self, model: ServedModel) -> Standing:
        notes, wanted = self._known.notes, self._wanted
        running = self._running(model.name)
        return standing(
            model,
            catalogue=self._known.catalogue,
            exams=notes.exams() if notes else (),
            wished=wanted.edit_format,
            engine=wanted.engine,
            role=wanted.role,
            loaded=running is not None,
        )

    def _first_that_fits(self, queue: Sequence[Standing]) -> Ready | Unavailable:
        auto = self._wanted.model == "auto" and not self._wanted.chain
        small: Ready | None = None
        short: list[tuple[str, NoRoom]] = []
        for each in queue[:MOST_ASKED]:
            if each is not queue[0] and not self._serves(each.name):
                continue
            found = self._fit(each.name)
            if isinstance(found, NoRoom):
                short.append((each.name, found))
                continue
            ready = self._ready(each, found, queue, short)
            good = max(_GOOD_CONTEXT, self._wanted.least_context)
            enough = found.loaded or self._wanted.num_ctx or found.context >= good
            if enough or not auto or self._own_is_small(each.name):
                return ready
            small = small or ready
        if small is not None:
            return small
        name, least = short[0]
        room = self._room.available if self._room.is_here else None
        return no_memory(name, least, self._wanted.num_ctx, len(short) - 1, self._models, room)

    def _ready(
        self,
        each: Standing,
        found: Fit,
        queue: Sequence[Standing],
        short: Sequence[tuple[str, NoRoom]],
    ) -> Ready:
        wanted, model = self._wanted, self._served[each.name]
        # What was tried in this run was told when it failed.
        told = [room.words(name) for name, room in short if not room.failed]
        notes, details = list(found.notes), []
        if wanted.model == "auto" and not wanted.chain:
            others = [other for other in queue if other.name != each.name]
            before = f"; behind it: {_in_words(others[:3])}" if others else ""
            details = [*told, f"auto: {each.name} ({each.words}){before}"]
        else:
            notes = [*(f"{line}: {each.name} instead" for line in told[-1:]), *notes]
        local = LocalModel(
            model.name, self._server.base_url, found.context, dict(wanted.headers),
            wanted.keep_alive, most_ctx=trained_for(self._show(each.name)),
        )  # fmt: skip
        return Ready(local, tuple(notes), found.loaded, model.digest, tuple(details), found.beside)

    @cached_property
    def _models(self) -> FirstModel:
        """What to get where none of these will do."""
        known, served = self._known, list(self._served.values())
        room = known.room(self._server.base_url, list(self._served))
        return FirstModel(
            known.catalogue,
            wishes_of(self._wanted, served, known.notes, room),
            lambda: known.in_time(lambda: self._room.machine),
        )

    def _fit(self, name: str) -> Fit | NoRoom:
        model, notes = self._served[name], self._known.notes
        show, running = self._show(name), self._running(name)
        entry = self._known.catalogue.entry(name)
        wanted = replace(self._wanted, wished=entry.num_ctx if entry else 0)
        return fit(model, show, running, wanted, self._room, notes)

    def _running(self, name: str) -> LoadedModel | None:
        rows = (
            row
            for row in self._loaded
            if same_model(row.name, name) or is_variant_of(row.name, name)
        )
        return next(rows, None)

    def _own_is_small(self, name: str) -> bool:
        return 0 < trained_for(self._show(name)) < _GOOD_CONTEXT

    def _refusal(self, name: str) -> str:
        """Why a served model may not be used."""
        return self._wanted.policy.refusal_of(name, self._known.catalogue, self._show)

    def _show(self, name: str) -> Mapping[str, Any]:
        """What the server tells of a model; nothing where it cannot (an older one, a proxy). One
        that does not answer is not ready: aider asks the same, and would wait for minutes."""
        if name not in self._shows:
            try:
                self._shows[name] = self._server.show(name)
            except ModelServerError as error:
                if error.kind != "http":
                    raise
                self._shows[name] = {}
        return self._shows[name]


def _loaded(server: AskedServer) -> Sequence[LoadedModel] | None:
    """What is in memory; None where the server does not tell, or not in time."""
    try:
        return server.loaded()
    except ModelServerError as error:
        if error.kind not in ("http", "timeout"):
            raise
        return None


def _in_words(others: Sequence[Standing]) -> str:
    return ", ".join(f"{each.name} ({each.words})" for each in others)


def out_of_memory(why: Unavailable) -> bool:
    """Whether an engine ended because the model did not fit into memory after all."""
    of_the_server = why.evidence.rule.endswith((".server", ".error", ".crash"))
    return why.reason is UnavailableReason.MEMORY and of_the_server
