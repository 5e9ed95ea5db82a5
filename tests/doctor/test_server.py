"""Ollama's server: each check broken, and mended."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ai_code.drill.serving import Exchange, StandIn
from ai_code.flows.doctor import server
from ai_code.flows.why_not_ready import GET_OLLAMA, HOW_TO_GET_OLLAMA
from tests.doctor.patient import Patient, edit, free_port, pid


class Another(StandIn):
    """A program that has nothing to do with Ollama."""

    def respond(self, exchange: Exchange) -> None:
        exchange.send_bytes(200, b"<html>hello</html>", "text/html")


@contextmanager
def listening(address: str) -> Iterator[int]:
    with socket.create_server((address, 0)) as opened:
        yield int(opened.getsockname()[1])


def test_ollama_is_not_installed(patient: Patient) -> None:
    patient.broken("ollama-binary", HOW_TO_GET_OLLAMA)
    patient.says("docker", "")
    patient.broken("ollama-binary", GET_OLLAMA)
    patient.says("ollama", "ollama version is 0.13.5\n")
    patient.mended("ollama-binary")
    patient.env["OLLAMA_HOST"] = "gpu.example.invalid"
    assert patient.see("ollama-binary").state == "skipped"


def test_a_server_without_the_program_is_enough(patient: Patient) -> None:
    patient.ollama()
    patient.without("ollama")
    seen = patient.mended("ollama-binary")
    assert seen.finding.evidence == "the server answers; the program is not needed"


def test_the_server_is_not_running(patient: Patient) -> None:
    patient.broken("ollama-server", HOW_TO_GET_OLLAMA)
    patient.says("ollama", "")
    patient.broken("ollama-server", "ollama serve", evidence="does not answer")
    patient.service(active="inactive")
    patient.broken("ollama-server", "systemctl --user start ollama.service")
    patient.service(active="failed")
    fix = "systemctl --user reset-failed ollama.service && systemctl --user start ollama.service"
    assert patient.broken("ollama-server", fix).fix is not None
    patient.ollama()
    patient.mended("ollama-server")


def test_a_server_that_hangs_or_refuses(patient: Patient) -> None:
    patient.service()
    patient.ollama(hang_on=["/api/version"])
    patient.broken("ollama-server", "systemctl --user restart ollama.service", evidence="in time")
    patient.ollama(required_headers={"Authorization": "Bearer dummy"})
    patient.broken("ollama-server", "ai-code config show --origin", evidence="HTTP 401")
    patient.settings("ollama.headers: {Authorization: Bearer dummy}\n")
    assert "dummy" not in str(patient.mended("ollama-server"))


def test_another_program_has_the_port(patient: Patient) -> None:
    with Another() as other:
        patient.env["OLLAMA_HOST"] = other.url
        fix = f"export OLLAMA_HOST=127.0.0.1:{other.port + 1} && ollama serve"
        patient.broken("ollama-port", fix, evidence="process ")
        patient.broken("ollama-server", fix, evidence="is not Ollama")
    patient.mended("ollama-port")
    patient.ollama()
    assert "is Ollama's" in patient.mended("ollama-port").finding.evidence


def test_a_wrong_address(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    running = patient.ollama()
    monkeypatch.setattr(server, "DEFAULT_API", running.url)
    patient.env["OLLAMA_HOST"] = f"127.0.0.1:{free_port()}"
    patient.broken("ollama-address", "unset OLLAMA_HOST", evidence=running.url)
    patient.env["OLLAMA_HOST"] = running.url
    patient.mended("ollama-address")
    patient.env["OLLAMA_HOST"] = "ftp://x"
    patient.broken("ollama-address", "unset OLLAMA_HOST", state="warn")


def test_the_services_address_is_another(patient: Patient) -> None:
    running = patient.ollama()
    patient.service(variables=f"OLLAMA_HOST={running.url}")
    del patient.env["OLLAMA_HOST"]
    patient.settings(f"ollama.api: 127.0.0.1:{free_port()}\n")
    seen = patient.see("ollama-address")
    assert seen.state == "failed" and seen.fix is not None
    assert seen.fix.shown == f"ollama.api: {running.url}   (in ~/.config/ai-code/config.yaml)"
    patient.settings(f"ollama.api: {running.url}\n")
    patient.mended("ollama-address")


def test_a_client_that_is_newer(patient: Patient) -> None:
    patient.service()
    patient.ollama(version="0.12.0")
    patient.says("ollama", "ollama version is 0.12.0\nWarning: client version is 0.13.5\n")
    fix = "systemctl --user restart ollama.service"
    patient.broken("ollama-version", fix, state="warn", evidence="0.13.5, newer")
    patient.ollama(version="0.13.5")
    patient.mended("ollama-version")


def test_open_to_the_network(patient: Patient) -> None:
    with listening("0.0.0.0") as port:
        patient.env["OLLAMA_HOST"] = f"127.0.0.1:{port}"
        fix = f"kill {pid()} && sleep 2 && OLLAMA_HOST=127.0.0.1:{port} ollama serve"
        patient.broken("ollama-open", fix, state="warn", evidence="0.0.0.0")
        patient.service()
        edited = edit(f"Environment=OLLAMA_HOST=127.0.0.1:{port}")
        patient.broken("ollama-open", edited, state="warn")
    with listening("127.0.0.1") as port:
        patient.env["OLLAMA_HOST"] = f"127.0.0.1:{port}"
        patient.mended("ollama-open")


def test_open_over_ipv6(patient: Patient) -> None:
    try:
        opened = socket.create_server(("::", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("IPv6 is off on this machine")
    with opened:
        patient.env["OLLAMA_HOST"] = f"127.0.0.1:{opened.getsockname()[1]}"
        assert patient.see("ollama-open").state == "warn"


def test_a_server_elsewhere_without_encryption(patient: Patient) -> None:
    patient.env["OLLAMA_HOST"] = "http://gpu.example.invalid:11434"
    fix = "export OLLAMA_HOST=https://gpu.example.invalid"
    patient.broken("ollama-open", fix, state="warn", evidence="unencrypted")
    patient.env["OLLAMA_HOST"] = "https://gpu.example.invalid"
    patient.mended("ollama-open")
