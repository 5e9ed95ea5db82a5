"""What was measured of models on this machine, remembered by digest: values and their port."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

BY_TOOLS = "tools"
"""The ``edit_format`` of an exam with an engine other than aider."""

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
    """How a model did in the editing exam of ``ai-code models test`` with one engine.

    ``passed`` of ``tasks`` edits landed as asked; ``followed`` of them came in the edit format
    that was asked for (aider's ``edit_format``; of engines that edit by calling tools: came at
    all, ``BY_TOOLS``); ``tokens_per_s`` of its answers, 0 where it is not known.
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
    engine: str = "aider"

    @property
    def share(self) -> float:
        """Of the tasks that it passed."""
        return self.passed / self.tasks if self.tasks else 0.0


class ModelNotes(Protocol):
    """The memory of both. The newest of a key replaces what was there."""

    def need(self, digest: str, context: int, kv_type: KvType) -> MeasuredNeed | None: ...
    def remember_need(self, need: MeasuredNeed) -> None: ...
    def exam(self, digest: str, engine: str = "aider") -> ExamResult | None: ...
    def exams(self) -> Sequence[ExamResult]: ...
    def remember_exam(self, result: ExamResult) -> None: ...
