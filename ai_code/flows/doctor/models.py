"""The model that a run would use: installed, allowed, fitting, with its context."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from ai_code.core.doctor import Finding, Fix, failed, ok, run, skipped, warn, write
from ai_code.core.machine import room_for_models
from ai_code.core.memory import CONTEXTS, gb, gib, shape_of
from ai_code.core.model_choice import MOST_ASKED, preferred
from ai_code.core.models import can_chat, installed_name, runs_elsewhere, same_model
from ai_code.core.recommend import GOOD_CONTEXT
from ai_code.flows.doctor.changing import first_model, get_model, set_key, use_model
from ai_code.flows.doctor.server import ELSEWHERE, SILENT
from ai_code.flows.model_fit import (
    WISHED_CONTEXT,
    contexts_of,
    need_of,
    will_serve,
    wished_by,
)
from ai_code.flows.wanted import wanted_by

if TYPE_CHECKING:
    from ai_code.core.ports import ServedModel
    from ai_code.flows.doctor.facts import Facts


class Chosen(NamedTuple):
    """The installed model that a run would use (None: none), names of all, and why some may not
    be used. ``engine`` is to work on it; ``able``: whether it can work on one of them."""

    model: ServedModel | None
    names: tuple[str, ...]
    refused: Mapping[str, str]
    engine: str = "aider"
    able: Callable[[str], bool] = lambda _name: True

    @property
    def usable(self) -> list[str]:
        """Installed, allowed, and no mere embeddings."""
        return [name for name in self.names if can_chat(name) and name not in self.refused]

    @property
    def serving(self) -> list[str]:
        """Of these, those on which the engine can work."""
        return [name for name in self.usable[:MOST_ASKED] if self.able(name)]


def chosen(facts: Facts, engine: str = "") -> Chosen | None:
    """None where the server does not answer. ``engine`` empty: the one that would go on."""
    served = facts.served()
    if served is None:
        return None
    refused = {each.name: why for each in served if (why := refusal(facts, each.name))}
    names = tuple(each.name for each in served)
    usable = [each for each in served if each.name not in refused]
    world, settings = facts.world, facts.settings
    wanted = wanted_by(world, settings, engine=engine or facts.engine())
    tools, context = wanted.needs_tools, wanted.least_context
    picky = tools or context > 0

    def able(name: str) -> bool:
        return not picky or will_serve(facts.show(name), tools=tools, context=context)

    name = preferred(
        settings.model_for("edit"),
        usable,
        catalogue=world.catalogue,
        exams=world.model_notes.exams(),
        wished=settings.aider_edit_format,
        engine=wanted.engine,
        loaded=[str(row.get("name", "")) for row in facts.loaded_rows()],
        able=able if picky else None,
    )
    model = next((each for each in served if each.name == name), None)
    return Chosen(model, names, refused, wanted.engine, able)


def refusal(facts: Facts, name: str) -> str:
    """Why the policy does not let a model be used; empty where it does."""
    return facts.settings.policy.refusal_of(name, facts.world.catalogue, facts.show)


def installed(facts: Facts) -> Finding:
    """There is a model to use."""
    have = chosen(facts)
    if have is None:
        return skipped(SILENT)
    wanted = facts.settings.model_for("edit")
    if have.model is not None:
        return ok(f"{have.model.name} ({gb(have.model.size)}), of {len(have.names)} installed")
    listed = ", ".join(have.names[:4]) or "none"
    if wanted != "auto":
        if installed_name(wanted, have.names):
            return skipped(f"{wanted} is installed, and may not be used")
        if refusal(facts, wanted):
            return skipped(f"{wanted} may not be used")
        return failed(
            f"{wanted} is not installed (installed: {listed})",
            run("ai-code", "models", "pull", wanted),
        )
    if fix := name_one(facts, have):
        return failed(f"none is chosen by itself ({listed})", fix)
    if have.usable:
        told = f"none that is chosen by itself will do for {have.engine} ({listed})"
        return failed(told, first(facts))
    return failed(f"no model that can edit (installed: {listed})", first(facts))


def name_one(facts: Facts, have: Chosen) -> Fix | None:
    """What has runs use one of several that will do, where none is chosen by itself; None where
    that is not what is wrong."""
    if have.model is not None or facts.settings.model_for("edit") != "auto":
        return None
    serving = have.serving
    return use_model(facts, serving[0], serving) if serving else None


def allowed(facts: Facts) -> Finding:
    """The model that is asked for may be used."""
    have = chosen(facts)
    policy = facts.settings.policy
    if have is None:
        return skipped(SILENT)
    if not policy:
        return ok("no rule is set")
    wanted = facts.settings.model_for("edit")
    if wanted != "auto" and (why := refusal(facts, wanted)):
        usable = have.usable
        fix = use_model(facts, usable[0], usable) if usable else first(facts)
        return failed(f"{wanted} may not be used: {why}", fix)
    if have.names and len(have.refused) == len(have.names):
        name, why = next(iter(have.refused.items()))
        return failed(f"no installed model may be used ({name}: {why})", first(facts))
    return ok(f"{len(have.refused)} of {len(have.names)} installed are ruled out")


def first(facts: Facts) -> Fix:
    """What to get where no model will do."""
    models = first_model(facts)
    found = models.first()
    if found is None or found.note:
        return write(models.hint(found))
    return (use_model if found.installed else get_model)(facts, found.name, [found.name])


def smaller(facts: Facts, name: str) -> Fix:
    """What to use, or to get, in the place of a model that does not fit."""
    found = first_model(facts).lighter(name, room=available_bytes(facts) if facts.here else None)
    if found is None:
        return write("ollama ps   (what is loaded; close other programs, too)")
    return (use_model if found.installed else get_model)(facts, found.name, [found.name])


def available_bytes(facts: Facts) -> int:
    """What a model could have: what others hold is given back when they are unloaded."""
    rows = facts.loaded_rows()
    held, on_cards = (sum(_number(row, key) for row in rows) for key in ("size", "size_vram"))
    offload = facts.settings.models_allow_cpu_offload
    return room_for_models(facts.hardware(), held, on_cards, cpu_offload=offload)


def fits(facts: Facts) -> Finding:
    """The model's weights and a useful context go into memory."""
    if not facts.here:
        return skipped(ELSEWHERE)
    have = chosen(facts)
    if have is None or have.model is None:
        return skipped(SILENT if have is None else "there is no model")
    model, settings = have.model, facts.settings
    if runs_elsewhere(model.name):
        return warn(f"{model.name} runs on Ollama's servers: prompts leave this machine")
    row = loaded_row(facts, model.name)
    if row is not None:
        return ok(f"{model.name} is loaded and takes {gib(_number(row, 'size'))}")
    asked, (context, need, least) = settings.ollama_num_ctx, _asked(facts, model)
    can = available_bytes(facts)
    if not context:
        told = f"{model.name} needs {gib(need)} with {least} tokens, {gib(can)} can be had"
        return failed(told, smaller(facts, model.name))
    told = f"{model.name} needs {gib(need)} with {context} tokens of {gib(can)}"
    if asked > context:
        origin = facts.loaded.origins["ollama.num-ctx"]
        told += f"; the {asked} of ollama.num-ctx ({origin}) do not fit"
        return warn(told, set_key(facts, "ollama.num-ctx", context))
    if not asked and context < min(GOOD_CONTEXT, _own(facts, model)):
        return warn(f"{told}: few for an edit with its files", smaller(facts, model.name))
    return ok(told)


def _own(facts: Facts, model: ServedModel) -> int:
    """What the model was made for; as much as anybody asks for where it does not tell."""
    shape = shape_of(facts.show(model.name))
    return shape.context if shape and shape.context else CONTEXTS[0]


class _Asked(NamedTuple):
    """The context that a run would ask for, 0 where none fits, and bytes with it; with the
    ``least`` one where none fits."""

    context: int
    need: int
    least: int


def _asked(facts: Facts, model: ServedModel) -> _Asked:
    """As a run does it: the wished context, else the next smaller one that fits."""
    entry = facts.world.catalogue.entry(model.name)
    wanted = wanted_by(facts.world, facts.settings, engine=facts.engine())
    wanted = replace(wanted, wished=entry.num_ctx if entry else 0)
    show = facts.show(model.name)
    need = need_of(model, show, wanted, facts.world.model_notes)
    tried = contexts_of(show, wanted.num_ctx, wished=wished_by(wanted))
    can = available_bytes(facts)
    context = next((each for each in tried if need(each) <= can), 0)
    least = min(tried, default=CONTEXTS[-1])
    return _Asked(context, need(context or least), least)


def loaded_row(facts: Facts, name: str) -> Mapping[str, Any] | None:
    """The model's row of /api/ps, where it is in memory."""
    rows = facts.loaded_rows()
    return next((row for row in rows if same_model(str(row.get("name")), name)), None)


def context(facts: Facts) -> Finding:
    """The context in effect is the one that is needed."""
    have = chosen(facts)
    if have is None or have.model is None:
        return skipped(SILENT if have is None else "there is no model")
    model, settings = have.model, facts.settings
    shape = shape_of(facts.show(model.name))
    own = shape.context if shape else 0
    asked = settings.ollama_num_ctx
    if asked and own and asked > own:
        origin = facts.loaded.origins["ollama.num-ctx"]
        return warn(
            f"ollama.num-ctx is {asked} ({origin}), {model.name} was made for {own}",
            set_key(facts, "ollama.num-ctx", own),
        )
    least = wanted_by(facts.world, settings, engine=facts.engine()).least_context
    wished = max(WISHED_CONTEXT, least)
    needed = asked or min(wished, own or wished)
    row = loaded_row(facts, model.name)
    if row is not None and (has := _number(row, "context_length")):
        if has < needed:
            return warn(
                f"{model.name} is loaded with {has} tokens, {needed} are needed",
                run("ollama", "stop", model.name, safe=True),
            )
        return ok(f"{has} tokens in effect, {needed} needed")
    if not facts.here:
        return ok(f"{needed} tokens will be asked for")
    context = _asked(facts, model).context
    if not context:
        return skipped("it does not fit into memory")
    return ok(f"{context} tokens will be asked for")


def offload(facts: Facts) -> Finding:
    """A loaded model is on the GPU as a whole, where it is there at all."""
    if facts.served() is None:
        return skipped(SILENT)
    rows = facts.loaded_rows()
    for row in rows:
        size, vram = _number(row, "size"), _number(row, "size_vram")
        if 0 < vram < size:
            name = str(row.get("name"))
            return warn(
                f"{name} is only {100 * vram // size} % on the GPU: it is slow",
                write(f"ollama stop {name}   (then ollama.num-ctx lower, or a smaller model)"),
            )
    return ok("none is split" if rows else "no model is loaded")


def _number(row: Mapping[str, Any], key: str) -> int:
    value = row.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
