"""The stand-ins as processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("module", "scenario", "path", "key"),
    [
        ("anthropic", "session", "/", None),
        ("ollama", "edit", "/api/version", "version"),
    ],
)
def test_prints_its_url_and_ends_at_term(
    module: str, scenario: str, path: str, key: str | None
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", f"ai_code.drill.{module}", "--scenario", scenario],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with urllib.request.urlopen(url + path, timeout=20) as answer:
            value = json.loads(answer.read())
        assert key is None or value[key]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def test_an_unknown_scenario_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ai_code.drill.anthropic", "--scenario", "nope"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 2
    assert "normal-day" in done.stderr
