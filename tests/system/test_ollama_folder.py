"""Where Ollama keeps models, and choices that commands keep."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ai_code.core.errors import AiCodeError, ConfigError
from ai_code.system import ollama_folder
from ai_code.system.choices import change_choices
from ai_code.system.ollama_folder import SystemOllamaFolder, find_ollama_folder
from ai_code.system.scratch_folder import scratch_folder


def with_model(folder: Path, place: str) -> Path:
    path = folder / "manifests" / place
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    return folder


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("qwen2.5-coder:7b", "registry.ollama.ai/library/qwen2.5-coder/7b"),
        ("codellama", "registry.ollama.ai/library/codellama/latest"),
        ("me/mine:1b", "registry.ollama.ai/me/mine/1b"),
        ("hf.co/mmnga/X-gguf:Q4_K_M", "hf.co/mmnga/X-gguf/Q4_K_M"),
        ("localhost:5000/me/mine", "localhost:5000/me/mine/latest"),
    ],
)
def test_where_a_manifest_lies(tmp_path: Path, name: str, place: str) -> None:
    assert SystemOllamaFolder(with_model(tmp_path, place)).holds(name)


def test_which_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, service = tmp_path / "home", tmp_path / "service"
    monkeypatch.setattr(ollama_folder, "_PLACES", (str(service),))
    own = home / ".ollama/models"
    # Nothing is there yet: the one that Ollama would make.
    assert find_ollama_folder("", home, []).path == own
    service.mkdir()
    assert find_ollama_folder("", home, []).path == service
    own.mkdir(parents=True)
    assert find_ollama_folder("", home, ["a:1b"]).path == own
    with_model(service, "registry.ollama.ai/library/a/1b")
    assert find_ollama_folder("", home, ["a:1b"]).path == service
    said = str(tmp_path / "said")
    assert find_ollama_folder(said, home, ["a:1b"]).path == tmp_path / "said"
    assert find_ollama_folder("said", home, ["a:1b"]).path == service


def test_room_on_the_disk_of_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    free = SystemOllamaFolder(tmp_path / "a" / "b").free_bytes()
    assert free
    assert free > 0


def test_choices(tmp_path: Path) -> None:
    path = tmp_path / "state" / "choices.json"
    change_choices(path, {"model": "a:1b", "other": 3})
    change_choices(path, {"model": "日本:1b"})
    assert json.loads(path.read_text()) == {"model": "日本:1b", "other": 3}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    change_choices(path, {"model": None, "other": None})
    assert json.loads(path.read_text()) == {}


@pytest.mark.parametrize("text", ["[", "[1]", "", "\xff"])
def test_choices_that_nobody_understands_are_written_anew(tmp_path: Path, text: str) -> None:
    path = tmp_path / "choices.json"
    path.write_bytes(text.encode("latin-1"))
    change_choices(path, {"model": "a:1b"})
    assert json.loads(path.read_text()) == {"model": "a:1b"}


def test_choices_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot write"):
        change_choices(tmp_path / "file" / "choices.json", {"model": "a:1b"})


def test_several_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "choices.json"
    code = (
        "import sys; from pathlib import Path; from ai_code.system.choices import change_choices\n"
        "for n in range(20): change_choices(Path(sys.argv[1]), {f'{sys.argv[2]}{n}': n})\n"
    )
    root = Path(__file__).resolve().parents[2]
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(path), letter], cwd=root)
        for letter in "ab"
    ]
    assert [each.wait() for each in running] == [0, 0]
    assert len(json.loads(path.read_text())) == 40


def test_a_scratch_folder_is_gone_afterwards() -> None:
    with scratch_folder({}) as folder:
        (folder / "a" / "b").mkdir(parents=True)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not folder.exists()


@pytest.mark.parametrize("wanted", ["", "/proc", "/not/there", "/dev/null"])
def test_a_scratch_folder_where_tmpdir_takes_none(wanted: str) -> None:
    with scratch_folder({"TMPDIR": wanted}) as folder:
        assert folder.parent in (Path("/tmp").resolve(), Path("/var/tmp").resolve())


def test_where_no_folder_can_be_made_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    with pytest.raises(AiCodeError) as caught, scratch_folder({"TMPDIR": "/t"}):
        pass
    assert caught.value.what == "there is no folder for temporary files"
    assert caught.value.why.startswith("/t: Permission denied; ")
    assert caught.value.hint.startswith("ls -ld /tmp")
