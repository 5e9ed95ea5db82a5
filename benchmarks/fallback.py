"""From Claude's limit to aider's first request to the model, against aider bare with the same
options, from its start to that request.

python benchmarks/fallback.py [--pairs N] [--claude PATH] [--aider PATH]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from pairs import in_turns, report
from scratch import OURS, Scratch, options

from ai_code.drill import scenarios
from ai_code.drill.anthropic import AnthropicStandIn
from ai_code.drill.ollama import OllamaStandIn

LIMIT = 1.15
_PROMPT = "what does hello() in hello.py do?"
CLAUDE = """#!{python} -ISE
import sys, time
if "--version" in sys.argv:
    print("2.1.329 (Claude Code)")
    sys.exit()
sys.stdin.read()
sys.stdout.buffer.write(open({events!r}, "rb").read())
sys.stdout.flush()
open({seen!r}, "w").write(str(time.monotonic()))
sys.exit(1)
"""
"""Says what Claude Code said when it met the limit, and when it had said it: how long Claude
takes for its own way out is not measured here."""
_AIDER = """#!{python} -ISE
import json, os, shutil, sys
folder = os.path.dirname(sys.argv[sys.argv.index("--message-file") + 1])
shutil.copytree(folder, {kept!r})
facts = {{"argv": sys.argv[1:], "env": dict(os.environ), "cwd": os.getcwd(), "folder": folder}}
open({asked!r}, "w").write(json.dumps(facts))
"""
"""Keeps how ai-code starts aider."""


def main() -> int:
    asked = options("From the limit to the model's first request.", pairs=7).parse_args()
    with tempfile.TemporaryDirectory(prefix="ai-code-bench-") as folder, OllamaStandIn() as server:
        bench = Bench(Path(folder), asked.claude, asked.aider, server)
        told = in_turns(bench.ours, bench.bare, asked.pairs)
    print(f"bare aider {median(told.base):.3f} s, ai-code {median(told.ours):.3f} s (medians)")
    print(f"(difference {1000 * told.difference_s:.0f} ms, median of the pairs)")
    return 0 if report("limit → first request / bare aider", told.ratio, LIMIT, " ×") else 1


class Bench:
    """The two that are compared, on one stand-in of Ollama."""

    def __init__(
        self, folder: Path, claude: Path, aider: Path, server: OllamaStandIn, says: str = CLAUDE
    ) -> None:
        self._aider, self._seen, self._server = aider.absolute(), folder / "seen", server
        first, second, third = (folder / name for name in ("first", "second", "third"))
        for each in (first, second, third):
            each.mkdir()
        events = folder / "events"
        events.write_bytes(at_its_limit(Scratch(first, claude, aider)))
        fake = program(folder / "claude", says, events=str(events), seen=str(self._seen))
        self._kept, asked = folder / "kept", folder / "asked"
        keeps = program(folder / "aider", _AIDER, kept=str(self._kept), asked=str(asked))
        self._run(Scratch(second, fake, keeps))
        self._facts: dict[str, Any] = json.loads(asked.read_text())
        self._scratch = Scratch(third, fake, aider)

    def ours(self) -> float:
        """Seconds from the moment at which Claude had told its limit."""
        self._server.loaded.clear()
        # A limit that is known is notice from the start on, see warm.py.
        (self._scratch.home / ".local/state/ai-code/limits.json").unlink(missing_ok=True)
        at = self._first_chat(lambda: self._run(self._scratch))
        return at - float(self._seen.read_text())

    def bare(self) -> float:
        """Seconds from the start of aider with ai-code's options, without the fence around it."""
        facts, project = self._facts, self._scratch.project
        there = {facts["folder"]: str(self._kept), facts["cwd"]: str(project)}
        argv = [_replaced(each, there) for each in facts["argv"]]
        env = {name: _replaced(value, there) for name, value in facts["env"].items()}
        for name in ("PYTHONPATH", "AI_CODE_FENCE"):
            env.pop(name)
        started = time.monotonic()
        argv = [str(self._aider), *argv]
        return self._first_chat(lambda: checked(argv, env, project, 0)) - started

    def _run(self, scratch: Scratch) -> None:
        env = scratch.env(OLLAMA_HOST=self._server.url)
        checked([*OURS, _PROMPT], env, scratch.project, None)

    def _first_chat(self, work: Callable[[], object]) -> float:
        """When the first request to the model came that ``work`` made."""
        before = len(self._server.chats)
        work()
        if len(self._server.chats) == before:
            raise SystemExit("aider did not ask the model")
        return self._server.chats[before].at


def at_its_limit(scratch: Scratch) -> bytes:
    """What the real Claude Code writes when it meets the 5-hour limit."""
    with AnthropicStandIn(scenarios.session()) as api:
        argv = [scratch.claude, "-p", "--output-format", "stream-json", "--verbose", "x"]
        return checked(argv, scratch.env(ANTHROPIC_BASE_URL=api.url), scratch.project, 1)


def program(path: Path, text: str, **values: str) -> Path:
    path.write_text(text.format(python=sys.executable, **values))
    path.chmod(0o755)
    return path


def _replaced(text: str, there: dict[str, str]) -> str:
    for old, new in there.items():
        text = text.replace(old, new)
    return text


def checked(argv: list[str], env: dict[str, str], cwd: Path, code: int | None) -> bytes:
    done = subprocess.run(
        argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if code is not None and done.returncode != code:
        told = (done.stdout + done.stderr).decode("utf-8", "replace")[-2000:]
        raise SystemExit(f"{argv[0]} ended with {done.returncode}, not {code}:\n{told}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
