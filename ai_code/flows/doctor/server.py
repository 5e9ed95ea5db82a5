"""Ollama's server: installed, answering, at the right address, to this machine alone."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from ai_code.core.doctor import Finding, Fix, failed, ok, run, skipped, warn, write
from ai_code.core.errors import ConfigError
from ai_code.core.ports import ModelServerError
from ai_code.flows.doctor.changing import set_key
from ai_code.flows.doctor.claude import program_found
from ai_code.flows.doctor.serving import begin_anew, variable_or_who
from ai_code.flows.why_not_ready import get_ollama
from ai_code.settings.api import OLLAMA_PORT, parse_api
from ai_code.settings.keys import DEFAULT_API

if TYPE_CHECKING:
    from ai_code.core.ports_machine import Bound
    from ai_code.flows.doctor.facts import Facts

ELSEWHERE = "the server is on another machine"
SILENT = "Ollama does not answer"
_LOOPBACK = re.compile(r"127\.|::1$|::ffff:127\.")


def binary(facts: Facts) -> Finding:
    """The program; only where the server is on this machine."""
    if not facts.here:
        return skipped(ELSEWHERE)
    if facts.ollama.program is None and facts.served() is not None:
        # Docker's, or another person's: what runs use is the server alone.
        return ok("the server answers; the program is not needed")
    return program_found(facts.ollama, write(get_ollama(facts.world)))


def server(facts: Facts) -> Finding:
    """Something answers, and it is Ollama."""
    api = facts.settings.ollama_api
    try:
        return ok(f"{api} answers, version {facts.server_version()}")
    except ModelServerError as error:
        if error.kind == "http":
            fix = run("ai-code", "config", "show", "--origin")
            return failed(f"{api} answers HTTP {error.status}: {error}", fix)
        if error.kind == "garbage":
            return failed(f"what answers at {api} is not Ollama", write(_other_port(facts)))
        told = "does not answer in time" if error.kind == "timeout" else f"does not answer: {error}"
        return failed(f"{api} {told}", _start(facts, hangs=error.kind == "timeout"))


def _start(facts: Facts, *, hangs: bool) -> Fix:
    """What brings an answer: the service where there is one."""
    if not facts.here:
        return run("curl", f"{facts.settings.ollama_api}/api/version")
    if hangs:
        return begin_anew(facts)
    service = facts.service()
    if service is not None:
        return service.start()
    return run("ollama", "serve") if facts.ollama.program else write(get_ollama(facts.world))


def port(facts: Facts) -> Finding:
    """The port belongs to Ollama, or to nobody."""
    if not facts.here:
        return skipped(ELSEWHERE)
    bound = facts.bound()
    if not bound:
        return ok(f"port {facts.port} is free")
    who = _who(bound[0])
    try:
        facts.server_version()
    except ModelServerError as error:
        if error.kind in ("garbage", "http") and not _is_ollama(bound[0]):
            return failed(
                f"port {facts.port} is taken by another program ({who})", write(_other_port(facts))
            )
        if error.kind == "timeout" and bound[0].program and not _is_ollama(bound[0]):
            return failed(
                f"port {facts.port} is taken by {who}, which says nothing",
                write(_other_port(facts)),
            )
        return skipped(f"{who} holds port {facts.port}, and does not answer as Ollama")
    return ok(f"port {facts.port} is Ollama's ({who})")


def _other_port(facts: Facts) -> str:
    other = f"127.0.0.1:{facts.port + 1 if facts.here else OLLAMA_PORT}"
    return f"export OLLAMA_HOST={other} && ollama serve"


def _is_ollama(bound: Bound) -> bool:
    return bound.program.startswith("ollama")


def _who(bound: Bound) -> str:
    return f"{bound.program}, process {bound.pid}" if bound.pid else "of another user"


def address(facts: Facts) -> Finding:
    """What OLLAMA_HOST and ``ollama.api`` say is where a server is."""
    wrong = [n for n in facts.loaded.warnings if n.text.startswith("OLLAMA_")]
    if wrong:
        return warn(wrong[0].text, write(wrong[0].hint))
    api, origin = facts.settings.ollama_api, facts.loaded.origins["ollama.api"]
    try:
        facts.server_version()
    except ModelServerError:
        for other in _candidates(facts):
            try:
                facts.world.server_probe(other, {}).version()
            except ModelServerError:
                continue
            gone = origin.layer == "env" and other == DEFAULT_API
            fix = run("unset", origin.name) if gone else set_key(facts, "ollama.api", other)
            return failed(f"{api} ({origin}) is silent; Ollama answers at {other}", fix)
        return skipped(f"{SILENT} at {api} ({origin}), nor anywhere else that is known")
    return ok(f"{api} ({origin})")


def _candidates(facts: Facts) -> list[str]:
    """Where else a server may be: the unit's address, the default."""
    found = [DEFAULT_API]
    service = facts.service()
    if service is not None and (told := service.variables.get("OLLAMA_HOST")):
        with contextlib.suppress(ConfigError):
            found.insert(0, parse_api(told))
    return [each for each in dict.fromkeys(found) if each != facts.settings.ollama_api]


def open_to_network(facts: Facts) -> Finding:
    """Ollama has no login: whoever reaches it may use it, and delete its models."""
    if not facts.here:
        if facts.settings.ollama_api.startswith("http:"):
            return warn(f"prompts go to {facts.host} unencrypted", _encrypted(facts))
        return ok(f"{facts.host}, encrypted")
    outside = [each.address for each in facts.bound() if not _LOOPBACK.match(each.address)]
    if not facts.bound():
        return skipped("nobody listens")
    if outside:
        fix = variable_or_who(facts, "OLLAMA_HOST", f"127.0.0.1:{facts.port}")
        return warn(f"it listens on {outside[0]}: the whole network can use it", fix)
    return ok(f"only this machine ({facts.bound()[0].address})")


def _encrypted(facts: Facts) -> Fix:
    return set_key(facts, "ollama.api", f"https://{facts.host}")
