"""The limit table: each row its own sample, and no row an innocent text."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import pytest

from ai_code.core.limits import LimitRule, Notice, canonical, match_event, match_text, rules
from ai_code.core.verdict import LimitKind
from tests.recorded import innocent

NOW = int(datetime(2026, 11, 20, 20, 51, tzinfo=UTC).timestamp())
LIMITS = [rule for rule in rules() if isinstance(rule.kind, LimitKind)]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_a_row_matches_its_sample_before_any_other_row(rule: LimitRule) -> None:
    """First match wins: a wider row further down may match the sample too."""
    if rule.channel == "event":
        found = match_event(rule.sample)
    else:
        found = match_text(rule.sample, failed=rule.channel == "exit")
    assert found is not None and found.rule is rule
    if rule.channel == "exit":
        assert match_text(rule.sample, failed=False) is None


def test_ids_are_unique() -> None:
    assert len({rule.id for rule in rules()}) == len(rules())


@pytest.mark.parametrize("name", innocent())
def test_no_row_of_a_limit_matches_an_innocent_text(name: str) -> None:
    found = match_text(innocent()[name]["text"], failed=False)
    assert found is None or not isinstance(found.rule.kind, LimitKind)
    for rule in LIMITS:
        if rule.channel == "text":
            assert not re.fullmatch(rule.pattern, canonical(innocent()[name]["text"]))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("You’ve hit your session limit ∙ resets 3pm (UTC)", "session"),
        ("You've reached your 5-hour limit | resets 3pm (UTC)", "session"),
        ("You've hit your session limit", "session"),
        ("You've hit your 5-hour limit · resets 3pm (UTC) · progress saved", "session"),
        ("You've hit your 5-hour limit · resets 3pm (UTC) · out of usage credits", "session"),
        ("You've hit your weekly limit · resets Jan 1, 2030, 12am (UTC)", "weekly"),
        ("You've reached your Fable limit", "model"),
        ("You've hit your Sonnet limit · resets Nov 24, 8pm (America/Argentina/Ushuaia)", "model"),
        ("You've hit your Opus 5.5 limit · resets Nov 24, 8pm (UTC)", "model"),
        (
            "You've hit your Fable limit · resets Nov 24, 8pm (UTC). Switch to another model,"
            " or manage usage credits at https://claude.ai/settings/usage, to continue.",
            "model",
        ),
        ("You've hit your limit · resets 3pm (UTC)", "usage"),
        ("You've hit your usage limit", "usage"),
        ("Opus limit resets 3pm (UTC) ∙ contact an admin to keep working", "model"),
        ("Session limit reached ∙ contact an admin to keep working", "session"),
        ("5-hour limit reached ∙ resets 3pm", "session"),
        ("You've hit your org's monthly usage limit · resets Dec 1, 12am (UTC)", "credit"),
        ("You've hit your team's pooled group budget", "credit"),
        ("You've hit your channel's monthly spend limit · an org owner or channel manager can"
         " raise it in the channel's Claude settings", "credit"),
        ("You've hit your monthly spend limit · /usage-credits to raise it", "credit"),
        ("You've hit your monthly spend limit. Switch to another model to continue.", "credit"),
        ("You're out of extra usage · resets 3pm (UTC)", "credit"),
        ("Your org is out of usage · add funds to continue", "credit"),
        ("Your seat type doesn't include extra usage", "credit"),
        ("Your group's usage limit is set to $25.50 · run /usage-credits to ask your admin for a"
         " higher limit", "credit"),
        ("Opus 5 requires usage credits. /model to switch models.", "credit"),
        ("You've hit your org's monthly spend limit · ask your admin for a higher limit"
         " · your weekly limit resets Nov 24, 8pm (UTC)", "weekly"),
        ("Claude AI usage limit reached|1795550400", "usage"),
        ("Claude AI usage limit reached|0", "rate"),
        ("API Error: Server is temporarily limiting requests (not your usage limit) · later",
         "rate"),
        ('API Error: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
         "overloaded"),
        ('API Error: 400 {"type":"error","error":{"type":"invalid_request_error","message":"You'
         " have reached your specified API usage limits. You will regain access on 2026-12-01 at"
         ' 00:00 UTC."},"request_id":"r"}', "credit"),
        ('API Error: 402 {"error":{"type":"billing_error","message":"Pay"}}', "credit"),
    ],
)  # fmt: skip
def test_wordings(text: str, kind: str) -> None:
    found = match_text(text, failed=False)
    assert found is not None and found.rule.kind == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("You've hit your lunar limit", "usage"),
        ("You've reached your Saga limit. Switch models to keep working.", "model"),
        ("You've hit your 8-hour limit", "session"),
        ("You have hit your weekly Opus limit", "weekly"),
        ("API Error: 429 slow down", "rate"),
        ("API Error: 529", "overloaded"),
        ("API Error: Overloaded", "overloaded"),
        ("spend limit reached · resets Nov 24, 8pm (UTC)", "credit"),
    ],
)
def test_a_failed_run_may_have_drifted_in_wording(text: str, kind: str) -> None:
    found = match_text(text, failed=True)
    assert found is not None and found.rule.kind == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Your org is out of usage · ask your admin", "credit"),
        ("You're out of usage credits · add more at claude.ai/settings", "credit"),
        ("You're out of extra usage · add funds", "credit"),
        ("Your seat type doesn't include usage. Ask your admin.", "credit"),
        ("Your usage allocation has been disabled by your admin. Contact them.", "credit"),
        ("Your group's usage limit is set to $0 · contact a@b", "credit"),
        ("This service is disabled for your org. Contact your admin.", "credit"),
        ("Opus requires usage credits · run /extra-usage", "credit"),
        ("Spending cap reached · resets Dec 1, 12am (UTC) · ask your admin", "credit"),
        ("You've hit your monthly spend limit · new · your weekly limit resets Nov 24", "weekly"),
        ("You've hit your 5 hour limit · resets at 11pm · take a walk", "session"),
        ("You've hit your session limit — upgrade for more", "session"),
        ("Session limit reached ∙ resets 11:10pm ∙ /upgrade", "session"),
        ("Limit reached · resets 8pm (UTC) · /upgrade to Max", "usage"),
        ("Claude usage limit reached", "usage"),
        ("Claude AI usage limit reached|1795550400 · see /usage", "usage"),
        ("You've hit your limit for Opus · resets 8pm (UTC)", "model"),
        ("API Error: Rate limit reached. Try again in a minute.", "rate"),
        ('API Error: 429 {"error":{"message":"slow"}}. Try later.', "rate"),
        ('API Error: 529 {"error":{"message":"busy"}}. Try later.', "overloaded"),
        ("Opus is experiencing high load. Try later.", "overloaded"),
    ],
)
def test_a_failed_run_may_have_a_tail_that_nobody_has_seen(text: str, kind: str) -> None:
    found = match_text(text, failed=True)
    assert found is not None and found.rule.kind == kind


@pytest.mark.parametrize(
    ("tail", "reset"),
    [
        (" · resets tomorrow at 8pm (UTC)", (21, 20, 0)),
        (" · resets in 2 hours", (20, 22, 51)),
        (" · resets Fri 10pm (UTC)", (20, 22, 0)),
        (" · resets Sun, Nov 22, 8pm (UTC)", (22, 20, 0)),
        (" · resets today, 10pm (UTC)", (20, 22, 0)),
        (" · resets 10pm UTC", (20, 22, 0)),
        (" · resets 10 p.m. (UTC)", (20, 22, 0)),
        (" · resets 10 p.m. (UTC). Take a walk", (20, 22, 0)),
        (" · resets 2026-11-21 08:00", (21, 8, 0)),
        (" · resets 22 Nov, 8pm (UTC)", (22, 20, 0)),
        (", resets 10pm", (20, 22, 0)),
        (" - resets 10pm", (20, 22, 0)),
        (" (resets 10pm)", (20, 22, 0)),
        (" (resets 10pm (UTC))", (20, 22, 0)),
        (". It resets at 10pm.", (20, 22, 0)),
        (" · something new · resets 10pm", (20, 22, 0)),
        (" · resets 10pm (UTC), or upgrade", (20, 22, 0)),
        (" · resets 8pm (日本標準時)", None),
        (" · resets Nov 24, 8pm PST", None),
        (" · resets 8pm, Nov 26", None),
        (" · resets 10pm or so", None),
        (" · resets soon", None),
    ],
)
def test_a_reset_in_a_new_wording_is_read_or_not_but_never_guessed(
    tail: str, reset: tuple[int, int, int] | None
) -> None:
    found = match_text(f"You've hit your session limit{tail}", failed=True)
    assert found is not None and found.rule.kind is LimitKind.SESSION
    expected = reset and int(datetime(2026, 11, *reset, tzinfo=UTC).timestamp())
    assert found.resets_at(NOW, UTC) == expected


HEAD = "You've hit your session limit"


@pytest.mark.parametrize(
    "line",
    [
        "a" + " " * 100_000 + "b",
        HEAD + " · resets 8pm" * 8000 + "!?",
        HEAD + " · ask your admin x" * 5000 + "\t!",
        "You've hit your org spend limit" + " · visit x to raise it" * 5000 + "!",
        HEAD + " · resets 8" + " (a)" * 25_000,
        "You've hit your " * 6000,
        "A-" * 50_000,
        "Claude AI usage limit reached|" + "1" * 100_000,
        "API Error: 500 {" + "} · " * 25_000,
        "API Error: " + "(UND_ERR_" * 11_000,
        "Please run /login " * 6000,
        "8 p.m." * 17_000,
    ],
    ids=lambda line: line[:24],
)
def test_a_hostile_line_costs_no_time(line: str) -> None:
    match_text("warm", failed=True)
    begin = time.process_time()
    match_text(line, failed=True)
    assert time.process_time() - begin < 0.25  # a few ms; quadratic would be many seconds


def test_a_reset_is_read_in_the_row_s_own_form() -> None:
    def reset(text: str) -> int | None:
        found = match_text(text, failed=True)
        assert found
        return found.resets_at(NOW, UTC)

    assert reset("Claude AI usage limit reached|1795550400") == 1795550400
    assert reset("Claude AI usage limit reached|1795550400000") == 1795550400
    assert reset("Claude AI usage limit reached|179") is None
    assert reset("Spending cap reached resets 11:10pm") == 1795216200
    assert reset("You've hit your session limit") is None
    assert (
        reset("You've hit your monthly spend limit · your 5-hour limit resets 11:10pm (UTC)")
        == 1795216200
    )


def test_claims() -> None:
    def kind(claim: str) -> object:
        found = match_event(f"claim {claim}")
        return found and found.rule.kind

    assert kind("five_hour") == LimitKind.SESSION
    assert kind("seven_day") == LimitKind.WEEKLY
    assert kind("seven_day_overage_included") == kind("seven_day_saga") == LimitKind.MODEL
    assert kind("overage") == LimitKind.CREDIT
    assert kind("lunar_cycle") == LimitKind.USAGE


def test_rejected_alone_has_no_row() -> None:
    assert match_event("rate-limit rejected") is None
    assert match_event("rate-limit allowed") is None
    assert match_event("error frobnicated") is None
    assert match_event("status None") is None


def test_warnings_are_known_and_no_limits() -> None:
    found = match_text("You've used 93% of your session limit · resets 8pm", failed=True)
    assert found and found.rule.kind is Notice.WARNING


def test_canonical_never_fails_on_strange_bodies() -> None:
    for body in ("{}", "{x}", '{"error":1}', '{"error":{"message":[1]}}', "{" * 9000 + "}"):
        assert canonical(f"API Error: 500 {body}").startswith("API Error: 500 ")
