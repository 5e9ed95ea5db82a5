"""The step of Ollama: found, answering somewhere, or one of the ways to get it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.errors import ConfigError
from ai_code.core.ports import ModelServerError
from ai_code.core.setup import StepResult
from ai_code.flows.model_fit import is_local
from ai_code.flows.setup.docker import IMAGE, can_run_docker, run_container
from ai_code.settings.api import parse_api

if TYPE_CHECKING:
    from ai_code.flows.setup.ground import Ground

DOWNLOAD = "https://ollama.com/download"
SCRIPT = "curl -fsSL https://ollama.com/install.sh | sh"
_AGAIN = "ai-code setup ollama"
_API_FORM = "ai-code setup --api HOST:11434"
_BREW_S = 3600.0


def ollama(ground: Ground) -> StepResult:
    """Whether it runs is the next step's; here it has to be somewhere at all."""
    if ground.options.api:
        return _elsewhere(ground, ground.options.api)
    if isinstance(version := ground.answers(), str):
        return StepResult("ollama", "ok", f"Ollama {version} at {ground.settings.ollama_api}")
    if (program := ground.find("ollama")) is not None:
        return StepResult("ollama", "ok", ground.shown(Path(program.argv[0])))
    if not is_local(ground.settings.ollama_api):
        told = f"no Ollama answers at {ground.settings.ollama_api}"
        ground.say(f"{told} ({version}); that address is in your settings.")
        return StepResult("ollama", "missing", told, ("ai-code config show --origin",))
    ground.say("Ollama is not installed: it runs the local model.")
    return _offer(ground)


def _offer(ground: Ground) -> StepResult:
    ways: dict[str, str] = {}
    if ground.site.macos and ground.find("brew") is not None:
        ways["b"] = "Homebrew"
        ground.say("[b] Homebrew installs it, into its own folders:")
        ground.show("brew install ollama")
    if not ground.site.macos and (docker := can_run_docker(ground)) is not None:
        ways["d"] = "Docker"
        ground.say(
            "[d] Docker runs it in a container named ollama, reachable from this machine alone; "
            f"models lie in a volume of that name. Some gigabytes to download ({IMAGE}):"
        )
        ground.show_long(docker)
    _by_hand(ground)
    ground.say("[r] an Ollama on another machine: you type its address, nothing is installed.")
    ways |= {"i": "it is there now", "r": "remote"}
    default = "b" if "b" in ways else "d" if "d" in ways else "n"
    while True:
        match ground.choose("Which one?", ways, default=default):
            case "b":
                return _brew(ground)
            case "d":
                return run_container(ground)
            case "r":
                typed = ground.ask_line("Its address, host or host:port (Enter for none)")
                if not typed:
                    continue
                reached = _reached(ground, typed)
                if isinstance(reached, _Reached):
                    return _offered(ground, reached)
                # A slip of the fingers is no reason to begin anew.
                ground.say(f"{reached.told}.")
                if reached.mend != (_API_FORM,):
                    ground.show(reached.mend[0])
            case "i":
                if (program := ground.find("ollama")) is not None:
                    return StepResult("ollama", "done", ground.shown(Path(program.argv[0])))
                if isinstance(ground.answers(), str):
                    told = f"Ollama answers at {ground.settings.ollama_api}"
                    return StepResult("ollama", "done", told)
                ground.say("It is neither on the PATH nor does it answer.")
            case _:
                mend = _AGAIN if default != "n" else by_hand(ground)
                return StepResult("ollama", "missing", "Ollama is not installed", (mend,))


def by_hand(ground: Ground) -> str:
    """What the person types where we install nothing, and what comes after it."""
    if ground.site.macos:
        return f"open {DOWNLOAD}   (the app; when it runs: ai-code setup)"
    return f"{SCRIPT} && ai-code setup   (Ollama's own installer: it asks for sudo)"


def _by_hand(ground: Ground) -> None:
    """The maker's own ways, to be carried out by the person: we pipe nothing into a shell."""
    if ground.site.macos:
        ground.say(f"[i] By hand: the app from {DOWNLOAD}")
        return
    ground.say(
        "[i] By hand, in another terminal: the installer of Ollama's makers, a script that asks "
        f"for sudo and makes a system service (what it does: {DOWNLOAD}):"
    )
    ground.show(SCRIPT)
    if ground.site.wsl:
        ground.say(
            "This is WSL: that works inside it too, with the GPU through Windows' own driver. "
            "An Ollama that runs on Windows is reached from here with mirrored networking "
            "(networkingMode=mirrored below [wsl2] in .wslconfig) at 127.0.0.1. Without it, set "
            "OLLAMA_HOST=0.0.0.0 on Windows and take [r] with the address of the default route:"
        )
        ground.show("ip route show default")


def _brew(ground: Ground) -> StepResult:
    brew = ground.find("brew")
    assert brew is not None
    change = ground.remember("brew", "ollama")
    ran = ground.run((*brew.argv, "install", "ollama"), "brew install ollama", deadline_s=_BREW_S)
    if not ran.ok:
        ground.log.drop(change)
        return StepResult("ollama", "failed", f"brew failed: {ran.why}", ("brew install ollama",))
    return StepResult("ollama", "done", "installed by Homebrew")


class _Reached(NamedTuple):
    """An Ollama somewhere. ``version`` is an error where it wants a key."""

    api: str
    version: ModelServerError | str


def _elsewhere(ground: Ground, typed: str) -> StepResult:
    reached = _reached(ground, typed)
    return _offered(ground, reached) if isinstance(reached, _Reached) else reached


def _reached(ground: Ground, typed: str) -> _Reached | StepResult:
    """Whether one answers at the address that was typed."""
    try:
        api = parse_api(typed)
    except ConfigError as error:
        return StepResult("ollama", "failed", error.what, (_API_FORM,))
    version = ground.answers(api)
    wants_key = isinstance(version, ModelServerError) and version.status in (401, 403)
    if isinstance(version, ModelServerError) and not (wants_key and ground.settings.ollama_headers):
        told = f"no Ollama answers at {api}: {version}"
        mend = "ai-code config path   (ollama.headers)" if wants_key else f"curl {api}/api/version"
        return StepResult("ollama", "failed", told, (mend,))
    return _Reached(api, version)


def _offered(ground: Ground, reached: _Reached) -> StepResult:
    """Asked before it is kept as a choice."""
    api, version = reached
    settings = ground.settings
    if api == settings.ollama_api:
        return StepResult("ollama", "ok", f"Ollama {version} at {api}")
    wants_key = isinstance(version, ModelServerError)
    who = "Something that wants a key" if wants_key else f"Ollama {version}"
    ground.say(f"{who} answers at {api}. It would be kept as a choice (ollama.api).")
    if settings.ollama_headers:
        ground.say("The headers of your settings (ollama.headers) would be sent to it.")
    if api.startswith("http://") and not is_local(api):
        ground.say("What you ask and the files that are read go there without encryption.")
    if not ground.agrees("Use it from now on?"):
        return StepResult("ollama", "missing", "no Ollama was chosen", (_AGAIN,))
    return _kept(ground, api)


def _kept(ground: Ground, api: str) -> StepResult:
    """Whether the choice counts, and answers with the person's headers."""
    keep(ground, "ollama.api", api)
    if (now := ground.settings.ollama_api) != api:
        told = f"chosen, but a variable says {now}"
        return StepResult("ollama", "failed", told, ("ai-code config show --origin",))
    version = ground.answers()
    if isinstance(version, ModelServerError):
        told = f"{api} does not take your ollama.headers: {version}"
        return StepResult("ollama", "failed", told, ("ai-code config show --origin",))
    return StepResult("ollama", "done", f"Ollama {version} at {api}")


def keep(ground: Ground, key: str, value: str) -> None:
    """A choice, remembered with what was chosen before."""
    known = ground.made("choice", key)
    was = known.facts.get("was", "") if known else chosen(ground, key)
    ground.remember("choice", key, value=value, was=was)
    ground.config.choose({key: value})


def chosen(ground: Ground, key: str) -> str:
    """What a command chose for this key; empty where none did."""
    file = ground.config.choices()
    try:
        content = json.loads(file.content) if file else {}
    except ValueError:
        return ""
    value = content.get(key, "") if isinstance(content, dict) else ""
    return value if isinstance(value, str) else ""
