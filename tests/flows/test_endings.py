"""What a person is told to type when a local engine has failed."""

from __future__ import annotations

import pytest

from ai_code.core.verdict import Evidence, Unavailable, UnavailableReason
from ai_code.flows.endings import local_ended
from ai_code.flows.turns import Turn


def hint_of(
    rule: str, excerpt: str = "", reason: UnavailableReason = UnavailableReason.NO_CHANGE
) -> str:
    engine = rule.partition(".")[0]
    verdict = Unavailable(reason, "it failed", Evidence(rule, "event", excerpt))
    return local_ended(Turn(engine, verdict), after_claude=False, claude_reason="").hint


@pytest.mark.parametrize(
    ("names", "hint"),
    [
        ("/etc/x", "cd FOLDER && ai-code …"),
        ("local.py, ../outside.py", "cd FOLDER && ai-code …"),
        ("a file (outside of the project)", "cd FOLDER && ai-code …"),
        ("local.py", "ai-code --file NAME …"),
        ("src/~/local.py", "ai-code --file NAME …"),
        (".git/hooks/pre-commit, .git/config", "the same once more"),
        (".gitignore", "ai-code --file NAME …"),
    ],
)
def test_what_was_not_the_models_to_write(names: str, hint: str) -> None:
    """A file outside can be named as often as one likes."""
    assert hint_of("pi.refused", names).startswith(hint)
    assert hint_of("aider.refused", names).startswith(hint)
