"""The real Claude Code, both versions, through the named scenarios."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ai_code.drill import scenarios
from ai_code.drill.anthropic import (
    AnthropicStandIn,
    CutStream,
    Overage,
    Say,
    StreamError,
    UseTool,
    Warning,
)
from ai_code.drill.scenarios import CONTENT, TALK

pytestmark = pytest.mark.claude
RunClaude = Callable[..., Any]
both = pytest.mark.parametrize("claude_bin", ["new", "old"], indirect=True)
RESETS_AT = 1893456000
ONE_RETRY = {"CLAUDE_CODE_MAX_RETRIES": "1"}


@pytest.fixture
def is_new_claude(request: pytest.FixtureRequest) -> bool:
    """True where ``claude_bin`` is 2.1.329."""
    return request.node.callspec.params["claude_bin"] == "new"


@both
def test_normal_day_writes_the_file(run_claude: RunClaude, git_project: Path) -> None:
    with AnthropicStandIn(scenarios.by_name("normal-day")) as server:
        run = run_claude(server.url)
        assert len(server.main_requests) == 2
    assert run.code == 0
    assert run.result["result"] == "I've updated hello.py."
    assert (git_project / "hello.py").read_text() == CONTENT


@both
def test_a_new_file_in_a_new_folder(run_claude: RunClaude, git_project: Path) -> None:
    with AnthropicStandIn(scenarios.normal_day("neu/ä b.py", "x = 1\n")) as server:
        run = run_claude(server.url)
    assert run.code == 0
    assert (git_project / "neu/ä b.py").read_text() == "x = 1\n"


@both
@pytest.mark.parametrize(
    ("name", "claim", "new", "old"),
    [
        ("session", "five_hour", "You've hit your 5-hour limit", "You've hit your session limit"),
        ("weekly", "seven_day", "You've hit your weekly limit", "You've hit your weekly limit"),
        ("model", "seven_day_opus", "You've hit your Opus limit", "You've hit your Opus limit"),
        ("credit", "overage", "You're out of usage credits", "You're out of extra usage"),
    ],
)
def test_limits(
    run_claude: RunClaude, is_new_claude: bool, name: str, claim: str, new: str, old: str
) -> None:
    with AnthropicStandIn(scenarios.by_name(name, resets_at=RESETS_AT)) as server:
        run = run_claude(server.url)
    assert run.code == 1
    assert run.stderr == ""
    assert run.result["is_error"] is True
    said = new if is_new_claude else old
    assert run.result["result"] == f"{said} · resets Jan 1, 2030, 12am (UTC)"
    assert run.of_type("assistant")[-1]["error"] == "rate_limit"
    if is_new_claude:
        assert run.result["api_error"] == "usage_limit_reached"
        (limit,) = run.of_type("rate_limit_event")
        assert limit["rate_limit_info"]["status"] == "rejected"
        assert limit["rate_limit_info"]["rateLimitType"] == claim
        assert limit["rate_limit_info"]["resetsAt"] == RESETS_AT


@both
def test_mid_task_leaves_the_file_written(run_claude: RunClaude, git_project: Path) -> None:
    with AnthropicStandIn(scenarios.by_name("mid-task", resets_at=RESETS_AT)) as server:
        run = run_claude(server.url)
    assert run.code == 1
    assert run.result["result"].endswith("limit · resets Jan 1, 2030, 12am (UTC)")
    assert (git_project / "hello.py").read_text() == CONTENT


@both
def test_talk_about_limits_is_a_success(run_claude: RunClaude) -> None:
    with AnthropicStandIn(scenarios.by_name("talks-about-limits")) as server:
        run = run_claude(server.url)
    assert (run.code, run.result["is_error"], run.result["result"]) == (0, False, TALK)


@both
def test_a_passing_429(run_claude: RunClaude, is_new_claude: bool, git_project: Path) -> None:
    with AnthropicStandIn(scenarios.by_name("passing-429")) as server:
        run = run_claude(server.url)
    if not is_new_claude:
        # A subscription's 429 is never retried by 2.0.77, only sent again without streaming.
        assert (run.code, run.result["result"]) == (1, "API Error: Rate limit reached")
        return
    assert run.code == 0
    retries = [e for e in run.of_type("system") if e["subtype"] == "api_retry"]
    assert [(e["error_status"], e["error"]) for e in retries] == [(429, "rate_limit")] * 2
    assert (git_project / "hello.py").read_text() == CONTENT


@both
def test_an_overload_that_passes(run_claude: RunClaude, git_project: Path) -> None:
    with AnthropicStandIn(scenarios.by_name("overloaded-passes")) as server:
        run = run_claude(server.url)
    assert run.code == 0
    assert (git_project / "hello.py").read_text() == CONTENT


@both
@pytest.mark.parametrize(
    ("name", "new", "old"),
    [
        (
            "rate-stays",
            "API Error: Server is temporarily limiting requests (not your usage limit) · ",
            "API Error: Rate limit reached",
        ),
        ("overloaded", "API Error: 529 Overloaded.", "API Error: 529 {"),
        ("auth", "Failed to authenticate. API Error: 401 OAuth token", "API Error: 401 {"),
    ],
)
def test_what_does_not_pass(
    run_claude: RunClaude, is_new_claude: bool, name: str, new: str, old: str
) -> None:
    with AnthropicStandIn(scenarios.by_name(name)) as server:
        run = run_claude(server.url, env=ONE_RETRY)
    assert (run.code, run.result["is_error"]) == (1, True)
    assert run.result["result"].startswith(new if is_new_claude else old)


@both
def test_network_down(run_claude: RunClaude, is_new_claude: bool) -> None:
    run = run_claude(scenarios.closed_url(), env=ONE_RETRY)
    assert (run.code, run.result["is_error"]) == (1, True)
    said = "API Error: Connection refused" if is_new_claude else "API Error: Connection error."
    assert run.result["result"].startswith(said)


@both
def test_a_cut_stream(run_claude: RunClaude, is_new_claude: bool) -> None:
    with AnthropicStandIn(scenarios.by_name("cut-stream")) as server:
        run = run_claude(server.url, env=ONE_RETRY)
    assert (run.code, run.result["is_error"]) == (1, True)
    said = "API Error: Connection dropped (E" if is_new_claude else "API Error: Connection error."
    assert run.result["result"].startswith(said)


@both
def test_a_stream_that_ends_early(run_claude: RunClaude, is_new_claude: bool) -> None:
    with AnthropicStandIn([CutStream("Half an answer,", clean=True)]) as server:
        run = run_claude(server.url, env=ONE_RETRY)
    if is_new_claude:
        said = "API Error: Connection lost mid-response. The response above may be incomplete."
        assert (run.code, run.result["result"]) == (1, said)
    else:
        # 2.0.77 takes what came for the answer.
        assert (run.code, run.result["result"]) == (0, "Half an answer,")


@both
def test_an_error_in_mid_stream(
    run_claude: RunClaude, is_new_claude: bool, clean_env: dict[str, str]
) -> None:
    with AnthropicStandIn([StreamError("Half an answer,"), Say("Whole.")]) as server:
        run = run_claude(server.url)
    if is_new_claude or node_major(clean_env) >= 20:
        assert (run.code, run.result["result"]) == (0, "Whole.")
    else:
        # On Debian 12's Node 18 it asks again too, and then loses the answer.
        assert (run.code, run.result["subtype"]) == (0, "error_during_execution")


def node_major(env: dict[str, str]) -> int:
    """The Node that 2.0.77 runs on; 2.1.329 brings its own runtime."""
    told = subprocess.run(["node", "--version"], env=env, capture_output=True, check=True)
    return int(told.stdout.decode().removeprefix("v").split(".")[0])


def test_warnings_and_paid_extra_usage_are_no_limits(run_claude: RunClaude) -> None:
    with AnthropicStandIn([Warning("hi", 0.93, RESETS_AT)]) as server:
        warned = run_claude(server.url)
    (warning,) = [event["rate_limit_info"] for event in warned.of_type("rate_limit_event")]
    assert (warned.code, warning["status"]) == (0, "allowed_warning")
    assert warning["utilization"] == 0.93
    with AnthropicStandIn([Overage("hi", RESETS_AT)]) as server:
        paid = run_claude(server.url)
    (overage,) = [event["rate_limit_info"] for event in paid.of_type("rate_limit_event")]
    assert (paid.code, overage["status"], overage["isUsingOverage"]) == (0, "rejected", True)


@both
def test_an_edit_and_a_refused_command(run_claude: RunClaude, git_project: Path) -> None:
    edit = {"file_path": "{cwd}/hello.py", "old_string": "hello()", "new_string": "hi()"}
    steps = [
        UseTool("Read", {"file_path": "{cwd}/hello.py"}),
        UseTool("Edit", edit),
        UseTool("Bash", {"command": "python3 -c 'open(1)' > made", "description": "x"}),
        Say("Done."),
    ]
    with AnthropicStandIn(steps) as server:
        run = run_claude(server.url)
    assert run.code == 0
    assert (git_project / "hello.py").read_text().startswith("def hi():")
    assert not (git_project / "made").exists()
    assert [denied["tool_name"] for denied in run.result["permission_denials"]] == ["Bash"]
