"""The unit that fetches missing models in the background, as ``ai-code setup service`` and the Home
Manager module make it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.doctor import Finding, Fix, failed, ok, run, skipped, warn, write
from ai_code.core.errors import AiCodeError
from ai_code.core.exits import ExitCode
from ai_code.core.models import installed_name
from ai_code.core.pasting import command_and_about
from ai_code.core.unit_log import LINES, hint_in, telling
from ai_code.flows.doctor.server import ELSEWHERE
from ai_code.flows.models.pull_all import used_models
from ai_code.flows.setup.unit import MODELS

if TYPE_CHECKING:
    from ai_code.flows.doctor.facts import Facts
    from ai_code.flows.doctor.service import Service

_LOG_S = 3.0
_NO_PROGRAM = 203
"""systemd's exit status where it could not start the program (systemd.exec(5))."""
_PULL = "ai-code models pull "


def fetching(facts: Facts) -> Finding:
    """What is missing comes by itself, or is on its way."""
    if not facts.here:
        return skipped(ELSEWHERE)
    unit = facts.fetching()
    if unit is None:
        return skipped(f"no {MODELS} is set up")
    if unit.active == "failed":
        return _failed(facts, unit)
    if unit.sub == "auto-restart":
        words = telling(_log(facts, unit)) or unit.result
        return warn(f"it did not succeed, and is tried again ({words})", _read(unit))
    if unit.active == "activating":
        return ok(f"it fetches now, process {unit.pid}")
    if not unit.enabled:
        enable = Fix((unit.systemctl("enable"),), safe=True)
        return warn(f"{MODELS} does not start with Ollama", enable)
    return ok("what is missing is fetched whenever Ollama starts")


def _failed(facts: Facts, unit: Service) -> Finding:
    log = _log(facts, unit)
    hint = hint_in(log)
    told = f"{MODELS} failed ({telling(log) or unit.result})"
    # It fetches what is missing, or ends well where nothing is.
    again = Fix((unit.systemctl("reset-failed"), unit.systemctl("start", "--no-block")), safe=True)
    if _has_all(facts, hint):
        return warn(f"{told}; nothing is missing now", again)
    if unit.status == ExitCode.TRY_LATER:
        return failed(told, again)
    if unit.status == _NO_PROGRAM and not unit.nix:
        return failed(told, run("ai-code", "setup", "service"))
    return failed(told, write(hint) if hint else _read(unit))


def _has_all(facts: Facts, hint: str) -> bool:
    """Whether what runs use is there by now, and what the unit itself could not fetch."""
    served = facts.served()
    if served is None:
        return False
    try:
        names = used_models(facts.world, facts.settings)
    except AiCodeError:
        return False
    if hint.startswith(_PULL):
        names += command_and_about(hint)[0].removeprefix(_PULL).split()
    installed = [each.name for each in served]
    return all(installed_name(name, installed) for name in names)


def _log(facts: Facts, unit: Service) -> str:
    return facts.machine_facts.run(unit.log_command(LINES), _LOG_S).out


def _read(unit: Service) -> Fix:
    return Fix((unit.log_command(LINES),))
