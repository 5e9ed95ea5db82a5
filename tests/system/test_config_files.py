"""Where settings files are looked for, and what may stand in their place."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ai_code.core.errors import ConfigError
from ai_code.settings.ports import Config
from ai_code.system.config_files import PROJECT_FILE, ConfigStore, Places


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    (folder / ".config/ai-code").mkdir(parents=True)
    return folder


@pytest.fixture
def project(home: Path) -> Path:
    folder = home / "project"
    (folder / ".git").mkdir(parents=True)
    (folder / "src/deep").mkdir(parents=True)
    return folder


def store(home: Path, cwd: Path, **environ: str) -> ConfigStore:
    environ = {"HOME": str(home), **environ}
    return ConfigStore(Places.from_environ(environ), environ, cwd)


def user_file(home: Path) -> Path:
    return home / ".config/ai-code/config.yaml"


def test_the_store_is_the_port() -> None:
    def takes(config: Config) -> Config:
        return config

    assert takes(ConfigStore(Places.from_environ({}), {}, Path("/")))


# --- places


def test_default_places(tmp_path: Path) -> None:
    places = Places.from_environ({"HOME": "/h"})
    assert places.config_file == Path("/h/.config/ai-code/config.yaml")
    assert places.state_dir == Path("/h/.local/state/ai-code")
    assert places.cache_dir == Path("/h/.cache/ai-code")


def test_xdg_variables_count_where_they_are_absolute() -> None:
    environ = {
        "HOME": "/h", "XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "rel/state", "XDG_CACHE_HOME": ""
    }  # fmt: skip
    places = Places.from_environ(environ)
    assert places.config_file == Path("/c/ai-code/config.yaml")
    assert places.state_dir == Path("/h/.local/state/ai-code")
    assert places.cache_dir == Path("/h/.cache/ai-code")


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}, {"HOME": "relative"}])
def test_without_a_usable_home_the_account_tells(environ: dict[str, str]) -> None:
    assert Places.from_environ(environ).config_file.is_absolute()


# --- the user's file


def test_no_files_are_the_defaults(home: Path, project: Path) -> None:
    config = store(home, project)
    assert (config.user(), config.project(), config.choices()) == (None, None, None)
    assert config.user_text() is None
    assert config.load({}).warnings == ()


def test_all_layers_are_read(home: Path, project: Path) -> None:
    user_file(home).write_text("model: a\npatience: 5\nengine: aider\n")
    (project / PROJECT_FILE).write_text("model: b\nengine: claude\n")
    state = home / ".local/state/ai-code"
    state.mkdir(parents=True)
    (state / "choices.json").write_text('{"engine": "auto"}')
    loaded = store(home, project, AI_CODE_QUIET="1").load({"timeout": "1m"})
    layers = {name: loaded.origins[name].layer for name in ("patience", "model", "engine", "quiet")}
    assert layers == {"patience": "user", "model": "project", "engine": "command", "quiet": "env"}
    assert loaded.settings.timeout_s == 60.0


def test_the_users_file_may_be_a_link_anywhere(home: Path, tmp_path: Path) -> None:
    (tmp_path / "dotfiles.yaml").write_text("model: linked\n")
    user_file(home).symlink_to(tmp_path / "dotfiles.yaml")
    assert store(home, home).load({}).settings.model == "linked"
    assert store(home, home).user_text() == "model: linked\n"


def test_a_link_to_nothing_is_an_error_that_says_so(home: Path) -> None:
    user_file(home).symlink_to("/nix/store/gone/config.yaml")
    with pytest.raises(ConfigError) as caught:
        store(home, home).load({})
    assert "/nix/store/gone/config.yaml" in caught.value.why
    assert caught.value.exit_code == 78


@pytest.mark.timeout(10)
@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "fifo"])
def test_what_is_no_file_is_an_error_and_never_waited_for(home: Path, make) -> None:
    make(user_file(home))
    with pytest.raises(ConfigError, match=r"config\.yaml") as caught:
        store(home, home).load({})
    assert "not a regular file" in caught.value.why


def test_a_device_is_no_file(home: Path) -> None:
    user_file(home).symlink_to("/dev/zero")
    with pytest.raises(ConfigError):
        store(home, home).load({})


def test_a_file_in_place_of_the_folder_is_no_file(home: Path) -> None:
    shutil.rmtree(home / ".config")
    (home / ".config").write_text("")
    assert store(home, home).user() is None


UNREADABLE = """
import os, sys
from pathlib import Path
from ai_code.core.errors import ConfigError
from ai_code.system.config_files import ConfigStore, Places
if os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)
home = sys.argv[1]
store = ConfigStore(Places.from_environ({"HOME": home}), {}, Path(home))
assert store.project().problem == "Permission denied", store.project()
try:
    store.load({})
except ConfigError as error:
    print(error.what, "|", error.why, "|", error.hint)
"""


def test_a_file_that_may_not_be_read_is_an_error() -> None:
    import tempfile

    # pytest's own folders are closed to the throw-away user.
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        home = Path(folder)
        home.chmod(0o755)
        user_file(home).parent.mkdir(parents=True)
        for path in (user_file(home), home / PROJECT_FILE):
            path.write_text("model: a")
            path.chmod(0)
        environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        run = subprocess.run(
            [sys.executable, "-c", UNREADABLE, folder], env=environ, capture_output=True, text=True
        )
    assert run.stderr == ""
    assert "cannot read" in run.stdout
    assert "Permission denied | ai-code config path" in run.stdout


def test_a_huge_file_is_refused_and_not_read_whole(home: Path) -> None:
    with user_file(home).open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ConfigError, match="larger than 256 KB"):
        store(home, home).load({})


# --- the project's file


def test_the_projects_file_is_found_from_below(home: Path, project: Path) -> None:
    (project / PROJECT_FILE).write_text("model: b\n")
    found = store(home, project / "src/deep").project()
    assert found is not None
    assert (found.path, found.content, found.trusted) == (
        project / PROJECT_FILE, b"model: b\n", False
    )  # fmt: skip


def test_a_nearer_file_wins(home: Path, project: Path) -> None:
    (project / PROJECT_FILE).write_text("model: b\n")
    (project / "src" / PROJECT_FILE).write_text("model: c\n")
    assert store(home, project / "src/deep").load({}).settings.model == "c"


def test_nothing_above_the_git_root_is_looked_at(home: Path, project: Path) -> None:
    (home / PROJECT_FILE).write_text("model: above\n")
    assert store(home, project / "src").project() is None
    assert store(home, project / "src").project_path() == project / PROJECT_FILE


def test_outside_git_only_the_current_folder_counts(home: Path) -> None:
    (home / "plain/below").mkdir(parents=True)
    (home / "plain" / PROJECT_FILE).write_text("model: b\n")
    assert store(home, home / "plain/below").project() is None
    assert store(home, home / "plain").load({}).settings.model == "b"


def test_nothing_above_the_home_folder_is_looked_at(home: Path) -> None:
    (home.parent / ".git").mkdir()
    (home.parent / PROJECT_FILE).write_text("model: above\n")
    (home / "plain").mkdir()
    assert store(home, home / "plain").project() is None


def test_a_linked_worktree_is_a_root_too(home: Path, project: Path) -> None:
    tree = project / "tree"
    tree.mkdir()
    (tree / ".git").write_text("gitdir: elsewhere\n")
    (project / PROJECT_FILE).write_text("model: outer\n")
    assert store(home, tree).project() is None


def test_the_current_folder_may_be_reached_by_a_link(home: Path, project: Path) -> None:
    (project / PROJECT_FILE).write_text("model: b\n")
    (home / "shortcut").symlink_to(project / "src")
    assert store(home, home / "shortcut").project_path() == project / PROJECT_FILE


def test_a_link_within_the_project_is_followed(home: Path, project: Path) -> None:
    (project / "src/settings.yaml").write_text("model: b\n")
    (project / PROJECT_FILE).symlink_to("src/settings.yaml")
    assert store(home, project).load({}).settings.model == "b"


@pytest.mark.parametrize("target", ["../outside.yaml", "/etc/passwd", "loop", "gone", "src"])
def test_other_links_are_a_warning(home: Path, project: Path, target: str) -> None:
    (home / "outside.yaml").write_text("model: out\n")
    (project / "loop").symlink_to("loop")
    (project / PROJECT_FILE).symlink_to(target)
    loaded = store(home, project).load({})
    assert loaded.settings.model == "auto"
    assert len(loaded.warnings) == 1
    assert PROJECT_FILE in loaded.warnings[0].text


@pytest.mark.timeout(10)
@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "fifo"])
def test_what_is_no_project_file_is_a_warning(home: Path, project: Path, make) -> None:
    make(project / PROJECT_FILE)
    (notice,) = store(home, project).load({}).warnings
    assert "not a regular file" in notice.text


def test_a_folder_that_was_removed_under_us(home: Path, project: Path) -> None:
    gone = project / "gone"
    assert store(home, gone).load({}).warnings == ()


def test_trust_is_asked_again_when_the_file_changes(home: Path, project: Path) -> None:
    path = project / PROJECT_FILE
    path.write_text("claude.command: [mine]\n")
    config = store(home, project)
    file = config.project()
    assert file is not None
    config.trust.trust(file.path, file.content)
    assert config.load({}).settings.claude_command == ("mine",)
    path.write_text("claude.command: [theirs]\n")
    loaded = store(home, project).load({})
    assert loaded.settings.claude_command == ("claude",)
    assert loaded.warnings[0].hint == "ai-code config trust"


# --- reading and listing


def test_any_file_can_be_read_relative_to_the_current_folder(home: Path, project: Path) -> None:
    (project / "x.yaml").write_text("model: x\n")
    assert store(home, project).read(Path("x.yaml")).content == b"model: x\n"
    with pytest.raises(ConfigError, match="there is no file"):
        store(home, project).read(Path("y.yaml"))


def test_files_are_listed_whether_or_not_they_exist(home: Path, project: Path) -> None:
    (project / PROJECT_FILE).write_text("")
    user_file(home).symlink_to("/nix/store/abc-config.yaml")
    files = {info.role: info for info in store(home, project).files()}
    assert list(files) == ["choices", "project file", "user file", "trust"]
    assert files["project file"].exists and files["project file"].writable
    assert not files["choices"].exists
    assert files["user file"].managed
    assert not files["user file"].writable
    assert files["user file"].target == Path("/nix/store/abc-config.yaml")


def test_a_folder_linked_into_the_nix_store_is_managed_too(home: Path) -> None:
    shutil.rmtree(user_file(home).parent)
    user_file(home).parent.symlink_to("/nix/store/abc-config")
    info = next(info for info in store(home, home).files() if info.role == "user file")
    assert info.managed


def test_no_yaml_is_imported_where_there_is_no_file(home: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from ai_code.system.config_files import ConfigStore, Places\n"
        "home = Path(sys.argv[1]); environ = {'HOME': str(home)}\n"
        "ConfigStore(Places.from_environ(environ), environ, home).load({})\n"
        "print([m for m in ('yaml', 'json', 'hashlib') if m in sys.modules])"
    )
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    run = subprocess.run(
        [sys.executable, "-c", code, str(home)], env=environ, capture_output=True, text=True
    )
    assert (run.stdout.strip(), run.stderr) == ("[]", "")
