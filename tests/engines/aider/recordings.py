"""The recordings of the real aider, as ``tests/recordings/aider/make.py`` made them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ai_code.core.events import Event, Text
from ai_code.core.exits import EndedBy, Exit
from ai_code.engines.aider.reader import AiderReader

FOLDER = Path(__file__).parents[2] / "recordings" / "aider"
INDEX: dict[str, dict[str, Any]] = json.loads((FOLDER / "index.json").read_text())


@dataclass(frozen=True)
class Recording:
    """What aider wrote, and what is to be made of it."""

    name: str

    @property
    def entry(self) -> dict[str, Any]:
        return INDEX[self.name]

    @property
    def data(self) -> bytes:
        return (FOLDER / f"{self.name}.txt").read_bytes()

    @property
    def exit(self) -> Exit:
        ended_by = self.entry["ended_by"]
        return Exit(self.entry["exit_code"], ended_by=EndedBy(ended_by) if ended_by else None)


def read(pieces: Sequence[bytes]) -> tuple[AiderReader, list[Event]]:
    reader = AiderReader()
    events: list[Event] = []
    for piece in pieces:
        events += reader.feed("out", piece)
    events += reader.finish()
    return reader, events


def shown(events: Sequence[Event]) -> str:
    """What a person sees."""
    return "".join(event.text for event in events if isinstance(event, Text))


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    at = sorted({place % (len(data) + 1) for place in places})
    return [data[start:end] for start, end in zip([0, *at], [*at, len(data)], strict=True)]
