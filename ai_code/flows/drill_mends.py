"""What mends a part that failed in a drill: a command to paste, and apart from it what it is for.

Hints of other errors become such commands too: what stands in them for a whole command line
(``ai-code --model NAME …``) becomes the drill that was called."""

from __future__ import annotations

import contextlib
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.core.drill import Mend
from ai_code.core.drill_looks import stalled, tried
from ai_code.core.pasting import command_and_about
from ai_code.core.ports import ModelServerError
from ai_code.engines.registry import local_engine
from ai_code.flows.endings import (
    INSTALL_AIDER,
    REINSTALL_AIDER,
    REINSTALL_CLAUDE,
    mend_aider,
)
from ai_code.flows.engine_program import mend_engine
from ai_code.flows.first_model import RECOMMEND, FirstModel, pull, wishes_of
from ai_code.flows.model_disk import disk_room
from ai_code.flows.wanted import wanted_by
from ai_code.flows.why_not_ready import serve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ai_code.core.drill import Observed, Part, Setup
    from ai_code.core.ports import ServedModel
    from ai_code.core.task import Program
    from ai_code.flows.first_model import Suggestion
    from ai_code.flows.world import World

SETTINGS = "ai-code config show --origin"
_READ_S = 3.0
"""For the machine's memory: a driver that hangs is not waited for."""
_BUSY = "it may start slowly beside much else; on a quiet machine it hangs"
_PATTERN = re.compile(
    r"(?P<variables>(?:[A-Z_]+=\S+ )*)ai-code(?: --(?P<flag>[a-z-]+) (?P<value>\S+))? …$"
)

_VARIABLES = {"num-ctx": "ollama-num-ctx", "keep-alive": "ollama-keep-alive", "api": "ollama-api"}
"""Options of a run whose setting has another name."""


def from_hint(hint: str, drill: str) -> Mend:
    """``command   (explanation)``, as hints are written."""
    command, about = command_and_about(hint)
    if command == "ai-code --engine aider …":
        return Mend("ai-code drill --engine aider", about)
    if line := _PATTERN.match(command):
        name = _VARIABLES.get(line["flag"], line["flag"]) or ""
        flag = f"AI_CODE_{name.upper().replace('-', '_')}=" if name else ""
        command = f"{line['variables']}{flag}{line['value'] or ''} {drill}".replace("  ", " ")
    return Mend(command.strip(), about)


def for_part(part: Part, seen: Observed, world: World, drill: str) -> Mend | None:
    """``drill`` is the command line of the drill."""
    setup = seen.setup
    match part.cause:
        case "":
            return None
        case "claude":
            return _claude(setup, world, drill)
        case "limit":
            return Mend("ai-code limits rules", "the limits that are known; please report this one")
        case "engine":
            return _patience(drill, _BUSY) if stalled(seen) else _engine(setup, world)
        case "Ollama":
            start = from_hint(serve(world), drill)
            return start if start.about else start._replace(about="if it does not run")
        case "model":
            return _other(seen, world, drill)
        case "memory":
            return _lighter(seen, world, drill)
        case "slow":
            return _patience(drill, "a large model is slow on a CPU; else a smaller one")
        case "ai-code":
            return _report(drill)


def _patience(drill: str, about: str) -> Mend:
    return Mend(f"AI_CODE_STALL_TIMEOUT=15m {drill}", about)


def _report(drill: str) -> Mend:
    return Mend(f"{drill} --keep -v", "shows each step and keeps the folder: please report it")


def _claude(setup: Setup, world: World, drill: str) -> Mend:
    if setup.claude is None:
        return _report(drill)
    if _version(setup.claude, world) is None:
        mend = from_hint(REINSTALL_CLAUDE, "")
        about = f"it does not answer --version either: install it anew, {mend.about}"
        return mend._replace(about=about)
    if setup.claude_args:
        return Mend(SETTINGS, "claude.args: does your version take them?")
    return Mend(shlex.join([*setup.claude.argv, "update"]), "the newest version")


def _engine(setup: Setup, world: World) -> Mend | None:
    if setup.program is None:
        # What it needs was known before anything was played.
        return None
    if setup.engine == "aider":
        return _aider(setup, setup.program, world)
    if setup.engine_args:
        return Mend(SETTINGS, f"engines.args: does your version of {setup.engine} take them?")
    mend = from_hint(mend_engine(world.config.load({}).settings, setup.engine), "")
    version = world.processes.version(setup.program)
    if version.version is None and setup.engine != "custom":
        return mend._replace(about="it does not answer --version: make it anew")
    if mend.about:
        return mend
    if version.version_text == local_engine(setup.engine).about.version:
        return Mend(f"{mend.command} --again", "make it anew")
    return mend._replace(about="the version that ai-code is tested with")


def _aider(setup: Setup, program: Program, world: World) -> Mend:
    conf = Path(world.environ.get("HOME", "/nowhere"), ".aider.conf.yml")
    if world.files.size(conf) is not None:
        about = "your settings for aider count in every run"
        if setup.engine_args:
            about += f"; aider.args too: {SETTINGS}"
        return Mend(f'"${{EDITOR:-vi}}" {shlex.quote(str(conf))}', about)
    if _version(program, world) is None:
        mend = from_hint(mend_aider(world.config.load({}).settings), "")
        return mend._replace(about="it does not answer --version either: make it anew")
    if setup.engine_args:
        return Mend(SETTINGS, "aider.args: does your version take them?")
    if Path(program.argv[0]).is_relative_to(world.programs_dir):
        return Mend(f"ai-code setup --remove aider && {INSTALL_AIDER}", "make it anew")
    return Mend(REINSTALL_AIDER, "install it anew")


def _version(program: Program, world: World) -> tuple[int, ...] | None:
    return world.processes.version(program).version


def _other(seen: Observed, world: World, drill: str) -> Mend:
    """In the place of a model whose answer was no good."""
    found = _models(world, seen.setup).other(*tried(seen))
    return _with(found, drill, "another model, perhaps a larger one")


def _lighter(seen: Observed, world: World, drill: str) -> Mend:
    """In the place of those that did not fit into memory: lighter than the last that was tried."""
    models, names = _models(world, seen.setup), tried(seen)
    room = models.machine.free if models.machine else None
    found = models.lighter(*names, room=room) or models.lighter(*names)
    return _with(found, drill, "a smaller model; or close other programs")


def _with(found: Suggestion | None, drill: str, about: str) -> Mend:
    """The drill once more with that model, which is downloaded first where it is not there."""
    if found is None:
        return Mend(RECOMMEND, about)
    again = f"AI_CODE_MODEL={found.name} {drill}"
    about = f"{about}: {found.name} {found.note}" if found.note else about
    return Mend(again if found.installed else f"{pull(found.name)} && {again}", about)


def _models(world: World, setup: Setup) -> FirstModel:
    settings = world.config.load({}).settings
    served: Sequence[ServedModel] = ()
    if setup.model is not None:
        with contextlib.suppress(ModelServerError):
            server = world.model_server(
                setup.model.base_url, setup.model.headers, setup.model.ca_file
            )
            served = server.models()
    address = setup.model.base_url if setup.model else settings.ollama_api
    room = disk_room(world, address, [each.name for each in served])
    wanted = wanted_by(world, settings, engine=setup.engine)
    wishes = wishes_of(wanted, served, world.model_notes, room)
    read = world.machine_facts.beside(world.hardware.memory)
    return FirstModel(world.catalogue, wishes, lambda: read(_READ_S))
