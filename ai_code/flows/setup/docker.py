"""Ollama in a container: reachable from this machine alone, its models in a volume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.setup import StepResult

if TYPE_CHECKING:
    from ai_code.flows.setup.ground import Ground

IMAGE = "ollama/ollama"
NAME = "ollama"
_PULL_S = 4 * 3600.0
_START_S = 120.0
_AGAIN = "ai-code setup ollama"


def can_run_docker(ground: Ground) -> tuple[str, ...] | None:
    """The command that runs the container; None where no Docker answers. With the GPU where
    NVIDIA's runtime is there (without it ``--gpus`` is an error)."""
    if ground.find("docker") is None:
        return None
    info = ground.run(("docker", "info", "--format", "{{json .Runtimes}}"), "asking Docker")
    if not info.ok:
        ground.say(f"Docker is installed and does not answer: {info.why}")
        return None
    gpus = ("--gpus=all",) if '"nvidia"' in info.out else ()
    return (
        *("docker", "run", "-d", *gpus, "--restart", "unless-stopped"),
        *("-v", f"{NAME}:/root/.ollama", "-p", "127.0.0.1:11434:11434", "--name", NAME, IMAGE),
    )


def container(ground: Ground) -> str:
    """The state of a container of that name (``running``, ``exited``); empty where none is."""
    if ground.find("docker") is None:
        return ""
    form = "{{.State.Status}}"
    asked = ("docker", "container", "inspect", "--format", form, NAME)
    found = ground.run(asked, "asking Docker")
    return found.out.strip() if found.ok else ""


def run_container(ground: Ground) -> StepResult:
    """Runs a new one, or starts the one that is there."""
    if container(ground):
        return start_container(ground)
    argv = can_run_docker(ground)
    if argv is None:
        return StepResult("ollama", "failed", "Docker does not answer", ("docker info",))
    known = ground.made("container", NAME)
    had = ground.run(("docker", "volume", "inspect", NAME), "asking Docker").ok
    # A volume that an interrupted setup made is ours all the same.
    ours = NAME if not had or (known and known.facts.get("volume")) else ""
    change = ground.remember("container", NAME, volume=ours)
    pulled = ground.run(("docker", "pull", IMAGE), f"docker pull {IMAGE}", deadline_s=_PULL_S)
    if not pulled.ok:
        ground.log.drop(change)
        told = f"docker pull failed: {pulled.why}"
        return StepResult("ollama", "failed", told, (f"docker pull {IMAGE}", _AGAIN))
    ran = ground.run(argv, "docker run", deadline_s=_START_S)
    if not ran.ok:
        # With a port that is taken Docker leaves a container that never ran.
        ground.run(("docker", "rm", NAME), "taking it back")
        ground.log.drop(change)
        told = f"docker run failed: {ran.why}"
        return StepResult("ollama", "failed", told, ("docker ps", _AGAIN))
    ground.waits_for_server()
    return StepResult("ollama", "done", f"in a container named {NAME}")


def start_container(ground: Ground) -> StepResult:
    """Starts the one that is there."""
    command = ("docker", "start", NAME)
    ran = ground.run(command, "docker start", deadline_s=_START_S)
    if not ran.ok:
        told = f"docker start failed: {ran.why}"
        return StepResult("ollama", "failed", told, (" ".join(command),))
    ground.waits_for_server()
    return StepResult("ollama", "done", f"the container {NAME} is started")
