"""Records the real aider against the stand-in of Ollama: what it prints in named situations.

    PYTHONPATH=. python tests/recordings/aider/make.py PATH-OF-AIDER [NAME…]

Each situation becomes ``NAME.txt`` (what aider wrote, with paths and ports made the same for
every machine) and an entry of ``index.json``: how it ended, whether the worktree changed, what
the model said in turn, the answer, what the verdict has to be, and what the fence refused.
aider is started as ai-code starts it, fence and all; where ai-code would end it (a permanent
error), it is ended here too.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from ai_code.core.brief import Brief
from ai_code.core.command import Request
from ai_code.core.events import Permanent
from ai_code.core.exits import EndedBy
from ai_code.core.ports import OutputChannel
from ai_code.core.task import LocalModel, Program, Task
from ai_code.drill.ollama import (
    CutStream,
    Dies,
    ErrorLine,
    HttpError,
    LengthStop,
    NotFound,
    OllamaStandIn,
    OutOfMemory,
    Reply,
    edit_block,
    whole_file,
)
from ai_code.engines.aider import AiderEngine, AiderRun
from ai_code.system.leftovers import Leftovers
from ai_code.system.process import ProcessRoom
from ai_code.system.signals import Signals

HERE = Path(__file__).parent
FENCE = Path(__file__).parents[3] / "ai_code" / "system" / "fence"
MODEL = "deepseek-coder:6.7b"
HELLO = 'def hello():\n    print("hello")\n'
BETTER = 'def hello():\n    """Print a greeting."""\n    print("hello")\n'
EDIT = edit_block("hello.py", HELLO, BETTER)
BAD = edit_block("hello.py", "def no_such_function():\n    pass", "x = 1")
TALK = """These lines are not aider's:

Applied edit to nothing.py
Retrying in 0.2 seconds...
Only 3 reflections are mentioned here.
    litellm.APIConnectionError: is a text like any other
Model X has no limit.
Tokens: are counted later.
"""
LIST = "- First this.\n- Then that.\n\n\nNote: two blank lines above.\n"
CODE = "Use it so:\n\n```python\nimport hello\n\n\nhello.hello()\n```\n\nThat is all.\n"
JAPANESE = f"挨拶の関数に説明を加えます。\n\n{EDIT}"
HALF = f"I add a docstring.\n\n{EDIT[:70]}"


@dataclass(frozen=True)
class Situation:
    """``replies`` of the model, in turn; ``verdict`` is verdict and rule. ``said`` is what a
    person has to see where that is not just the texts of the replies; ``answer`` where it is not
    the last of these."""

    replies: tuple[Reply, ...]
    verdict: str
    said: tuple[str, ...] | None = None
    answer: str | None = None
    prompt: str = "add a docstring to hello()"
    edit_format: str = "diff"
    num_ctx: int = 16384
    files: tuple[str, ...] = ("hello.py",)
    more: dict[str, str] = field(default_factory=dict)
    """More files of the project."""
    server_down: bool = False
    in_git: bool = True

    @property
    def texts(self) -> list[str]:
        """What the model said, a reply each."""
        if self.said is not None:
            return list(self.said)
        return [reply for reply in self.replies if isinstance(reply, str)]


OTHER = {"other.py": "x = 1\n", "lib/third.py": "y = 1\n"}
OTHER_EDIT = edit_block("other.py", "x = 1", "x = 2")
SITUATIONS: dict[str, Situation] = {
    "edit": Situation((f"I add a docstring.\n\n{EDIT}",), "done aider.applied"),
    "edit-at-once": Situation((EDIT,), "done aider.applied"),
    "edit-no-git": Situation((EDIT,), "done aider.applied", in_git=False),
    "two-edits": Situation(
        (f"{EDIT}\nAnd the other.\n\n{OTHER_EDIT}",),
        "done aider.applied",
        files=("hello.py", "other.py"),
        more=OTHER,
    ),
    "new-file": Situation((edit_block("new.py", "", "x = 1\n"),), "done aider.applied"),
    "whole": Situation(
        (f"Here it is.\n\n{whole_file('hello.py', BETTER)}",),
        "done aider.applied",
        edit_format="whole",
    ),
    "prose": Situation(("Nothing needs to change.",), "done aider.answered"),
    "one-word": Situation(("Yes.",), "done aider.answered"),
    "list": Situation((LIST,), "done aider.answered"),
    "note": Situation(
        ("Note: this is the answer.\nWarning: so is this.\n",), "done aider.answered"
    ),
    "code": Situation((CODE,), "done aider.answered"),
    "talk": Situation((TALK,), "done aider.answered"),
    "japanese": Situation((JAPANESE,), "done aider.applied"),
    "shell": Situation(("Run this:\n\n```bash\nrm -rf /tmp/x\n```\n",), "done aider.answered"),
    "mention": Situation(
        ("I have to see other.py first.", OTHER_EDIT),
        "done aider.applied",
        more=OTHER,
    ),
    "mention-then-prose": Situation(
        ("I have to see other.py first.", "It is fine as it is."),
        "done aider.answered",
        more=OTHER,
    ),
    "mention-two": Situation(
        ("I have to see other.py and third.py first.", f"Both.\n\n{OTHER_EDIT}"),
        "done aider.applied",
        more=OTHER,
    ),
    "named-in-prompt": Situation(
        ("It is fine.",),
        "done aider.answered",
        prompt="look at other.py and lib/third.py",
        more=OTHER,
    ),
    "named-in-prompt-edit": Situation(
        (OTHER_EDIT,), "done aider.applied", prompt="fix other.py", more=OTHER
    ),
    "edit-not-in-chat": Situation((OTHER_EDIT, OTHER_EDIT), "done aider.applied", more=OTHER),
    "rest-unchanged": Situation(
        (whole_file("hello.py", "# ... rest unchanged ...\n"),),
        "done aider.applied",
        edit_format="whole",
    ),
    "unfinished-block": Situation((EDIT[:90],) * 4, "unavailable aider.reflections"),
    "bad-search": Situation((BAD,) * 4, "unavailable aider.reflections"),
    "bad-search-then-good": Situation((BAD, EDIT), "done aider.applied"),
    "good-and-bad-search": Situation((f"{EDIT}\n{BAD}",) + (BAD,) * 3, "failed aider.reflections"),
    "empty": Situation(("",), "unavailable aider.empty"),
    "length": Situation((LengthStop(HALF),), "unavailable aider.token-limit", said=(HALF,)),
    "length-whole": Situation(
        (LengthStop(f"hello.py\n```\n{HELLO[:14]}"),),
        "unavailable aider.token-limit",
        said=(f"hello.py\n```\n{HELLO[:14]}",),
        edit_format="whole",
    ),
    "cut": Situation((CutStream(HALF),), "unavailable aider.server", said=(HALF,) * 6, answer=""),
    "cut-then-edit": Situation(
        (CutStream("Half an ans"), EDIT), "done aider.applied", said=("Half an ans", EDIT)
    ),
    "dies": Situation((Dies(HALF),), "unavailable aider.server", said=(HALF,), answer=""),
    "error-line": Situation(
        (ErrorLine("Half an ans"),),
        "unavailable aider.server",
        said=("Half an ans",) * 6,
        answer="",
    ),
    "error-page": Situation(
        (HttpError(502, "<html>\n<head></head>\n\n<body>Bad Gateway</body>\n</html>\n"),),
        "unavailable aider.server",
    ),
    "error-500-then-edit": Situation((HttpError(500), EDIT), "done aider.applied"),
    "unauthorized": Situation(
        (HttpError(401, '{"error":"unauthorized"}'),), "unavailable aider.server"
    ),
    "not-found": Situation((NotFound(),), "unavailable aider.server"),
    "memory": Situation((OutOfMemory(),), "unavailable aider.server"),
    "memory-newer": Situation((OutOfMemory(newer=True),), "unavailable aider.server"),
    "refused": Situation(("never",), "unavailable aider.server", said=(), server_down=True),
    "outside": Situation(
        (edit_block("../outside.py", "", "x = 1\n"),), "unavailable aider.refused"
    ),
    "absolute": Situation(
        (edit_block("/tmp/absolute-outside.py", "", "x = 1\n"),) * 4, "unavailable aider.refused"
    ),
    "git-hook": Situation(
        (edit_block(".git/hooks/pre-commit", "", "#!/bin/sh\n"),), "unavailable aider.refused"
    ),
    "git-config": Situation(
        (edit_block(".git/config", "[core]", "[core]\n\tpager = evil"),),
        "unavailable aider.refused",
    ),
    "a-folder": Situation((edit_block("lib", "", "x = 1\n"),), "done aider.answered", more=OTHER),
    "too-much-context": Situation(
        (edit_block("large.py", "x = 1", "x = 2"),),
        "done aider.applied",
        num_ctx=4096,
        files=("large.py",),
        more={"large.py": "x = 1\n" + "".join(f"name_{n} = {n}\n" for n in range(3000))},
    ),
}


class Listening:
    """Keeps the bytes; ends aider where ai-code would."""

    def __init__(self, run: AiderRun) -> None:
        self.data = bytearray()
        self._run = run
        self._permanent = False

    def started(self) -> None:
        pass

    def output(self, channel: OutputChannel, data: bytes) -> None:
        self.data.extend(data)
        self._permanent |= any(isinstance(e, Permanent) for e in self._run.feed(channel, data))

    def tick(self, elapsed_s: float, silence_s: float) -> EndedBy | None:
        return EndedBy.PERMANENT if self._permanent else None


def record(name: str, situation: Situation, aider: Path, base: Path) -> dict[str, object]:
    """Runs one situation; writes its text and returns its entry of the index."""
    shutil.rmtree(base, ignore_errors=True)
    home, project, run_dir = base / "home", base / "project", base / "run"
    for folder in (home, project, run_dir / "aider" / "tmp"):
        folder.mkdir(parents=True)
    for path, text in {"hello.py": HELLO, "README.md": "# Hello\n", **situation.more}.items():
        (project / path).parent.mkdir(exist_ok=True)
        (project / path).write_text(text)
    environ = {"HOME": str(home), "PATH": "/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1"}
    if situation.in_git:
        for words in (
            ("init", "-q", "-b", "main"),
            # As the private worktree has it: without, aider writes one into the configuration.
            ("config", "user.name", "ai-code"),
            ("config", "user.email", "ai-code@localhost"),
            ("add", "-A"),
            ("commit", "-qm", "First"),
        ):
            subprocess.run(["git", *words], cwd=project, env=environ, check=True)
    before = _files(project)
    with OllamaStandIn(replies=situation.replies) as server:
        if situation.server_down:
            server.die()
        task = Task(
            request=Request(situation.prompt, project),
            program=Program((str(aider),)),
            workdir=project,
            run_dir=run_dir,
            environ=environ,
            brief=Brief(situation.prompt, editable=situation.files),
            local=LocalModel(MODEL, server.url, situation.num_ctx),
            edit_format=situation.edit_format,
            in_git=situation.in_git,
            fence_dir=FENCE,
        )
        engine = AiderEngine()
        for file, text in engine.files(task).items():
            (run_dir / "aider" / file).write_text(text)
        listening = Listening(engine.open(task))
        room = ProcessRoom(environ, Signals(), Leftovers(base / "running"))
        try:
            exit_ = room.run(engine.command(task), listening)
        finally:
            room.close()
        port = server.port
    changed = _files(project) != before
    told = (run_dir / "aider" / "fence").read_text().replace(str(base), "/tmp/run")
    fence = [json.loads(line) for line in told.splitlines()]
    text = listening.data.decode().replace(str(base), "/tmp/run").replace(f":{port}", ":11434")
    (HERE / f"{name}.txt").write_text(re.sub(r"0x[0-9a-f]{6,}", "0x7f00", text))
    return {
        "exit_code": exit_.code,
        "ended_by": exit_.ended_by,
        "changed": changed,
        "said": situation.texts,
        "answer": (situation.texts or [""])[-1] if situation.answer is None else situation.answer,
        "verdict": situation.verdict,
        "fence": fence,
    }


def _files(project: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes()
        for path in project.rglob("*")
        if path.is_file() and not {".git"} & set(path.parts) and ".aider" not in str(path)
    }


def main() -> None:
    aider = Path(sys.argv[1]).absolute()
    names = sys.argv[2:] or list(SITUATIONS)
    index_file = HERE / "index.json"
    index = json.loads(index_file.read_text()) if index_file.exists() else {}
    with tempfile.TemporaryDirectory(prefix="recording-") as folder:
        for name in names:
            index[name] = record(
                name, SITUATIONS[name], aider, Path(os.path.realpath(folder)) / "r"
            )
            sys.stderr.write(f"{name}: {index[name]}\n")
            index_file.write_text(
                json.dumps(index, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
            )


if __name__ == "__main__":
    main()
