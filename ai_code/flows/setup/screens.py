"""What a setup came to, for a screen of 80 columns. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ai_code.core.columns import wrapped
from ai_code.flows.setup.nix import GUIDE, switch_command

if TYPE_CHECKING:
    from ai_code.flows.setup.conversation import Outcome

_WIDTH = 80
_INDENT = 20
Styled = tuple[str, str, str]
"""Text before a word, the word that may have a colour, text after it."""


def lines_of(outcome: Outcome) -> Iterator[Styled]:
    """A row for each step, the commands for what is missing, and what it comes to."""
    yield ("", "", "")
    for each in outcome.results:
        told = wrapped(each.told, _WIDTH, " " * _INDENT)
        yield (f"  {each.step:<8}  ", f"{each.state:<7}", f" {told[0][_INDENT:]}")
        for line in told[1:]:
            yield (line, "", "")
    yield ("", "", "")
    mends = dict.fromkeys(mend for each in outcome.results for mend in each.mend if not outcome.nix)
    if mends:
        yield ("to mend:", "", "")
        for mend in mends:
            yield (f"  {mend}", "", "")
    if outcome.nix:
        where = "NixOS" if outcome.nix_kind == "nixos" else "Home Manager"
        yield (f"{where} installs programs here. In your Home Manager configuration, with", "", "")
        yield (f"the module of ai-code's flake ({GUIDE}):", "", "")
        yield ("", "", "")
        for line in outcome.nix:
            yield (f"  {line}", "", "")
        yield ("", "", "")
        yield (f"then: {switch_command(outcome.nix_kind)}", "", "")
    yield (_end(outcome), "", "")


def _end(outcome: Outcome) -> str:
    states = {each.step: each.state for each in outcome.results}
    if outcome.stopped:
        return "stopped; to go on: ai-code setup"
    wrong = [step for step, state in states.items() if state in ("missing", "failed")]
    if wrong:
        return f"not there yet: {', '.join(wrong)}"
    skipped = [step for step, state in states.items() if state == "skipped"]
    if skipped:
        return f"nothing is missing of what was looked at; skipped: {', '.join(skipped)}"
    return "the fallback works" if "drill" in states else "nothing is missing here"
