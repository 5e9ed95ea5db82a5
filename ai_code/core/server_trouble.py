"""When a failing model server has failed for good: the same for every engine. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PERMANENT = re.compile(
    r"not found|does not exist|requires more system memory|out.of.memory|does not support|"
    r"unauthorized|not running any more|certificate",
    re.IGNORECASE,
)
"""No retry mends these."""
_ENOUGH = 3
"""Failures in a row after which nobody waits any longer: engines go on for minutes."""
_ENOUGH_AT_LIMIT = 10
"""Answers in a row that ended at their token limit: engines have the model go on from there, but
a few times only is that of use."""
_MODEL_PATHS = ("/v1/chat", "/v1/responses", "/v1/messages", "/v1/completions", "/api/chat",
                "/api/generate")  # fmt: skip
"""Where an answer of the model's is asked for; that something else is missing is no trouble."""


@dataclass(slots=True)
class Trouble:
    """What was seen of the answers so far. ``told`` is empty until there is no hope."""

    told: str = ""
    last: str = ""
    """What the last answer failed with."""
    _failures: int = 0

    def note(self, status: int, words: str, path: str) -> None:
        """One answer: its status and, where it failed, the server's words. With a good status,
        words are why it is not whole."""
        # The engine is being ended for what was told: an answer that comes meanwhile saves nobody.
        if self.told or not path.startswith(_MODEL_PATHS):
            return
        if status < 400 and not words:
            self._failures, self.last = 0, ""
            return
        self._failures += 1
        self.last = words or f"HTTP {status}"
        enough = _ENOUGH if status >= 400 else _ENOUGH_AT_LIMIT
        if _PERMANENT.search(words) or self._failures >= enough:
            self.told = self.last
