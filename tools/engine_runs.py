"""How each engine is started on a local model, for the recordings: as ai-code starts it, and
without the fence around it, so that they show what the engine itself keeps off and what not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ai_code.core.brief import Brief
from ai_code.core.command import Request
from ai_code.core.task import LocalModel, Program, Task
from ai_code.engines.registry import local_engine

ENGINES = ("claude-local", "opencode", "codex", "goose", "pi", "qwen", "vibe")
CONTEXT = 32768


@dataclass(frozen=True)
class Setting:
    """What a run is made for. ``own`` stands for the folder of the run, ``ask``: it must not
    edit; else it may run commands. ``hostile``: the project has settings that nobody trusts."""

    program: Path
    url: str
    model: str
    prompt: str
    project: Path
    own: Path
    ask: bool = False
    hostile: bool = False


@dataclass(frozen=True)
class Start:
    """``env`` are changes to the environment, None takes a variable away."""

    argv: list[str]
    env: Mapping[str, str | None]
    stdin: str
    files: Mapping[str, str]
    """Below the own folder."""

    def environ(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """The whole environment of the engine."""
        both = {**inherited, **self.env}
        return {name: value for name, value in both.items() if value is not None}


def start(engine: str, setting: Setting) -> Start:
    """The adapter's command line, with the files that it wants on disk already there."""
    adapter = local_engine(engine)
    mode = "ask" if setting.ask else "edit"
    task = Task(
        request=Request(prompt=setting.prompt, cwd=setting.project),
        program=Program((str(setting.program),)),
        workdir=setting.project,
        run_dir=setting.own,
        brief=Brief(task=setting.prompt, mode=mode),
        local=LocalModel(setting.model, setting.url, CONTEXT),
        mode=mode,
        commands=not setting.ask,
        guard_folder=setting.hostile,
        fenced=False,
    )
    if why := adapter.prepare(task):
        raise SystemExit(f"{engine} cannot be recorded: {why}")
    files = {f"{engine}/{name}": text for name, text in adapter.files(task).items()}
    for name, text in files.items():
        path = setting.own / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (setting.own / engine / "tmp").mkdir(parents=True, exist_ok=True)
    for name, target in adapter.links(task).items():
        (setting.own / engine / name).symlink_to(target)
    command = adapter.command(task)
    return Start(list(command.argv), command.env, (command.stdin or b"").decode(), files)
