"""From Claude's limit to claude-local's first request to the model, against a bare ``claude -p`` on
the same server, from its start to that request.

python benchmarks/claude_local.py [--pairs N] [--claude PATH]
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

from fallback import CLAUDE, at_its_limit, checked, program
from pairs import in_turns, report
from scratch import OURS, ROOT, Scratch, options

from ai_code.drill.models import DEEPSEEK_CODER
from ai_code.drill.ollama import OllamaStandIn

LIMIT = 1.3
_PROMPT = "what does hello() in hello.py do?"
_MODEL = replace(
    DEEPSEEK_CODER, size=50_000_000, context=65536, layers=4, embedding_length=256, head_count=4,
    head_count_kv=4, capabilities=("completion", "tools"),
)  # fmt: skip
_ROUND_TRIP_S = 0.5
_AT_ITS_LIMIT = CLAUDE.replace(
    "sys.stdout.buffer.write(",
    f"""first, rest = open({{events!r}}, "rb").read().split(b"\\n", 1)
sys.stdout.buffer.write(first + b"\\n")
sys.stdout.flush()
time.sleep({_ROUND_TRIP_S})
sys.stdout.buffer.write(""",
).replace('open({events!r}, "rb").read())', "rest)")
"""Says that it has begun, and meets its limit when a server that is not on this machine has
answered: connection, TLS and the request take a few round trips."""


def main() -> int:
    asked = options("From the limit to claude-local's first request.", pairs=9).parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="ai-code-bench-") as folder,
        OllamaStandIn([_MODEL], version="0.20.0") as server,
    ):
        bench = Bench(Path(folder), asked.claude, server)
        told = in_turns(bench.ours, bench.bare, asked.pairs)
    print(f"bare claude {median(told.base):.3f} s, ai-code {median(told.ours):.3f} s (medians)")
    print(f"(difference {1000 * told.difference_s:.0f} ms, median of the pairs)")
    return 0 if report("limit → first local request / bare claude", told.ratio, LIMIT, " ×") else 1


class Bench:
    """The two that are compared, on one stand-in of Ollama."""

    def __init__(self, folder: Path, claude: Path, server: OllamaStandIn) -> None:
        self._seen, self._server = folder / "seen", server
        first, second = (folder / name for name in ("first", "second"))
        for each in (first, second):
            each.mkdir()
        here = Path(sys.executable)
        self._bare = Scratch(first, claude, here)
        events = folder / "events"
        events.write_bytes(at_its_limit(self._bare))
        values = {"events": str(events), "seen": str(self._seen)}
        fake = program(folder / "claude", _AT_ITS_LIMIT, **values)
        self._scratch = Scratch(second, fake, here)
        settings = self._scratch.home / ".config/ai-code/config.yaml"
        settings.parent.mkdir(parents=True)
        local = json.dumps({"claude-local": [str(claude.absolute())]})
        settings.write_text(f"fallback.chain: [claude-local]\nengines.command: {local}\n")

    def ours(self) -> float:
        """Seconds from the moment at which Claude had told its limit."""
        (self._scratch.home / ".local/state/ai-code/limits.json").unlink(missing_ok=True)
        env = self._scratch.env(OLLAMA_HOST=self._server.url, PYTHONPATH=str(ROOT))
        argv = [*OURS, _PROMPT]
        at = self._first_chat(lambda: checked(argv, env, self._scratch.project, None))
        return at - float(self._seen.read_text())

    def bare(self) -> float:
        """Seconds from the start of ``claude -p``."""
        env = self._bare.env(
            ANTHROPIC_BASE_URL=self._server.url,
            ANTHROPIC_AUTH_TOKEN="ollama",
            ANTHROPIC_API_KEY="",
            CLAUDE_CODE_MAX_RETRIES="1",
        )
        env.pop("CLAUDE_CODE_OAUTH_TOKEN")
        argv = [self._bare.claude, "-p", _PROMPT, "--model", _MODEL.tag]
        started = time.monotonic()
        return self._first_chat(lambda: checked(argv, env, self._bare.project, 0)) - started

    def _first_chat(self, work: Callable[[], object]) -> float:
        before = len(self._server.chats)
        work()
        if len(self._server.chats) == before:
            raise SystemExit("claude did not ask the model")
        return self._server.chats[before].at


if __name__ == "__main__":
    sys.exit(main())
