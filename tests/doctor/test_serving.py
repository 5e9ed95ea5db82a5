"""What gives the server a variable, by who runs it; what a person pastes, a shell gets here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_code.core.ports_machine import Bound
from ai_code.flows.doctor.service import parse_launchctl
from tests.doctor.patient import Patient, edit, free_port, log, pid

ROOT = Path(__file__).resolve().parents[2]
CHECK = "ollama-keep-alive"
SERVER = """\
import os, sys
sys.path.insert(0, {root!r})
from ai_code.drill.ollama import OllamaStandIn
with OllamaStandIn(port=int(os.environ["OLLAMA_HOST"].rpartition(":")[2])) as server:
    print(server.url, flush=True)
    server.closing.wait()
"""


@pytest.fixture
def started(patient: Patient) -> Iterator[subprocess.Popen[str]]:
    """A server that somebody started in a terminal, with a folder of models of its own."""
    script = patient.base / "server.py"
    script.write_text(SERVER.format(root=str(ROOT)))
    patient.program("ollama", f'[ "$1" = serve ] && exec {sys.executable} {script}')
    env = {**patient.env, "OLLAMA_MODELS": "/srv/models of mine"}
    argv = [str(patient.bin / "ollama"), "serve"]
    with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and "http" in child.stdout.readline()
        yield child
        child.kill()


def test_one_started_by_hand_is_ended_first(
    patient: Patient, started: subprocess.Popen[str]
) -> None:
    patient.env["OLLAMA_KEEP_ALIVE"] = "1h"
    # A unit that does not run has nothing to do with it.
    patient.service(active="inactive", runs_it=False)
    fix = (
        f"kill {started.pid} && sleep 2 && OLLAMA_MODELS='/srv/models of mine' "
        "OLLAMA_KEEP_ALIVE=1h ollama serve"
    )
    patient.broken(CHECK, fix, state="warn")
    env = {**patient.env, "PATH": f"{patient.bin}:/usr/bin:/bin"}
    del env["OLLAMA_KEEP_ALIVE"]
    with subprocess.Popen(["/bin/sh", "-c", fix], env=env, stdout=subprocess.PIPE) as pasted:
        assert pasted.stdout is not None and b"http" in pasted.stdout.readline()
        assert started.wait(20) is not None
        patient.mended(CHECK)
        _end(patient)


def _end(patient: Patient) -> None:
    port = int(patient.env["OLLAMA_HOST"].rpartition(":")[2])
    for each in patient.world().machine_facts.bound(port):
        os.kill(each.pid, signal.SIGKILL)


def test_the_systems_service(patient: Patient) -> None:
    patient.ollama()
    patient.env["OLLAMA_KEEP_ALIVE"] = "1h"
    patient.service(manager="")
    restart = "sudo systemctl restart ollama.service"
    patient.broken(CHECK, edit("Environment=OLLAMA_KEEP_ALIVE=1h", restart), state="warn")
    # Its processes are of another user, whom we do not see.
    patient.service(manager="", runs_it=False)
    patient.seen["hidden"] = _hidden
    patient.broken(CHECK, edit("Environment=OLLAMA_KEEP_ALIVE=1h", restart), state="warn")


def _hidden(world: object) -> None:
    """No test machine has a process of root's that listens: what /proc tells of one is played."""
    facts = world.machine_facts  # type: ignore[attr-defined]
    facts.bound = lambda _port: (Bound("127.0.0.1"),)


def test_a_service_that_is_not_the_one_that_runs_it(patient: Patient) -> None:
    patient.ollama()
    patient.env["OLLAMA_KEEP_ALIVE"] = "1h"
    patient.service(runs_it=False)
    fix = f"kill {pid()} && sleep 2 && OLLAMA_KEEP_ALIVE=1h ollama serve"
    patient.broken(CHECK, fix, state="warn")


def docker(patient: Patient, **told: object) -> None:
    """A container named ollama that holds the port."""
    patient.ollama()
    patient.env["OLLAMA_KEEP_ALIVE"] = "1h"
    patient.seen["hidden"] = _hidden
    inspected = patient.base / "inspected.json"
    inspected.write_text(json.dumps([told]))
    patient.program(
        "docker",
        f'case "$1" in ps) echo ollama;; inspect) exec /bin/cat {inspected};; esac',
    )


MOUNT = {"Type": "volume", "Name": "ollama", "Destination": "/root/.ollama"}


def test_a_container_is_made_anew_as_it_is(patient: Patient) -> None:
    docker(
        patient,
        Config={
            "Image": "ollama/ollama",
            "Env": ["PATH=/bin", "OLLAMA_HOST=0.0.0.0:11434", "OLLAMA_NUM_PARALLEL=2",
                    "OLLAMA_KEEP_ALIVE=10m"],
        },
        HostConfig={
            "Binds": ["ollama:/root/.ollama"],
            "RestartPolicy": {"Name": "unless-stopped"},
            "DeviceRequests": [{"Count": -1}],
        },
        Mounts=[MOUNT],
    )  # fmt: skip
    port = patient.env["OLLAMA_HOST"].rpartition(":")[2]
    fix = (
        "docker rm -f ollama && docker run -d --gpus=all --restart=unless-stopped "
        f"-v ollama:/root/.ollama -p 127.0.0.1:{port}:11434 -e OLLAMA_NUM_PARALLEL=2 "
        "-e OLLAMA_KEEP_ALIVE=1h --name ollama ollama/ollama"
    )
    seen = patient.broken(CHECK, fix, state="warn", evidence="the server has 10m")
    assert seen.fix is not None and not seen.fix.safe


def test_a_container_that_would_lose_its_models_says_so(patient: Patient) -> None:
    docker(patient, Config={"Image": "ollama/ollama"}, Mounts=[])
    seen = patient.see(CHECK)
    assert seen.fix is not None
    assert "(its models lie in it and would be gone: first docker cp " in seen.fix.shown


def test_a_container_of_a_compose_file(patient: Patient) -> None:
    labels = {
        "com.docker.compose.project.config_files": "/srv/ai/compose.yaml",
        "com.docker.compose.service": "llm",
    }
    docker(patient, Config={"Labels": labels})
    fix = (
        "docker compose -f /srv/ai/compose.yaml up -d llm   "
        "(first in that file, below environment: OLLAMA_KEEP_ALIVE: 1h)"
    )
    patient.broken(CHECK, fix, state="warn")


@pytest.mark.parametrize(
    "told", ["", "[]", "[1]", "{", '[{"Config": 3, "Mounts": 4, "HostConfig": []}]']
)
def test_no_answer_of_docker_is_too_odd(patient: Patient, told: str) -> None:
    docker(patient)
    (patient.base / "inspected.json").write_text(told)
    patient.see(CHECK)


def test_a_server_elsewhere_is_asked_for_it_with_each_request(patient: Patient) -> None:
    """Nobody here can change its variables; what a request says counts more than those."""
    patient.env["OLLAMA_KEEP_ALIVE"] = "1h"
    patient.ollama()
    patient.seen["hidden"] = _hidden
    fix = "ollama.keep-alive: 1h   (in ~/.config/ai-code/config.yaml)"
    patient.broken(CHECK, fix, state="warn")
    patient.settings("ollama.keep-alive: 1h\n")
    patient.mended(CHECK)
    del patient.seen["hidden"]


def test_what_another_user_runs_is_shown(patient: Patient) -> None:
    patient.ollama()
    patient.seen["hidden"] = _hidden
    patient.says("journalctl", log())
    facts = patient.world()
    assert facts is not None
    from ai_code.flows.doctor.facts import Facts
    from ai_code.flows.doctor.serving import begin_anew, variable_or_who

    looked = Facts(facts, facts.config.load({}))
    port = looked.port
    about = "whoever starts it sets OLLAMA_HOST"
    assert variable_or_who(looked, "OLLAMA_HOST", "x").shown == (
        f"sudo lsof -nP -iTCP:{port} -sTCP:LISTEN   ({about})"
    )
    assert begin_anew(looked).shown.endswith("(whoever started it starts it anew)")


def test_the_app_of_macos_is_ended_and_opened() -> None:
    told = parse_launchctl("812\t0\tcom.ollama.ollama\n")
    assert told is not None
    assert told.restart().shown == "osascript -e 'quit app \"Ollama\"' && open -a Ollama"
    assert told.start().shown == "open -a Ollama"


def test_nobody_runs(patient: Patient) -> None:
    from ai_code.flows.doctor.facts import Facts
    from ai_code.flows.doctor.serving import set_variable

    patient.env["OLLAMA_HOST"] = f"127.0.0.1:{free_port()}"
    world = patient.world()
    fix = set_variable(Facts(world, world.config.load({})), "CUDA_VISIBLE_DEVICES", None)
    assert fix is not None and fix.shown == "env -u CUDA_VISIBLE_DEVICES ollama serve"
