"""tools/clean-machine: what can be said of it without making a machine."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools/clean-machine"


@pytest.fixture
def script() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("clean_machine", str(SCRIPT))
    loader_spec = importlib.util.spec_from_loader(loader.name, loader)
    assert loader_spec is not None
    module = importlib.util.module_from_spec(loader_spec)
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module


@pytest.mark.parametrize("place", ["README.md", "README.ja.md", "tools/find-python"])
def test_it_has_what_people_are_told_to_install(script: ModuleType, place: str) -> None:
    told = re.findall(
        r"sudo apt install (python3 .*?)\"?(?: >&2)?$", (ROOT / place).read_text(), re.M
    )
    assert [line.split() for line in told] == [list(script.PACKAGES)]


def test_how_indexes_are_reached_is_passed_on(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/there.crt").touch()
    for name, value in {
        "PIP_INDEX_URL": "https://index.example.invalid/",
        "PIP_FIND_LINKS": "/only/here",
        "NODE_EXTRA_CA_CERTS": "/etc/there.crt",
        "ANTHROPIC_API_KEY": "secret",
    }.items():
        monkeypatch.setenv(name, value)
    found = script.indexes(tmp_path)
    assert found["PIP_INDEX_URL"] == "https://index.example.invalid/"
    assert found["NODE_EXTRA_CA_CERTS"] == "/etc/there.crt"
    assert not {"PIP_FIND_LINKS", "ANTHROPIC_API_KEY"} & set(found)


def test_its_help_shows_how_it_is_called() -> None:
    run = subprocess.run([SCRIPT, "--help"], capture_output=True, text=True, check=True)
    assert "sudo tools/clean-machine './ai-code drill' ./test" in run.stdout
