"""What is generated is fresh, both languages have the same sections, translations keep up."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from ai_code.cli.begin import _SETTING_FLAGS
from ai_code.cli.main import COMMANDS
from ai_code.core.drill import SCENARIOS
from ai_code.core.exits import ExitCode
from ai_code.settings.keys import KEYS
from tests.test_docs import ROOT, blocks, parse
from tools.documents import generated, japanese, japanese_manual, manual, tables, translations
from tools.documents.translations import ENGLISH, JAPANESE

PAGES = translations.pages(ROOT, ENGLISH)
SECTIONS = [
    (page, anchor)
    for page in PAGES
    for anchor in translations.sections((ROOT / ENGLISH / page).read_text("utf-8"))
]
_COMMENT = re.compile(r"(^|\s)#.*$", re.M)


@pytest.mark.parametrize("path", generated.names(ROOT))
def test_what_is_generated_is_fresh(path: str) -> None:
    assert (ROOT / path).read_text("utf-8") == generated.fresh(ROOT, path), (
        f"{path} is stale: run tools/write_docs.py"
    )


@pytest.mark.parametrize("name", KEYS)
def test_every_key_has_a_japanese_description(name: str) -> None:
    assert japanese.HELP.get(name), f"say in tools/documents/japanese.py what {name} does"


def test_no_japanese_description_outlives_its_key() -> None:
    assert set(japanese.HELP) == set(KEYS)
    types = {key.type for key in KEYS.values() if not key.choices}
    assert set(japanese.TYPES) == types
    assert set(japanese.EXITS) == set(tables.EXITS) == set(ExitCode)


def test_the_flags_of_settings_are_options_and_all_of_them() -> None:
    options = {name: option for _, option in manual.options("run") for name in option.opts}
    for key in KEYS.values():
        assert not key.flag or key.flag in options, key.name
    for option, name in _SETTING_FLAGS.items():
        assert KEYS[name].flag == f"--{option.replace('_', '-')}"


def test_every_command_and_option_has_a_japanese_description() -> None:
    known = {name for command in COMMANDS for name, _ in manual.options(command)}
    where = "say it in tools/documents/japanese_manual.py"
    assert known - set(japanese_manual.OPTIONS) == set(), where
    assert set(manual.commands()) - set(japanese_manual.COMMANDS) == set(), where
    # What belongs to a command that is not there yet may wait for it.
    gone = [*(set(japanese_manual.OPTIONS) - known)]
    assert [name for name in gone if name.split()[0] in COMMANDS] == []


def test_both_languages_have_the_same_pages() -> None:
    assert translations.pages(ROOT, JAPANESE) == PAGES


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_have_the_same_sections(page: str) -> None:
    english, japanese_ = (
        list(translations.sections((ROOT / folder / page).read_text("utf-8")))
        for folder in (ENGLISH, JAPANESE)
    )
    assert english == japanese_
    assert len(set(english)) == len(english)


@pytest.mark.parametrize("folder", [ENGLISH, JAPANESE], ids=str)
@pytest.mark.parametrize("page", PAGES)
def test_every_heading_has_its_anchor(page: str, folder: Path) -> None:
    """Of the first two levels: smaller ones belong to the section around them."""
    text = re.sub(
        r"^( *)```.*?^\1```", "", (ROOT / folder / page).read_text("utf-8"), flags=re.M | re.S
    )
    bare = re.findall(r'(?<!"></a>\n)^##? .+$', text, re.M)
    assert bare == []


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["sh", "yaml", "json", "ini", "nix", "text", ""])
def test_both_languages_show_the_same_code(page: str, language: str) -> None:
    """Comments in it are in the page's own language."""
    english, japanese_ = (
        [_COMMENT.sub("", block) for block in blocks(ROOT / folder / page, language)]
        for folder in (ENGLISH, JAPANESE)
    )
    assert english == japanese_


BEHIND = {(each.page, each.anchor): str(each) for each in translations.behind(ROOT)}


@pytest.mark.parametrize(("page", "anchor"), SECTIONS, ids="#".join)  # type: ignore[arg-type]
def test_a_translation_is_not_behind(page: str, anchor: str) -> None:
    assert (page, anchor) not in BEHIND, BEHIND[page, anchor]


def test_a_changed_section_is_named_and_stamped(tmp_path: Path) -> None:
    for folder in (ENGLISH, JAPANESE):
        (tmp_path / folder).mkdir(parents=True)
    english, ours = tmp_path / ENGLISH / "x.md", tmp_path / JAPANESE / "x.md"
    page = '<a id="x"></a>\n# X\n\nOne.\n\n<a id="y"></a>\n## Y\n\nTwo.\n'
    english.write_text(page)
    ours.write_text(page.replace("One", "一").replace("Two", "二"))
    assert [each.anchor for each in translations.behind(tmp_path)] == ["x", "y"]
    assert list(translations.stamp(tmp_path, "docs/ja/x.md", "")) == ["x", "y"]
    assert list(translations.behind(tmp_path)) == []
    english.write_text(page.replace("Two.", "Two and a half."))
    (behind,) = translations.behind(tmp_path)
    assert "docs/ja/x.md#y" in str(behind)
    before = ours.read_text()
    assert list(translations.stamp(tmp_path, "docs/ja/x.md", "y")) == ["y"]
    assert list(translations.behind(tmp_path)) == []
    assert ours.read_text().count("<!-- en: ") == before.count("<!-- en: ") == 2


def test_generated_parts_do_not_make_a_translation_stale() -> None:
    section = "\n# X\n\n<!-- generated: settings -->\n\n| a |\n\n<!-- end of generated -->\n"
    assert translations.digest(section) == translations.digest(section.replace("| a |", "| b |"))
    assert translations.digest(section) != translations.digest(section.replace("# X", "# Y"))


# The manual page and the completions ------------------------------------------------------


MANUALS = [ROOT / "man" / "ai-code.1", ROOT / "man" / "ja" / "ai-code.1"]


def checked(program: str, *arguments: str | Path) -> str:
    """What a program prints that must find nothing to complain about."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not on this machine: it has not looked at the manual page")
    environ = {"PATH": "/usr/bin:/bin", "MANWIDTH": "80", "LANG": "C.UTF-8"}
    done = subprocess.run([path, *arguments], env=environ, capture_output=True)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    return re.sub(r".\x08", "", done.stdout.decode())


@pytest.mark.parametrize("page", MANUALS, ids=["en", "ja"])
def test_man_shows_the_page(page: Path) -> None:
    text = checked("man", "--warnings", "-l", page)
    for part in ("--no-fallback", "ai-code config trust", "fallback.on-limit", "124"):
        assert part in text


@pytest.mark.parametrize("page", MANUALS, ids=["en", "ja"])
def test_groff_finds_nothing_wrong_with_it(page: Path) -> None:
    checked("groff", "-man", "-Kutf8", "-ww", "-Tutf8", page)


@pytest.mark.parametrize("page", MANUALS, ids=["en", "ja"])
def test_mandoc_finds_nothing_wrong_with_it(page: Path) -> None:
    assert checked("mandoc", "-T", "lint", "-W", "warning", page) == ""


def test_the_package_ships_them_where_man_and_shells_look() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    build = project["tool"]["hatch"]["build"]["targets"]
    assert build["wheel"]["shared-data"] == {
        "man/ai-code.1": "share/man/man1/ai-code.1",
        "man/ja/ai-code.1": "share/man/ja/man1/ai-code.1",
        "completions/ai-code.bash": "share/bash-completion/completions/ai-code",
        "completions/_ai-code": "share/zsh/site-functions/_ai-code",
        "completions/ai-code.fish": "share/fish/vendor_completions.d/ai-code.fish",
    }
    for source in build["wheel"]["shared-data"]:
        assert (ROOT / source).is_file()
        assert source.partition("/")[0] in build["sdist"]["include"]


def test_a_built_package_holds_them(tmp_path: Path) -> None:
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling is not on this machine: only pyproject.toml was looked at")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    held = zipfile.ZipFile(wheel).namelist()
    assert sum("/data/share/" in name for name in held) == 5


# The drill's page -------------------------------------------------------------------------


def test_every_scenario_has_a_japanese_description() -> None:
    assert set(japanese.SCENARIOS) == set(SCENARIOS)


def test_the_drill_takes_every_scenario() -> None:
    for name in (*SCENARIOS, "all"):
        parse(["drill", "--scenario", name, "--yes", "--json", "--keep"])
