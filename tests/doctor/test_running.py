"""How Ollama runs, and what of its GPU: each check broken, and mended."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.machine import Machine
from ai_code.flows.doctor.running import seconds_of
from ai_code.flows.doctor.server_log import parse_log
from ai_code.flows.doctor.service import parse_launchctl, parse_systemctl
from tests.doctor.patient import CARD, GIB, ON_CPU, ON_GPU, RESTART, SMALL, Patient, edit, log


def test_the_service_is_off(patient: Patient) -> None:
    patient.service(active="failed", result="exit-code")
    reset = "systemctl --user reset-failed ollama.service"
    start = "systemctl --user start ollama.service"
    patient.broken("ollama-service", f"{reset} && {start}", evidence="exit-code")
    patient.service(enabled="disabled")
    patient.broken("ollama-service", "systemctl --user enable ollama.service", state="warn")
    patient.service()
    patient.mended("ollama-service")


def test_it_ends_again_and_again(patient: Patient) -> None:
    patient.service(restarts=4)
    fix = "journalctl --user --unit ollama.service -n 50 -o cat --no-pager"
    patient.broken("ollama-restarts", fix, state="warn", evidence="4 times")
    patient.service()
    patient.mended("ollama-restarts")


def test_keep_alive_in_the_shell_alone(patient: Patient) -> None:
    patient.ollama()
    patient.log(log())
    patient.env["OLLAMA_KEEP_ALIVE"] = "1h"
    seen = patient.broken(
        "ollama-keep-alive", edit("Environment=OLLAMA_KEEP_ALIVE=1h"), state="warn"
    )
    assert "the server has 5m0s" in seen.finding.evidence
    patient.log(log(keep="1h0m0s"))
    patient.mended("ollama-keep-alive")


def test_a_model_that_stays_longer_than_was_set(patient: Patient) -> None:
    server = patient.ollama()
    patient.settings("ollama.keep-alive: 5m\n")
    server.loaded = {SMALL.tag: 16384}
    fix = f"ollama stop {SMALL.tag}"
    assert patient.broken("ollama-keep-alive", fix, state="warn").fix.safe  # type: ignore[union-attr]
    server.expires_at = (datetime.now(UTC) + timedelta(minutes=4)).isoformat()
    patient.mended("ollama-keep-alive")
    patient.settings("ollama.keep-alive: '-1'\n")
    patient.broken("ollama-keep-alive", fix, state="warn")
    server.expires_at = "2318-08-01T00:00:00.123456789Z"
    patient.mended("ollama-keep-alive")


def test_what_we_are_told_of_the_server_is_not_so(patient: Patient) -> None:
    patient.log(log(cache="q8_0"))
    patient.broken(
        "ollama-settings",
        "ollama.kv-cache-type: q8_0   (in ~/.config/ai-code/config.yaml)",
        state="warn",
    )
    patient.settings("ollama.kv-cache-type: q8_0\n")
    patient.mended("ollama-settings")


def test_the_gpu_is_not_used(patient: Patient) -> None:
    assert patient.see("ollama-gpu").state == "skipped"
    patient.hardware.machine = Machine(32 * GIB, 24 * GIB, (CARD,))
    patient.log(log(ON_CPU))
    fix = f"sudo modprobe -r nvidia_uvm && sudo modprobe nvidia_uvm && {RESTART}"
    patient.broken("ollama-gpu", fix, evidence="RTX 3060")
    patient.log(log(ON_GPU))
    patient.mended("ollama-gpu")
    server = patient.ollama()
    server.loaded = {SMALL.tag: 4096}
    patient.broken("ollama-gpu", fix, evidence="runs on the CPU")
    server.models[SMALL.tag] = replace(SMALL, in_vram=1.0)
    patient.mended("ollama-gpu")


def test_amds_card_needs_a_group(patient: Patient) -> None:
    card = replace(CARD, vendor="amd", name="AMD")
    patient.hardware.machine = Machine(32 * GIB, 24 * GIB, (card,))
    patient.log(log(ON_CPU))
    patient.broken("ollama-gpu", 'sudo usermod -aG render,video "$USER"   (then log in anew)')


@pytest.mark.parametrize("cuda", ["-1", "3"])
def test_a_variable_hides_the_gpu(patient: Patient, cuda: str) -> None:
    patient.hardware.machine = Machine(32 * GIB, 24 * GIB, (CARD,))
    patient.log(log(ON_CPU, cuda=cuda))
    fix = edit("UnsetEnvironment=CUDA_VISIBLE_DEVICES")
    patient.broken("ollama-gpu-choice", fix, state="warn", evidence=f"DEVICES={cuda}")
    patient.log(log(ON_GPU, cuda="0"))
    patient.mended("ollama-gpu-choice")


def test_under_home_manager_the_fix_is_a_line_of_nix(patient: Patient) -> None:
    patient.hardware.machine = Machine(32 * GIB, 24 * GIB, (CARD,))
    patient.log(log(ON_CPU))
    patient.service(path="/nix/store/x/ollama.service")
    patient.env["OLLAMA_KEEP_ALIVE"] = "1h"
    patient.seen["nix"] = _in_the_store
    patient.ollama()
    patient.broken(
        "ollama-keep-alive",
        'services.ollama.environmentVariables.OLLAMA_KEEP_ALIVE = "1h";',
        state="warn",
    )


def _in_the_store(world: object) -> None:
    """No test machine has a Nix store: what a look at the unit's path gives is played."""
    from ai_code.core.ports_machine import Entry

    facts = world.machine_facts  # type: ignore[attr-defined]
    looked = facts.entry
    facts.entry = lambda path: (
        Entry("link", 0o777, True, 9, False, str(path))
        if str(path).startswith("/nix/")
        else looked(path)
    )


def test_a_library_is_missing(patient: Patient) -> None:
    line = (
        "/usr/lib/ollama/runners/cpu_avx2/ollama_llama_server: error while loading shared "
        "libraries: libgomp.so.1: cannot open shared object file: No such file or directory\n"
    )
    patient.log(log(line))
    patient.broken("ollama-libraries", "sudo apt install libgomp1", evidence="libgomp.so.1")
    patient.log(log(line) + log(ON_CPU))
    patient.mended("ollama-libraries")


def test_a_model_failed_for_memory(patient: Patient) -> None:
    for said in (
        'level=ERROR msg="error loading llama server" error="llama runner process has '
        'terminated: cudaMalloc failed: out of memory"\n',
        'level=INFO msg="Load failed" error="model requires more system memory (8.5 GiB) than '
        'is available (4.2 GiB)"\n',
    ):
        patient.log(log(said))
        patient.broken("ollama-memory", "ollama ps", state="warn", evidence="memory")
    patient.log(log(ON_GPU))
    patient.mended("ollama-memory")


def test_loading_took_too_long(patient: Patient) -> None:
    said = (
        'level=ERROR source=sched.go:456 msg="error loading llama server" error="timed out '
        'waiting for llama runner to start - progress 0.42 - "\n'
    )
    patient.log(log(said))
    fix = edit("Environment=OLLAMA_LOAD_TIMEOUT=15m")
    patient.broken("ollama-timeouts", fix, state="warn", evidence="timed out")
    patient.log(log())
    patient.mended("ollama-timeouts")


def test_the_context_was_cut(patient: Patient) -> None:
    said = (
        'level=WARN source=runner.go:153 msg="truncating input prompt" limit=4096 prompt=9216 '
        "keep=4 new=4096\n"
    )
    patient.log(log(said))
    fix = edit("Environment=OLLAMA_CONTEXT_LENGTH=16384")
    patient.broken("models-truncated", fix, state="warn", evidence="9216 tokens came and 4096")
    patient.log(log())
    patient.mended("models-truncated")


@given(st.text())
def test_no_text_is_too_odd_for_the_parsers(text: str) -> None:
    parse_log(text)
    parse_systemctl(text, "user")
    parse_launchctl(text)
    seconds_of(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5m", 300), ("5m0s", 300), ("1h30m", 5400), ("300", 300), ("0", 0), ("-1", math.inf),
     ("-1ns", math.inf), ("soon", None), ("", None)],
)  # fmt: skip
def test_durations(text: str, seconds: float | None) -> None:
    assert seconds_of(text) == seconds


def test_no_secret_of_the_log_is_kept() -> None:
    assert "secret" not in str(parse_log(log(ON_GPU)))


def test_launchd() -> None:
    told = "PID\tStatus\tLabel\n812\t0\thomebrew.mxcl.ollama\n-\t0\tother\n"
    service = parse_launchctl(told)
    assert service is not None and (service.active, service.pid) == ("active", 812)
    off = parse_launchctl("-\t1\thomebrew.mxcl.ollama\n")
    assert off is not None and off.start().shown == "brew services start ollama"
