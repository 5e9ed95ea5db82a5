"""Which model to get where none will do: the one that ``ai-code models recommend`` puts first for
this machine and these rules, wherever it is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.machine import Machine
from ai_code.core.memory import CONTEXTS, GIB, need_bytes
from ai_code.core.models import same_model
from ai_code.core.recommend import (
    LeftOut,
    Recommendation,
    Wishes,
    better_with_room,
    least_with_room,
    recommend,
)

if TYPE_CHECKING:
    from ai_code.core.catalogue import Catalogue, Entry
    from ai_code.core.disk import DiskRoom
    from ai_code.core.model_notes import ModelNotes
    from ai_code.core.ports import ServedModel
    from ai_code.flows.wanted import Wanted

RULES = "ai-code config show --origin   (models.allow, models.deny, models.exclude-…)"
RECOMMEND = "ai-code models recommend --all"
_COMMON = Machine(8 * GIB, 8 * GIB)
"""What nearly every machine has: it is judged by where its own memory cannot be read."""
_UNREAD = "fits 8 GB; this machine's memory could not be read in time"

Memory = Callable[[], Machine | None]
"""Reads the machine; None where it cannot be read in time."""


class Suggestion(NamedTuple):
    """What to get, or to use where it is ``installed``; ``note`` says why it is this one, where
    that is not plain."""

    name: str
    installed: bool = False
    note: str = ""


def wishes_of(
    wanted: Wanted,
    served: Sequence[ServedModel],
    notes: ModelNotes | None = None,
    room: DiskRoom | None = None,
) -> Wishes:
    """What models are judged by, as ``ai-code models recommend`` judges them. ``room`` is what
    ``model_disk.disk_room`` tells."""
    exams = {
        m.name: exam for m in served if notes and (exam := notes.exam(m.digest, wanted.engine))
    }
    return Wishes(
        wanted.policy,
        wanted.role,
        wanted.kv_type,
        wanted.parallel,
        allow_split=wanted.allow_cpu_offload,
        installed=[model.name for model in served],
        exams=exams,
        room=room,
        tools=wanted.needs_tools,
        context=wanted.least_context,
    )


class FirstModel:
    """One machine's. It is looked at when somebody asks."""

    def __init__(self, catalogue: Catalogue, wishes: Wishes, memory: Memory) -> None:
        self.catalogue = catalogue
        self.wishes = wishes
        self._memory = memory

    @cached_property
    def machine(self) -> Machine | None:
        """None where it cannot be read in time."""
        try:
            return self._memory()
        except (OSError, TimeoutError):
            return None

    @cached_property
    def _judged(self) -> tuple[tuple[Recommendation, ...], tuple[LeftOut, ...]]:
        return recommend(self.catalogue, self.machine or _COMMON, self.wishes)

    @property
    def _found(self) -> tuple[Recommendation, ...]:
        return self._judged[0]

    def first(self, *but: str) -> Suggestion | None:
        """The first that is recommended, and is none of those that will not do; with what the
        disk keeps from being it."""
        found = next(self._but(but), None)
        if found is None:
            return None
        first = self._said(found)
        better = better_than_found(*self._judged, self.wishes.room)
        if first.installed or not better:
            return first
        return first._replace(note="; ".join(filter(None, (first.note, better))))

    def other(self, *names: str) -> Suggestion | None:
        """In the place of those whose answer was no good, the last of them named last: a better
        one, installed before to be downloaded; else the first of the others."""
        used = self.catalogue.entry(names[-1]) if names else None
        others = list(self._but(names))
        better = [each for each in others if not used or each.entry.rank > used.rank]
        return self._of(better or others)

    def lighter(self, *names: str, room: int | None = None) -> Suggestion | None:
        """In the place of those that did not fit: lighter than all of them, and fitting into
        ``room`` (bytes) where that is known; installed before to be downloaded."""
        used = [entry for name in names if (entry := self.catalogue.entry(name))]
        most = min((self._least(each.quantisations[0].size, each) for each in used), default=None)
        fitting = [
            each
            for each in self._but(names)
            if (most is None or self._least_of(each) < most)
            and (room is None or self._least_of(each) <= room)
        ]
        return self._of(fitting)

    def hint(self, suggestion: Suggestion | None, about: str = "") -> str:
        """The command that gets it, and in brackets why; where none suits, what shows why not, and
        where the disk is why, what helps to make room."""
        if suggestion is None and (none := self._no_room()):
            return none
        if suggestion is None:
            everybody = all(
                self.wishes.policy.refusal(each.name, each.maker)
                for each in self.catalogue.entries
                if self.wishes.role in each.roles
            )
            return RULES if everybody and self.wishes.policy else RECOMMEND
        told = "; ".join(filter(None, (about, suggestion.note)))
        return pull(suggestion.name) + (f"   ({told})" if told else "")

    def _no_room(self) -> str:
        least, room = least_with_room(self._judged[1]), self.wishes.room
        if self._found or least is None or room is None:
            return ""
        command = room.command(installed=bool(self.wishes.installed))
        return f"{command}   (make room: {least.name} needs {least.of_disk}, {room.told})"

    def _least_of(self, each: Recommendation) -> int:
        return self._least(each.fit.quantisation.size, each.entry)

    def _least(self, size: int, entry: Entry) -> int:
        """Bytes that a download takes with the smallest context that is of use."""
        wishes = self.wishes
        return need_bytes(size, entry.shape, CONTEXTS[-1], wishes.kv_type, wishes.parallel)

    def _but(self, names: Sequence[str]) -> Iterator[Recommendation]:
        used = [self.catalogue.entry(name) for name in names]
        for each in self._found:
            if each.entry not in used and not any(same_model(each.name, n) for n in names):
                yield each

    def _of(self, found: Sequence[Recommendation]) -> Suggestion | None:
        there = [each for each in found if each.installed]
        return self._said((there or list(found))[0]) if found else None

    def _said(self, each: Recommendation) -> Suggestion:
        note = "" if self.machine or each.installed else _UNREAD
        return Suggestion(each.name, bool(each.installed), note)


def better_than_found(
    found: Sequence[Recommendation], left: Sequence[LeftOut], room: DiskRoom | None
) -> str:
    """What the disk alone keeps from being the first, in words; empty where there is nothing."""
    better = better_with_room(found, left)
    if better is None or room is None:
        return ""
    return f"{better.name} would be better, and needs {better.of_disk}; {room.told}"


def pull(name: str) -> str:
    """The command that gets a model."""
    return f"ai-code models pull {name}"
