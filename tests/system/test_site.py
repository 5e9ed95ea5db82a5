"""The system as setup sees it: which Python, how much room, one setup at a time."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ai_code.core.errors import TryLaterError
from ai_code.system.site import SystemSite

MINOR = sys.version_info[1]


def site(tmp_path: Path, **environ: str) -> SystemSite:
    home = tmp_path / "home"
    return SystemSite(
        {"PATH": str(tmp_path / "bin"), **environ},
        home,
        home / ".config/ai-code/config.yaml",
        home / ".local/state/ai-code",
        tmp_path / "root",
    )


def script(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_a_python_is_asked_and_not_believed_by_its_name(tmp_path: Path) -> None:
    script(tmp_path, f"bin/python3.{MINOR + 50}", f'exec {sys.executable} "$@"')
    script(tmp_path, f"bin/python3.{MINOR + 51}", "echo no; exit 0")
    script(tmp_path, f"bin/python3.{MINOR + 52}", "exit 1")
    found = site(tmp_path).python([MINOR + 50, MINOR + 51, MINOR + 52])
    assert found is None


def test_the_first_that_can_make_environments(tmp_path: Path) -> None:
    script(tmp_path, f"bin/python3.{MINOR}", f'exec "{sys.base_prefix}/bin/python3.{MINOR}" "$@"')
    found = site(tmp_path).python([99, MINOR])
    assert found is not None and Path(found).name.startswith("python3")


def test_one_of_pyenv(tmp_path: Path) -> None:
    told = '["/pyenv/python", [3, 98], true]'
    script(tmp_path, "pyenv/versions/3.98.1/bin/python3.98", f"echo '{told}'")
    assert site(tmp_path, PYENV_ROOT=str(tmp_path / "pyenv")).python([98]) == "/pyenv/python"


def test_one_of_pyenv_whose_shims_alone_are_told(tmp_path: Path) -> None:
    told = '["/pyenv/python", [3, 98], true]'
    script(tmp_path, "pyenv/versions/3.98.1/bin/python3.98", f"echo '{told}'")
    script(tmp_path, "pyenv/shims/python3.98", "echo 'not chosen' >&2; exit 127")
    assert site(tmp_path, PATH=str(tmp_path / "pyenv/shims")).python([98]) == "/pyenv/python"


@pytest.mark.parametrize(
    ("folder", "environ"),
    [
        ("home/.local/share/uv/python", {}),
        ("data/uv/python", {"XDG_DATA_HOME": "data"}),
        ("pythons", {"UV_PYTHON_INSTALL_DIR": "pythons"}),
    ],
)
def test_one_that_uv_fetched(tmp_path: Path, folder: str, environ: dict[str, str]) -> None:
    told = '["/uv/python", [3, 98], true]'
    script(tmp_path, f"{folder}/cpython-3.98.2-linux/bin/python3.98", f"echo '{told}'")
    env = {name: str(tmp_path / value) for name, value in environ.items()}
    assert site(tmp_path, **env).python([98]) == "/uv/python"
    assert site(tmp_path, **env).python([97]) is None


def test_without_venv_it_is_of_no_use(tmp_path: Path) -> None:
    script(tmp_path, "bin/python3.98", "echo '[\"/x\", [3, 98], false]'")
    assert site(tmp_path).python([98]) is None


def test_room_of_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    free = site(tmp_path).free_bytes(tmp_path / "a/b/c")
    assert free is not None and free > 0


def test_one_at_a_time(tmp_path: Path) -> None:
    here = site(tmp_path)
    with here.alone(), pytest.raises(TryLaterError, match="another ai-code setup"), here.alone():
        pass
    with here.alone():
        pass


def test_small_files_and_links(tmp_path: Path) -> None:
    here = site(tmp_path)
    path = tmp_path / "file"
    assert here.text(path) is None and here.link_target(path) is None
    path.symlink_to("nowhere")
    assert here.there(path) and here.link_target(path) == tmp_path / "nowhere"
    here.delete(path)
    here.delete(path)
    (tmp_path / "folder/inner").mkdir(parents=True)
    here.prune(tmp_path / "folder")
    assert (tmp_path / "folder").exists(), "only an empty one"
    here.prune(tmp_path / "folder/inner")
    assert not (tmp_path / "folder/inner").exists()


def test_the_template_has_no_mark_that_nobody_fills() -> None:
    from ai_code.flows.setup.unit import server_values, unit_text

    template = SystemSite({}, Path("/"), Path("/c"), Path("/s")).unit_template("ollama.service")
    values = server_values("/opt/with blank/100%/ollama", "http://localhost:11434", "bad one", 8192)
    text = unit_text(template, values)
    assert "@" not in text
    assert 'ExecStart="/opt/with blank/100%%/ollama" serve\n' in text
    assert "OLLAMA_HOST=127.0.0.1:11434\n" in text and "OLLAMA_KEEP_ALIVE=5m\n" in text
