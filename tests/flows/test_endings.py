"""What a person is told to type when a local engine has failed."""

from __future__ import annotations

import pytest

from ai_code.core.verdict import Evidence, Unavailable, UnavailableReason
from ai_code.flows.drill_mends import from_hint
from ai_code.flows.endings import local_ended
from ai_code.flows.turns import Turn


def hint_of(
    rule: str,
    excerpt: str = "",
    reason: UnavailableReason = UnavailableReason.NO_CHANGE,
    told: str = "it failed",
    context: int = 0,
    most: int = 0,
) -> str:
    engine = rule.partition(".")[0]
    verdict = Unavailable(reason, told, Evidence(rule, "event", excerpt))
    turn = Turn(engine, verdict, context=context, most_context=most)
    return local_ended(turn, after_claude=False, claude_reason="").hint


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


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("aider.token-limit", "the model's answer was cut off at its token limit"),
        ("pi.server", "the model's answer was cut off at its token limit"),
        (
            "claude-local.error",
            "API Error: Claude's response exceeded the 8192 output token maximum. To configure "
            "this behavior, set the CLAUDE_CODE_MAX_OUTPUT_TOKENS environment variable.",
        ),
        ("claude-local.error", "Prompt is too long"),
        ("codex.error", "Incomplete response returned, reason: unknown"),
        ("vibe.crash", "vibe ended with exit code 3: Stopped: length"),
    ],
)
def test_what_had_no_room_is_no_illness_of_the_servers(rule: str, told: str) -> None:
    hint = hint_of(rule, reason=UnavailableReason.SERVER, told=told, context=16384)
    assert hint.startswith("ai-code --num-ctx 32768 …   (or a smaller task")
    assert hint_of(rule, told=told).startswith("ai-code --num-ctx N …")
    assert "num-ctx" not in hint_of(rule, told="connection to Ollama was closed")


@pytest.mark.parametrize(
    "told",
    [
        "error: unknown option '--nosuchflag'",
        "codex ended with exit code 2: error: unexpected argument '--nosuchflag' found",
        "vibe ended with exit code 2: vibe: error: unrecognized arguments: --nosuchflag",
    ],
)
def test_an_argument_that_an_engine_does_not_take(told: str) -> None:
    for rule in ("claude-local.error", "codex.crash"):
        hint = hint_of(rule, reason=UnavailableReason.SERVER, told=told)
        assert hint.startswith("ai-code config show --origin   (engines.args")


@pytest.mark.parametrize(
    ("most", "hint"),
    [
        (131072, "ai-code --num-ctx 32768 …"),
        (20480, "ai-code --num-ctx 20480 …"),
        (16384, "ai-code --model NAME …   (one made for a longer context"),
    ],
)
def test_no_more_room_is_asked_for_than_the_model_was_made_for(most: int, hint: str) -> None:
    told = "the model's answer was cut off at its token limit"
    assert hint_of("pi.server", told=told, context=16384, most=most).startswith(hint)


@pytest.mark.parametrize(
    ("hint", "command"),
    [
        ("ai-code --num-ctx 8192 …   (or …)", "AI_CODE_OLLAMA_NUM_CTX=8192 ai-code drill"),
        ("ai-code --api http://h:11434 …", "AI_CODE_OLLAMA_API=http://h:11434 ai-code drill"),
        ("ai-code --model qwen3:8b …", "AI_CODE_MODEL=qwen3:8b ai-code drill"),
        ("AI_CODE_OLLAMA_NUM_CTX=0 ai-code …", "AI_CODE_OLLAMA_NUM_CTX=0 ai-code drill"),
        ("ai-code --local …", "ai-code --local …"),
    ],
)
def test_in_a_drill_an_option_is_the_variable_of_its_setting(hint: str, command: str) -> None:
    assert from_hint(hint, "ai-code drill").command == command
