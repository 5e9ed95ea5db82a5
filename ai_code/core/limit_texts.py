"""Rows of the limit table for the texts of Claude Code 1.0.128 to 2.1.329.

The texts are the programs' own (recordings, and the lists inside the programs). Patterns are
for ``canonical`` text: straight apostrophes, `` · `` as separator, JSON bodies as ``{message}``.
Rows of channel ``text`` have tails that no prose has. Rows of channel ``exit`` are wider, for a
wording that drifted in a run that failed: the rows ``open-…`` are the strict rows of limits with
an open tail, the rows ``drift-…`` have an open middle too.
"""

from __future__ import annotations

from ai_code.core.limit_rule import LimitRule, Meaning, Notice, ResetForm, RuleChannel
from ai_code.core.limit_tails import (
    ADVICE,
    MORE,
    MUST_RESET,
    OPEN_RESET,
    OPEN_REST,
    OPEN_TAIL,
    TAIL,
    WHEN,
    can_be_opened,
    opened,
)
from ai_code.core.verdict import FailReason, LimitKind, UnavailableReason

_HIT = r"You(?:'ve| have) (?:hit|reached) your "
_FAMILY = r"(?:Claude )?(?:Opus|Sonnet|Haiku|Fable|Mythos)(?: \d[\d.]{0,5})?"
_SESSION = r"(?:current )?(?:5[- ]hour|five[- ]hour|session)(?: usage| plan)?"
_WEEKLY = r"(?:current )?(?:weekly|7[- ]day|seven[- ]day)(?: usage| plan)?"
_REACHED = r"limit(?: reached|(?= resets \S))"
_SPEND = (
    r"(?:(?:your )?(?:org|organization|channel|team|group|workspace)'s |individual |monthly )*"
    r"(?:spend(?:ing)? limit|spending cap|pooled group budget|usage credits? limit|credit limit"
    r"|extra usage limit)"
    r"|(?:(?:org|organization|channel|team|group)'s (?:monthly )?|individual |monthly )usage limit"
)


def _row(
    id: str,
    kind: Meaning,
    pattern: str,
    sample: str,
    since: str = "2.1.329",
    reset: ResetForm | None = None,
    channel: RuleChannel = "text",
) -> LimitRule:
    form: ResetForm = reset or ("clock" if "(?P<reset>" in pattern else "none")
    return LimitRule(f"claude.{id}", "claude", channel, pattern, kind, form, since, sample)


def _window_of_spend(id: str, kind: LimitKind, window: str, sample: str) -> LimitRule:
    """A spend limit whose tail names the window that ran out: that window is what resets."""
    head = rf"{_HIT}[^·\n]{{3,60}}{MORE} · your {window} limit(?= resets \S)"
    return _row(id, kind, head + TAIL, sample)


_PLAN = (
    _window_of_spend(
        "spend-session", LimitKind.SESSION, _SESSION,
        "You've hit your individual spend limit · ask your admin to raise it at"
        " https://claude.ai/admin-settings/usage · your 5-hour limit resets 11:10pm (UTC)",
    ),
    _window_of_spend(
        "spend-weekly", LimitKind.WEEKLY, _WEEKLY,
        "You've hit your monthly spend limit · raise it at https://claude.ai/settings/usage"
        " · your weekly limit resets Nov 24, 8pm (UTC)",
    ),
    _window_of_spend(
        "spend-model", LimitKind.MODEL, _FAMILY,
        "You've hit your org's monthly spend limit · ask your admin for a higher limit"
        " · your Opus limit resets Nov 24, 8pm (UTC)",
    ),
    _row("session", LimitKind.SESSION, f"{_HIT}{_SESSION} limit{TAIL}",
         "You've hit your 5-hour limit · resets 11:10pm (UTC)", "2.0.77"),
    _row("weekly", LimitKind.WEEKLY, f"{_HIT}{_WEEKLY} limit{TAIL}",
         "You've hit your weekly limit · resets Nov 24, 8pm (UTC)", "2.0.77"),
    _row("model", LimitKind.MODEL,
         rf"{_HIT}(?:{_FAMILY} (?:weekly )?limit(?: for this week)?|limit for {_FAMILY}){TAIL}",
         "You've hit your Fable limit · resets Nov 24, 8pm (UTC)."
         " Switch to another model to continue.", "2.0.77"),
    _row("spend", LimitKind.CREDIT, f"{_HIT}(?:{_SPEND}){TAIL}",
         "You've hit your org's monthly spend limit · ask your admin to raise it at"
         " https://claude.ai/admin-settings/usage"),
    _row("usage", LimitKind.USAGE, f"{_HIT}(?:(?:usage|plan|account) )?limit{TAIL}",
         "You've hit your usage limit · resets 11:10pm (UTC)", "2.0.77"),
    _row("new-model", LimitKind.MODEL,
         rf"{_HIT}[A-Z][A-Za-z0-9.]*(?: [A-Za-z0-9.]+){{0,2}} limit{MUST_RESET}{MORE}{ADVICE}",
         "You've hit your Saga limit · resets Nov 24, 8pm (UTC)"),
    _row("new-window", LimitKind.USAGE,
         rf"{_HIT}(?![^·\n]*(?:week|session|hour))[a-z0-9'-]+(?: [a-z0-9'-]+){{0,2}} limit"
         rf"{MUST_RESET}{MORE}{ADVICE}",
         "You've hit your daily limit · resets 8pm (UTC)"),
    _row("old-session", LimitKind.SESSION,
         rf"(?:Session|5[- ]hour) {_REACHED}{TAIL}",
         "Session limit reached ∙ resets 11:10pm", "1.0.128"),
    _row("old-weekly", LimitKind.WEEKLY,
         rf"Weekly {_REACHED}{TAIL}",
         "Weekly limit reached ∙ resets Nov 24, 8pm", "1.0.128"),
    _row("old-model", LimitKind.MODEL,
         rf"{_FAMILY}(?: weekly)? {_REACHED}{TAIL}",
         "Opus weekly limit reached ∙ resets Nov 24, 8pm", "1.0.128"),
    _row("old-sentence", LimitKind.USAGE,
         rf"Claude usage limit reached\. Your limit will reset at (?P<reset>{WHEN})\.?",
         "Claude usage limit reached. Your limit will reset at 8pm (UTC).", "1.0"),
    _row("old-usage", LimitKind.USAGE, f"(?:Usage|Claude usage) limit reached{TAIL}",
         "Usage limit reached ∙ resets Nov 24, 8pm", "1.0.128"),
    _row("old-rate", LimitKind.RATE, r"Claude AI usage limit reached\|0",
         "Claude AI usage limit reached|0", "1.0.128"),
    _row("old-epoch", LimitKind.USAGE,
         r"Claude AI usage limit reached(?:\|(?:(?P<reset>[1-9]\d{9})(?:\d{3})?|[1-9]\d{0,20}))?",
         "Claude AI usage limit reached|1795550400", "1.0.128", "epoch"),
)  # fmt: skip

_CREDIT = (
    _row("out-of-credits", LimitKind.CREDIT,
         rf"(?:You're|Your org is) out of (?:usage credits|extra usage|usage){TAIL}",
         "You're out of usage credits · resets 12:10am (UTC)", "2.0.77"),
    _row("old-spending-cap", LimitKind.CREDIT, f"Spending cap reached{TAIL}",
         "Spending cap reached resets 11:10pm", "1.0.128"),
    _row("old-admin", LimitKind.CREDIT, r"Limit reached [–-] contact an admin to keep working",
         "Limit reached – contact an admin to keep working", "1.0.128"),
    _row("seat-type", LimitKind.CREDIT,
         rf"Your seat type doesn't include (?:usage credits|extra usage|usage){TAIL}",
         "Your seat type doesn't include usage credits"),
    _row("allocation", LimitKind.CREDIT,
         rf"Your usage allocation has been disabled by your admin{TAIL}",
         "Your usage allocation has been disabled by your admin"
         " · ask your admin for a higher limit"),
    _row("group-limit", LimitKind.CREDIT,
         rf"Your group's usage limit is set to \$[\d.,]+{TAIL}",
         "Your group's usage limit is set to $0 · ask your admin for a higher limit"),
    _row("service-disabled", LimitKind.CREDIT, rf"This service is disabled for your org{TAIL}",
         "This service is disabled for your org"),
    _row("paused", LimitKind.CREDIT,
         r"Usage is paused for your organization\. For help, please contact support\.",
         "Usage is paused for your organization. For help, please contact support."),
    _row("requires-credits", LimitKind.CREDIT,
         rf"(?:{_FAMILY}|[A-Z][A-Za-z]{{2,11}}(?: [\d.]{{1,5}})?) requires usage credits{TAIL}",
         "Fable 5 requires usage credits. Switch to another model to continue."),
    _row("long-context", LimitKind.CREDIT,
         r"API Error: Usage credits required for 1M context · [^\n]+",
         "API Error: Usage credits required for 1M context · run /usage-credits to turn them on"
         " (they take effect in a new session)"),
    _row("credits-ran-out", LimitKind.CREDIT,
         r"API Error: Usage credits ran out before the response was finished\.",
         "API Error: Usage credits ran out before the response was finished."),
    _row("spend-words", LimitKind.CREDIT, f"[Ss]pend limit reached{OPEN_TAIL}",
         "spend limit reached · resets Nov 24, 8pm (UTC)", channel="exit"),
    _row("credit-balance", LimitKind.CREDIT, r"Credit balance is too low",
         "Credit balance is too low", "1.0.128"),
    _row("api-credit-balance", LimitKind.CREDIT,
         r"API Error: \d{3} \{?Your credit balance is too low[^\n]*",
         "API Error: 400 Your credit balance is too low to access the Anthropic API.", "1.0.128"),
    _row("api-spend-cap", LimitKind.CREDIT,
         r"API Error: \d{3} \{?You have reached your specified (?:\w+ )?API usage limits\."
         r"(?: You will regain access on (?P<reset>\d{4}-\d\d-\d\d at \d\d:\d\d UTC)\.)?[^\n]*",
         "API Error: 400 You have reached your specified API usage limits."
         " You will regain access on 2026-12-01 at 00:00 UTC.", reset="utc-date"),
    _row("api-402", LimitKind.CREDIT, r"API Error: 402 \{[^\n]*|API Error: 402 Your [^\n]*",
         "API Error: 402 Your account has a billing issue."),
)  # fmt: skip

_PASSING = (
    _row("api-429", LimitKind.RATE,
         r"API Error: (?:Request rejected \(429\)"
         r"|Server is temporarily limiting requests \(not your usage limit\))(?: · [^\n]*)?",
         "API Error: Request rejected (429) · This request would exceed your account's rate"
         " limit. Please try again later.", "2.1.197"),
    _row("old-api-429", LimitKind.RATE, r"API Error: (?:Rate limit reached|429 \{[^\n]*\})",
         'API Error: 429 {"type":"error","error":{"type":"rate_limit_error","message":"This'
         ' request would exceed your account\'s rate limit. Please try again later."}}',
         "1.0.128"),
    _row("api-529", LimitKind.OVERLOADED,
         r"API Error: (?:Repeated 529 Overloaded errors\b[^\n]*"
         r"|529 \{[^\n]*\}|529 [^\n]{1,80}\. This is a server-side issue[^\n]*)",
         "API Error: Repeated 529 Overloaded errors. The API is at capacity — this is usually"
         " temporary. Try again in a moment.", "1.0.128"),
    _row("high-load", LimitKind.OVERLOADED,
         r"\w+ is experiencing high load(?:, please use /model to switch to \w+"
         r"|\. Switch to \w+\.)|Repeated server overload with \w+ model",
         "Opus is experiencing high load, please use /model to switch to Sonnet", "1.0.128"),
)  # fmt: skip

_AUTH = UnavailableReason.AUTH
_LOGIN = (
    _row("api-key", _AUTH,
         r"Invalid (?:API key|auth token|ANTHROPIC_CUSTOM_HEADERS"
         r"|request header from the environment) · [^\n]+",
         "Invalid API key · Fix external API key", "1.0.128"),
    _row("login", _AUTH,
         r"(?:Not logged in|OAuth token revoked|Login expired|Login reached its time limit"
         r"|Authentication required|Authentication error|Anthropic profile login expired"
         r"|Please run /login) · [^\n]+",
         "Not logged in · Please run /login", "1.0.128"),
    _row("authenticate", _AUTH,
         r"Failed to authenticate[.:] [^\n]+|API Error: 40[13] [^\n]* · Please run /login"
         r"|API Error: 40[13] \{[^\n]*\}",
         "Failed to authenticate. API Error: 401 OAuth token has expired.", "1.0.128"),
    _row("org-credential", _AUTH,
         r"Your (?:ANTHROPIC_API_KEY belongs to a disabled organization"
         r"|organization has disabled (?:API key authentication|Claude subscription access"
         r" for Claude Code)|apiKeyHelper script is failing) · [^\n]+",
         "Your ANTHROPIC_API_KEY belongs to a disabled organization"
         " · Update or unset the environment variable"),
    _row("account", _AUTH,
         r"Your account (?:is on hold and can't use Claude Code\. [^\n]+"
         r"|does not have access to Claude(?: Code)?\. Please run /login\.?)",
         "Your account does not have access to Claude Code. Please run /login.", "1.0.128"),
    _row("refresh", _AUTH,
         r"(?:Could not refresh your login|Failed to refresh OAuth token)(?: because|:) [^\n]+",
         "Could not refresh your login because another Claude Code process is refreshing it"),
    _row("cloud-credentials", _AUTH, r"API Error: Could not load \w+ credentials · [^\n]+",
         "API Error: Could not load AWS credentials · expired. Check or refresh your AWS"
         " credentials and try again."),
)  # fmt: skip

_NETWORK = (
    _row("connection", UnavailableReason.NETWORK,
         r"(?:API Error: )?(?:Unable to connect to API(?:[ .:(][^\n]*)?"
         r"|Connection (?:refused|dropped|lost|closed)[^\n]{0,300}"
         r"|Connection error\.?|Connection to the API was lost[^\n]*"
         r"|Can't reach the API server[^\n]*|No internet route[^\n]*"
         r"|Couldn't connect through your proxy[^\n]*|No response from API[^\n]*"
         r"|Request timed out\b[^\n]*|fetch failed|terminated|socket hang up)"
         r"|API Error: [^\n]*\((?:E[A-Z_]{4,20}|ConnectionRefused|ConnectionClosed"
         r"|FailedToOpenSocket|UND_ERR_[A-Z_]+)\)[^\n]*",
         "API Error: Connection refused — a firewall or proxy may be blocking it"
         " (ECONNREFUSED)", "1.0.128"),
)  # fmt: skip

_FAILURES = (
    _row("max-turns", FailReason.MAX_TURNS,
         r"Error: Reached max turns \(\d+\)|Reached maximum number of turns \(\d+\)",
         "Error: Reached max turns (1)", "1.0.128"),
    _row("budget", FailReason.BUDGET,
         r"Error: Exceeded USD budget \([\d.e-]+\)|Reached maximum budget \(\$[\d.e-]+\)",
         "Error: Exceeded USD budget (0.00001)", "2.0.77"),
    _row("mid-response", FailReason.SERVER_ERROR,
         r"API Error: Server error mid-response\.[^\n]*",
         "API Error: Server error mid-response. The response above may be incomplete."),
    _row("server-side", FailReason.SERVER_ERROR,
         r"API Error: 5(?!29)\d\d (?:\{[^\n]*|[^\n]*This is a server-side issue[^\n]*)",
         "API Error: 500 Internal server error. This is a server-side issue, usually temporary",
         "1.0.128"),
    _row("too-long", FailReason.BAD_REQUEST,
         r"Prompt is too long(?: · [^\n]+)?|Request too large \(max \d+MB\)\.[^\n]*",
         "Prompt is too long · this conversation is a single exchange", "1.0.128"),
    _row("no-model", FailReason.BAD_REQUEST,
         r"There's an issue with the selected model \([^)\n]*\)\.[^\n]*"
         r"|The model \S+ is not available on your \w+ deployment\.[^\n]*"
         r"|Claude Opus is not available with the Claude Pro plan\.[^\n]*",
         "There's an issue with the selected model (claude-nope-9). It may not exist or you may"
         " not have access to it.", "1.0.128"),
    _row("bad-request", FailReason.BAD_REQUEST,
         r"API Error: 4(?!01|02|03|07|29)\d\d \{[^\n]*",
         'API Error: 404 {"type":"error","error":{"type":"not_found_error","message":"model"}}',
         "1.0.128"),
    _row("interrupted", Notice.INTERRUPTED, "Execution error", "Execution error", "1.0.128"),
)  # fmt: skip

_NOTICES = (
    _row("warning", Notice.WARNING,
         r"(?:You've used \d+% of your|You're close to your|Over \d+% of your"
         r"|Approaching) [^\n]{1,160}",
         "You've used 93% of your session limit · resets 11:10pm (UTC)", "1.0.128"),
    _row("paid", Notice.PAID,
         r"(?:You're now|Now) using (?:usage credits|extra usage|credits|your usage allocation)"
         r"(?: for [A-Z]\w+)?(?: · [^\n]{1,120})?",
         "You're now using extra usage · Your session limit resets 11:10pm (UTC)", "2.0.77"),
)  # fmt: skip


def _status(id: str, kind: Meaning, status: str, sample: str) -> LimitRule:
    """``API Error: NNN …`` of a failed run, whatever follows, also over several lines."""
    pattern = rf"(?:Failed to authenticate\. )?API Error: {status}(?!\d).*"
    return _row(id, kind, pattern, sample, channel="exit")


_NOT_CLAUDES = (
    r"(?![^·\n]*\b(?:project|repository|pull|storage|disk|memory|file|upload|download|API)\b)"
)
_DRIFT = (
    _row("drift-session", LimitKind.SESSION,
         rf"{_HIT}[^·\n]{{0,30}}?(?:session|\d[- ]hour|hourly)[^·\n]{{0,20}}? limit{OPEN_TAIL}",
         "You've reached your shared 5-hour limit · resets 11:10pm (UTC) · take a break",
         channel="exit"),
    _row("drift-weekly", LimitKind.WEEKLY,
         rf"{_HIT}[^·\n]{{0,30}}?(?:[Ww]eekly|7[- ]day)[^·\n]{{0,20}}? limit{OPEN_TAIL}",
         "You've reached your all-models weekly limit · resets Nov 24, 8pm (UTC)",
         channel="exit"),
    _row("drift-credit", LimitKind.CREDIT,
         rf"{_HIT}[^·\n]{{0,60}}?(?:spend|spending|credits?|extra usage|budget)\b"
         rf"(?: \w+){{0,2}}{OPEN_TAIL}",
         "You've hit your channel's new spend ceiling · ask your admin", channel="exit"),
    _row("drift-model", LimitKind.MODEL,
         rf"{_HIT}[A-Z][\w.]*(?: [\w.]+){{0,3}} limit{OPEN_TAIL}",
         "You've reached your Saga 2 limit", channel="exit"),
    _row("drift-usage", LimitKind.USAGE,
         rf"{_HIT}(?:{_NOT_CLAUDES}[^·\n]{{0,60}}? )?limit{OPEN_TAIL}",
         "You've reached your lunar limit", channel="exit"),
    _row("drift-reached", LimitKind.USAGE,
         rf"(?:[A-Z][\w-]*(?: [\w-]+){{0,3}} l|L)imit reached{OPEN_RESET}{OPEN_REST}",
         "Monthly plan limit reached · resets Nov 24, 8pm", channel="exit"),
    _status("exit-429", LimitKind.RATE, "429", "API Error: 429 Too many requests"),
    _status("exit-529", LimitKind.OVERLOADED, "529", "API Error: 529 <html>busy</html>"),
    _row("exit-rejected", LimitKind.RATE,
         r"API Error: (?:Request rejected \(429\)|Server is temporarily limiting requests"
         r"|Rate limit reached)(?!\w)[^\n]*",
         "API Error: Rate limit reached. Try again in a minute.", channel="exit"),
    _row("exit-overloaded", LimitKind.OVERLOADED,
         r"(?:API Error: Overloaded|\w+ is experiencing high load|Repeated server overload)\b"
         r"[^\n]*",
         "API Error: Overloaded", channel="exit"),
    _status("exit-402", LimitKind.CREDIT, "402", "API Error: 402 Payment required"),
    _status("exit-auth", _AUTH, "(?:401|403|407)", "API Error: 403 Forbidden"),
    _status("exit-5xx", FailReason.SERVER_ERROR, r"(?:5\d\d|408)", "API Error: 502 Bad Gateway"),
    _status("exit-4xx", FailReason.BAD_REQUEST, r"4\d\d",
            "API Error: 400 messages.0.content: field required"),
    _row("exit-oauth", _AUTH, r"[^\n]*Please run /login\b[^\n]{0,80}",
         "Your session ended. Please run /login", channel="exit"),
)  # fmt: skip

_OPENED = tuple(opened(row) for row in (*_PLAN, *_CREDIT) if can_be_opened(row))
"""The limits above with a tail that is not known, of a run that failed."""

TEXT_RULES: tuple[LimitRule, ...] = (
    *_PLAN, *_CREDIT, *_PASSING, *_LOGIN, *_NETWORK, *_FAILURES, *_NOTICES, *_OPENED, *_DRIFT,
)  # fmt: skip
