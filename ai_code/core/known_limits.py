"""Limits that were seen earlier, and how long they may be believed."""

from __future__ import annotations

from typing import NamedTuple

from ai_code.core.resets import SESSION_S, SLACK_S, believable
from ai_code.core.verdict import PASSING_KINDS, LimitKind

_PASSING_S = 600


class KnownLimit(NamedTuple):
    """A limit of one account. ``scope`` names Claude's config folder and the kind of login;
    times are epochs in seconds, ``resets_at`` None where it was not said."""

    scope: str
    kind: LimitKind
    resets_at: int | None
    seen_at: int
    evidence: str = ""

    def holds(self, now: float) -> bool:
        """True until the reset has passed. A reset too far away to be true counts as past, and
        so does a limit from the future. Without a reset: ten minutes for a limit that passes
        by itself, 5 h for any other, which is how long the shortest window lasts."""
        if self.seen_at > now + SLACK_S:
            return False
        if self.resets_at is not None:
            return self.resets_at > now and believable(self.kind, self.resets_at, self.seen_at)
        return now < self.seen_at + (_PASSING_S if self.kind in PASSING_KINDS else SESSION_S)
