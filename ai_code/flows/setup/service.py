"""The step that starts Ollama: by a service that is there, by one that is written, or by hand."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from ai_code.core.errors import AiCodeError
from ai_code.core.ports import ModelServerError
from ai_code.core.setup import StepResult
from ai_code.flows.models.recommending import best
from ai_code.flows.models.server import is_local, server_error
from ai_code.flows.setup.docker import container, start_container
from ai_code.flows.setup.unit import NAME, unit_text, values_for

if TYPE_CHECKING:
    from ai_code.flows.setup.ground import Ground, Ran

_LOG = f"journalctl --user -u {NAME}"
_SERVE = "ollama serve"
_WISHED_CONTEXT = 16384
"""What a run asks for at most (flows/readiness.py)."""


def service(ground: Ground) -> StepResult:
    """A server that answers is left alone, whatever started it."""
    version = ground.answers()
    api = ground.settings.ollama_api
    if isinstance(version, str):
        return StepResult("service", "ok", f"Ollama {version} answers at {api}")
    error = server_error(api, version)
    if version.kind != "refused" or not is_local(api):
        return StepResult("service", "failed", f"{error.what}: {error.why}", (error.hint,))
    if container(ground):
        ground.say(f"Nothing answers at {api}.")
        ground.say("A container named ollama is there, and does not run:")
        ground.show("docker start ollama")
        if not ground.agrees():
            return _missing("docker start ollama")
        started = start_container(ground)
        return started._replace(step="service") if not started.fine else _looks(ground)
    if ground.find("ollama") is None:
        return StepResult("service", "missing", "there is no Ollama to start")
    ground.say(f"Nothing answers at {api}.")
    if ground.site.macos:
        return _on_macos(ground)
    return _on_linux(ground)


def _missing(*commands: str) -> StepResult:
    return StepResult("service", "missing", "Ollama does not run", commands)


def _looks(ground: Ground, mend: str = _SERVE) -> StepResult:
    """It was started: does it answer?"""
    version = ground.waits_for_server()
    if isinstance(version, ModelServerError):
        told = f"Ollama was started and does not answer ({version})"
        return StepResult("service", "failed", told, (mend,))
    return StepResult(
        "service", "done", f"Ollama {version} answers at {ground.settings.ollama_api}"
    )


def _by_hand(ground: Ground, command: str) -> StepResult:
    """A command that we do not run: sudo's, or one that stays in the foreground."""
    ground.say("To start it, in another terminal:")
    ground.show(command)
    while ground.mode == "ask" and ground.agrees("Does it run now?"):
        version = ground.answers()
        if isinstance(version, str):
            return StepResult("service", "done", f"Ollama {version} answers")
        ground.say(f"It does not answer at {ground.settings.ollama_api} ({version}).")
    return _missing(command)


def _on_macos(ground: Ground) -> StepResult:
    brew = ground.find("brew")
    if brew is None or not ground.run((*brew.argv, "list", "ollama"), "asking Homebrew").ok:
        return _by_hand(ground, "open -a Ollama")
    ground.say("Homebrew can run it as a service that starts when you log in:")
    ground.show("brew services start ollama")
    if not ground.agrees():
        return _missing("brew services start ollama")
    change = ground.remember("brew-service", "ollama")
    ran = ground.run((*brew.argv, "services", "start", "ollama"), "brew services start")
    if not ran.ok:
        ground.log.drop(change)
        told = f"brew services failed: {ran.why}"
        return StepResult("service", "failed", told, (_SERVE,))
    return _looks(ground)


def _on_linux(ground: Ground) -> StepResult:
    if ground.find("systemctl") is None:
        return _by_hand(ground, _SERVE)
    if ground.run(("systemctl", "cat", NAME), "asking systemd").ok:
        ground.say("Ollama is installed as a service of the system, which root starts:")
        return _by_hand(ground, "sudo systemctl start ollama")
    if not _user(ground, "show", "--property=Version").ok:
        ground.say("No systemd of yours answers here, so there is nothing that would start it.")
        return _by_hand(ground, _SERVE)
    if not _user(ground, "cat", NAME).ok and not ground.site.there(ground.site.user_units / NAME):
        return _write(ground)
    return _start(ground)


def _user(ground: Ground, *words: str) -> Ran:
    return ground.run(("systemctl", "--user", *words), f"systemctl --user {words[0]}")


def _start(ground: Ground) -> StepResult:
    """A user service that is there; ours is brought up to date where nobody changed it."""
    path = ground.site.user_units / NAME
    known, text = ground.made("unit", str(path)), ground.site.text(path)
    wanted = _text(ground)
    if known and text == known.facts.get("text") and text != wanted:
        ground.say(f"{ground.shown(path)}, which setup wrote, would be changed:")
        diff = difflib.unified_diff((text or "").splitlines(), wanted.splitlines(), lineterm="")
        for line in list(diff)[2:]:
            ground.show(line)
        if ground.agrees("Change it?"):
            ground.remember("unit", str(path), **{**known.facts, "text": wanted})
            ground.world.files.write(path, wanted)
    # One that we wrote and were then stopped is not enabled yet.
    words = ("enable", "--now", NAME) if known else ("start", NAME)
    command = f"systemctl --user {' '.join(words)}"
    ground.say("Your own service of Ollama is there, and does not run:")
    ground.show(command)
    if not ground.agrees():
        return _missing(command)
    _user(ground, "daemon-reload")
    # After many crashes even a start by hand is refused until this is said.
    _user(ground, "reset-failed", NAME)
    started = _user(ground, *words)
    if not started.ok:
        told = f"the service could not be started: {started.why}"
        return StepResult("service", "failed", told, (_LOG,))
    return _looks(ground, _LOG)


def _write(ground: Ground) -> StepResult:
    path = ground.site.user_units / NAME
    text = _text(ground)
    ground.say(
        f"A service of your own would start it, and again after a crash: {ground.shown(path)}, "
        "with these lines and some that lock it in:"
    )
    for line in text.splitlines():
        if line.startswith(("ExecStart=", "Environment=", "Restart=")):
            ground.show(line)
    if not ground.agrees("Write, enable and start it?"):
        return _missing(_SERVE)
    new = [str(each) for each in path.parents if not ground.site.there(each)]
    change = ground.remember("unit", str(path), text=text, folder="".join(new[-1:]))
    try:
        ground.world.files.write(path, text)
    except OSError as error:
        ground.log.drop(change)
        told = f"{ground.shown(path)} cannot be written: {error.strerror or error}"
        return StepResult("service", "failed", told, (_SERVE,))
    _user(ground, "daemon-reload")
    enabled = _user(ground, "enable", "--now", NAME)
    if not enabled.ok:
        told = f"the service could not be started: {enabled.why}"
        return StepResult("service", "failed", told, (_LOG,))
    result = _looks(ground, _LOG)
    if result.fine:
        ground.say("It runs while you are logged in; to keep it running after that:")
        ground.show("loginctl enable-linger")
    return result


def _text(ground: Ground) -> str:
    settings = ground.settings
    context = settings.ollama_num_ctx
    if not context:
        try:
            context = min(best(ground.world, settings).fit.context, _WISHED_CONTEXT)
        except AiCodeError:
            context = _WISHED_CONTEXT
    program = ground.find("ollama")
    path = program.argv[0] if program else "ollama"
    values = values_for(path, settings.ollama_api, settings.ollama_keep_alive, context)
    return unit_text(ground.site.unit_template(NAME), values)
