"""https to a model's server: an authority of one's own, and what is not trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_code.core.ports import ModelServerError
from ai_code.drill.ollama import OllamaStandIn
from ai_code.system.connection import system_bundle
from ai_code.system.ollama import OllamaServer
from tests.system.certificates import Certificate, own_certificate


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return own_certificate(tmp_path_factory.mktemp("certificates"))


def problem(server: OllamaServer) -> ModelServerError:
    with pytest.raises(ModelServerError) as caught:
        server.models()
    return caught.value


def test_an_authority_of_ones_own(own: Certificate) -> None:
    with OllamaStandIn(certificate=own.server) as stand_in:
        assert stand_in.url.startswith("https://")
        server = OllamaServer(stand_in.url, ca_file=str(own.authority))
        assert len(server.models()) == 1
        assert [each.status for each in server.pull("codellama:7b")][-1] == "success"


def test_what_the_system_does_not_trust_is_not_asked(own: Certificate) -> None:
    with OllamaStandIn(certificate=own.server) as stand_in:
        error = problem(OllamaServer(stand_in.url, {"X-Key": "secret"}))
        assert error.kind == "certificate" and "certificate" in str(error)
        assert stand_in.requests == []


@pytest.mark.parametrize(
    ("content", "words"), [(None, "No such file or directory"), ("x\n", "holds no certificates")]
)
def test_a_file_that_is_no_good_is_named(tmp_path: Path, content: str | None, words: str) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    error = problem(OllamaServer("https://127.0.0.1:1", ca_file=str(file)))
    assert (error.kind, str(file) in str(error)) == ("certificate", True)
    assert words in str(error)


def test_nobody_there_is_no_matter_of_certificates(own: Certificate) -> None:
    with OllamaStandIn() as gone:
        pass
    server = OllamaServer(f"https://127.0.0.1:{gone.port}", ca_file=str(own.authority))
    assert problem(server).kind == "refused"


def test_the_systems_bundle_is_a_file_that_is_there() -> None:
    found = system_bundle()
    assert found is None or found.is_file()
