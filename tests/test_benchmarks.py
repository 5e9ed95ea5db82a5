"""The benchmarks run, at their smallest. How long anything takes is no matter here."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.conftest import real_program

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", BENCHMARKS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def runs(*argv: str) -> None:
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / argv[0]), "--pairs", "1", *argv[1:]],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(BENCHMARKS.parent)},
    )
    assert (done.stderr, done.returncode in (0, 1)) == ("", True)
    assert "PASS" in done.stdout or "over" in done.stdout


def test_the_workspace() -> None:
    runs("workspace.py", "20")


def test_passing() -> None:
    runs("passing.py", "--megabytes", "2", "--aider", sys.executable)


def test_status() -> None:
    runs("status.py", "--claude", sys.executable, "--aider", sys.executable)


@pytest.mark.claude
@pytest.mark.parametrize(
    "script", ["overhead.py", "server_down.py", "doctor.py", "claude_local.py"]
)
def test_beside_claude(script: str, claude_bin: Path) -> None:
    runs(script, "--claude", str(claude_bin), "--aider", sys.executable)


@pytest.mark.aider
@pytest.mark.parametrize("script", ["fallback.py", "warm.py"])
def test_a_fallback(claude_bin: Path, script: str) -> None:
    more = ["--notice", "1"] if script == "warm.py" else []
    runs(script, "--claude", str(claude_bin), "--aider", str(real_program("aider")), *more)


def test_what_they_print_becomes_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    every, pairs = loaded("all"), loaded("pairs")
    pairs.report("wall, ai-code − claude (pairs)", 12.345, 70.0, " ms")
    pairs.report_least("events, as text", 3.0, 30.0, " MB/s")
    sys.stdout.write("(and a difference of 3 ms)\n")
    printed = capsys.readouterr().out.splitlines()
    page = every.page(list(every.results_of("overhead", printed)), 0.5)
    assert "| `overhead.py` | wall, ai-code − claude (pairs) | 12.35 ms | 70 ms | PASS |" in page
    assert "| `overhead.py` | events, as text | 3.00 MB/s | at least 30 MB/s | over |" in page
    assert "- `overhead.py`: and a difference of 3 ms" in page


def test_all_of_them_are_run() -> None:
    support = {"all", "pairs", "scratch"}
    assert set(loaded("all").SCRIPTS) == {p.stem for p in BENCHMARKS.glob("*.py")} - support
