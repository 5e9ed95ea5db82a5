"""``ai-code models show``: everything that is known of one model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ai_code.core.columns import Line, aligned, wrapped
from ai_code.core.errors import UsageError
from ai_code.core.memory import CONTEXTS, gb, gib
from ai_code.core.models import installed_name
from ai_code.core.recommend import Placement, place
from ai_code.core.text import one_line
from ai_code.flows.models.inventory import Inventory, Row
from ai_code.flows.models.screens import WIDTH, forbidden, in_memory, row_value, tokens
from ai_code.flows.models.server import RECOMMEND, made_by, require_name

if TYPE_CHECKING:
    from ai_code.core.catalogue import Entry
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_SHOWN_CONTEXTS = tuple(sorted(c for c in CONTEXTS if c in (4096, 8192, 16384, 32768)))


class Need(NamedTuple):
    """Bytes with that context, and where the model would lie then."""

    context: int
    need: int
    placement: Placement | None
    measured: bool


class Shown(NamedTuple):
    """A model and what it needs at several contexts."""

    row: Row
    needs: tuple[Need, ...]
    unknown: str = ""
    """Why nobody knows whether it is installed; empty where that is known."""


def show(world: World, settings: Settings, name: str) -> Shown:
    """An installed model, or one of the catalogue. Raises UsageError where it is neither."""
    require_name(name)
    entry = world.catalogue.entry(name)
    there = Inventory(world, settings, needed=entry is None)
    found = installed_name(name, [model.name for model in there.served.models])
    model = next((each for each in there.served.models if each.name == found), None)
    if model is None and entry is None:
        raise UsageError(
            f"nothing is known of the model {name}",
            why="it is not installed, and the catalogue does not have it",
            hint=RECOMMEND,
        )
    row = there.row(model) if model is not None else there.of_entry(entry)  # type: ignore[arg-type]
    return Shown(row, tuple(_needs(world, settings, there, row)), there.unknown)


def _needs(world: World, settings: Settings, there: Inventory, row: Row) -> list[Need]:
    needs: list[Need] = []
    for context in _SHOWN_CONTEXTS:
        if row.context and context > row.context and needs:
            break
        kv = settings.ollama_kv_cache_type
        note = world.model_notes.need(row.digest, context, kv) if row.digest else None
        need = note.size if note else there.need_at(row.size, row.shape, context)
        needs.append(Need(context, need, place(need, there.budget), note is not None))
    return needs


def lines_of(shown: Shown) -> list[Line]:
    """For a screen of 80 columns."""
    row, entry = shown.row, shown.row.entry
    lines: list[Line] = [((one_line(row.name), "name"),)]

    def tell(what: str, text: str, style: str = "") -> None:
        if text:
            first, *more = wrapped(one_line(text, 400), WIDTH, " " * 16)
            lines.append(((f"  {what + ':':<14}{first[16:]}", style),))
            lines.extend(((each, style),) for each in more)

    tell("state", shown.unknown or ("installed" if row.installed else "not installed"))
    tell("loaded", in_memory(row).removeprefix("loaded").lstrip(" :"), "good")
    if row.rule:
        lines += forbidden(row.rule, "  ")
    else:
        tell("policy", "allowed")
    tell("maker", made_by(row.maker))
    tell("licence", row.licence)
    tell("parameters", row.parameters + _active(row))
    tell("size", f"{gb(row.size)} ({row.quantisation or 'quantisation not known'})")
    tell("context", f"{row.context} tokens" if row.context else "not known")
    tell("tools", row.tools or "not known")
    for need in shown.needs:
        how = "measured" if need.measured else "about"
        where = _where(need.placement) if row.placement_known else "the server is elsewhere"
        style = "bad" if row.placement_known and need.placement is None else ""
        tell(f"at {tokens(need.context)}", f"{how} {gib(need.need)}, {where}", style)
    for exam in row.exams:
        rate = f", {exam.tokens_per_s:.0f} tokens/s" if exam.tokens_per_s else ""
        with_ = exam.edit_format if exam.engine == "aider" else f"with {exam.engine}"
        tell("exam", f"{exam.passed} of {exam.tasks} passed ({with_}){rate}")
    if not row.exam and row.installed and not row.rule:
        with_ = " with the engine that runs go on with" if row.exams else ""
        tell("exam", f"not taken{with_}: ai-code models test {row.name}")
    if entry:
        tell("edit format", entry.edit_format)
        tell("worked with", _knobs(entry))
        tell("languages", ", ".join(entry.languages))
        tell("roles", ", ".join(entry.roles) or "none")
        tell("note", entry.note)
        downloads = aligned([(q.name, gb(q.size), q.tag) for q in entry.quantisations])
        lines += [(("  downloads:", ""),), *(((f"    {each}", ""),) for each in downloads)]
        lines += [(("  sources:", ""),), *(((f"    {each}", "dim"),) for each in entry.sources)]
    tell("digest", row.digest)
    return lines


def value_of(shown: Shown) -> dict[str, Any]:
    """For ``--json``; the form only grows."""
    entry = shown.row.entry
    return {
        **row_value(shown.row),
        "note": shown.unknown or None,
        "needs": [need._asdict() for need in shown.needs],
        "catalogue": entry
        and {
            "name": entry.name,
            "active": entry.active,
            "edit_format": entry.edit_format,
            "lean_tools": entry.lean,
            "temperature": entry.temperature,
            "num_ctx": entry.num_ctx or None,
            "languages": list(entry.languages),
            "roles": list(entry.roles),
            "note": entry.note,
            "downloads": [
                {"tag": q.tag, "quantisation": q.name, "size": q.size} for q in entry.quantisations
            ],
            "sources": list(entry.sources),
        },
    }


def _where(placement: Placement | None) -> str:
    return {
        "gpu": "fits the GPU",
        "split": "partly on the CPU",
        "cpu": "fits the RAM",
        None: "does not fit this machine",
    }[placement]


def _knobs(entry: Entry) -> str:
    """What engines that have a choice are told of the model, where that is not the usual."""
    told = ["few tools"] if entry.lean else []
    told += [f"temperature {entry.temperature:g}"] if entry.temperature else []
    told += [f"a context of {tokens(entry.num_ctx)}"] if entry.num_ctx else []
    return ", ".join(told)


def _active(row: Row) -> str:
    if row.entry is None or row.entry.active >= row.entry.parameters:
        return ""
    return f", {row.entry.active / 1e9:.1f}B of them for each token"
