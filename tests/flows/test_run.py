"""The run: which verdict ends it, which hands over, what the shell is told."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ai_code.core.errors import AiCodeError
from ai_code.core.exits import EndedBy, Exit
from ai_code.core.ports import ModelServerError
from ai_code.core.verdict import LimitKind
from ai_code.flows.models.recommending import best
from tests.flows.fake_world import ANSWER, EDITED, NOW, FakeWorld, Silence
from tests.recorded import recordings, stream_of

SESSION_LIMIT = "limit-5h-oauth-stream-2.1.329"
LIMITS = {
    SESSION_LIMIT: "session",
    "limit-7d-oauth-stream-2.1.329": "weekly",
    "limit-7doi-oauth-stream-2.1.329": "model",
    "limit-unknownclaim-oauth-stream-2.1.329": "usage",
    "400-credit-stream-2.1.329": "credit",
    "429-key-ra1-stream-2.1.329": "rate",
    "529-stream-2.1.329": "overloaded",
}
"""Recorded runs that end at a limit, each with its word of ``fallback.on``."""
UNAVAILABLE = {"refused-stream-2.1.329": "network", "403-perm-stream-2.1.329": "auth"}
FAILED = ["max-turns-stream-2.1.329", "400-generic-stream-2.1.329", "500-stream-2.1.329"]


def at_limit(world: FakeWorld) -> None:
    world.expect_recording(SESSION_LIMIT)


def test_claude_done(world: FakeWorld) -> None:
    world.expect_recording("tool-ok-stream-2.1.329")
    assert world.go().code == 0
    result = json.loads(recordings()["tool-ok-stream-2.1.329"]["stdout"].splitlines()[-1])
    assert world.console.stdout.decode() == result["result"] + "\n"
    assert world.console.of("banner") == ["[AI: Claude Code] version 2.1.329"]
    assert world.server.asked == 0
    assert [each.verdict for each in world.record.attempts] == ["done"]
    assert (world.record.state, world.record.exit_code) == ("done", 0)


def test_a_success_that_talks_about_limits_is_done(world: FakeWorld) -> None:
    world.expect_recording("talk-stream-2.1.329")
    assert world.go().code == 0


@pytest.mark.parametrize(("recording", "kind"), LIMITS.items())
def test_each_limit_hands_over(world: FakeWorld, recording: str, kind: str) -> None:
    world.set(patience_s=0.0, fallback_on=frozenset({kind}))
    world.expect_recording(recording)
    world.expect_aider()
    assert world.go().code == 0
    assert world.read("hello.py") == EDITED
    [switch] = world.console.of("switch")
    assert switch.startswith("[AI: Ollama + Aider (fallback - rate limit detected)] ")
    assert switch.endswith(" · now qwen2.5-coder:7b")
    first, second = world.record.attempts
    assert (first.verdict, first.kind, second.verdict) == ("limit", kind, "done")
    assert [file.path for file in world.record.landed] == ["hello.py"]


@pytest.mark.parametrize(("recording", "kind"), LIMITS.items())
def test_each_limit_left_out_of_fallback_on_stops(
    world: FakeWorld, recording: str, kind: str
) -> None:
    others = frozenset({*LIMITS.values(), "extra-usage", "network", "auth", "missing"}) - {kind}
    world.set(patience_s=0.0, fallback_on=others)
    world.expect_recording(recording)
    ended = world.go()
    assert ended.code == 75
    # No reset brings credit: nothing to wait for.
    hint = "ai-code --local" if kind == "credit" else "ai-code --wait"
    assert ended.error is not None and ended.error.hint.startswith(hint)
    assert world.console.stdout == b""
    assert world.server.asked == 0 or kind in ("rate", "overloaded")
    assert world.record.exit_code == 75


def test_the_switch_names_reason_reset_and_model(world: FakeWorld) -> None:
    at_limit(world)
    world.expect_aider()
    world.go()
    assert world.console.of("switch") == [
        "[AI: Ollama + Aider (fallback - rate limit detected)] "
        "session limit reached, resets 23:10 (in 2 h 22 min) · now qwen2.5-coder:7b"
    ]
    assert "A local model does small, clearly described tasks best." in world.console.of("note")


@pytest.mark.parametrize("recording", FAILED)
def test_failed_never_falls_back(world: FakeWorld, recording: str) -> None:
    world.set(fallback_on=frozenset(world.settings.fallback_on | {"network", "auth", "missing"}))
    world.expect_recording(recording)
    ended = world.go()
    assert ended.code == 1
    assert "Claude Code: " in ended.text and "ai-code --local" in ended.text
    assert [each.verdict for each in world.record.attempts] == ["failed"]


@pytest.mark.parametrize(("recording", "word"), UNAVAILABLE.items())
def test_unavailable_ends_with_claudes_own_words(
    world: FakeWorld, recording: str, word: str
) -> None:
    world.expect_recording(recording)
    ended = world.go()
    assert ended.code == 1 and ended.error is not None and ended.error.hint
    result = json.loads(recordings()[recording]["stdout"].splitlines()[-1])["result"]
    assert world.console.stdout.decode().strip() == result.strip()
    assert world.record.attempts[0].reason == word


@pytest.mark.parametrize(("recording", "word"), UNAVAILABLE.items())
def test_unavailable_hands_over_where_asked(world: FakeWorld, recording: str, word: str) -> None:
    world.set(fallback_on=frozenset({word}))
    world.expect_recording(recording)
    world.expect_aider()
    assert world.go().code == 0
    [switch] = world.console.of("switch")
    assert switch.startswith("[AI: Ollama + Aider (fallback - Claude Code unavailable)]")
    assert world.console.stdout.decode() == ANSWER + "\n"


def test_on_a_new_machine_all_that_is_missing_is_told_at_once(world: FakeWorld) -> None:
    world.processes.missing |= {"claude", "aider", "ollama"}
    world.server.error = ModelServerError("refused", "Connection refused")
    ended = world.go()
    assert (ended.code, ended.error and ended.error.hint) == (
        127,
        "ai-code setup claude",
    )
    for text in ("aider is not installed", "ai-code setup aider", "Ollama is not running", "drill"):
        assert text in ended.text
    world.processes.missing = {"claude"}
    world.server.error = None
    assert "The local side is ready: ai-code --local" in world.go().text


def test_claude_missing(world: FakeWorld) -> None:
    world.processes.missing.add("claude")
    ended = world.go()
    assert ended.code == 127
    assert ended.error is not None and ended.error.hint == "ai-code setup claude"
    world.set(fallback_on=frozenset({"missing"}))
    world.expect_aider()
    assert world.go().code == 0
    assert "Claude Code is not installed" in world.console.of("switch")[0]


def test_claude_does_not_start(world: FakeWorld) -> None:
    world.expect("claude", exit=Exit(126, start_error="Exec format error"))
    ended = world.go()
    assert ended.code == 126 and "Exec format error" in ended.text


@pytest.mark.parametrize("number", [2, 15, 1])
def test_interrupted_stops_everything(world: FakeWorld, number: int) -> None:
    ended = Exit(143, ended_by=EndedBy.PERSON, person_signal=number)
    world.expect("claude", Silence(1), exit=ended)
    assert world.go().code == 128 + number
    assert world.server.asked == 0
    assert world.record.attempts[0].verdict == "interrupted"


def test_ctrl_c_says_how_to_go_on_where_claude_has_kept_the_session(world: FakeWorld) -> None:
    stopped = Exit(143, ended_by=EndedBy.PERSON, person_signal=2)
    world.expect("claude", Silence(1), exit=stopped)
    world.go()
    assert world.console.of("important") == []
    session = world.record.attempts[0].session_id
    name = "".join(c if c.isalnum() else "-" for c in str(world.cwd.resolve()))
    folder = world.state / "claude" / "projects" / name
    folder.mkdir(parents=True)
    (folder / f"{session}.jsonl").write_text("{}\n")
    world.expect("claude", Silence(1), exit=stopped)
    assert world.go(resume=session).code == 130
    assert world.console.of("important")[-1] == f"  ai-code --resume {session} …"


def test_interrupted_in_mid_retry_stops_everything(world: FakeWorld) -> None:
    lines = recordings()["529-stream-2.1.329"]["stdout"].splitlines(keepends=True)
    retrying = "".join(lines[:3]).encode()
    world.expect("claude", retrying, exit=Exit(143, ended_by=EndedBy.PERSON, person_signal=2))
    assert world.go().code == 130


def test_the_local_engine_interrupted(world: FakeWorld) -> None:
    at_limit(world)
    stopped = Exit(130, ended_by=EndedBy.PERSON, person_signal=2)
    world.expect_aider(edits={"hello.py": EDITED}, exit=stopped)
    before = world.read("hello.py")
    assert world.go().code == 130
    assert world.read("hello.py") == before
    assert any("git apply" in line for line in world.console.of("important"))


def test_a_deadline_is_124(world: FakeWorld) -> None:
    world.expect("claude", exit=Exit(143, ended_by=EndedBy.DEADLINE))
    assert world.go().code == 124


def test_the_local_deadline_is_124_even_when_nothing_was_changed(world: FakeWorld) -> None:
    world.expect("aider", exit=Exit(143, ended_by=EndedBy.DEADLINE))
    assert world.go(local_only=True).code == 124
    at_limit(world)
    world.expect_aider(exit=Exit(143, ended_by=EndedBy.DEADLINE))
    assert world.go().code == 124


def test_a_stall_is_a_failure(world: FakeWorld) -> None:
    world.expect("claude", exit=Exit(143, ended_by=EndedBy.STALL))
    assert world.go().code == 1


# no engine left -------------------------------------------------------------------------


NOT_READY = ["server", "model", "memory", "aider"]


def break_local(world: FakeWorld, what: str) -> str:
    """Makes the local side not ready; a word of the command that mends it."""
    if what == "server":
        world.server.error = ModelServerError("refused", "connection refused")
        return "ollama serve"
    if what == "model":
        world.server.served = []
        return f"ai-code models pull {best(world, world.settings).name}"
    if what == "memory":
        machine = world.hardware.machine
        world.hardware.machine = replace(machine, ram_available=machine.ram_total // 16)
        return "ai-code models pull "
    world.processes.missing.add("aider")
    return "ai-code setup aider"


@pytest.mark.parametrize("what", NOT_READY)
def test_a_limit_and_no_engine_left_is_75(world: FakeWorld, what: str) -> None:
    mends = break_local(world, what)
    at_limit(world)
    ended = world.go()
    assert ended.code == 75 and ended.error is not None
    assert "session limit reached, resets 23:10" in ended.error.what
    assert ended.error.why.startswith("The local fallback is not ready: ")
    assert mends in ended.error.hint
    assert [each.verdict for each in world.record.attempts] == ["limit", "unavailable"]


@pytest.mark.parametrize("what", NOT_READY)
def test_local_that_is_not_ready_says_so_itself(world: FakeWorld, what: str) -> None:
    mends = break_local(world, what)
    ended = world.go(local_only=True)
    assert ended.code == (127 if what == "aider" else 1)
    assert ended.error is not None and mends in ended.error.hint
    assert "Claude" not in ended.text


def test_a_prompt_too_long_for_the_model(world: FakeWorld) -> None:
    world.set(ollama_num_ctx=4096)
    prompt = "word " * 4000
    ended = world.go(prompt, local_only=True)
    assert ended.code == 1 and "tokens long" in ended.text and "--file" in ended.text
    at_limit(world)
    assert world.go(prompt).code == 75


@pytest.mark.parametrize("what", ["skip", "try"])
def test_a_local_engine_that_is_there_but_cannot_run(world: FakeWorld, what: str) -> None:
    world.processes.broken = AiCodeError("aider is not executable", hint="chmod +x aider")
    assert world.go(local_only=True).code == 1


# the fallback's own failures ------------------------------------------------------------


def test_a_local_failure_before_a_change_is_75_after_a_limit(world: FakeWorld) -> None:
    at_limit(world)
    world.expect("aider", b"litellm.APIConnectionError: Ollama_chatException - no\n", exit=0)
    ended = world.go()
    assert ended.code == 75
    assert "aider could not finish" in ended.text and "session limit reached" in ended.text


def test_a_cut_answer_is_1_and_does_not_land(world: FakeWorld) -> None:
    before = world.read("hello.py")
    cut = b"def hello():\n\nModel ollama_chat/qwen2.5-coder:7b has hit a token limit!\n"
    at_limit(world)
    world.expect("aider", cut, edits={"hello.py": "def hello():\n"})
    world.set(fallback_on_suspect="drop")
    assert world.go().code == 1
    assert world.read("hello.py") == before
    told = world.console.of("important")
    assert any(line.startswith("left out: hello.py:") for line in told)


def test_an_answer_in_prose_is_done_and_says_that_nothing_was_changed(world: FakeWorld) -> None:
    at_limit(world)
    world.expect_aider("hello() prints a greeting.", edits={})
    assert world.go("what does hello() do?").code == 0
    assert "Nothing was changed." in world.console.of("note")
    assert world.console.stdout == b"hello() prints a greeting.\n"


# limits that are known -------------------------------------------------------------------


def test_a_reset_that_lies_ahead_is_mentioned_and_claude_is_tried(world: FakeWorld) -> None:
    at_limit(world)
    world.expect_aider()
    world.go()
    world.clock.advance(3600)
    world.expect_recording("ok-stream-2.1.329")
    assert world.go().code == 0
    assert world.console.of("banner")[-1] == (
        "[AI: Claude Code] session limit, resets 23:10 (in 1 h 22 min); trying all the same"
    )
    assert world.limits.all(world.clock.now()) == []  # it answered: the limit is over


def test_a_reset_that_is_past_is_forgotten(world: FakeWorld) -> None:
    at_limit(world)
    world.expect_aider()
    world.go()
    world.clock.advance(3 * 3600)
    world.set(claude_when_limited="skip")
    world.expect_recording("ok-stream-2.1.329")
    assert world.go().code == 0
    over = "the session limit is over since 20 Nov 23:10"
    assert world.console.of("banner")[-1] == f"[AI: Claude Code] version 2.1.329, {over}"
    world.expect_recording("ok-stream-2.1.329")
    world.go()
    assert world.console.of("banner")[-1] == "[AI: Claude Code] version 2.1.329"


def test_another_account_has_limits_of_its_own(world: FakeWorld) -> None:
    at_limit(world)
    world.expect_aider()
    world.go()
    world.claude_home.folder = world.claude_home.folder._replace(auth="api-key")
    world.set(claude_when_limited="skip")
    world.expect_recording("ok-stream-2.1.329")
    assert world.go().code == 0


def limited(world: FakeWorld) -> None:
    at_limit(world)
    world.expect_aider(edits={})
    world.go()
    world.set(claude_when_limited="skip")


def test_skip_goes_to_the_local_model_at_once(world: FakeWorld) -> None:
    limited(world)
    world.expect_aider()
    assert world.go().code == 0
    assert world.console.of("switch")[-1] == (
        "[AI: Ollama + Aider (fallback - rate limit detected)] "
        "session limit, resets 23:10 (in 2 h 22 min) · now qwen2.5-coder:7b"
    )
    assert [each.engine for each in world.record.attempts] == ["aider"]


def test_skip_without_a_local_engine_is_75(world: FakeWorld) -> None:
    limited(world)
    world.server.error = ModelServerError("refused", "connection refused")
    ended = world.go()
    assert ended.code == 75 and "session limit, resets 23:10" in ended.text
    assert ended.error is not None and ended.error.hint == "ollama serve"


@pytest.mark.parametrize("how", ["wait", "stop", "ask"])
def test_nothing_is_skipped_where_the_person_wants_something_else(
    world: FakeWorld, how: str
) -> None:
    limited(world)
    world.set(fallback_on_limit=how)
    world.expect_recording("ok-stream-2.1.329")
    assert world.go().code == 0


def test_a_limit_that_does_not_fall_back_is_not_skipped(world: FakeWorld) -> None:
    limited(world)
    world.set(fallback_on=frozenset({"weekly"}))
    world.expect_recording("ok-stream-2.1.329")
    assert world.go().code == 0


def test_wait_is_stronger_than_skip(world: FakeWorld) -> None:
    limited(world)
    world.expect_recording("ok-stream-2.1.329")
    assert world.go(wait=True).code == 0


def test_passing_limits_are_not_remembered(world: FakeWorld) -> None:
    world.set(patience_s=0.0)
    world.expect_recording("529-stream-2.1.329")
    world.expect_aider()
    world.go()
    assert world.limits.all(world.clock.now()) == []


def test_a_limit_is_remembered_with_its_reset(world: FakeWorld) -> None:
    at_limit(world)
    world.expect_aider()
    world.go()
    [known] = world.limits.all(world.clock.now())
    assert (known.kind, known.resets_at) == (LimitKind.SESSION, 1795216200)
    assert known.seen_at == NOW


# who goes on at a limit ------------------------------------------------------------------


def test_stop(world: FakeWorld) -> None:
    world.set(fallback_on_limit="stop")
    at_limit(world)
    assert world.go().code == 75


def test_no_fallback(world: FakeWorld) -> None:
    world.set(fallback_enabled=False)
    at_limit(world)
    assert world.go().code == 75


@pytest.mark.parametrize("engines", [()])
def test_no_engine_to_fall_back_to(world: FakeWorld, engines: tuple[str, ...]) -> None:
    world.set(fallback_chain=engines)
    at_limit(world)
    ended = world.go()
    assert ended.code == 75 and ended.error is not None
    line = "ai-code config path   (names the file for the line fallback.chain: [aider])"
    assert ended.error.hint == f"ai-code --wait …   (goes on at the reset)   or: {line}"
    ended = world.go(local_only=True)
    assert ended.code == 78 and ended.error is not None and ended.error.hint == line


def test_without_claude_and_without_an_engine(world: FakeWorld) -> None:
    world.set(fallback_chain=())
    world.processes.missing = {"claude"}
    ended = world.go()
    assert ended.code == 127 and ended.error is not None
    assert "fallback.chain is empty\n    ai-code config path" in ended.error.why


@pytest.mark.parametrize(
    ("missing", "kind", "hint"),
    [
        (
            {"aider"},
            "session",
            "ai-code --wait …   (goes on at the reset)   or: ai-code setup aider",
        ),
        ({"aider"}, "credit", "ai-code setup aider"),
        (set(), "session", "ai-code --wait …   (goes on at the reset)   or: ai-code --local …"),
    ],
)
def test_what_goes_on_locally_is_offered_where_it_can(
    world: FakeWorld, missing: set[str], kind: str, hint: str
) -> None:
    world.set(fallback_enabled=False)
    world.processes.missing = missing
    world.expect_recording(next(name for name, each in LIMITS.items() if each == kind))
    ended = world.go()
    assert ended.error is not None and ended.error.hint == hint


def test_a_failure_offers_no_local_engine_where_none_is_set(world: FakeWorld) -> None:
    world.set(fallback_chain=())
    world.expect("claude", exit=1)
    ended = world.go()
    assert ended.error is not None and "--local" not in ended.error.hint


@pytest.mark.parametrize(("answer", "code"), [("l", 0), ("q", 75), (None, 75)])
def test_ask(terminal: FakeWorld, answer: str | None, code: int) -> None:
    terminal.set(fallback_on_limit="ask")
    terminal.console.answers.append(answer)
    at_limit(terminal)
    if answer == "l":
        terminal.expect_aider()
    assert terminal.go().code == code
    [told] = terminal.console.of("important")
    assert told.startswith("Claude Code: session limit reached, resets 23:10")


def test_a_chosen_local_engine_does_not_get_claudes_arguments(world: FakeWorld) -> None:
    world.expect_aider(edits={})
    world.go(local_only=True, engine_args=("--foo", "bar"))
    assert "aider does not get Claude's --foo bar" in world.console.of("important")
    assert "--foo" not in world.command.argv


def test_local_is_chosen(world: FakeWorld) -> None:
    world.expect_aider()
    assert world.go(local_only=True).code == 0
    assert world.console.of("banner") == ["[AI: Ollama + Aider] qwen2.5-coder:7b"]
    assert world.console.of("switch") == []


def test_engine_aider_is_local_too(world: FakeWorld) -> None:
    world.set(engine="aider")
    world.expect_aider()
    assert world.go().code == 0
    assert world.console.of("banner") == ["[AI: Ollama + Aider] qwen2.5-coder:7b"]


# expecting changes -----------------------------------------------------------------------


def test_expect_changes_of_claude(world: FakeWorld) -> None:
    world.expect_recording("tool-ok-stream-2.1.329", edits={"hello.py": EDITED})
    assert world.go(expect_changes=True).code == 0
    world.expect_recording("ok-stream-2.1.329")
    assert world.go(expect_changes=True).code == 1
    assert "nothing was changed (--expect-changes)" in world.console.of("important")
    assert world.console.stdout  # the answer is told all the same
    run_dir = world.journal.run_dir(world.record.id)
    assert not (run_dir / "git").exists()


def test_without_a_change_refused_tools_are_named(world: FakeWorld) -> None:
    world.expect("claude", denied("Edit", file_path="/x/hello.py"))
    assert world.go(expect_changes=True).code == 1
    assert any("not allowed to use Edit" in line for line in world.console.of("important"))


def test_expect_changes_after_a_fallback(world: FakeWorld) -> None:
    at_limit(world)
    world.expect_aider()
    assert world.go(expect_changes=True).code == 0
    assert world.read("hello.py") == EDITED
    at_limit(world)
    world.expect_aider("I would not.", edits={})
    assert world.go(expect_changes=True).code == 1


def test_expect_changes_counts_what_claude_did_before_the_limit(world: FakeWorld) -> None:
    world.expect_recording("tool-then-limit-5h-stream-2.1.329", edits={"hello.py": EDITED})
    world.expect_aider("It is there already.", edits={})
    assert world.go(expect_changes=True).code == 0


def denied(tool: str, **tool_input: str) -> bytes:
    rows = [{"tool_name": tool, "tool_use_id": "t1", "tool_input": tool_input}]
    return stream_of("I could not.", permission_denials=rows).encode()


# what is refused -------------------------------------------------------------------------


def test_all_that_was_made_was_left_out(world: FakeWorld) -> None:
    at_limit(world)
    world.expect_aider(edits={".github/workflows/ci.yml": "on: push\n"})
    assert world.go().code == 1
    assert not (world.cwd / ".github").exists()
    assert any(
        note.startswith("left out: .github/workflows/ci.yml: the path is protected")
        for note in world.console.of("important")
    )
    assert f"Nothing landed. See: ai-code diff {world.record.id}" in world.console.told
    at_limit(world)
    world.expect_aider(edits={".github/workflows/ci.yml": "on: push\n"})
    assert world.go(allow_protected=True).code == 0
    assert (world.cwd / ".github/workflows/ci.yml").exists()


# auto-commit -----------------------------------------------------------------------------


def test_auto_commit(world: FakeWorld) -> None:
    world.set(fallback_auto_commit=True)
    world.expect_aider()
    assert world.go(local_only=True).code == 0
    [note] = [line for line in world.console.of("note") if line.startswith("committed as ")]
    facts = world.trees.facts(world.cwd)
    assert facts.commits[0].endswith("add a docstring to hello()") and not facts.changed
    assert facts.head is not None and facts.head.startswith(note.removeprefix("committed as "))


def test_no_commit_by_default_and_none_without_a_change(world: FakeWorld) -> None:
    world.expect_aider()
    world.go(local_only=True)
    world.set(fallback_auto_commit=True)
    world.expect_aider("No.", edits={})
    world.go(local_only=True)
    assert len(world.trees.facts(world.cwd).commits) == 1


def test_a_commit_that_fails_is_told_and_the_change_stays(
    world: FakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.set(fallback_auto_commit=True)

    def fail(*_: object) -> str:
        raise AiCodeError("git does not know who you are", why="user.email")

    monkeypatch.setattr(world.trees, "commit", fail)
    world.expect_aider()
    assert world.go(local_only=True).code == 0
    assert "not committed: git does not know who you are user.email" in (
        world.console.of("important")
    )
    assert world.read("hello.py") == EDITED


# --json ---------------------------------------------------------------------------------------


def test_the_envelope_of_a_fallback(world: FakeWorld) -> None:
    at_limit(world)
    world.expect_aider()
    assert world.go(output_format="envelope").code == 0
    told = json.loads(world.console.stdout)
    assert (told["version"], told["ok"], told["exit_code"]) == (1, True, 0)
    first = told["attempts"][0]
    assert (first["engine"], first["verdict"]) == ("claude", "limit")
    assert (told["engine"], told["error"]) == ("aider", None)
    assert told["run"] == world.record.id


def test_the_envelope_of_an_error(world: FakeWorld) -> None:
    at_limit(world)
    world.set(fallback_enabled=False)
    outcome = world.go(output_format="envelope")
    told = json.loads(world.console.stdout)
    assert (outcome.code, told["exit_code"], told["ok"]) == (75, 75, False)
    assert told["error"]["what"] and told["error"]["hint"]


def test_the_envelope_names_the_engine_that_its_error_is_of(world: FakeWorld) -> None:
    """The next one of the chain was not even there."""
    world.set(fallback_chain=("aider", "pi"))
    world.processes.missing.add("pi")
    world.processes.versions["aider"] = (0, 86, 2)
    world.expect("aider", b"aider\n", Silence(1), exit=Exit(3, stderr_tail="no module"))
    world.go(local_only=True, output_format="envelope")
    told = json.loads(world.console.stdout)
    assert told["error"]["what"].startswith("aider could not finish"), told
    assert (told["engine"], told["model"]) == ("aider", "qwen2.5-coder:7b")
    tried = [(each["engine"], each["version"]) for each in told["attempts"]]
    assert tried == [("aider", "0.86.2"), ("pi", "")]


def test_the_envelope_where_no_engine_could_begin(world: FakeWorld) -> None:
    world.set(fallback_chain=("pi", "goose"))
    world.processes.missing |= {"pi", "goose"}
    world.go(local_only=True, output_format="envelope")
    told = json.loads(world.console.stdout)
    assert told["error"]["what"].startswith("pi is not installed")
    assert told["engine"] == "pi"
