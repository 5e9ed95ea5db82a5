"""What was sent to a model against what its server took. Ollama cuts a prompt that is too long
at its front and says nothing; CLAUDE.md and README.md stand there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

_CUT_BELOW = 0.5
"""Of the tokens sent. What is sent is counted with another tokenizer than the model's, and for
Japanese the two were seen to differ by a third."""
_LEAST_SENT = 1000
"""Of a shorter prompt nothing is cut."""


class Counts(NamedTuple):
    """One answer, as the server counted it: tokens, and seconds that the answer took to write."""

    prompt: int
    answer: int
    seconds: float


class Proof(NamedTuple):
    """``asked`` and ``context`` in tokens: what was asked for and what the model is loaded with
    (0: not told). ``sent`` and ``taken`` are the largest prompt as the engine estimated it and
    as the server counted it (0: not known)."""

    asked: int
    context: int = 0
    sent: int = 0
    taken: int = 0

    def told(self, name: str) -> str:
        """What is worth telling, with the command that mends it last; mostly nothing."""
        mend = f"OLLAMA_CONTEXT_LENGTH={self.asked} ollama serve"
        if 0 < self.context < self.asked:
            line = f"{name} has {self.context} tokens of context, {self.asked} were asked for"
            if self.sent > self.context:
                line += f";\nthe prompt (about {self.sent}) was cut at its front"
        elif self.sent >= _LEAST_SENT and 0 < self.taken < self.sent * _CUT_BELOW:
            line = f"{name} took {self.taken} of about {self.sent} tokens;\n"
            line += "the prompt was cut at its front"
        elif max(self.sent, self.taken) > self.asked:
            line = f"the prompt is about {max(self.sent, self.taken)} tokens long, the context "
            line += f"{self.asked}:\nits front was cut"
            mend = "ai-code --num-ctx N …   (or fewer files)"
        else:
            return ""
        return f"{line}.\nhint: {mend}"


def counts_of(log: str) -> list[Counts]:
    """The answers in the log that the fence keeps. What is no such line is passed over."""
    found = []
    for line in log.splitlines():
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, list) and len(row) == 3 and _is_count(row[0]):
            answer, nanoseconds = (value if _is_count(value) else 0 for value in row[1:])
            found.append(Counts(row[0], answer, nanoseconds / 1e9))
    return found


def largest_prompt(counts: Sequence[Counts]) -> int:
    """The longest prompt that the server counted; 0 where it counted none."""
    return max((each.prompt for each in counts), default=0)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
