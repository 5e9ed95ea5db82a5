"""The stand-in of Ollama as a process of its own: what an engine's author sees first."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ai_code.drill.named_replies import NAMED_REPLIES
from ai_code.drill.ollama import QWEN_CODER
from ai_code.engines.registry import local_engine
from ai_code.flows.engine_fit import too_old
from ai_code.system.ollama import OllamaServer
from tests.drill.test_real_engines import ENGINES, start

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def serving(name: str) -> Iterator[str]:
    command = [sys.executable, "-m", "ai_code.drill.ollama", "--scenario", name]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_guide_names_them_all(language: str) -> None:
    text = (ROOT / "docs" / language / "adding-an-engine.md").read_text()
    table = text.partition("| `--scenario` |")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"`([a-z-]+)`", table)) == sorted(NAMED_REPLIES)


@pytest.mark.parametrize("name", NAMED_REPLIES)
def test_each_is_served(name: str) -> None:
    with serving(name) as url:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
        version = OllamaServer(url).version()
    wanting = [each for each in ENGINES if too_old(local_engine(each), version)]
    assert not wanting, "every engine can be tried on it"


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_makes_the_edit_with_its_own_tools(
    engine: str,
    engine_bin: Callable[[str], Path],
    clean_env: dict[str, str],
    git_project: Path,
    tmp_path: Path,
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    with serving("tools") as url:
        started = start(
            engine, program=engine_bin(engine), url=url, model=QWEN_CODER.name,
            prompt="add a docstring to hello()", project=git_project, own=own,
        )  # fmt: skip
        subprocess.run(
            started.argv, input=started.stdin, cwd=git_project, env=started.environ(clean_env),
            capture_output=True, text=True, timeout=200, check=False,
        )  # fmt: skip
    assert '"""Print a greeting."""' in (git_project / "hello.py").read_text()
