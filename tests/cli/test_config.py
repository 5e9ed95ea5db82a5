"""``ai-code config`` on real files, in a home of its own."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click
import pexpect
import pytest
from click.testing import CliRunner, Result

from ai_code.cli.config import config
from ai_code.core.catalogue import Catalogue
from ai_code.core.errors import AiCodeError, ConfigError, UsageError
from ai_code.core.reply import chosen
from ai_code.settings import KEYS, Layers, SourceFile, load
from ai_code.system.catalogue_files import load_catalogue
from ai_code.system.config_files import PROJECT_FILE, ConfigStore, Places

ROOT = Path(__file__).parents[2]


@dataclass
class Terminal:
    """Where somebody sits who answers everything so."""

    answer: str | None = None

    @property
    def stdin_is_tty(self) -> bool:
        return self.answer is not None

    stderr_is_tty = stdin_is_tty

    def ask(self, _question: str, choices: Mapping[str, str]) -> str | None:
        return chosen(self.answer or "", choices)


@dataclass
class World:
    config: ConfigStore
    console: Terminal
    models_file: Path
    shown_as: str = ""

    @property
    def catalogue(self) -> Catalogue:
        return load_catalogue(self.models_file)


@dataclass
class Desk:
    """A person's home and project, and the command typed there."""

    home: Path
    project: Path

    @property
    def user_file(self) -> Path:
        return self.home / ".config/ai-code/config.yaml"

    @property
    def project_file(self) -> Path:
        return self.project / PROJECT_FILE

    def type(self, *words: str, answer: str | None = None, **environ: str) -> Result:
        environ = {"HOME": str(self.home), **environ}
        store = ConfigStore(Places.from_environ(environ), environ, self.project)
        terminal = Terminal(answer)
        world = World(store, terminal, self.user_file.with_name("models.yaml"))
        return CliRunner().invoke(config, words, obj=world)

    def fails(self, kind: type[AiCodeError], *words: str) -> AiCodeError:
        error = self.type(*words).exception
        assert isinstance(error, kind), error
        return error


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path / "home", tmp_path / "home/project")
    made.user_file.parent.mkdir(parents=True)
    (made.project / ".git").mkdir(parents=True)
    return made


# --- show


def test_show_is_a_settings_file_with_every_key(desk: Desk) -> None:
    desk.user_file.write_text("model: a\nfallback: {on: [auth]}\n")
    result = desk.type("show")
    assert (result.exit_code, result.stderr) == (0, "")
    again = load(Layers(user=SourceFile(Path("/u"), result.stdout.encode())))
    assert again.settings.model == "a"
    assert again.settings.fallback_on == {"auth"}
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == list(KEYS)


def test_show_origin(desk: Desk) -> None:
    desk.user_file.write_text("\nmodel: a\n")
    result = desk.type("show", "--origin", AI_CODE_ENGINE="aider", OLLAMA_HOST="gpu")
    assert f"model: a  # user {desk.user_file}:2\n" in result.stdout
    assert "engine: aider  # env AI_CODE_ENGINE\n" in result.stdout
    assert "ollama.api: http://gpu:11434  # env OLLAMA_HOST\n" in result.stdout
    assert "quiet: false  # default\n" in result.stdout


def test_show_masks_secrets(desk: Desk) -> None:
    desk.user_file.write_text("ollama.headers: {Authorization: Bearer s3cret}\n")
    for words in (["show"], ["show", "--origin"], ["show", "--json"]):
        result = desk.type(*words)
        assert "Authorization" in result.output
        assert "s3cret" not in result.output


def test_show_json(desk: Desk) -> None:
    desk.project_file.write_text("patience: 90\nmodle: x\n")
    data = json.loads(desk.type("show", "--json").stdout)
    assert data["version"] == 1
    assert data["settings"]["patience"] == {
        "value": "1m30s",
        "origin": {"layer": "project", "name": None, "path": str(desk.project_file), "line": 1},
    }
    assert "modle" in data["warnings"][0]["text"]


def test_show_warns_on_stderr_only(desk: Desk) -> None:
    desk.project_file.write_text("aider.command: [./evil]\n")
    result = desk.type("show")
    assert "aider.command: [aider]\n" in result.stdout
    assert "sets aider.command: ignored" in result.stderr
    assert result.stderr.endswith("hint: ai-code config trust\n")


def test_show_with_a_broken_user_file(desk: Desk) -> None:
    desk.user_file.write_text("model: [")
    error = desk.fails(ConfigError, "show")
    assert f"{desk.user_file}:1:9" in error.what


# --- check


def test_check_with_nothing_to_check(desk: Desk) -> None:
    result = desk.type("check")
    assert result.exit_code == 0
    assert result.stdout == "user file: none\nproject file: none\nchoices: none\nvariables: ok\n"


def test_check_names_all_problems_of_all_files(desk: Desk) -> None:
    desk.user_file.write_text("modle: a\nquiet: 7\n")
    desk.project_file.write_text("patience: soon\n")
    result = desk.type("check")
    assert result.exit_code == 78
    assert f"user file: {desk.user_file}: 2 errors" in result.stdout
    assert f"  error: {desk.user_file}:1:1: unknown key modle; did you mean model?" in result.stdout
    assert f"  error: {desk.user_file}:2:8: quiet: expected true or false" in result.stdout
    assert f"  error: {desk.project_file}:1:11: patience: 'soon'" in result.stdout


def test_an_unknown_key_of_the_project_is_a_warning(desk: Desk) -> None:
    desk.project_file.write_text("modle: a\n")
    for words in (["check"], ["check", str(desk.project_file)]):
        result = desk.type(*words)
        assert result.exit_code == 0
        assert "warning: " in result.stdout


def test_check_looks_at_variables(desk: Desk) -> None:
    result = desk.type("check", AI_CODE_TIMEOUT="soon")
    assert result.exit_code == 78
    assert "variables: error: AI_CODE_TIMEOUT: 'soon'" in result.stdout


def test_check_one_file(desk: Desk) -> None:
    desk.user_file.write_text("broken: [")
    other = desk.project / "other.yaml"
    other.write_text("model: a\n")
    assert desk.type("check", "other.yaml").exit_code == 0
    other.write_text("modle: a\n")
    assert desk.type("check", "other.yaml").exit_code == 78
    missing = desk.type("check", "missing.yaml")
    assert missing.exit_code == 78
    assert "there is no file" in missing.stdout


def test_check_survives_what_cannot_be_read(desk: Desk) -> None:
    desk.user_file.mkdir()
    os.mkfifo(desk.project_file)
    result = desk.type("check")
    assert result.exit_code == 78
    assert result.stdout.count("not a regular file") == 2


# --- path


def test_path(desk: Desk) -> None:
    desk.user_file.write_text("")
    lines = desk.type("path").stdout.splitlines()
    assert f"user file:    {desk.user_file}" in lines
    assert f"project file: {desk.project_file}  (not there)" in lines


def test_path_tells_what_to_write_where_nix_made_the_file(desk: Desk) -> None:
    desk.user_file.symlink_to("/nix/store/abc-config.yaml")
    output = desk.type("path").stdout
    assert "link to /nix/store/abc-config.yaml, read-only" in output
    assert 'programs.ai-code.settings.model = "qwen2.5-coder:7b";' in output


def test_path_for_a_script(desk: Desk) -> None:
    desk.user_file.symlink_to("/nix/store/abc-config.yaml")
    told = json.loads(desk.type("path", "--json").stdout)
    assert told["version"] == 1
    files = {each["role"]: each for each in told["files"]}
    assert list(files["user file"].values()) == [
        "user file", str(desk.user_file), True, False, "/nix/store/abc-config.yaml", True,
    ]  # fmt: skip
    assert files["project file"]["path"] == str(desk.project_file)
    assert not files["project file"]["exists"] and files["project file"]["target"] is None


# --- trust


def test_what_is_trusted_for_a_script(desk: Desk) -> None:
    assert json.loads(desk.type("trust", "--list", "--json").stdout) == {"version": 1, "files": []}
    desk.project_file.write_text("aider.args: [--a]\n")
    desk.type("trust", "--yes")
    [file] = json.loads(desk.type("trust", "--list", "--json").stdout)["files"]
    digest = hashlib.sha256(desk.project_file.read_bytes()).hexdigest()
    assert file == {"path": str(desk.project_file), "sha256": digest}
    error = desk.fails(UsageError, "trust", "--json")
    assert error.hint == "ai-code config trust --list --json"


def test_trust_and_revoke(desk: Desk) -> None:
    desk.project_file.write_text("model: a\nclaude.command: [./bin/claude, 'a b']\n")
    result = desk.type("trust", "--yes")
    assert result.exit_code == 0
    assert "  claude.command: [./bin/claude, a b]  (line 2)\n" in result.stderr
    assert "model: a" not in result.stderr
    assert "claude.command: [./bin/claude, a b]\n" in desk.type("show").stdout
    assert desk.type("trust", "--list").stdout == f"{desk.project_file}\n"
    assert "trusted already" in desk.type("trust").stderr
    assert "no longer trusted" in desk.type("trust", "--revoke").stderr
    assert "was not trusted" in desk.type("trust", "--revoke").stderr
    assert "claude.command: [claude]\n" in desk.type("show").stdout
    assert desk.type("trust", "--list").stdout == ""


def test_trust_ends_when_the_file_changes(desk: Desk) -> None:
    desk.project_file.write_text("aider.args: [--a]\n")
    desk.type("trust", "--yes")
    desk.project_file.write_text("aider.args: [--b]\n")
    assert "aider.args: []\n" in desk.type("show").stdout


def test_trust_can_be_revoked_after_the_file_is_gone(desk: Desk) -> None:
    desk.project_file.write_text("aider.args: [--a]\n")
    desk.type("trust", "--yes")
    desk.project_file.unlink()
    assert "no longer trusted" in desk.type("trust", "--revoke").stderr


def test_trust_needs_a_yes_where_nobody_can_be_asked(desk: Desk) -> None:
    desk.project_file.write_text("aider.args: [--a]\n")
    error = desk.fails(UsageError, "trust")
    assert error.hint == "ai-code config trust --yes"
    assert desk.type("trust", "--list").stdout == ""


@pytest.mark.parametrize(
    ("answer", "trusted", "code"), [("y\n", True, 0), ("n\n", False, 1), ("\n", False, 1)]
)
def test_the_answer_counts(desk: Desk, answer: str, trusted: bool, code: int) -> None:
    desk.project_file.write_text("aider.args: [--a]\n")
    assert desk.type("trust", answer=answer).exit_code == code
    assert bool(desk.type("trust", "--list").stdout) == trusted


def test_nothing_to_trust(desk: Desk) -> None:
    assert "no project file" in desk.fails(UsageError, "trust", "--yes").what
    desk.project_file.write_text("model: a\n")
    assert "nothing in it needs trust" in desk.type("trust", "--yes").stderr
    assert desk.type("trust", "--list").stdout == ""


def test_a_broken_file_is_not_trusted(desk: Desk) -> None:
    desk.project_file.write_text("aider.args: [--a]\npatience: soon\n")
    assert "patience" in desk.fails(ConfigError, "trust", "--yes").what
    assert desk.type("trust", "--list").stdout == ""


def test_one_thing_at_a_time(desk: Desk) -> None:
    desk.fails(UsageError, "trust", "--list", "--revoke")


def test_what_is_to_be_trusted_cannot_hide_on_the_terminal(desk: Desk) -> None:
    desk.project_file.write_text('aider.args: ["--x\\e[2K\\e[1A", "two\\nlines", "\\u202e"]\n')
    shown = desk.type("trust", "--yes").stderr
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert '["--x\\e[2K\\e[1A", "two\\nlines", "\\u202E"]' in shown


def test_secrets_of_a_project_are_not_shown_but_their_names_are(desk: Desk) -> None:
    desk.project_file.write_text("ollama.headers: {X-A: s3cret}\n")
    shown = desk.type("trust", "--yes").stderr
    assert "X-A" in shown
    assert "s3cret" not in shown


SCRIPT = """
import os
from pathlib import Path
from types import SimpleNamespace
from ai_code.cli.config import config
from ai_code.system.config_files import ConfigStore, Places
from ai_code.system.console import TerminalConsole
environ = dict(os.environ)
store = ConfigStore(Places.from_environ(environ), environ, Path.cwd())
console = TerminalConsole(environ)
config(["trust"], obj=SimpleNamespace(config=store, console=console, shown_as="./ai-code"))
"""


def test_trust_asks_on_a_terminal(desk: Desk) -> None:
    desk.project_file.write_text("aider.args: [--a]\n")
    environ = {"HOME": str(desk.home), "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    child = pexpect.spawn(
        sys.executable, ["-c", SCRIPT], cwd=str(desk.project), env=environ, timeout=20
    )  # type: ignore[arg-type]
    child.expect(r"aider\.args: \[--a\]")
    child.expect_exact("Trust this file? [y] yes, [n] no:")
    child.sendline("y")
    child.expect_exact("trusted; to take it back: ./ai-code config trust --revoke")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert desk.type("trust", "--list").stdout == f"{desk.project_file}\n"


@pytest.mark.parametrize("words", [[], ["show"], ["check"], ["path"], ["trust"]])
def test_help_is_there(desk: Desk, words: list[str]) -> None:
    result = desk.type(*words, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.output


def test_every_command_has_a_short_help() -> None:
    assert isinstance(config, click.Group)
    assert all(command.short_help for command in config.commands.values())


def test_check_tells_of_rules_about_models_that_rule_out_nobody(desk: Desk) -> None:
    desk.user_file.write_text("models.exclude-makers: [Alibba]\n")
    checked = desk.type("check")
    assert checked.exit_code == 0
    assert "warning: models.exclude-makers (user " in checked.stderr
    assert "did you mean Alibaba?" in checked.stderr
    own = desk.user_file.with_name("models.yaml")
    own.write_text("makers: [{name: Alibba, country: DE}]\n")
    assert "warning" not in desk.type("check").stderr
    own.write_text("makers: [{name: Alibba, country: UK}]\n")
    checked = desk.type("check")
    assert checked.exit_code == 78
    assert "country 'UK' is no country code (two letters of ISO 3166); did you mean GB?" in (
        checked.stdout
    )


def test_a_country_that_is_none_is_an_error(desk: Desk) -> None:
    desk.user_file.write_text("models:\n  exclude-countries: [US, China]\n")
    checked = desk.type("check")
    assert checked.exit_code == 78
    assert f"{desk.user_file}:2:22: models.exclude-countries: 'China' is no country" in (
        checked.stdout
    )
    assert "did you mean CN?" in checked.stdout


def test_an_engine_that_cannot_do_what_it_is_given_is_an_error(desk: Desk) -> None:
    desk.user_file.write_text("engines.for.ask: custom\nengines.for.plan: claude-local\n")
    checked = desk.type("check")
    assert checked.exit_code == 78
    where = f"engines.for.ask (user {desk.user_file}:1)"
    assert f"engines: error: {where}: the engine custom can only edit\n" in checked.stdout
    assert "engines.for.plan" not in checked.stdout + checked.stderr
    # What stands nearer to the command line counts.
    assert desk.type("check", AI_CODE_ENGINES_FOR_ASK="aider").exit_code == 0


def test_what_an_engine_leaves_to_nobody_is_a_warning(desk: Desk) -> None:
    desk.user_file.write_text("engine: custom\nengines.for.plan: aider\n")
    checked = desk.type("check")
    assert checked.exit_code == 0
    assert (
        f"warning: engine (user {desk.user_file}:1): the engine custom can only edit, and "
        "ai-code ask will end with that; engines.for.ask can name another one\n"
    ) in checked.stderr
    desk.user_file.write_text("fallback.chain: [custom]\n")
    checked = desk.type("check")
    assert checked.exit_code == 0
    assert "ai-code ask and ai-code plan will end at a limit, for nothing in it (custom)" in (
        checked.stderr
    )
    desk.user_file.write_text("fallback.chain: [custom, aider]\nengine: claude\n")
    assert "warning" not in desk.type("check").stderr
