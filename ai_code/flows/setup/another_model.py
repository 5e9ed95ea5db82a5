"""A model that the person names in the place of those that were recommended."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ai_code.core.setup import StepResult

if TYPE_CHECKING:
    from ai_code.flows.setup.ground import Ground


def another_model(ground: Ground, pull: Callable[[str], StepResult]) -> StepResult | None:
    """Asks for a name and pulls it, and asks again where that failed: a name is easily mistyped.
    None where the person names none, else what the last one came to."""
    result = None
    question = "Its name, as Ollama has it (Enter for none)"
    while typed := ground.ask_line(question):
        result = pull(typed)
        if result.state != "failed":
            break
        ground.tell(result.told)
        question = "Another name (Enter for none)"
    return result
