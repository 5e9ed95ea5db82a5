"""How Ollama runs: its service, restarts, and the settings that are really in effect."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ai_code.core.doctor import Finding, Fix, failed, ok, run, skipped, warn
from ai_code.core.ports import ModelServerError
from ai_code.flows.doctor.changing import set_key
from ai_code.flows.doctor.server import ELSEWHERE, SILENT
from ai_code.flows.doctor.serving import set_variable

if TYPE_CHECKING:
    from ai_code.flows.doctor.facts import Facts

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_SLACK_S = 90.0
_FOR_EVER_S = 365 * 86400.0
"""A model that stays longer is kept for ever: Ollama writes a date centuries ahead."""
_LOG_LINES = 50


def service(facts: Facts) -> Finding:
    """The service runs, and starts again with the machine."""
    if not facts.here:
        return skipped(ELSEWHERE)
    unit = facts.service()
    if unit is None:
        return skipped("no service is set up for Ollama")
    if unit.active != "active":
        ended = f" ({unit.result})" if unit.result not in ("", "success") else ""
        return failed(f"the {unit.name} is {unit.active}{ended}", unit.start())
    if not unit.enabled:
        enable = Fix((unit.systemctl("enable"),), safe=unit.manager == "user")
        return warn(f"the {unit.name} runs, but does not start with the machine", enable)
    return ok(f"the {unit.name} runs, process {unit.pid}")


def restarts(facts: Facts) -> Finding:
    """A server that ends again and again loses the model each time."""
    unit = facts.service()
    if unit is None or unit.manager == "launchd":
        return skipped(ELSEWHERE if not facts.here else "no systemd service runs Ollama")
    if unit.restarts:
        told = f"it ended and was started anew {unit.restarts} times"
        return warn(told, Fix((unit.log_command(_LOG_LINES),)))
    return ok("none")


def seconds_of(text: str) -> float | None:
    """A duration as Ollama takes it: ``5m``, ``1h30m``, ``300`` (seconds), negative for ever;
    None where it is none."""
    text = text.strip()
    if re.fullmatch(r"-(?:\d+(?:\.\d+)?\w*)+", text):
        return math.inf
    if text.isascii() and text.isdigit():
        return float(text)
    if not _DURATION.fullmatch(text):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))


def keep_alive(facts: Facts) -> Finding:
    """How long a model stays is what somebody set, as far as it can be seen."""
    try:
        rows = facts.rows()
    except ModelServerError:
        return skipped(SILENT)
    shell, wanted = facts.world.environ.get("OLLAMA_KEEP_ALIVE"), facts.settings.ollama_keep_alive
    told = facts.variables().get("OLLAMA_KEEP_ALIVE")
    if shell and not wanted and seconds_of(shell) != seconds_of(told or "5m"):
        seen = f"the server has {told or 'its default, 5m'}"
        if not facts.here:
            seen = f"the server is {facts.host}"
        # Where nobody here can tell the server, each request can.
        fix = set_variable(facts, "OLLAMA_KEEP_ALIVE", shell) if facts.here else None
        return warn(
            f"your shell says {shell}, {seen}: only the server reads it",
            fix or set_key(facts, "ollama.keep-alive", shell),
        )
    expected = seconds_of(wanted or told or "")
    for row in rows:
        left = _left(row, facts.world.clock.now())
        if expected is None or left is None:
            continue
        for_ever = left > _FOR_EVER_S
        if for_ever == math.isinf(expected) and (for_ever or left <= expected + _SLACK_S):
            continue
        name = str(row.get("name"))
        seen = "for ever" if for_ever else f"{left / 60:.0f} min more"
        return warn(
            f"{name} stays {seen}, though {wanted or told} is set",
            run("ollama", "stop", name, safe=True),
        )
    return ok(f"{wanted or told or 'the server decides (its default is 5m)'}")


def _left(row: Mapping[str, Any], now: float) -> float | None:
    """Seconds until a model leaves memory. Ollama tells nanoseconds, which Python's older
    parsers do not take."""
    text = re.sub(r"\.\d+", "", str(row.get("expires_at", "")))
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() - now
    except (ValueError, OverflowError):
        return None


def settings(facts: Facts) -> Finding:
    """What we are told of the server is so: it decides how much memory a context takes."""
    variables = facts.variables()
    if not variables:
        return skipped("the server's variables cannot be seen")
    have = facts.settings
    cache = variables.get("OLLAMA_KV_CACHE_TYPE") or "f16"
    if cache != have.ollama_kv_cache_type:
        told = f"the server's cache is {cache}, ollama.kv-cache-type says"
        return warn(
            f"{told} {have.ollama_kv_cache_type}", set_key(facts, "ollama.kv-cache-type", cache)
        )
    parallel = variables.get("OLLAMA_NUM_PARALLEL") or "1"
    if parallel.isdigit() and int(parallel) > 0 and int(parallel) != have.ollama_num_parallel:
        told = f"the server answers {parallel} at once, ollama.num-parallel says"
        return warn(
            f"{told} {have.ollama_num_parallel}",
            set_key(facts, "ollama.num-parallel", int(parallel)),
        )
    return ok(f"cache {cache}, {parallel} at once")
