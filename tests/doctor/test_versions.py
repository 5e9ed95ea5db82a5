"""A server that is too old for an engine: said where a run leads to, with what updates it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ai_code.drill.models import FakeModel
from tests.doctor.patient import SMALL, Patient
from tests.doctor.test_serving import MOUNT, docker

TOOLS: FakeModel = replace(
    SMALL, name="llama3.2:3b", capabilities=("completion", "tools"), context=131072
)
CHECK = "ollama-version"
OLD = "claude-local needs Ollama 0.14.0 or later, and this one is 0.13.5"
SCRIPT = "curl -fsSL https://ollama.com/install.sh | sh"
BY_SCRIPT = f"{SCRIPT}   (Ollama's own installer: it asks for sudo)"


@pytest.fixture
def old(patient: Patient) -> Patient:
    """Claude Code on a local model, and a server before it had that interface."""
    patient.settings("fallback.chain: [claude-local]\n")
    patient.claude()
    patient.ollama(models=[TOOLS], version="0.13.5")
    return patient


def test_a_server_that_is_too_old(old: Patient) -> None:
    old.broken(CHECK, BY_SCRIPT, evidence=OLD)
    old.broken("engines-model", BY_SCRIPT, evidence=OLD)
    old.ollama(models=[TOOLS], version="0.14.0")
    old.says("ollama", "ollama version is 0.14.0\n")
    old.mended(CHECK)
    old.mended("engines-model")


def test_the_next_of_the_chain_goes_on(old: Patient) -> None:
    old.settings("fallback.chain: [claude-local, aider]\n")
    old.says("aider", "aider 0.86.2\n")
    old.broken(CHECK, BY_SCRIPT, state="warn", evidence=f"{OLD}; aider goes on")


def test_an_engine_that_a_run_named(old: Patient) -> None:
    """It is none of the settings: the hint of a run names it by the variable."""
    old.settings("fallback.chain: [aider]\n")
    old.says("ollama", "ollama version is 0.13.5\n")
    old.mended(CHECK)
    old.env["AI_CODE_ENGINE"] = "claude-local"
    old.broken(CHECK, BY_SCRIPT, evidence=OLD)


def test_a_new_program_beside_an_old_server(old: Patient) -> None:
    old.service()
    old.says("ollama", "ollama version is 0.13.5\nWarning: client version is 0.14.1\n")
    old.broken(CHECK, "systemctl --user restart ollama.service", evidence=OLD)


@pytest.mark.parametrize(
    ("image", "newest"),
    [
        ("ollama/ollama", "ollama/ollama"),
        ("ollama/ollama:0.13.5", "ollama/ollama"),
        ("ollama/ollama:0.13.5-rocm", "ollama/ollama:rocm"),
        ("ollama/ollama:rocm", "ollama/ollama:rocm"),
        ("registry:5000/ollama", "registry:5000/ollama"),
    ],
)
def test_a_container(old: Patient, image: str, newest: str) -> None:
    docker(old, Config={"Image": image}, Mounts=[MOUNT])
    old.ollama(models=[TOOLS], version="0.13.5")
    seen = old.see(CHECK)
    assert seen.fix is not None
    pull, remove, run = seen.fix.shown.split(" && ")
    assert (pull, remove) == (f"docker pull {newest}", "docker rm -f ollama")
    assert run.startswith("docker run -d ") and run.endswith(f" --name ollama {newest}")


def test_a_container_of_a_compose_file(old: Patient) -> None:
    labels = {
        "com.docker.compose.project.config_files": "/srv/ai/compose.yaml",
        "com.docker.compose.service": "llm",
    }
    docker(old, Config={"Labels": labels})
    old.ollama(models=[TOOLS], version="0.13.5")
    compose = "docker compose -f /srv/ai/compose.yaml"
    old.broken(CHECK, f"{compose} pull llm && {compose} up -d llm", evidence=OLD)
