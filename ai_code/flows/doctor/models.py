"""The model that a run would use: installed, allowed, fitting, with its context."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ai_code.core.doctor import Finding, Fix, failed, ok, run, skipped, warn, write
from ai_code.core.machine import RAM_RESERVE, VRAM_SHARE
from ai_code.core.memory import CONTEXTS, gib, largest_context, need_bytes, shape_of
from ai_code.core.model_choice import preferred
from ai_code.core.models import PREFERRED, can_chat, installed_name, runs_elsewhere, same_model
from ai_code.flows.doctor.server import ELSEWHERE, SILENT

if TYPE_CHECKING:
    from ai_code.core.ports import ServedModel
    from ai_code.flows.doctor.facts import Facts

_WISHED_CONTEXT = 16384


class Chosen(NamedTuple):
    """The installed model that a run would use (None: none), names of all, and why some may not
    be used."""

    model: ServedModel | None
    names: tuple[str, ...]
    refused: Mapping[str, str]


def chosen(facts: Facts) -> Chosen | None:
    """None where the server does not answer."""
    served = facts.served()
    if served is None:
        return None
    refused = {each.name: why for each in served if (why := refusal(facts, each.name))}
    names = tuple(each.name for each in served)
    usable = [each for each in served if each.name not in refused]
    world, settings = facts.world, facts.settings
    name = preferred(
        settings.model_for("edit"),
        usable,
        catalogue=world.catalogue,
        exams=world.model_notes.exams(),
        edit_format=settings.aider_edit_format,
        loaded=[str(row.get("name", "")) for row in facts.loaded_rows()],
    )
    return Chosen(next((each for each in served if each.name == name), None), names, refused)


def refusal(facts: Facts, name: str) -> str:
    """Why the policy does not let a model be used; empty where it does."""
    policy = facts.settings.policy
    if not policy:
        return ""
    catalogue = facts.world.catalogue
    maker = catalogue.maker(name)
    return policy.refusal(name, maker if maker.name else catalogue.maker(name, facts.show(name)))


def installed(facts: Facts) -> Finding:
    """There is a model to use."""
    have = chosen(facts)
    if have is None:
        return skipped(SILENT)
    wanted = facts.settings.model_for("edit")
    if have.model is not None:
        return ok(f"{have.model.name} ({gib(have.model.size)}), of {len(have.names)} installed")
    listed = ", ".join(have.names[:4]) or "none"
    if wanted != "auto":
        if installed_name(wanted, have.names):
            return skipped(f"{wanted} is installed, and may not be used")
        if refusal(facts, wanted):
            return skipped(f"{wanted} may not be used")
        return failed(
            f"{wanted} is not installed (installed: {listed})", run("ollama", "pull", wanted)
        )
    usable = [each for each in have.names if can_chat(each) and each not in have.refused]
    if usable:
        return failed(
            f"none is chosen by itself ({listed})", write(f"model: {usable[0]}   (in the settings)")
        )
    return failed(f"no model that can edit (installed: {listed})", smaller(facts, 1 << 60))


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
        usable = [each for each in have.names if can_chat(each) and each not in have.refused]
        fix = (
            write(f"model: {usable[0]}   (in the settings)") if usable else smaller(facts, 1 << 60)
        )
        return failed(f"{wanted} may not be used: {why}", fix)
    if have.names and len(have.refused) == len(have.names):
        name, why = next(iter(have.refused.items()))
        return failed(f"no installed model may be used ({name}: {why})", smaller(facts, 1 << 60))
    return ok(f"{len(have.refused)} of {len(have.names)} installed are ruled out")


def smaller(facts: Facts, available: int) -> Fix:
    """The best model of the catalogue that is allowed and fits."""
    policy = facts.settings.policy
    fitting = [
        entry
        for entry in facts.world.catalogue.entries
        if not policy.refusal(entry.name, entry.maker)
        and need_bytes(entry.quantisations[0].size, entry.shape, CONTEXTS[-1]) <= available
    ]
    if available >= 1 << 60 and not fitting:
        return run("ai-code", "models", "recommend", "--all")
    if available >= 1 << 60:
        # Nothing is known of memory here: the list's first that may be used.
        names = {entry.name for entry in fitting}
        first = next((name for name in PREFERRED if name in names), "")
        if first:
            return run("ollama", "pull", first)
    if not fitting:
        return write("close other programs, or: ollama ps   (what is loaded)")
    best = max(fitting, key=lambda entry: entry.rank)
    return write(f"ollama pull {best.name}   (then model: {best.name} in the settings)")


def available_bytes(facts: Facts) -> int:
    """What a model could have: what others hold is given back when they are unloaded."""
    machine = facts.hardware()
    given_back = sum(_number(row, "size") for row in facts.loaded_rows())
    free = machine.ram_available + int(machine.vram_free * VRAM_SHARE) - RAM_RESERVE
    # Weights that are mapped count as available and as held.
    return min(max(0, free) + given_back, machine.ram_total + machine.vram_total)


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
    shape = shape_of(facts.show(model.name))
    context = settings.ollama_num_ctx or CONTEXTS[-1]
    kv, parallel = settings.ollama_kv_cache_type, settings.ollama_num_parallel
    note = facts.world.model_notes.need(model.digest, context, kv)
    need = note.size if note else need_bytes(model.size, shape, context, kv, parallel)
    can = available_bytes(facts)
    if need > can:
        told = f"{model.name} needs {gib(need)} with {context} tokens, {gib(can)} can be had"
        return failed(told, smaller(facts, can))
    return ok(f"{model.name} needs {gib(need)} with {context} tokens of {gib(can)}")


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
            write(f"ollama.num-ctx: {own}"),
        )
    needed = asked or min(_WISHED_CONTEXT, own or _WISHED_CONTEXT)
    row = loaded_row(facts, model.name)
    if row is not None and (has := _number(row, "context_length")):
        if has < needed:
            return warn(
                f"{model.name} is loaded with {has} tokens, {needed} are needed",
                run("ollama", "stop", model.name, safe=True),
            )
        return ok(f"{has} tokens in effect, {needed} needed")
    if not facts.here or asked:
        return ok(f"{needed} tokens will be asked for")
    kv, parallel = settings.ollama_kv_cache_type, settings.ollama_num_parallel
    room = largest_context(model.size, shape, available_bytes(facts), kv, parallel)
    if not room:
        return skipped("it does not fit into memory")
    return ok(f"{min(room, needed)} tokens will be asked for ({room} fit)")


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
