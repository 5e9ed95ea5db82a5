"""The local engines that the settings name, aider aside, which has checks of its own: there, and
with a model that will do for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.doctor import Finding, Fix, failed, ok, skipped, warn, write
from ai_code.core.ports import ModelServerError
from ai_code.engines.registry import local_engine
from ai_code.flows.doctor.models import chosen, name_one
from ai_code.flows.doctor.server import SILENT
from ai_code.flows.doctor.serving import newer
from ai_code.flows.engine_fit import not_in_the_tree, too_old
from ai_code.flows.engines_set import without

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ai_code.flows.doctor.facts import Facts
    from ai_code.flows.engines_set import EngineHere

_NONE = "no engine but aider is set"


def found(facts: Facts) -> Finding:
    """Their programs are there, and may be started."""
    others = _others(facts)
    if not others:
        return skipped(_NONE)
    missing = [each for each in others if not each.path]
    if missing:
        return _told(facts, missing)
    return ok("; ".join(f"{each.name} {each.path}" for each in others))


def served(facts: Facts) -> Finding:
    """The model that a run would take calls tools, has the context, and its server the interface
    that they need."""
    others = _others(facts)
    if not others:
        return skipped(_NONE)
    there = [each for each in others if each.path]
    if not there:
        return skipped("none is installed")
    if facts.served() is None:
        return skipped(SILENT)
    unfit = [each for each in there if each.why]
    if unfit:
        return _told(facts, unfit)
    return ok("; ".join(f"{each.name} with {each.model}" for each in there))


def _others(facts: Facts) -> list[EngineHere]:
    return [each for each in facts.engines() if each.name != "aider"]


def _told(facts: Facts, these: Sequence[EngineHere]) -> Finding:
    finding = failed("; ".join(each.why for each in these), mend(facts, these[0]))
    return told_of(facts, [each.name for each in these], finding)


def told_of(facts: Facts, names: Sequence[str], finding: Finding) -> Finding:
    """What these engines lack is no failure where others go on wherever a run would take them."""
    going = without(facts.settings, facts.engines(), names)
    if going is None:
        return finding
    return warn(f"{finding.evidence}; {going.name} goes on", finding.fix)


def mend(facts: Facts, engine: EngineHere) -> Fix:
    """What mends for good what an engine cannot work for: a run names a model for itself only."""
    if engine.path and (served := _too_old(facts, engine)):
        return newer(facts, served)
    if engine.path and not not_in_the_tree(facts.settings, local_engine(engine.name)):
        have = chosen(facts, engine.name)
        if have is not None and (fix := name_one(facts, have)):
            return fix
    return write(engine.mend)


def _too_old(facts: Facts, engine: EngineHere) -> str:
    """The server's version, where it is too old for the engine: no model would be of use."""
    try:
        served = facts.server_version()
    except ModelServerError:
        return ""
    return served if too_old(local_engine(engine.name), served) else ""
