"""What was measured of models on this machine, remembered by digest: values and their port."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from ai_code.core.memory import KvType


class MeasuredNeed(NamedTuple):
    """What a loaded model took, as /api/ps told it: ``size`` in bytes over all, ``size_vram`` of
    them on the GPU, with ``context`` tokens. ``seen_at`` is an epoch in seconds."""

    digest: str
    context: int
    kv_type: KvType
    size: int
    size_vram: int
    seen_at: int


class ExamResult(NamedTuple):
    """How a model did in the editing exam of ``ai-code models test``.

    ``passed`` of ``tasks`` edits landed as asked; ``followed`` of them came in the edit format
    that was asked for; ``tokens_per_s`` of its answers, 0 where it is not known.
    """

    digest: str
    name: str
    edit_format: str
    tasks: int
    passed: int
    followed: int
    seconds: float
    tokens_per_s: float
    taken_at: int


class ModelNotes(Protocol):
    """The memory of both. The newest of a key replaces what was there."""

    def need(self, digest: str, context: int, kv_type: KvType) -> MeasuredNeed | None: ...
    def remember_need(self, need: MeasuredNeed) -> None: ...
    def exam(self, digest: str) -> ExamResult | None: ...
    def exams(self) -> Sequence[ExamResult]: ...
    def remember_exam(self, result: ExamResult) -> None: ...
