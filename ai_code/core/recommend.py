"""Which model suits this machine: best first, each with what it needs and why.

Memory is judged by totals, not by what is free at the moment: the answer of today is that of
tomorrow. Of the disk what is free counts, for a download takes it for good. A
model that lies wholly on the GPU goes before one that does not; on the processor it is memory's
speed that counts, so a mixture of experts, which reads few of its parameters, goes before a dense
model of its size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ai_code.core.catalogue import Catalogue, Entry, Quantisation, Role
from ai_code.core.disk import DiskRoom
from ai_code.core.machine import VRAM_SHARE, Gpu, Machine
from ai_code.core.memory import CONTEXTS, GIB, KvType, gb, gib, largest_context, need_bytes
from ai_code.core.model_notes import ExamResult
from ai_code.core.models import same_model
from ai_code.core.policy import Policy

Placement = Literal["gpu", "split", "cpu"]
_WHERE = {"gpu": "fits the GPU", "split": "partly on the CPU", "cpu": "on the CPU"}

_RAM_RESERVE = 2 * GIB
_RAM_RESERVE_SHARE = 0.2
"""What the system and other programs need: the larger of the two."""

GOOD_CONTEXT = 8192
"""Tokens that an edit needs with its files. Less is offered only where nothing else is."""
_ROOMY_CONTEXT = 32768
_CPU_CONTEXT = 16384
"""On a processor a prompt is read so slowly that more is never waited for."""
_HEADROOM = 1.1
"""A finer quantisation than the usual one is worth it only where it fits with ease."""

LEAST_SPEED = 4.0
"""Tokens a second below which nobody waits for an edit."""
_CPU_BYTES_S = 25e9
"""Bytes a second that a desktop's two memory channels give (DDR4-3200: 51 by the book)."""
_CARD_BYTES_S = 250e9
"""Of a small graphics card; large ones have three and four times as much."""
_UNIFIED_BYTES_S: Mapping[str, float] = {"Pro": 160e9, "Max": 320e9, "Ultra": 640e9}
_PLAIN_UNIFIED_BYTES_S = 85e9
"""Of Apple's processors, four fifths of what their maker says."""

_ON_GPU = 25.0
"""Points of rank that a model wholly on the GPU is better by: an answer in seconds."""
_SPLIT = 25.0
"""And that one partly on the processor is worse by, unless the person allows it
(``models.allow-cpu-offload``): a run would go on to the next lighter model."""
_SHORT_CONTEXT = 60.0
_SPEED_WISHED = 10.0
"""Tokens a second from which on nobody minds waiting; each that is missing costs two points."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Bytes that models may take: on the GPU, and of the RAM beside it. ``unified``: they are one
    memory, and ``ram`` is 0. ``gpu_bytes_s`` is how fast the GPU reads its memory."""

    gpu: int
    ram: int
    unified: bool = False
    gpu_bytes_s: float = _CARD_BYTES_S

    @property
    def total(self) -> int:
        return self.gpu + self.ram


@dataclass(frozen=True, slots=True)
class Fit:
    """How a download of a model fits: ``context`` tokens take ``need`` bytes, there it lies, and
    about so many tokens a second it answers with (measured where it was tested)."""

    quantisation: Quantisation
    context: int
    need: int
    placement: Placement
    tokens_per_s: float


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A model worth having. ``installed`` is its name at the server, empty where it is not."""

    entry: Entry
    fit: Fit
    score: float
    reasons: tuple[str, ...]
    installed: str = ""

    @property
    def name(self) -> str:
        """What to pull or to use."""
        return self.installed or self.fit.quantisation.tag

    @property
    def of_disk(self) -> str:
        """What its download takes, in words."""
        return f"{gb(self.fit.quantisation.size)} of disk"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A model of the catalogue that is not recommended, and why. ``rule`` is the policy's;
    ``otherwise`` is what it would be if the disk had room for it."""

    entry: Entry
    why: str
    rule: str = ""
    otherwise: Recommendation | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """What to judge by. ``installed`` are names at the server; ``exams`` what is remembered, by
    a model's name; ``room`` is the disk of the server's models, None where it is not known.
    ``tools`` and ``context`` (tokens, at least) are what the engine needs of a model."""

    policy: Policy
    role: Role = "edit"
    kv_type: KvType = "f16"
    parallel: int = 1
    allow_split: bool = False
    installed: Sequence[str] = ()
    exams: Mapping[str, ExamResult] | None = None
    room: DiskRoom | None = None
    tools: bool = False
    context: int = 0

    def have_room(self, quantisation: Quantisation) -> bool:
        """Whether the disk can take that download, as far as it is known."""
        return self.room is None or self.room.holds(quantisation.size)


def budget_of(machine: Machine) -> Budget:
    """What models may take of this machine. Cards of one maker add up; of several makers those
    with the most memory count, for one model runs on one kind."""
    reserve = max(_RAM_RESERVE, int(machine.ram_total * _RAM_RESERVE_SHARE))
    shared = [gpu for gpu in machine.gpus if gpu.unified]
    own = {gpu.vendor: 0 for gpu in machine.gpus if not gpu.unified}
    for gpu in machine.gpus:
        if not gpu.unified:
            own[gpu.vendor] += int(gpu.vram_total * VRAM_SHARE)
    cards = max(own.values(), default=0)
    if shared and machine.unified_total > cards:
        return Budget(machine.unified_total, 0, True, _unified_bytes_s(shared[0]))
    return Budget(cards, max(0, machine.ram_total - reserve))


def place(need: int, budget: Budget) -> Placement | None:
    """Where a model of so many bytes lies; None where it fits nowhere."""
    if need <= budget.gpu:
        return "gpu"
    if need <= budget.ram:
        # Ollama puts on the GPU what fits there; with next to nothing it is the processor's.
        return "split" if budget.gpu > need // 10 else "cpu"
    return "split" if budget.gpu and budget.ram and need <= budget.total else None


def speed(entry: Entry, size: int, need: int, budget: Budget, placement: Placement) -> float:
    """Tokens a second, about: every token reads all active weights once."""
    active = size * entry.active / max(1, entry.parameters)
    off_gpu = {"gpu": 0.0, "cpu": 1.0}.get(placement, 1 - budget.gpu / max(1, need))
    seconds = active * (off_gpu / _CPU_BYTES_S + (1 - off_gpu) / budget.gpu_bytes_s)
    return 1 / max(seconds, 1e-3)


def best_fit(
    entry: Entry, budget: Budget, wishes: Wishes, choices: Sequence[Quantisation] | None = None
) -> Fit | None:
    """The download to take of ``choices`` (None: of all), and the context it gets: the usual one,
    a finer one where there is room to spare on the GPU, a coarser one where only that fits.
    None: none fits."""
    among = entry.quantisations if choices is None else choices
    found = [each for q in among if (each := _fit(entry, q, budget, wishes))]
    good = [each for each in found if each.context >= min(GOOD_CONTEXT, entry.context)]
    on_gpu = [each for each in good if each.placement == "gpu"]
    usual = next((each for each in found if each.quantisation == entry.quantisations[0]), None)
    if usual and usual in on_gpu:
        finer = [each for each in on_gpu if _has_room(each, entry, budget)]
        return max((usual, *finer), key=lambda each: each.quantisation.size)
    for fits in (on_gpu, good, found):
        if fits:
            return usual if usual in fits else max(fits, key=lambda e: e.quantisation.size)
    return None


def _has_room(fit: Fit, entry: Entry, budget: Budget) -> bool:
    return (
        fit.context >= min(_ROOMY_CONTEXT, entry.context)
        and fit.need * _HEADROOM <= budget.gpu
        and fit.tokens_per_s >= _SPEED_WISHED
    )


def _fit(entry: Entry, q: Quantisation, budget: Budget, wishes: Wishes) -> Fit | None:
    """Wholly on the GPU where that leaves a good context, else where the most fits."""
    kv, parallel = wishes.kv_type, wishes.parallel
    on_gpu = largest_context(q.size, entry.shape, budget.gpu, kv, parallel)
    if on_gpu >= min(GOOD_CONTEXT, entry.context):
        context = on_gpu
    else:
        anywhere = largest_context(q.size, entry.shape, budget.total, kv, parallel)
        context = min(anywhere, _CPU_CONTEXT)
        if on_gpu and not anywhere > on_gpu:
            context = on_gpu
    if not context:
        return None
    need = need_bytes(q.size, entry.shape, context, kv, parallel)
    placement = place(need, budget)
    if placement is None:
        return None
    return Fit(q, context, need, placement, speed(entry, q.size, need, budget, placement))


def recommend(
    catalogue: Catalogue, machine: Machine, wishes: Wishes
) -> tuple[tuple[Recommendation, ...], tuple[LeftOut, ...]]:
    """Models that suit, best first, and those that do not, in the catalogue's order."""
    budget = budget_of(machine)
    good: list[Recommendation] = []
    left: list[LeftOut] = []
    for entry in catalogue.entries:
        judged = _judge(entry, budget, wishes)
        if isinstance(judged, Recommendation):
            good.append(judged)
        else:
            left.append(judged)
    good.sort(key=lambda each: (-each.score, each.fit.need, each.entry.name))
    return tuple(good), tuple(left)


def _judge(entry: Entry, budget: Budget, wishes: Wishes) -> Recommendation | LeftOut:
    rule = wishes.policy.refusal(entry.name, entry.maker)
    if rule:
        return LeftOut(entry, f"not allowed: {rule}", rule)
    if wishes.role not in entry.roles:
        return LeftOut(entry, entry.note or f"not made for the role {wishes.role}")
    if lack := entry.lacks(wishes.tools, wishes.context):
        return LeftOut(entry, lack)
    fit = best_fit(entry, budget, wishes)
    if fit is None:
        least = min(
            need_bytes(q.size, entry.shape, min(CONTEXTS[-1], entry.context), wishes.kv_type)
            for q in entry.quantisations
        )
        return LeftOut(entry, f"needs {gib(least)}, and {gib(budget.total)} can be had")
    installed = _installed(entry, fit, wishes.installed)
    if installed:
        return _rated(entry, fit, wishes, installed)
    # Nothing is downloaded of what is there; of the others the disk has to take one.
    holds = [q for q in entry.quantisations if wishes.have_room(q)]
    held = fit if fit.quantisation in holds else best_fit(entry, budget, wishes, holds)
    if held is not None:
        return _rated(entry, held, wishes)
    otherwise = _rated(entry, fit, wishes)
    if isinstance(otherwise, LeftOut) or wishes.room is None:
        return otherwise
    return LeftOut(entry, f"needs {otherwise.of_disk}, {wishes.room.told}", otherwise=otherwise)


def _rated(entry: Entry, fit: Fit, wishes: Wishes, installed: str = "") -> Recommendation | LeftOut:
    exam = (wishes.exams or {}).get(installed)
    measured = exam.tokens_per_s if exam else 0.0
    rate = measured or fit.tokens_per_s
    if rate < LEAST_SPEED:
        how = "answers" if measured else "would answer"
        return LeftOut(entry, f"{how} with {rate:.1f} tokens/s here: too slow")
    fit = Fit(fit.quantisation, fit.context, fit.need, fit.placement, rate)
    score = _score(entry, fit, wishes) + (_by_exam(exam) if exam else 0.0)
    reasons = _reasons(entry, fit, exam, measured=bool(measured))
    return Recommendation(entry, fit, score, reasons, installed)


def better_with_room(
    found: Sequence[Recommendation], left: Sequence[LeftOut]
) -> Recommendation | None:
    """The best that the disk alone keeps from being the first of those ``found``."""
    best = max(_kept_out(left), key=lambda each: each.score, default=None)
    return best if best and (not found or best.score > found[0].score) else None


def least_with_room(left: Sequence[LeftOut]) -> Recommendation | None:
    """The smallest download of those that the disk alone keeps out."""
    return min(_kept_out(left), key=lambda each: each.fit.quantisation.size, default=None)


def _kept_out(left: Sequence[LeftOut]) -> list[Recommendation]:
    return [each.otherwise for each in left if each.otherwise is not None]


def _installed(entry: Entry, fit: Fit, installed: Sequence[str]) -> str:
    """The name under which the entry is installed, the wished download first."""
    tags = (fit.quantisation.tag, entry.name, *(q.tag for q in entry.quantisations))
    for tag in tags:
        for name in installed:
            if same_model(name, tag):
                return name
    prefixed = (name for name in sorted(installed) if name.startswith(entry.name + "-"))
    return next(prefixed, "")


def _score(entry: Entry, fit: Fit, wishes: Wishes) -> float:
    score = float(entry.rank)
    if fit.placement == "gpu":
        score += _ON_GPU
    elif fit.placement == "split" and not wishes.allow_split:
        score -= _SPLIT
    score -= 2 * max(0.0, _SPEED_WISHED - fit.tokens_per_s)
    if fit.context < GOOD_CONTEXT:
        score -= _SHORT_CONTEXT
    if wishes.role == "draft":
        # A draft that comes at once is worth more than a better one later.
        score = score / 2 + min(fit.tokens_per_s, 60.0)
    return score


def _by_exam(exam: ExamResult) -> float:
    """From -50 for a model that did nothing right to +12 for one that did everything."""
    share = exam.passed / max(1, exam.tasks)
    return -50.0 if not exam.passed else (share - 0.7) * 40


def _reasons(entry: Entry, fit: Fit, exam: ExamResult | None, *, measured: bool) -> tuple[str, ...]:
    reasons = [f"{_WHERE[fit.placement]}, {gib(fit.need)} at {fit.context // 1024}k"]
    if measured:
        reasons.append(f"{fit.tokens_per_s:.0f} tokens/s measured")
    elif fit.placement != "gpu":
        reasons.append(f"about {fit.tokens_per_s:.0f} tokens/s")
    if entry.active < entry.parameters:
        reasons.append("few active parameters")
    if exam:
        with_ = "" if exam.engine == "aider" else f" with {exam.engine}"
        reasons.append(f"exam{with_}: {exam.passed} of {exam.tasks}")
    if fit.context < GOOD_CONTEXT:
        reasons.append("short context")
    return tuple(reasons)


def _unified_bytes_s(gpu: Gpu) -> float:
    words = gpu.name.split()
    return next((rate for word, rate in _UNIFIED_BYTES_S.items() if word in words),
                _PLAIN_UNIFIED_BYTES_S)  # fmt: skip
