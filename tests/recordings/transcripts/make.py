"""Records a transcript of a Claude Code that meets its limit after two of four steps.

    .tools/dev/bin/python tests/recordings/transcripts/make.py CLAUDE VERSION

CLAUDE is the program, run against the loopback stand-in with a dummy login and a HOME of its own.
What is Anthropic's own text (system prompts, tools, reminders) is left out: of such rows only the
type stays.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from ai_code.drill.anthropic import AnthropicStandIn, LimitHit, UseTool  # noqa: E402
from ai_code.drill.steps import Step  # noqa: E402

PROMPT = "Add docstrings to a.py and b.py, make c.py, and name it in README.md."
STEPS = ("Docstring in a.py", "Docstring in b.py", "Make c.py", "Name c.py in README.md")
PLAN = "I will take four steps, one file after the other."
KEPT = frozenset(
    [
        "type",
        "subtype",
        "message",
        "uuid",
        "parentUuid",
        "sessionId",
        "version",
        "cwd",
        "gitBranch",
        "timestamp",
        "isSidechain",
        "isMeta",
        "isApiErrorMessage",
        "error",
        "apiErrorStatus",
        "apiError",
        "quotaLimits",
        "requestId",
        "isVisibleInTranscriptOnly",
    ]
)
OWN = frozenset({"user", "assistant", "system", "summary", "last-prompt", "queue-operation"})
"""Types of rows that are the conversation's; of all others only the type is kept."""


def edit(path: str, old: str, new: str) -> UseTool:
    return UseTool("Edit", {"file_path": f"{{cwd}}/{path}", "old_string": old, "new_string": new})


def old_list(done: int) -> UseTool:
    """TodoWrite: the whole list each time."""
    states = ["completed"] * done + ["in_progress"] + ["pending"] * (3 - done)
    rows = [
        {"content": text, "status": state, "activeForm": f"Doing: {text}"}
        for text, state in zip(STEPS, states, strict=True)
    ]
    return UseTool("TodoWrite", {"todos": rows}, PLAN if not done else "")


def scenario(tasks: bool) -> list[Step]:
    docstring = '    """{}."""\n'
    a = [
        UseTool("Read", {"file_path": "{cwd}/a.py"}),
        edit("a.py", "def a():\n", "def a():\n" + docstring.format("A")),
        UseTool("Bash", {"command": "python3 -c 'import a; a.missing'", "description": "check"}),
    ]
    b = [
        UseTool("Read", {"file_path": "{cwd}/b.py"}),
        edit("b.py", "def b():\n", "def b():\n" + docstring.format("B")),
    ]
    if not tasks:
        return [old_list(0), *a, old_list(1), *b, old_list(2), LimitHit("five_hour", 1893456000)]

    def set_to(number: int, state: str) -> UseTool:
        return UseTool("TaskUpdate", {"taskId": str(number), "status": state})

    make = [
        UseTool("TaskCreate", {"subject": text, "description": text, "activeForm": text},
                PLAN if text == STEPS[0] else "")
        for text in STEPS
    ]  # fmt: skip
    return [
        *make, set_to(1, "in_progress"), *a, set_to(1, "completed"), set_to(2, "in_progress"), *b,
        set_to(2, "completed"), set_to(3, "in_progress"), LimitHit("five_hour", 1893456000),
    ]  # fmt: skip


def record(program: str, version: str) -> list[str]:
    tasks = tuple(map(int, version.split("."))) >= (2, 1, 0)
    with tempfile.TemporaryDirectory() as base, AnthropicStandIn(scenario(tasks)) as server:
        home, project = Path(base, "home"), Path(base, "project")
        home.mkdir()
        project.mkdir()
        for name in "ab":
            (project / f"{name}.py").write_text(f"def {name}():\n    return 1\n")
        (project / "README.md").write_text("# Two files\n")
        subprocess.run(["git", "init", "-q"], cwd=project, check=True)
        env = {
            "HOME": str(home), "PATH": os.environ["PATH"], "ANTHROPIC_BASE_URL": server.url,
            "CLAUDE_CODE_OAUTH_TOKEN": "dummy", "DISABLE_TELEMETRY": "1", "IS_SANDBOX": "1",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1",
            # Newer models have no list of tasks without it.
            "CLAUDE_CODE_ENABLE_TODO_TOOLS": "1",
        }  # fmt: skip
        argv = [program, "-p", "--output-format", "stream-json", "--verbose",
                "--permission-mode", "bypassPermissions"]  # fmt: skip
        subprocess.run(argv, input=PROMPT, text=True, cwd=project, env=env, timeout=180,
                       capture_output=True)  # fmt: skip
        found = [path for path in home.rglob("*.jsonl") if not path.name.startswith("agent-")]
        [path] = [path for path in found if path.stat().st_size > 2000] or found
        return [clean(line, str(project)) for line in path.read_text("utf-8").splitlines()]


def clean(line: str, project: str) -> str:
    row: dict[str, Any] = json.loads(line.replace(project, "/project"))
    if row["type"] not in OWN:
        return json.dumps({"type": row["type"]})
    kept = {key: value for key, value in row.items() if key in KEPT or key == "summary"}
    message = kept.get("message")
    if isinstance(message, dict):
        message.pop("usage", None)
        content = message.get("content")
        for block in content if isinstance(content, list) else []:
            if isinstance(block, dict) and isinstance(block.get("content"), str):
                block["content"] = block["content"].partition("<system-reminder>")[0].rstrip()
    return json.dumps(kept, ensure_ascii=False)


if __name__ == "__main__":
    rows = record(sys.argv[1], sys.argv[2])
    target = Path(__file__).with_name(f"{sys.argv[2]}.jsonl")
    target.write_text("\n".join(rows) + "\n", "utf-8")
    sys.stdout.write(f"{target.name}: {len(rows)} rows\n")
