"""The models there are: installed ones, and with ``--all`` what the catalogue knows besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ai_code.core.catalogue import Entry, Maker
from ai_code.core.memory import DEFAULT_CONTEXT, Shape, need_bytes, shape_of
from ai_code.core.models import can_chat, runs_elsewhere, same_model
from ai_code.core.ports import LoadedModel, ModelServerError
from ai_code.core.recommend import Budget, Placement, budget_of, place
from ai_code.flows.engines_set import first_engine
from ai_code.flows.model_fit import is_local
from ai_code.flows.models.server import (
    Served,
    loaded,
    model_server,
    not_known,
    own_models,
    served,
    server_error,
    shown,
)
from ai_code.flows.why_not_ready import serve

if TYPE_CHECKING:
    from ai_code.core.model_notes import ExamResult
    from ai_code.core.ports import ServedModel
    from ai_code.flows.world import World
    from ai_code.settings import Settings


class Row(NamedTuple):
    """One model; ``installed`` is None where no server tells. Sizes in bytes, ``context`` (its own)
    and ``need_context`` in tokens, 0 where not known; ``tools`` is yes, weak, no or empty;
    ``placement`` where it would lie on this machine, None where it does not fit, ``unknown`` for a
    server elsewhere. ``rule`` is the rule of the policy that forbids it; ``licence`` may be empty.
    """

    name: str
    installed: bool | None
    size: int
    quantisation: str
    context: int
    tools: str
    need: int
    need_context: int
    measured: bool
    placement: Placement | None
    placement_known: bool
    running: LoadedModel | None
    maker: Maker
    licence: str
    rule: str
    digest: str = ""
    exam: ExamResult | None = None
    """With the engine that a run goes on with."""
    exams: tuple[ExamResult, ...] = ()
    """The newest with each engine."""
    parameters: str = ""
    shape: Shape | None = None
    entry: Entry | None = None
    show: Mapping[str, Any] = {}


class Inventory:
    """Reads the server once; ``rows`` are the installed models, ``rest`` the catalogue's others.

    ``needed``: without the server there is nothing to tell, and AiCodeError is raised. Otherwise
    the catalogue is told all the same; ``unknown`` says why nothing else is, ``mend`` is the
    command for it."""

    def __init__(self, world: World, settings: Settings, *, needed: bool = True) -> None:
        self._world = world
        self._settings = settings
        self.unknown, self.mend = "", ""
        self.served = served(world, settings) if needed else self._perhaps()
        self.running = () if self.unknown else loaded(self.served.server)
        self.local = is_local(self.served.server.base_url)
        self.budget: Budget = budget_of(world.hardware.memory())

    def _perhaps(self) -> Served:
        server = model_server(self._world, self._settings)
        try:
            return Served(server, own_models(server))
        except ModelServerError as error:
            told = server_error(server.base_url, error, serve(self._world))
            self.unknown, self.mend = not_known(told), told.hint
            return Served(server, ())

    def rows(self) -> list[Row]:
        return [self.row(model) for model in self.served.models]

    def rest(self) -> list[Row]:
        """Entries of the catalogue that are not installed."""
        there = [each for m in self.served.models if (each := self._world.catalogue.entry(m.name))]
        return [
            self.of_entry(entry) for entry in self._world.catalogue.entries if entry not in there
        ]

    def row(self, model: ServedModel) -> Row:
        show = shown(self.served.server, model.name)
        entry = self._world.catalogue.entry(model.name)
        shape = shape_of(show) or (entry.shape if entry else None)
        details = show.get("details")
        details = details if isinstance(details, Mapping) else {}
        context = shape.context if shape else 0
        need, at, measured = self._need(model.size, shape, model.digest)
        maker = self._world.catalogue.maker(model.name, show)
        elsewhere = runs_elsewhere(model.name)
        return Row(
            name=model.name,
            installed=True,
            size=model.size,
            quantisation=str(details.get("quantization_level") or ""),
            context=context,
            tools=_tools(show, entry, model.name),
            need=need,
            need_context=at,
            measured=measured,
            placement=place(need, self.budget),
            placement_known=self.local and not elsewhere,
            running=next((r for r in self.running if same_model(r.name, model.name)), None),
            maker=maker,
            licence=entry.licence if entry else _licence(show),
            rule=self._settings.policy.refusal(model.name, maker),
            digest=model.digest,
            exam=self._world.model_notes.exam(model.digest, first_engine(self._settings)),
            exams=_exams(self._world.model_notes.exams(), model.digest),
            parameters=str(details.get("parameter_size") or ""),
            shape=shape,
            entry=entry,
            show=show,
        )

    def of_entry(self, entry: Entry) -> Row:
        usual = entry.quantisations[0]
        need, at, _ = self._need(usual.size, entry.shape, "")
        return Row(
            name=entry.name,
            installed=None if self.unknown else False,
            size=usual.size,
            quantisation=usual.name,
            context=entry.context,
            tools=entry.tools,
            need=need,
            need_context=at,
            measured=False,
            placement=place(need, self.budget),
            placement_known=self.local,
            running=None,
            maker=entry.maker,
            licence=entry.licence,
            rule=self._settings.policy.refusal(entry.name, entry.maker),
            parameters=f"{entry.parameters / 1e9:.1f}B",
            shape=entry.shape,
            entry=entry,
        )

    def need_at(self, size: int, shape: Shape | None, context: int) -> int:
        """Bytes with that context, by the formula and the server's settings."""
        kv, parallel = self._settings.ollama_kv_cache_type, self._settings.ollama_num_parallel
        return need_bytes(size, shape, context, kv, max(1, parallel))

    def _need(self, size: int, shape: Shape | None, digest: str) -> tuple[int, int, bool]:
        """Bytes, the context that they are for, and whether they were measured."""
        own = shape.context if shape and shape.context else DEFAULT_CONTEXT
        context = self._settings.ollama_num_ctx or min(DEFAULT_CONTEXT, own)
        kv = self._settings.ollama_kv_cache_type
        note = self._world.model_notes.need(digest, context, kv) if digest else None
        if note is not None:
            return note.size, context, True
        return self.need_at(size, shape, context), context, False


def _tools(show: Mapping[str, Any], entry: Entry | None, name: str) -> str:
    """Whether the model can use tools: the catalogue's judgement, else what the server says."""
    if entry is not None:
        return entry.tools
    told = show.get("capabilities")
    if not isinstance(told, list) or not can_chat(name):
        return ""
    return "yes" if "tools" in told else "no"


def _licence(show: Mapping[str, Any]) -> str:
    """The first line of the licence's text that says something."""
    info = show.get("model_info")
    named = info.get("general.license") if isinstance(info, Mapping) else None
    text = named if isinstance(named, str) else show.get("license")
    lines = text.splitlines() if isinstance(text, str) else []
    return next((line.strip() for line in lines if line.strip()), "")


def _exams(all_: Sequence[ExamResult], digest: str) -> tuple[ExamResult, ...]:
    return tuple({each.engine: each for each in all_ if each.digest == digest}.values())
