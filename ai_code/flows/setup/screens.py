"""What a setup came to, for a screen of 80 columns. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ai_code.core.columns import wrapped
from ai_code.core.pasting import hint_lines, shown_command
from ai_code.flows.setup.nix import GUIDE, switch_command

if TYPE_CHECKING:
    from ai_code.flows.setup.conversation import Outcome

_WIDTH = 80
_INDENT = 21
Styled = tuple[str, str, str]
"""Text before a word, the word that may have a colour, text after it."""


def lines_of(outcome: Outcome, shown_as: str = "") -> Iterator[Styled]:
    """A row for each step, the commands for what is missing, and what it comes to;
    commands are called as the person calls this program."""
    if outcome.results or outcome.not_reached:
        yield ("", "", "")
    for each in outcome.results:
        told = wrapped(shown_command(each.told, shown_as), _WIDTH, " " * _INDENT)
        yield (f"  {each.step:<8}  ", f"{each.state:<7}", f"  {told[0][_INDENT:]}")
        for line in told[1:]:
            yield (line, "", "")
    for number, step in enumerate(outcome.not_reached):
        yield (f"  {step:<8}  ", f"{'-':<7}", "  not looked at" if number else "  you stopped here")
    yield ("", "", "")
    mends = dict.fromkeys(mend for each in outcome.results for mend in each.mend if not outcome.nix)
    if mends:
        yield ("to mend:", "", "")
        for mend in mends:
            for line in hint_lines(shown_command(mend, shown_as), _WIDTH - 2):
                yield (f"  {line}", "", "")
    if outcome.nix:
        where = "NixOS" if outcome.nix_kind == "nixos" else "Home Manager"
        yield (f"{where} installs programs here. In your Home Manager configuration, with", "", "")
        yield (f"the module of ai-code's flake ({GUIDE}):", "", "")
        yield ("", "", "")
        for line in outcome.nix:
            yield (f"  {line}", "", "")
        yield ("", "", "")
        yield (f"then: {switch_command(outcome.nix_kind)}", "", "")
    yield (shown_command(_end(outcome), shown_as), "", "")


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
