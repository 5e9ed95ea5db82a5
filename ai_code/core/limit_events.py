"""Rows of the limit table for Claude Code's structured events.

The values of ``error`` and ``api_error`` are the enumerations of Claude Code 2.1.329; a value
that is not here is reported as unknown, never taken for a limit.
"""

from __future__ import annotations

from ai_code.core.limit_rule import LimitRule, Meaning, Notice
from ai_code.core.verdict import FailReason, LimitKind, UnavailableReason


def _claim(name: str, pattern: str, kind: Meaning, since: str, sample: str) -> LimitRule:
    return LimitRule(
        f"claude.claim-{name}", "claude", "event", f"claim {pattern}", kind, "event", since,
        f"claim {sample}",
    )  # fmt: skip


def _event(group: str, values: str, kind: Meaning, since: str) -> LimitRule:
    """A row for one or more values (separated by blanks) of a field; its sample is the first."""
    first, *_ = words = values.split()
    return LimitRule(
        f"claude.{group}-{first.replace('_', '-')}", "claude", "event",
        f"{group} (?:{'|'.join(words)})", kind, "none", since, f"{group} {first}",
    )  # fmt: skip


_AUTH = UnavailableReason.AUTH
_NETWORK = UnavailableReason.NETWORK
_BAD = FailReason.BAD_REQUEST

EVENT_RULES: tuple[LimitRule, ...] = (
    # rate_limit_info.rateLimitType: which window was rejected.
    _claim("session", "five_hour", LimitKind.SESSION, "2.1.197", "five_hour"),
    _claim("weekly", "seven_day", LimitKind.WEEKLY, "2.1.197", "seven_day"),
    _claim("model", "seven_day_[a-z0-9_]+", LimitKind.MODEL, "2.1.197", "seven_day_opus"),
    _claim("overage", "overage[a-z_]*", LimitKind.CREDIT, "2.1.197", "overage"),
    _claim("other", r"\S+", LimitKind.USAGE, "2.1.197", "lunar_cycle"),
    # result.api_error: the typed kind. The first three are the account's own limits.
    _event("api-error", "usage_limit_reached", LimitKind.USAGE, "2.1.329"),
    _event(
        "api-error", "model_requires_usage_credits long_context_credits_required",
        LimitKind.CREDIT, "2.1.329",
    ),
    _event(
        "api-error",
        "connection_failed no_response computer_slept network_edge_blocked tls_untrusted_ca"
        " tls_cert_signature_failure gateway_content_type stream_idle_timeout",
        _NETWORK, "2.1.329",
    ),
    _event(
        "api-error",
        "org_disabled_credential provider_credentials gateway_signin_required"
        " gateway_session_expired api_key_auth_disabled invalid_credential_header"
        " stored_login_refused oauth_refresh_store_refused",
        _AUTH, "2.1.329",
    ),
    _event("api-error", "max_output_tokens", FailReason.CUT, "2.1.329"),
    _event(
        "api-error",
        "effort_requires_thinking advisor_incompatible tool_history_mismatch pdf_too_large"
        " pdf_password_protected media_removed message_over_context_limit dlp_request_denied"
        " field_not_granted claude_code_version_too_old hook_denied safety_monitor_blocked",
        _BAD, "2.1.329",
    ),
    _event(
        "api-error",
        "empty_completion autocompact_thrashing malformed_tool_use_exhausted consent_unanswered"
        " no_allowed_fallback model_substitution_disabled unattended_start_limit"
        " unattended_start_unconfirmed",
        FailReason.OTHER, "2.1.329",
    ),
    # assistant.error: coarse; rate_limit is a passing one unless something else names a window.
    _event("error", "rate_limit", LimitKind.RATE, "2.0.77"),
    _event("error", "overloaded", LimitKind.OVERLOADED, "2.1.329"),
    _event("error", "billing_error", LimitKind.CREDIT, "2.0.77"),
    _event(
        "error",
        "authentication_failed oauth_org_not_allowed account_on_hold verification_required"
        " cloud_credential_error",
        _AUTH, "2.0.77",
    ),
    _event("error", "invalid_request model_not_found", _BAD, "2.0.77"),
    _event("error", "server_error", FailReason.SERVER_ERROR, "2.1.197"),
    _event("error", "max_output_tokens", FailReason.CUT, "2.1.329"),
    # result.api_error_status and api_retry.error_status: the HTTP status.
    _event("status", "429", LimitKind.RATE, "2.1.197"),
    _event("status", "529", LimitKind.OVERLOADED, "2.1.197"),
    _event("status", "402", LimitKind.CREDIT, "2.1.197"),
    _event("status", "401 403 407", _AUTH, "2.1.197"),
    LimitRule(
        "claude.status-5xx", "claude", "event", r"status (?:5\d\d|408)",
        FailReason.SERVER_ERROR, "none", "2.1.197", "status 503",
    ),
    LimitRule(
        "claude.status-4xx", "claude", "event", r"status 4\d\d", _BAD, "none", "2.1.197",
        "status 404",
    ),
    # result.subtype; anything but these ("success" too) says nothing.
    _event("subtype", "error_max_turns", FailReason.MAX_TURNS, "1.0.128"),
    _event("subtype", "error_max_budget_usd", FailReason.BUDGET, "2.0.77"),
    _event("subtype", "error_during_execution", Notice.INTERRUPTED, "1.0.128"),
    _event("subtype", "error_max_structured_output_retries", FailReason.OTHER, "2.0.77"),
    # rate_limit_info.status: "rejected" alone is no limit and has no row.
    _event("rate-limit", "allowed_warning", Notice.WARNING, "2.1.197"),
    _event("rate-limit", "overage_in_use", Notice.PAID, "2.1.329"),
)  # fmt: skip
