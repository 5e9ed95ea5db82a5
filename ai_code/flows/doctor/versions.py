"""Ollama's version: client and server fit together, and the server has what the engines ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.doctor import Finding, failed, ok, skipped, warn
from ai_code.core.ports import ModelServerError
from ai_code.engines.registry import local_engine
from ai_code.flows.doctor.engines import told_of
from ai_code.flows.doctor.server import ELSEWHERE, SILENT
from ai_code.flows.doctor.serving import begin_anew, client_version, is_behind, newer
from ai_code.flows.engine_fit import too_old

if TYPE_CHECKING:
    from ai_code.flows.doctor.facts import Facts

_NAMELESS = "ollama --version names no version"


def version(facts: Facts) -> Finding:
    """The server is new enough for the engines of the settings. Client and server are of one
    version: a newer client asks for what the server lacks."""
    try:
        served = facts.server_version()
    except ModelServerError:
        return skipped(SILENT)
    client, behind = client_version(facts), is_behind(facts, served)
    there = [each.name for each in facts.engines() if each.path]
    old = {name: why for name in there if (why := too_old(local_engine(name), served))}
    if old:
        told = "; ".join(each.message for each in old.values())
        return told_of(facts, list(old), failed(told, newer(facts, served)))
    if behind:
        told = f"the client is {client}, newer than the server ({served})"
        return warn(told, begin_anew(facts))
    if not facts.here or facts.ollama.program is None:
        return skipped(ELSEWHERE if not facts.here else "the program ollama was not found")
    return ok(f"client {client}, server {served}") if client else skipped(_NAMELESS)
