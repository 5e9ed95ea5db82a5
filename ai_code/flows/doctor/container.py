"""An Ollama in a container: which one has the port, and the command that makes it anew with other
variables (a container keeps those that it was made with)."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ai_code.core.doctor import Fix, write

if TYPE_CHECKING:
    from ai_code.flows.doctor.facts import Facts

_PROGRAMS = ("docker", "podman")
_PROXIES = ("docker", "rootless", "slirp4netns", "pasta", "conmon", "containerd", "com.docker")
"""How the programs begin that hold a port for a container. Those of root's we do not see."""
_MODELS = "/root/.ollama"
_OF_IMAGE = ("OLLAMA_HOST=0.0.0.0:11434", "OLLAMA_HOST=0.0.0.0")
"""What the image itself sets."""
_COMPOSE = "com.docker.compose.project.config_files"
_COMPOSE_SERVICE = "com.docker.compose.service"


class Container(NamedTuple):
    """``told`` is what ``inspect`` tells of it."""

    program: str
    name: str
    told: Mapping[str, Any]

    @property
    def variables(self) -> Mapping[str, str]:
        """Those of Ollama that it was made with."""
        told = _texts(self.told, "Config", "Env")
        pairs = (each.partition("=") for each in told if each not in _OF_IMAGE)
        return {name: value for name, _, value in pairs if name.startswith("OLLAMA_")}

    @property
    def keeps_models(self) -> bool:
        """They lie outside it, so a new one has them; so it is taken where nothing is told."""
        mounts = _rows(self.told, "Mounts")
        return not self.told or any(row.get("Destination") == _MODELS for row in mounts)


def look_container(facts: Facts) -> Container | None:
    """The container that the port leads to; None where a program of the person's own holds it."""
    bound = facts.bound()
    held = [each.program for each in bound if each.pid]
    if not bound or not all(each.startswith(_PROXIES) for each in held):
        return None
    for program in _PROGRAMS:
        form = ("--format", "{{.Names}}")
        names = facts.ask(program, "ps", "--filter", f"publish={facts.port}", *form).out.split()
        if not names:
            continue
        try:
            (told,) = json.loads(facts.ask(program, "inspect", names[0]).out)
        except (ValueError, TypeError):
            told = {}
        return Container(program, names[0], told if isinstance(told, dict) else {})
    return None


def anew(
    container: Container, port: int, variables: Mapping[str, str | None], image: str = ""
) -> Fix:
    """Made anew, as it is but for these variables, and for the ``image`` where one is named. The
    port is this machine's alone."""
    name, program, told = container.name, container.program, container.told
    labels = _mapping(told, "Config", "Labels")
    if file := labels.get(_COMPOSE):
        lines = ", ".join(f"{k}: {v}" if v is not None else f"no {k}" for k, v in variables.items())
        first_file, service = str(file).split(",")[0], str(labels.get(_COMPOSE_SERVICE, name))
        up = shlex.join((program, "compose", "-f", first_file, "up", "-d", service))
        return write(f"{up}   (first in that file, below environment: {lines})")
    options = _options(told, port, {**container.variables, **variables})
    image = image or str(_part(told, "Config", "Image") or "ollama/ollama")
    argv = (program, "run", "-d", *options, "--name", name, image)
    command = f"{shlex.join((program, 'rm', '-f', name))} && {shlex.join(argv)}"
    if container.keeps_models:
        return write(command)
    save = f"{program} cp {name}:{_MODELS} ."
    return write(f"{command}   (its models lie in it and would be gone: first {save})")


def newer_image(container: Container, port: int) -> Fix:
    """Made anew of the newest image; one that was chosen by its version names none any more."""
    program, told = container.program, container.told
    if file := _mapping(told, "Config", "Labels").get(_COMPOSE):
        labels = _mapping(told, "Config", "Labels")
        service = str(labels.get(_COMPOSE_SERVICE, container.name))
        compose = (program, "compose", "-f", str(file).split(",")[0])
        return Fix(((*compose, "pull", service), (*compose, "up", "-d", service)))
    image = str(_part(told, "Config", "Image") or "ollama/ollama")
    image = re.sub(r":\d[\d.]*(?:-(?P<kind>\w+))?$", _without_version, image)
    pull = shlex.join((program, "pull", image))
    return write(f"{pull} && {anew(container, port, {}, image).shown}")


def _without_version(tag: re.Match[str]) -> str:
    return f":{tag['kind']}" if tag["kind"] else ""


def _options(
    told: Mapping[str, Any], port: int, variables: Mapping[str, str | None]
) -> Iterator[str]:
    if _part(told, "HostConfig", "DeviceRequests"):
        yield "--gpus=all"
    for device in _rows(told, "HostConfig", "Devices"):
        yield f"--device={device.get('PathOnHost', '')}"
    restart = _part(told, "HostConfig", "RestartPolicy", "Name")
    if restart and restart != "no":
        yield f"--restart={restart}"
    for bind in _texts(told, "HostConfig", "Binds") or _volumes(told):
        yield from ("-v", bind)
    yield from ("-p", f"127.0.0.1:{port}:11434")
    for name, value in variables.items():
        # Inside, it has to listen to the port that is led there.
        if value is not None and name != "OLLAMA_HOST":
            yield from ("-e", f"{name}={value}")


def _volumes(told: Mapping[str, Any]) -> list[str]:
    """Mounts that were not given by ``-v``; where nothing is told, the one that setup makes."""
    rows = _rows(told, "Mounts") if told else [{"Name": "ollama", "Destination": _MODELS}]
    places = [(row.get("Name") or row.get("Source"), row.get("Destination")) for row in rows]
    return [f"{source}:{target}" for source, target in places if source and target]


def _part(told: Mapping[str, Any], *keys: str) -> Any:
    value: Any = told
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _mapping(told: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    value = _part(told, *keys)
    return value if isinstance(value, Mapping) else {}


def _rows(told: Mapping[str, Any], *keys: str) -> list[Mapping[str, Any]]:
    value = _part(told, *keys)
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _texts(told: Mapping[str, Any], *keys: str) -> list[str]:
    value = _part(told, *keys)
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
