"""A machine with systemd, on which a person has ai-code and a stand-in of ``ollama``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.systemd.session import CHECKOUT, Session, missing, session

UNITS = Session.home / ".config/systemd/user"
OLLAMA = Session.home / "bin/ollama"


@pytest.fixture(scope="module")
def machine() -> Iterator[Session]:
    if lacks := missing():
        pytest.skip(f"no systemd --user was tried: there is no {lacks}")
    with session() as made:
        made.install()
        text = Path(CHECKOUT, "tests/systemd/server.py").read_text()
        made.write(OLLAMA, f"#!{made.home}/env/bin/python\n{text}", 0o755)
        yield made


@pytest.fixture
def person(machine: Session) -> Iterator[Session]:
    """Nothing of a service is there, before and after."""
    yield machine
    machine.run("systemctl", "--user", "stop", "ollama", "ai-code-models")
    machine.run("systemctl", "--user", "disable", "ollama", "ai-code-models")
    machine.run("rm", "-rf", f"{machine.home}/.config", f"{machine.home}/.local")
    machine.systemctl("daemon-reload")
    machine.systemctl("reset-failed")
