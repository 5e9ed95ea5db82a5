"""The real engines of other makers work on the stand-in, started as the recordings start them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ai_code.drill.ollama import QWEN_CODER, Agent, OllamaStandIn
from tests.conftest import OTHERS

ROOT = Path(__file__).resolve().parents[2]
RECORDINGS = ROOT / "tests" / "recordings"
ENGINES = ("claude-local", *OTHERS)
AFTER = 'def hello():\n    """Print a greeting."""\n    print("hello")\n'
EVERY = sorted(path for name in ENGINES for path in (RECORDINGS / name).rglob("*.json"))


def start(engine: str, **setting: Any) -> Any:
    """How the script that records starts it."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import engine_runs
    finally:
        sys.path.pop(0)
    return engine_runs.start(engine, engine_runs.Setting(**setting))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_real_engine_edits_a_file(
    engine: str,
    engine_bin: Callable[[str], Path],
    clean_env: dict[str, str],
    git_project: Path,
    tmp_path: Path,
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    with OllamaStandIn([QWEN_CODER], [Agent({"hello.py": AFTER}, "Added.")]) as server:
        started = start(
            engine,
            program=engine_bin(engine),
            url=server.url,
            model=QWEN_CODER.name,
            prompt="-x: add a docstring to hello()",
            project=git_project,
            own=own,
        )
        done = subprocess.run(
            started.argv,
            input=started.stdin,
            cwd=git_project,
            env=started.environ(clean_env),
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
    assert (git_project / "hello.py").read_text() == AFTER, done.stdout + done.stderr
    assert done.returncode == 0
    assert "Added." in done.stdout


@pytest.mark.parametrize("path", EVERY, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_recording_tells_nothing_of_the_machine_it_was_made_on(path: Path) -> None:
    text = path.read_text("utf-8")
    told = json.loads(text)
    assert told["engine"] == path.parts[-3]
    assert told["case"] == path.stem
    assert "/var/tmp" not in text
