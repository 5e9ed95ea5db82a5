"""``ai-code setup --remove``: what setup made is taken back, the newest first, each asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from ai_code.core.errors import AiCodeError
from ai_code.core.memory import gb
from ai_code.core.models import same_model
from ai_code.core.ports import ModelServerError
from ai_code.core.setup import STEPS, Change, ChangeKind
from ai_code.flows.setup.ground import Ground, Options, PersonStops
from ai_code.flows.setup.ollama import chosen
from ai_code.flows.setup.units import systemctl

if TYPE_CHECKING:
    from ai_code.flows.world import World
    from ai_code.settings.ports import Config

Fate = Literal["removed", "gone", "kept", "left", "failed"]
"""``gone`` was not there any more, ``kept`` because the person said so, ``left`` because it is
not as setup made it."""


class Removed(NamedTuple):
    """What became of one change."""

    change: Change
    fate: Fate
    told: str
    mend: str = ""


class Removing:
    """Takes back what the log has, of some steps or of all. What is still there stays in it."""

    def __init__(self, world: World, config: Config, options: Options) -> None:
        self._ground = Ground(world, config, options)

    def go(self) -> tuple[Removed, ...]:
        ground = self._ground
        if ground.mode == "look":
            return self._all()
        with ground.site.alone():
            return self._all()

    def _all(self) -> tuple[Removed, ...]:
        ground = self._ground
        results: list[Removed] = []
        steps, skip = ground.options.steps or STEPS, ground.options.skip
        for change in reversed(ground.log.changes()):
            if change.step not in steps or change.step in skip:
                continue
            if ground.mode == "ask" and results:
                ground.world.console.note("")
            try:
                result = _BACK[change.kind](ground, change)
            except PersonStops:
                break
            except AiCodeError as error:
                result = Removed(change, "failed", error.what, error.hint)
            except OSError as error:
                result = Removed(change, "failed", f"{error.strerror}: {change.name}")
            if result.fate in ("removed", "gone", "left"):
                ground.log.drop(change)
            results.append(result)
            ground.tell(f"{result.fate}: {result.told}")
        return tuple(results)


def _agrees(ground: Ground, what: str) -> bool:
    ground.say(what)
    return ground.agrees("Remove it?")


def _folder(ground: Ground, change: Change) -> Removed:
    """An environment, or an npm package: the folder, and the link if it still leads there."""
    folder, link = Path(change.name), Path(change.facts.get("link", ""))
    told = ground.shown(folder)
    if not ground.site.there(folder):
        _unlink(ground, link, folder)
        return Removed(change, "gone", f"{told} was not there any more")
    size = ground.site.bytes_below(folder) // 10**6
    if not _agrees(ground, f"{change.kind} in {told}, {size} MB"):
        return Removed(change, "kept", told)
    _unlink(ground, link, folder)
    ground.world.files.remove(folder)
    if ground.site.there(folder):
        return Removed(change, "failed", f"{told} cannot be removed whole", f"ls -la {folder}")
    ground.site.prune(link.parent)
    ground.site.prune(folder.parent)
    return Removed(change, "removed", f"{told} ({size} MB)")


def _unlink(ground: Ground, link: Path, folder: Path) -> None:
    target = ground.site.link_target(link)
    if target is not None and target.is_relative_to(folder):
        ground.site.delete(link)


def _unit(ground: Ground, change: Change) -> Removed:
    path = Path(change.name)
    told = ground.shown(path)
    text = ground.site.text(path)
    if text is None:
        return Removed(change, "gone", f"{told} was not there any more")
    if text != change.facts.get("text"):
        return Removed(change, "left", f"{told} was changed since, and is yours now")
    name = path.name
    if not _agrees(ground, f"the service {name} ({told}): stopped, disabled and removed"):
        return Removed(change, "kept", told)
    systemctl(ground, "disable", "--now", name)
    ground.site.delete(path)
    systemctl(ground, "daemon-reload")
    # A failed one would stay in the list, by its name alone.
    systemctl(ground, "reset-failed", name)
    made = change.facts.get("folder", "")
    for folder in path.parents:
        if made and folder.is_relative_to(made):
            ground.site.prune(folder)
    return Removed(change, "removed", told)


def _choice(ground: Ground, change: Change) -> Removed:
    key, value = change.name, change.facts.get("value", "")
    now = chosen(ground, key)
    if now != value:
        return Removed(change, "left", f"the choice of {key} was changed since ({now or 'none'})")
    was = change.facts.get("was") or None
    after = f"back to {was}" if was else "taken back"
    if not _agrees(ground, f"the choice {key}: {value}, {after}"):
        return Removed(change, "kept", f"{key}: {value}")
    ground.config.choose({key: was})
    return Removed(change, "removed", f"the choice {key}: {value}")


def _model(ground: Ground, change: Change) -> Removed:
    api, name = change.facts.get("api", ""), change.name
    server = ground.world.patient_server(api, ground.settings.ollama_headers)
    try:
        found = next((each for each in server.models() if same_model(each.name, name)), None)
        if found is None:
            return Removed(change, "gone", f"{name} was not installed any more")
        size = gb(found.size)
        if not _agrees(ground, f"the model {name}, {size} at {api}"):
            return Removed(change, "kept", f"{name} ({size})")
        server.delete(found.name)
    except ModelServerError as error:
        told = f"{name} is still there: Ollama at {api} does not answer ({error})"
        return Removed(change, "failed", told, "ollama serve")
    return Removed(change, "removed", f"{name} ({size})")


def _container(ground: Ground, change: Change) -> Removed:
    name, volume = change.name, change.facts.get("volume", "")
    if ground.find("docker") is None:
        return Removed(change, "failed", "docker is not there any more")
    if not ground.run(("docker", "container", "inspect", name), "asking Docker").ok:
        told = f"the container {name} was not there any more"
        return Removed(change, "gone", told)
    if not _agrees(ground, f"the container {name}, which runs Ollama"):
        return Removed(change, "kept", f"the container {name}")
    command = ("docker", "rm", "--force", name)
    ran = ground.run(command, "docker rm")
    if not ran.ok:
        return Removed(change, "failed", f"docker rm failed: {ran.why}", " ".join(command))
    told = f"the container {name}"
    if volume and _agrees(ground, f"its volume {volume}, with all models in it"):
        command = ("docker", "volume", "rm", volume)
        ran = ground.run(command, "docker volume rm")
        told += f" and its volume {volume}" if ran.ok else ""
    return Removed(change, "removed", told)


def _brew(ground: Ground, change: Change) -> Removed:
    service = change.kind == "brew-service"
    words = ("services", "stop", change.name) if service else ("uninstall", change.name)
    brew = ground.find("brew")
    if brew is None:
        return Removed(change, "gone", "Homebrew is not there any more")
    command = f"brew {' '.join(words)}"
    if not _agrees(ground, f"Homebrew's {change.name}: {command}"):
        return Removed(change, "kept", command)
    ran = ground.run((*brew.argv, *words), command, deadline_s=600)
    if not ran.ok:
        return Removed(change, "failed", f"brew failed: {ran.why}", command)
    return Removed(change, "removed", command)


_BACK: Mapping[ChangeKind, Callable[[Ground, Change], Removed]] = {
    "aider": _folder,
    "claude": _folder,
    "unit": _unit,
    "choice": _choice,
    "model": _model,
    "container": _container,
    "brew": _brew,
    "brew-service": _brew,
}
