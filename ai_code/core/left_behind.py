"""What killed runs of ours left behind, as a look at it tells."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class LeftBehind(NamedTuple):
    """``living`` and ``dead`` are ids of runs (empty where a file does not say); ``running`` how
    many of the dead ones have a process left; ``orphans`` locks and halves of nobody."""

    living: tuple[str, ...] = ()
    dead: tuple[str, ...] = ()
    running: int = 0
    orphans: tuple[Path, ...] = ()
