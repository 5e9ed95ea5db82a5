"""The program as a shell starts it: with streams closed, full or gone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.programs_under_test import python_program

ROOT = Path(__file__).resolve().parents[1]
CLAUDE = """
import json, sys
if "--version" in sys.argv:
    sys.exit(print("2.1.329 (Claude Code)"))
print(json.dumps({"type": "system", "subtype": "init", "session_id": "s"}))
print(json.dumps({"type": "result", "subtype": "success", "is_error": False, "result": "yes"}))
"""


@pytest.mark.parametrize(
    ("streams", "code", "out", "err"),
    [
        ("", 0, "yes\n", "[AI: Claude Code]"),
        ("<&-", 0, "yes\n", "[AI: Claude Code]"),
        ("0>/dev/null", 0, "yes\n", "[AI: Claude Code]"),
        ("2>&-", 0, "yes\n", ""),
        (">&-", 0, "", "[AI: Claude Code]"),
        ("<&- >&- 2>&-", 0, "", ""),
        ("2>/dev/full", 0, "yes\n", ""),
        (">/dev/full", 1, "", "No space left on device"),
    ],
)
def test_streams(
    git_project: Path,
    clean_env: dict[str, str],
    tmp_path: Path,
    streams: str,
    code: int,
    out: str,
    err: str,
) -> None:
    python_program(tmp_path / "bin" / "claude", CLAUDE)
    told = subprocess.run(
        ["/bin/sh", "-c", f'"$0" -m ai_code x {streams}', sys.executable],
        cwd=git_project,
        env={**clean_env, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert (told.returncode, told.stdout) == (code, out)
    assert err in told.stderr
    assert "Traceback" not in told.stderr
    assert "Exception ignored" not in told.stderr


def test_a_reader_that_has_had_enough(
    git_project: Path, clean_env: dict[str, str], tmp_path: Path
) -> None:
    python_program(tmp_path / "bin" / "claude", CLAUDE)
    told = subprocess.run(
        ["/bin/bash", "-c", '"$0" -m ai_code x | true; exit ${PIPESTATUS[0]}', sys.executable],
        cwd=git_project,
        env={**clean_env, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert told.returncode == 141
    assert "Exception ignored" not in told.stderr


@pytest.mark.parametrize(
    "arguments",
    ["--version", "--help", "drill --help", "limits rules", "config show", "completion bash",
     "drill --json --scenario none", "--dry-run x"],
)  # fmt: skip
def test_a_full_disk_behind_stdout_is_one_clear_error(
    git_project: Path, clean_env: dict[str, str], arguments: str
) -> None:
    def run(redirected: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", "-c", f'"$0" -m ai_code {arguments} {redirected}', sys.executable],
            cwd=git_project,
            env={**clean_env, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )

    told = run(">/dev/full")
    assert told.returncode == 1, told
    lines = told.stderr.splitlines()
    assert lines[0].endswith(" cannot be written to standard output")
    assert lines[1:] == ["No space left on device", "hint: df -h"]
    # Closed before we started: nobody wants it.
    assert "Traceback" not in run(">&-").stderr


def test_the_parts_that_are_loaded_while_claude_waits_are_there() -> None:
    """A name that is not there any more would be found out by nobody: it only makes us slower."""
    seen = "import sys; from ai_code.wiring import SystemWorld; SystemWorld({}).local_soon()"
    seen += "; print(*sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", seen], cwd=ROOT, capture_output=True, text=True, check=True
    )
    needed = ("relay", "workspace", "tree_facts", "ollama", "fenced")
    assert {f"ai_code.system.{name}" for name in needed} <= set(told.stdout.split())
