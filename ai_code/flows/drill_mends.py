"""What mends a part that failed in a drill: a command to paste, and apart from it what it is for.

Hints of other errors become such commands too: what stands in them for a whole command line
(``ai-code --model NAME …``) becomes the drill that was called."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.core.drill import Mend
from ai_code.core.models import same_model
from ai_code.flows.endings import INSTALL_AIDER

if TYPE_CHECKING:
    from ai_code.core.drill import Observed, Part, Setup
    from ai_code.core.task import Program
    from ai_code.flows.world import World

INSTALL_CLAUDE = "npm install -g @anthropic-ai/claude-code"
SETTINGS = "ai-code config show --origin"
_LARGER = ("qwen2.5-coder:7b", "qwen2.5-coder:14b")
_SMALLER = ("qwen2.5-coder:3b", "qwen2.5-coder:1.5b")
_HINT = re.compile(r"(?P<command>.*?)(?: {3}\(?(?P<about>.*?)\)?)?$", re.DOTALL)
_PATTERN = re.compile(
    r"(?P<variables>(?:[A-Z_]+=\S+ )*)ai-code(?: --(?P<flag>[a-z-]+) (?P<value>\S+))? …$"
)


def from_hint(hint: str, drill: str) -> Mend:
    """``command   (explanation)``, as hints are written."""
    told = _HINT.match(hint)
    assert told
    command, about = told["command"].strip(), told["about"] or ""
    if line := _PATTERN.match(command):
        flag = f"AI_CODE_{line['flag'].upper().replace('-', '_')}=" if line["flag"] else ""
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
        case "aider":
            return _aider(setup, world)
        case "Ollama":
            return Mend("ollama serve", "start Ollama anew, if it does not run")
        case "model":
            return _other(_LARGER, setup, world, drill, "another model, perhaps a larger one")
        case "memory":
            return _other(_SMALLER, setup, world, drill, "a smaller model; or close other programs")
        case "slow":
            about = "a large model is slow on a CPU; else a smaller one"
            return Mend(f"AI_CODE_STALL_TIMEOUT=15m {drill}", about)
        case "ai-code":
            return _report(drill)


def _report(drill: str) -> Mend:
    return Mend(f"{drill} --keep -v", "shows each step and keeps the folder: please report it")


def _claude(setup: Setup, world: World, drill: str) -> Mend:
    if setup.claude is None:
        return _report(drill)
    if _version(setup.claude, world) is None:
        return Mend(INSTALL_CLAUDE, "it does not answer --version either: install it anew")
    if setup.claude_args:
        return Mend(SETTINGS, "claude.args: does your version take them?")
    return Mend(shlex.join([*setup.claude.argv, "update"]), "the newest version")


def _aider(setup: Setup, world: World) -> Mend | None:
    if setup.aider is None:
        # What it needs was known before anything was played.
        return None
    anew = Mend(INSTALL_AIDER.replace("install", "install --force", 1), "install it anew")
    conf = Path(world.environ.get("HOME", "/nowhere"), ".aider.conf.yml")
    if world.files.size(conf) is not None:
        about = "your settings for aider count in every run"
        if setup.aider_args:
            about += f"; aider.args too: {SETTINGS}"
        return Mend(f'"${{EDITOR:-vi}}" {shlex.quote(str(conf))}', about)
    if _version(setup.aider, world) is None:
        return anew._replace(about="it does not answer --version either: install it anew")
    if setup.aider_args:
        return Mend(SETTINGS, "aider.args: does your version take them?")
    return anew


def _version(program: Program, world: World) -> tuple[int, ...] | None:
    return world.processes.version(program).version


def _other(names: tuple[str, ...], setup: Setup, world: World, drill: str, about: str) -> Mend:
    """The first of the names that is another model and may be used."""
    now = setup.model.name if setup.model else ""
    policy, maker = world.config.load({}).settings.policy, world.catalogue.maker
    others = [name for name in names if not same_model(name, now)]
    name = next((each for each in others if not policy.refusal(each, maker(each))), "")
    if not name:
        return Mend("ai-code models recommend", about)
    return Mend(f"ollama pull {name} && AI_CODE_MODEL={name} {drill}", about)
