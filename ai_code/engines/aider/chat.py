"""aider's own chat, for a person at the terminal: the guards of a run, but its own screen."""

from __future__ import annotations

from collections.abc import Mapping

from ai_code.core.brief import Brief, render_facts
from ai_code.core.command import Command
from ai_code.core.task import FENCE_LOG, Task
from ai_code.engines.aider.command import FACTS, arguments, environment, files_of

_PERSONS_LAST = "The person's last request, made to another assistant (Claude):"


def chat_command(task: Task) -> Command:
    """The chat begins empty: aider itself waits for what the person wants. Questions are the
    person's to answer, so nothing says yes for them."""
    folder = task.run_dir / "aider"
    return Command(
        argv=tuple(arguments(task, facts=bool(_facts(task)))),
        cwd=task.workdir,
        env=environment(task),
        fresh=(folder / FENCE_LOG,) if task.fence_dir else (),
        whole_screen=False,
    )


def chat_files(task: Task) -> Mapping[str, str]:
    """As for a run; the task is no message but the last thing that is known."""
    files = {**files_of(task), FACTS: _facts(task)}
    files.pop("message", None)
    return files


def _facts(task: Task) -> str:
    brief = task.brief or Brief(task=task.request.prompt)
    asked = f"{_PERSONS_LAST}\n\n{brief.task.strip()}\n" if brief.task.strip() else ""
    return "\n".join(part for part in (render_facts(brief), asked) if part)
