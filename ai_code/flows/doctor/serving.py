"""Who runs the server that holds the port, and what gives it a variable. Only the server reads its
variables, so they belong to whatever starts it: a unit, a container, or a person in a terminal."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from ai_code.core.doctor import Fix, run, write
from ai_code.flows.doctor.container import anew, newer_image
from ai_code.flows.setup.ollama import DOWNLOAD, SCRIPT

if TYPE_CHECKING:
    from ai_code.flows.doctor.container import Container
    from ai_code.flows.doctor.facts import Facts
    from ai_code.flows.doctor.service import Service

_ELSEWHERE = ("ssh", "sshd", "autossh", "socat", "docker-proxy", "rootlesskit")
"""Programs that lead a port to another machine, or to a container of somebody else's."""
_CLIENT = re.compile(r"client version is (\d+(?:\.\d+)+)")
_TOLD = re.compile(r"ollama version is (\d+(?:\.\d+)+)")
_BREW = "/homebrew/"
_END_S = 2
"""Seconds that a server has to end in, and its port to be free."""


class Runner(NamedTuple):
    """``hand``: started in a terminal, by ``pid``. ``other``: somebody's whose processes we may
    not see, or a tunnel to another machine. ``nobody`` runs."""

    kind: Literal["service", "container", "hand", "other", "nobody"]
    pid: int = 0
    service: Service | None = None
    container: Container | None = None


def runner(facts: Facts) -> Runner:
    """Who holds the port now. A unit that is there and is not the one does not count."""
    service, bound = facts.service(), facts.bound()
    at_work = service is not None and service.active == "active"
    if not bound:
        return Runner("service", service=service) if service else Runner("nobody")
    held = {each.pid: each.program for each in bound if each.pid}
    # launchd's job is the app, and the server a child of it.
    if at_work and service is not None and (service.manager == "launchd" or service.pid in held):
        return Runner("service", service=service)
    if (container := facts.container()) is not None:
        return Runner("container", container=container)
    if not held:
        # A process of root's, or of Ollama's own user: whose it is, its unit tells.
        mine = at_work and service is not None and service.manager == "system"
        return Runner("service", service=service) if mine else Runner("other")
    pid, program = next(iter(held.items()))
    return Runner("other") if program in _ELSEWHERE else Runner("hand", pid)


def set_variable(facts: Facts, name: str, value: str | None) -> Fix | None:
    """What gives the server a variable (None: takes it away), and starts it anew with it. None
    where nobody here can."""
    who = runner(facts)
    match who.kind:
        case "service":
            assert who.service is not None
            return _in_service(who.service, name, value)
        case "container":
            assert who.container is not None
            return anew(who.container, facts.port, {name: value})
        case "hand":
            return _by_hand(facts, who.pid, name, value)
        case "nobody":
            return write(_serve({name: value}))
        case "other":
            return None


def variable_or_who(facts: Facts, name: str, value: str | None) -> Fix:
    """The same; where nobody here can, what shows who it is that can."""
    return set_variable(facts, name, value) or _look(facts, f"whoever starts it sets {name}")


def begin_anew(facts: Facts) -> Fix:
    """What ends the server that is there and starts it anew."""
    who = runner(facts)
    match who.kind:
        case "service":
            assert who.service is not None
            return who.service.restart()
        case "container":
            assert who.container is not None
            return run(who.container.program, "restart", who.container.name)
        case "hand":
            return write(_then_serve(who.pid, _of_process(facts, who.pid)))
        case "nobody":
            return run("ollama", "serve")
        case "other":
            return _look(facts, "whoever started it starts it anew")


def client_version(facts: Facts) -> str:
    """The version of the program on this machine; empty where nobody tells it."""
    if not facts.here or facts.ollama.program is None:
        return ""
    told = facts.ollama_told()
    text = told.out + told.err
    found = _CLIENT.search(text) or _TOLD.search(text)
    return found[1] if found else ""


def is_behind(facts: Facts, served: str) -> bool:
    """Whether a server of this version is older than the program: it runs on from before."""
    return _numbers(client_version(facts)) > _numbers(served)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in re.findall(r"\d+", text)[:3])


def newer(facts: Facts, served: str) -> Fix:
    """What brings a newer server than this version, by the way that this one came."""
    if not facts.here:
        return write(f"{SCRIPT}   (on {facts.host}; how else: {DOWNLOAD})")
    who = runner(facts)
    if who.container is not None:
        return newer_image(who.container, facts.port)
    if is_behind(facts, served):
        return begin_anew(facts)
    if facts.world.site.nix or (who.service is not None and who.service.nix):
        return write("nix flake update   (a newer nixpkgs has a newer Ollama; then switch to it)")
    if not facts.world.site.macos:
        return write(f"{SCRIPT}   (Ollama's own installer: it asks for sudo)")
    program = facts.ollama.program
    if program is not None and _BREW in program.argv[0]:
        return run("brew", "upgrade", "ollama")
    return write(f"open {DOWNLOAD}   (the newest app, in the place of this one)")


def _look(facts: Facts, about: str) -> Fix:
    return write(f"sudo lsof -nP -iTCP:{facts.port} -sTCP:LISTEN   ({about})")


def _in_service(service: Service, name: str, value: str | None) -> Fix:
    if service.nix:
        option = f"services.ollama.environmentVariables.{name}"
        return write(f'{option} = "{value}";' if value is not None else f"remove {option}")
    if service.manager == "launchd":
        verb = ("setenv", name, value) if value is not None else ("unsetenv", name)
        return Fix((("launchctl", *verb), *service.restart().commands))
    edit, restart = map(shlex.join, (service.systemctl("edit"), service.systemctl("restart")))
    line = f"Environment={name}={value}" if value is not None else f"UnsetEnvironment={name}"
    return write(f"{edit} && {restart}   (in the editor, two lines: [Service] and {line})")


def _by_hand(facts: Facts, pid: int, name: str, value: str | None) -> Fix:
    return write(_then_serve(pid, {**_of_process(facts, pid), name: value}))


def _of_process(facts: Facts, pid: int) -> Mapping[str, str | None]:
    """What the server was started with, as far as this shell does not say the same."""
    environ = facts.world.environ
    told = facts.machine_facts.server_variables(pid)
    return {
        name: value
        for name, value in told.items()
        if name.startswith("OLLAMA_") and environ.get(name) != value
    }


def _then_serve(pid: int, variables: Mapping[str, str | None]) -> str:
    # It holds the port until it has ended.
    return f"kill {pid} && sleep {_END_S} && {_serve(variables)}"


def _serve(variables: Mapping[str, str | None]) -> str:
    gone = [f"-u {name}" for name, value in variables.items() if value is None]
    told = [
        f"{name}={shlex.quote(value)}" for name, value in variables.items() if value is not None
    ]
    env = ["env", *gone] if gone else []
    return " ".join([*env, *told, "ollama serve"])
