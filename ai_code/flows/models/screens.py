"""Models on a screen of 80 columns, and as plain values for ``--json``. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ai_code.core.columns import Line, aligned, ends, wrapped
from ai_code.core.disk import DiskRoom
from ai_code.core.machine import Machine
from ai_code.core.memory import gb, gib
from ai_code.core.recommend import LeftOut, Placement, Recommendation
from ai_code.core.text import fitting, one_line
from ai_code.flows.models.inventory import Row
from ai_code.flows.models.server import made_by

WIDTH = 80
_INDENT = "    "
_RIGHT = 44
_WHERE: dict[Placement | None, str] = {
    "gpu": "fits the GPU",
    "split": "partly on the CPU",
    "cpu": "fits the RAM",
    None: "does not fit",
}


def listing(rows: Sequence[Row]) -> list[Line]:
    """Two lines a model: name and maker, then the figures, below each other."""
    figures = aligned([_figures(row) for row in rows])
    lines: list[Line] = []
    for row, cells in zip(rows, figures, strict=True):
        lines += _head(one_line(row.name), made_by(row.maker), row.licence, _INDENT)
        lines.append(((fitting(_INDENT + cells, WIDTH), _style(row)),))
        if row.rule:
            lines += forbidden(row.rule, _INDENT)
        elif row.running:
            lines.append(((_INDENT + in_memory(row), "good"),))
    return lines


def _head(left: str, maker: str, licence: str, indent: str) -> list[Line]:
    """A name, whole, and on the right who made it; on a line of its own where that is too long."""
    about = ", ".join(filter(None, (maker, one_line(licence))))
    left, right = ends(left, fitting(about, _RIGHT), WIDTH)
    head: Line = ((left, "name"), (right, "dim"))
    return [head] if right else [head, ((fitting(indent + about, WIDTH), "dim"),)]


def forbidden(rule: str, indent: str) -> list[Line]:
    """Why the policy forbids it, whole."""
    return [((line, "bad"),) for line in wrapped(f"not allowed: {rule}", WIDTH, indent)]


def in_memory(row: Row) -> str:
    """Where a loaded model lies."""
    if row.running is None:
        return ""
    share = 100 * row.running.size_vram // max(1, row.running.size)
    at = f" at {tokens(row.running.context)}" if row.running.context else ""
    return f"loaded{at}: {gib(row.running.size)}, {share} % on the GPU"


def _figures(row: Row) -> tuple[str, ...]:
    about = "" if row.measured else "about "
    return (
        gb(row.size),
        row.quantisation or "-",
        tokens(row.context) if row.context else "-",
        f"tools: {row.tools or '-'}",
        f"needs {about}{gib(row.need)}",
        _WHERE[row.placement] if row.placement_known else "elsewhere",
    )


def _style(row: Row) -> str:
    return "bad" if row.placement_known and row.placement is None else ""


def tokens(count: int) -> str:
    """``32k`` of 32768."""
    return f"{count // 1024}k" if count >= 1024 else str(count)


def machine_line(machine: Machine) -> str:
    """The machine, in one line."""
    cards = [f"{one_line(gpu.name, 40)} ({gib(gpu.vram_total)})" for gpu in machine.gpus]
    return ", ".join([*cards, f"{gib(machine.ram_total)} of RAM"])


def recommendations(found: Sequence[Recommendation], most: int) -> list[Line]:
    """The best of them: name and maker, then the reasons."""
    lines: list[Line] = []
    for number, each in enumerate(found[:most], 1):
        state = " (installed)" if each.installed else ""
        name = f"{number}. {each.name}{state}"
        lines += _head(name, made_by(each.entry.maker), each.entry.licence, "   ")
        size = "" if each.installed else f"{gb(each.fit.quantisation.size)} to download; "
        why = "; ".join(each.reasons)
        text = f"{each.fit.quantisation.name}; {size}{why}"
        lines += [((line, ""),) for line in wrapped(text, WIDTH, "   ")]
    return lines


def row_value(row: Row) -> dict[str, Any]:
    """A row for ``--json``; the form only grows."""
    return {
        "name": row.name,
        "installed": row.installed,
        "digest": row.digest or None,
        "size": row.size,
        "parameters": row.parameters or None,
        "quantisation": row.quantisation or None,
        "context": row.context or None,
        "tools": row.tools or None,
        "need": row.need,
        "need_context": row.need_context,
        "need_measured": row.measured,
        "fits": row.placement if row.placement_known else None,
        "fits_known": row.placement_known,
        "loaded": row.running
        and {
            "size": row.running.size,
            "size_vram": row.running.size_vram,
            "context": row.running.context,
        },
        "maker": row.maker.name or None,
        "country": row.maker.country or None,
        "licence": row.licence or None,
        "allowed": not row.rule,
        "rule": row.rule or None,
        "exam": row.exam and row.exam._asdict(),
        "exams": [each._asdict() for each in row.exams],
    }


def machine_value(machine: Machine) -> dict[str, Any]:
    """The machine for ``--json``; memory in bytes."""
    return {
        "ram_total": machine.ram_total,
        "ram_available": machine.ram_available,
        "gpus": [
            {
                "name": gpu.name,
                "vendor": gpu.vendor,
                "vram_total": gpu.vram_total,
                "vram_free": gpu.vram_free,
                "unified": gpu.unified,
            }
            for gpu in machine.gpus
        ],
    }


def recommendation_value(each: Recommendation) -> dict[str, Any]:
    """A recommendation for ``--json``; the form only grows."""
    return {
        "name": each.name,
        "model": each.entry.name,
        "installed": bool(each.installed),
        "quantisation": each.fit.quantisation.name,
        "download": each.fit.quantisation.size,
        "context": each.fit.context,
        "need": each.fit.need,
        "placement": each.fit.placement,
        "tokens_per_s": round(each.fit.tokens_per_s, 1),
        "maker": each.entry.maker.name,
        "country": each.entry.maker.country,
        "licence": each.entry.licence,
        "languages": list(each.entry.languages),
        "score": round(each.score, 1),
        "reasons": list(each.reasons),
    }


def disk_value(room: DiskRoom | None) -> dict[str, Any] | None:
    """The disk of Ollama's models for ``--json``; null where it is not known."""
    return {"folder": room.folder, "free": room.free} if room else None


def left_value(each: LeftOut) -> dict[str, Any]:
    """A model that is not recommended, for ``--json``."""
    return {"model": each.entry.name, "why": each.why, "rule": each.rule or None}
