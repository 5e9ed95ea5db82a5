"""Downloads through the stand-in: progress, cancel, resume, a full disk, a server that dies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from ai_code.core.errors import AiCodeError, ConfigError, NoDiskError, Stopped, UsageError
from ai_code.core.ports import PullProgress
from ai_code.drill.ollama import DEEPSEEK_CODER, QWEN_CODER
from ai_code.flows.models.pull_all import used_models
from ai_code.flows.models.pulling import Pull
from tests.flows.fake_world import FakeFolder
from tests.flows.models.conftest import ModelsWorld

NAME = QWEN_CODER.name


def pull(here: ModelsWorld, name: str | None = NAME, **options: Any) -> str | None:
    return Pull(here.world, here.world.settings).go(name, **options)


def fails(here: ModelsWorld, name: str | None = NAME) -> AiCodeError:
    with pytest.raises(AiCodeError) as caught:
        pull(here, name)
    return caught.value


def bytes_asked(here: ModelsWorld) -> list[str]:
    return [row.path for row in here.ollama.requests if row.path == "/api/pull"]


def test_progress_on_a_terminal(here: ModelsWorld) -> None:
    here.serve([DEEPSEEK_CODER])
    here.world.console.terminal()
    assert pull(here) == NAME
    shown = here.world.console.of("status")
    bars = [line for line in shown if "%" in line]
    assert f"{NAME}  ##........   25 %  1.2 of 4.7 GB" in bars[1]
    assert any(line.endswith("verifying sha256 digest…") for line in shown)
    assert f"{NAME} is installed (4.7 GB)" in here.told
    assert f"to use it: ai-code models use {NAME}" in here.told
    assert NAME in here.ollama.models


def test_what_is_installed_is_not_asked_for_again_with_missing(here: ModelsWorld) -> None:
    """A model's unit at each login: without a network too."""
    here.serve([QWEN_CODER])
    assert pull(here, missing=True) == NAME
    assert bytes_asked(here) == []
    assert f"{NAME} is installed already" in here.told


def test_the_policy_comes_first(here: ModelsWorld) -> None:
    here.world.set(models_exclude_countries=("CN",))
    here.serve([])
    error = fails(here)
    assert isinstance(error, ConfigError)
    assert error.what == f"the model {NAME} may not be used"
    assert error.why == "models.exclude-countries has CN (Alibaba)"
    assert error.hint == "ai-code models recommend"
    assert here.ollama.requests == []


def test_a_file_that_says_another_maker_than_its_name(here: ModelsWorld) -> None:
    liar = replace(QWEN_CODER, name="mine:7b", extra_info={"general.basename": "Qwen2.5"})
    here.serve([], pullable=[liar])
    here.world.set(models_exclude_countries=("CN",))
    assert fails(here, liar.name).why == (
        "its maker is not known, and models.exclude-countries is set"
    )
    here.world.set(models_allow=("mine*",))
    assert pull(here, liar.name) == liar.name
    assert here.world.console.of("important") == [
        "mine:7b is downloaded, and will not be used: models.exclude-countries has CN (Alibaba)",
        "to remove it: ai-code models rm mine:7b",
    ]


GB = 1_000_000_000
OTHER_DISK = "or OLLAMA_MODELS=FOLDER on another disk, for Ollama and for ai-code"


def folder(here: ModelsWorld) -> str:
    return str(here.world.ollama_folder([]).path)


def test_no_room_is_seen_before_anything_is_asked_for(here: ModelsWorld) -> None:
    here.world.disk_free = 3 * GB
    error = fails(here, "qwen2.5-coder:14b")
    assert isinstance(error, NoDiskError)
    assert error.what == "there is no room for qwen2.5-coder:14b"
    assert error.why == f"it needs 9.0 GB of disk; 3.0 GB are free in {folder(here)}"
    assert error.hint == f"ai-code models list   (then: ai-code models rm NAME; {OTHER_DISK})"
    assert bytes_asked(here) == []


def test_where_nothing_is_there_to_remove_a_smaller_one_is_named(here: ModelsWorld) -> None:
    here.serve([])
    here.world.disk_free = 3 * GB
    hint = fails(here).hint
    assert hint.startswith("ai-code models pull ") and hint.endswith("   (there is room for it)")
    smaller = hint.split()[3]
    assert 0 < here.world.catalogue.download_bytes(smaller) < 2.5 * GB
    here.world.disk_free = GB // 10
    assert fails(here).hint == f"df -h {here.world.state}   (make room; {OTHER_DISK})"


def test_the_recommended_one_has_room(here: ModelsWorld) -> None:
    """Without a name, and for the service that fetches what is missing."""
    here.serve([], pullable=[replace(QWEN_CODER, name="qwen2.5-coder:3b", size=2 * GB)])
    here.world.disk_free = 3 * GB
    assert used_models(here.world, here.world.settings) == ["qwen2.5-coder:3b"]
    assert pull(here, None, yes=True) == "qwen2.5-coder:3b"
    assert f" would be better, and needs 19.0 GB of disk; 3.0 GB are free in {folder(here)}" in (
        here.told
    )


def test_nothing_has_room(here: ModelsWorld) -> None:
    here.serve([])
    here.world.disk_free = GB // 10
    error = fails(here, None)
    assert error.what == "no model that suits this machine has room on the disk"
    assert error.why.startswith("the smallest, ")
    assert error.why.endswith(f" of disk; 100 MB are free in {folder(here)}")
    assert error.hint == f"df -h {here.world.state}   (make room; {OTHER_DISK})"
    with pytest.raises(NoDiskError):
        used_models(here.world, here.world.settings)


def test_one_that_is_there_may_be_fetched_anew(here: ModelsWorld) -> None:
    """What is new of it is little, and the server tells how much."""
    here.serve([replace(QWEN_CODER, size=GB)], pullable=[replace(QWEN_CODER, size=GB)])
    here.world.disk_free = 3 * GB
    assert pull(here) == NAME


def test_no_room_for_a_model_whose_size_only_the_server_knows(here: ModelsWorld) -> None:
    here.serve([], pullable=[replace(QWEN_CODER, name="other:7b")], pull_gap_s=0.05)
    here.world.disk_free = 3 * GB
    assert fails(here, "other:7b").what == "there is no room for other:7b"
    assert bytes_asked(here) == ["/api/pull"]
    assert "other:7b" not in here.ollama.models


def test_a_server_in_a_container_has_a_disk_of_its_own(
    here: ModelsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of its models lies where ours would: the disk that it has is not known."""
    here.serve([DEEPSEEK_CODER])

    class Elsewhere(FakeFolder):
        def holds(self, name: str) -> bool:
            return False

    monkeypatch.setattr(here.world, "ollama_folder", lambda *_: Elsewhere(here.world.state, 3 * GB))
    assert pull(here) == NAME


@pytest.mark.parametrize("name", ["", " ", "a b", "-x", "モデル", "a\nb"])
def test_what_no_model_can_be_called_is_not_asked_for(here: ModelsWorld, name: str) -> None:
    error = fails(here, name)
    assert isinstance(error, UsageError)
    assert error.what.endswith("is not a model's name")
    assert here.ollama.requests == []


def test_the_disk_of_a_server_elsewhere(here: ModelsWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ai_code.flows.model_disk.is_local", lambda _: False)
    here.world.disk_free = 0
    here.serve([], pull_error="no space left on device")
    assert fails(here).hint == "df -h   (where the server is)"


def test_a_disk_that_fills_up_meanwhile(here: ModelsWorld) -> None:
    here.serve([], pull_error="write /x/blobs/sha256-1: no space left on device")
    error = fails(here)
    assert error.what == f"the disk of Ollama is full, and {NAME} is not whole"
    assert "no space left on device" in error.why
    assert error.hint.startswith("df -h ")
    # It is gone on with once there is room.
    assert here.ollama.pulls.begun[NAME] == QWEN_CODER.size // 2
    here.ollama.pulls.error = None
    here.world.console.terminal()
    assert pull(here) == NAME
    first = next(line for line in here.world.console.of("status") if "%" in line and "50 %" in line)
    assert "2.3 of 4.7 GB" in first
    assert not any("25 %" in line for line in here.world.console.of("status")[-8:])


@pytest.mark.parametrize(
    ("said", "what", "hint"),
    [
        (
            "digest mismatch, file must be downloaded again: want sha256:1, got sha256:2",
            f"what came of {NAME} is damaged, and Ollama has thrown it away",
            f"ai-code models pull {NAME}",
        ),
        (
            "max retries exceeded: unexpected EOF",
            f"the download of {NAME} broke off; what has come is kept",
            f"ai-code models pull {NAME}",
        ),
        (
            "pull model manifest: 412: this model requires a newer version of Ollama",
            f"{NAME} needs a newer Ollama",
            "https://ollama.com/download",
        ),
    ],
)
def test_what_the_server_says(here: ModelsWorld, said: str, what: str, hint: str) -> None:
    here.serve([], pull_error=said)
    error = fails(here)
    assert (error.what, error.why, error.hint) == (what, said, hint)


def test_a_server_that_dies(here: ModelsWorld) -> None:
    here.serve([], pull_dies=True)
    error = fails(here)
    assert error.what == f"Ollama ended while it downloaded {NAME}; what has come is kept"
    assert error.hint == f"ollama serve, then: ai-code models pull {NAME}"


def test_no_server(here: ModelsWorld) -> None:
    here.close()
    error = fails(here)
    assert error.what == f"Ollama is not running at {here.ollama.url}"
    assert error.hint == "ollama serve"


def test_a_name_that_nobody_has(here: ModelsWorld) -> None:
    error = fails(here, "nope:7b")
    assert error.what == "there is no model nope:7b to download"


def test_a_cloud_model_is_not_downloaded(here: ModelsWorld) -> None:
    assert isinstance(fails(here, "gpt-oss:120b-cloud"), UsageError)


def test_ctrl_c_says_how_to_go_on(here: ModelsWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    here.serve([])
    closed = []

    def until_half(name: str) -> Iterator[PullProgress]:
        try:
            yield PullProgress("pulling manifest")
            yield PullProgress("pulling 1", "sha256:1", 4_000_000_000, 2_000_000_000)
            raise Stopped(2)
        finally:
            closed.append(name)

    monkeypatch.setattr(here.world.server, "pull", until_half)
    with pytest.raises(Stopped):
        pull(here)
    assert here.world.console.of("important") == [
        f"stopped at 50 %; to go on: ai-code models pull {NAME}"
    ]
    assert closed == [NAME]


def test_without_a_name_the_recommended_one_after_asking(here: ModelsWorld) -> None:
    here.serve([DEEPSEEK_CODER], pullable=[QWEN_CODER])
    from ai_code.core.machine import Machine

    here.world.hardware.machine = Machine(16 << 30, 8 << 30)
    here.world.console.terminal()
    here.world.console.answers.extend(["n", "y"])
    assert pull(here, None) is None
    assert "nothing was downloaded" in here.told
    assert pull(here, None) == NAME
    assert pull(here, None) is None
    assert f"{NAME} is the best for this machine, and installed already" in here.told


def test_without_a_name_and_a_terminal(here: ModelsWorld) -> None:
    here.serve([])
    error = fails(here, None)
    assert error.what == error.hint.removeprefix("ai-code ").removesuffix(" --yes") + " needs a yes"
    assert error.hint.startswith("ai-code models pull ")
    assert error.hint.endswith(" --yes")


def test_nothing_suits(here: ModelsWorld) -> None:
    here.world.set(models_allow=("nothing*",))
    error = fails(here, None)
    assert error.what == "no model of the catalogue suits this machine"
    assert error.why.startswith("models.allow does not name it")
