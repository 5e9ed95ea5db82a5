"""ai-code with one part broken: ``python broken.py CHECKOUT BREAK ARGS…``.

A drill has to notice each of them. Nothing else is changed, so what fails is the broken part."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

if __name__ == "__main__":
    sys.path[0] = sys.argv[1]


def local_engine_first() -> None:
    from ai_code.flows.limit_memory import LimitMemory

    LimitMemory.to_skip = lambda self: "broken"  # type: ignore[method-assign]


def sticky_fallback() -> None:
    """Once limited, Claude is never asked again."""
    from ai_code.flows.limit_memory import LimitMemory

    LimitMemory.to_skip = LimitMemory.limit  # type: ignore[method-assign,assignment]


def no_limit_is_seen() -> None:
    from ai_code.flows import run

    run.goes_on = lambda verdict, fallback_on: False  # type: ignore[assignment]


def every_limit_is_called_usage() -> None:
    from ai_code.core.verdict import LimitKind, LimitReached
    from ai_code.engines.claude import judge

    right: Callable[..., Any] = judge.judge

    def wrong(*args: Any, **more: Any) -> Any:
        verdict = right(*args, **more)
        return (
            verdict._replace(kind=LimitKind.USAGE) if isinstance(verdict, LimitReached) else verdict
        )

    judge.judge = wrong


def any_answer_is_a_limit() -> None:
    from ai_code.core.verdict import Done, LimitKind, LimitReached
    from ai_code.engines.claude import judge

    right: Callable[..., Any] = judge.judge

    def wrong(*args: Any, **more: Any) -> Any:
        verdict = right(*args, **more)
        if isinstance(verdict, Done):
            return LimitReached(LimitKind.SESSION, None, verdict.evidence)
        return verdict

    judge.judge = wrong


def no_patience() -> None:
    from ai_code.core.patience import Patience

    Patience.spent = lambda self, now: True  # type: ignore[method-assign]
    Patience.left_s = lambda self, now: 0.0  # type: ignore[method-assign]


def the_brief_forgets_claude() -> None:
    from ai_code.engines.aider import command

    facts = command.render_facts
    command.render_facts = lambda brief: facts(replace(brief, claude_edited=(), story=""))


def the_brief_forgets_the_project() -> None:
    from ai_code.flows import briefing

    briefing.copy_context = lambda *_: ()


def the_brief_forgets_the_task() -> None:
    from ai_code.engines.aider import command

    command.render = lambda brief: "Do something useful."


def no_server_is_no_message() -> None:
    from ai_code.flows import readiness

    right = readiness.no_server
    readiness.no_server = lambda *told: right(*told)._replace(message="oh", hint="")


def no_model_is_no_message() -> None:
    from ai_code.flows import readiness

    right = readiness.no_model
    readiness.no_model = lambda *told: right(*told)._replace(message="oh", hint="")


def memory_is_no_reason() -> None:
    from ai_code.engines.aider import judge

    judge._told = lambda error: "something went wrong"


def a_cut_answer_is_an_answer() -> None:
    from ai_code.core.verdict import Done, Evidence
    from ai_code.engines.aider import judge

    judge._problem = lambda reader, exit_: None
    judge._finished = lambda reader, changed: Done(Evidence("broken", "none"))


def the_network_falls_back() -> None:
    from ai_code.flows import run

    run.goes_on = lambda verdict, fallback_on: True  # type: ignore[assignment]


def nothing_lands() -> None:
    from ai_code.core.ports_tree import Written
    from ai_code.system.trees import RealTrees

    RealTrees.write = lambda self, *args: Written()  # type: ignore[assignment,method-assign]


def more_lands_than_was_made() -> None:
    from ai_code.system.trees import RealTrees

    write = RealTrees.write

    def more(self: RealTrees, root: Any, *args: Any) -> Any:
        (root / "more.txt").write_text("more")
        return write(self, root, *args)

    RealTrees.write = more  # type: ignore[method-assign,assignment]


def a_landing_stages() -> None:
    import subprocess

    from ai_code.system.trees import RealTrees

    write = RealTrees.write

    def staged(self: RealTrees, root: Any, *args: Any) -> Any:
        written = write(self, root, *args)
        subprocess.run(["git", "add", "--all"], cwd=root, check=True)
        return written

    RealTrees.write = staged  # type: ignore[method-assign,assignment]


def an_undo_takes_too_much() -> None:
    from ai_code.system import landing_files

    right = landing_files.undo_change

    def wrong(step: Any) -> Any:
        change = right(step)
        return replace(change, after=b"# nothing is left\n") if change.after else change

    landing_files.undo_change = wrong


def protected_paths_land() -> None:
    from ai_code.flows import landing

    landing.is_protected = lambda path: False


BREAKS = {
    name: value
    for name, value in list(globals().items())
    if getattr(value, "__module__", "") == __name__ and callable(value)
}

if __name__ == "__main__":
    _, _, chosen, *arguments = sys.argv
    BREAKS[chosen]()
    from ai_code.app import run as run_ai_code

    sys.exit(run_ai_code(arguments))
