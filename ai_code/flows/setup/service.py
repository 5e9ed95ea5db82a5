"""The step that starts Ollama: by a service that is there, by one that is written, or by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.errors import AiCodeError
from ai_code.core.ports import ModelServerError
from ai_code.core.setup import StepResult
from ai_code.flows.model_fit import is_local
from ai_code.flows.models.recommending import best
from ai_code.flows.models.server import server_error
from ai_code.flows.setup import units
from ai_code.flows.setup.docker import container, start_container
from ai_code.flows.setup.models_unit import with_models
from ai_code.flows.setup.unit import DEFAULT_CONTEXT, NAME, server_values, unit_text
from ai_code.flows.setup.units import systemctl

if TYPE_CHECKING:
    from ai_code.flows.setup.ground import Ground
    from ai_code.flows.setup.units import Unit

_LOG = units.log_command(NAME)
_SERVE = "ollama serve"
_AGAIN = "ai-code setup service"


def service(ground: Ground) -> StepResult:
    """A server that answers goes on as it is, whatever started it."""
    version = ground.answers()
    api = ground.settings.ollama_api
    if isinstance(version, str):
        return _answers(ground, f"Ollama {version} answers at {api}")
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
        return StepResult("service", "missing", "there is no Ollama to start", _get(ground))
    ground.say(f"Nothing answers at {api}.")
    if ground.site.macos:
        return _on_macos(ground)
    return _on_linux(ground)


def _get(ground: Ground) -> tuple[str, ...]:
    """Where the step of Ollama is gone through too, that one says what gets it."""
    options = ground.options
    told = not options.steps or "ollama" in options.steps
    return () if told and "ollama" not in options.skip else ("ai-code setup ollama service",)


def _missing(*commands: str) -> StepResult:
    return StepResult("service", "missing", "Ollama does not run", commands)


def _looks(ground: Ground, mend: str = _SERVE) -> StepResult:
    """It was started: does it answer?"""
    service = mend == _LOG
    ends = (lambda: units.gives_up(ground, NAME)) if service else (lambda: False)
    version = ground.waits_for_server(ends)
    if isinstance(version, ModelServerError):
        told = f"Ollama was started and does not answer ({version})"
        return StepResult("service", "failed", _why(ground, told) if service else told, (mend,))
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
        ground.say("There is no systemd here, so there is nothing that would start it by itself.")
        return _by_hand(ground, _SERVE)
    if _of_the_system(ground):
        ground.say("Ollama is installed as a service of the system, which root starts:")
        return _by_hand(ground, "sudo systemctl start ollama")
    if not _has_manager(ground):
        ground.say(
            "No systemd of yours answers here (systemctl --user), so there is nothing that would "
            "start it by itself. Over ssh, or after su, log in anew; in a container there is none."
        )
        return _by_hand(ground, _SERVE)
    unit = _server_unit(ground)
    result = _write(ground, unit) if unit.state == "absent" else _start(ground, unit)
    return with_models(ground, result) if result.fine else result


def _of_the_system(ground: Ground) -> bool:
    return ground.run(("systemctl", "cat", NAME), "asking systemd").ok


def _has_manager(ground: Ground) -> bool:
    return systemctl(ground, "show", "--property=Version").ok


# One that answers ---------------------------------------------------------------------------------


def _answers(ground: Ground, told: str) -> StepResult:
    """Its unit is brought up to date where we wrote it. Whoever asked for the service alone is
    told where no service runs it."""
    fine = StepResult("service", "ok", told)
    site, asked = ground.site, ground.options.steps == ("service",)
    if site.macos or not is_local(ground.settings.ollama_api) or ground.find("systemctl") is None:
        return fine
    if units.properties(ground, NAME, "ActiveState").get("ActiveState") != "active":
        return _by_nobody(ground, told) if asked else fine
    unit = _server_unit(ground)
    if unit.state == "stale" and units.update(ground, unit):
        if not systemctl(ground, "restart", NAME).ok:
            return StepResult("service", "failed", _why(ground, "it does not start again"), (_LOG,))
        fine = _looks(ground)
    elif asked and unit.state in ("theirs", "changed"):
        ground.say(f"Your own {NAME} runs it; it is yours, and stays as it is.")
        if unit.text is not None:
            ground.say("From it to what setup would write:")
            units.show_difference(ground, unit)
    return with_models(ground, fine) if fine.fine else fine


def _by_nobody(ground: Ground, told: str) -> StepResult:
    """The person asked for a service, and something else holds the server's place."""
    if _of_the_system(ground):
        told += ", by the service of the system, which root starts: no other is needed"
        return StepResult("service", "ok", told)
    if container(ground):
        told += ", in the container named ollama, which Docker starts: no other is needed"
        return StepResult("service", "ok", told)
    ground.say(
        "It was started by hand, and is not there any more after the next login. A service would "
        "find its port taken: end it where it runs (Ctrl-C), and ask again."
    )
    return StepResult("service", "missing", f"{told}, and no service runs it", (_AGAIN,))


# The unit of the server ---------------------------------------------------------------------------


def _server_unit(ground: Ground) -> Unit:
    settings = ground.settings
    context = settings.ollama_num_ctx
    if not context:
        try:
            # Not by the disk: what is free there today is no reason to write another unit.
            context = min(best(ground.world, settings, by_disk=False).fit.context, DEFAULT_CONTEXT)
        except AiCodeError:
            context = DEFAULT_CONTEXT
    program = ground.find("ollama")
    path = program.argv[0] if program else "ollama"
    values = server_values(path, settings.ollama_api, settings.ollama_keep_alive, context)
    return units.look(ground, NAME, unit_text(ground.site.unit_template(NAME), values))


def _start(ground: Ground, unit: Unit) -> StepResult:
    """A user service that is there; ours is brought up to date where nobody changed it."""
    if unit.state == "stale":
        units.update(ground, unit)
    # One that we wrote and were then stopped is not enabled yet.
    words = ("enable", "--now", NAME) if unit.made else ("start", NAME)
    command = f"systemctl --user {' '.join(words)}"
    ground.say("Your own service of Ollama is there, and does not run:")
    ground.show(command)
    if not ground.agrees():
        return _missing(command)
    systemctl(ground, "daemon-reload")
    return _started(ground, *words)


def _started(ground: Ground, *words: str) -> StepResult:
    # After many crashes even a start by hand is refused until this is said.
    systemctl(ground, "reset-failed", NAME)
    started = systemctl(ground, *words)
    if not started.ok:
        told = _why(ground, f"the service could not be started: {started.why}")
        return StepResult("service", "failed", told, (_LOG,))
    return _looks(ground, _LOG)


def _why(ground: Ground, told: str) -> str:
    """With what the log of the service says."""
    words = units.last_words(ground, NAME)
    return f"{told} ({words})" if words else told


def _write(ground: Ground, unit: Unit) -> StepResult:
    ground.say(
        f"A service of your own would start it, and again after a crash: {ground.shown(unit.path)},"
        " with these lines and some that lock it in:"
    )
    for line in unit.wanted.splitlines():
        if line.startswith(("ExecStart=", "Environment=", "Restart=")):
            ground.show(line)
    if not ground.agrees("Write, enable and start it?"):
        return _missing(_SERVE)
    if why := units.write(ground, unit):
        return StepResult("service", "failed", why, (_SERVE,))
    result = _started(ground, "enable", "--now", NAME)
    if result.fine and not ground.site.lingers:
        ground.say("It runs while you are logged in; to keep it running after that:")
        ground.show("loginctl enable-linger")
    return result
