"""The memory chain over real files: what belongs to it, in which order, and what never does."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from ai_code.flows.chain import Chain, Where
from ai_code.system.claude_home import SystemClaudeHome
from ai_code.system.files import SystemFiles
from ai_code.system.note_files import NoteFiles


class Person:
    """A home with a repository in it. ``chain`` looks; afterwards ``last`` is that look."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.root = home / "work" / "project"
        (self.root / "sub" / "deep").mkdir(parents=True)
        self.environ: dict[str, str] = {}
        self.last: Chain

    def write(self, files: Mapping[str, str]) -> None:
        """``~/`` is the home, all else below the project."""
        for name, text in files.items():
            path = self.home / name[2:] if name.startswith("~/") else self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def chain(
        self, cwd: str = "", *, files: Sequence[str] = (), import_from: Sequence[str] = ()
    ) -> list[tuple[str, str]]:
        where = Where(
            self.root, self.root / cwd, str(self.home), files=files, import_from=import_from
        )
        claude = SystemClaudeHome(self.environ, self.home)
        self.last = Chain(SystemFiles(), claude, NoteFiles(self.home / "state"), where)
        return [(each.shown, each.origin) for each in self.last.parts()]

    def shown(self, cwd: str = "", *, files: Sequence[str] = ()) -> list[str]:
        return [name for name, _ in self.chain(cwd, files=files)]


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path / "home")


def test_the_whole_chain_the_most_important_first(person: Person) -> None:
    names = [
        "sub/CLAUDE.md", "sub/.claude/CLAUDE.md", "sub/AGENTS.md", "sub/CLAUDE.local.md",
        "sub/.claude/rules/r.md", "CLAUDE.md", ".claude/CLAUDE.md", "AGENTS.md",
        "CLAUDE.local.md", ".claude/rules/a.md", ".claude/rules/z/b.md", "~/.claude/CLAUDE.md",
        "~/.claude/rules/mine.md", "sub/README.md", "README.md",
    ]  # fmt: skip
    person.write({name: f"in {name}\n" for name in names})
    person.write({
        "sub/deep/CLAUDE.md": "below\n", "~/work/CLAUDE.md": "above the repository\n",
        ".claude/rules/text.txt": "no rule\n", ".claude/commands/x.md": "no rule\n",
    })  # fmt: skip
    assert person.shown("sub") == names
    assert person.shown() == [name for name in names if not name.startswith("sub/")]
    origins = dict(person.chain("sub"))
    assert origins["CLAUDE.local.md"] == "yours, in this project"
    assert origins["~/.claude/rules/mine.md"] == "yours, for all projects"


def test_claude_config_dir_counts(person: Person, tmp_path: Path) -> None:
    person.write({"~/.claude/CLAUDE.md": "not this one\n"})
    person.environ["CLAUDE_CONFIG_DIR"] = str(tmp_path / "claude")
    (tmp_path / "claude").mkdir()
    (tmp_path / "claude" / "CLAUDE.md").write_text("this one\n")
    assert person.shown() == [str(tmp_path / "claude" / "CLAUDE.md")]


def test_the_persons_own_files_may_be_links_anywhere(person: Person, tmp_path: Path) -> None:
    """Home Manager and dotfiles repositories keep them elsewhere."""
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "CLAUDE.md").write_text("mine\n")
    (person.home / ".claude").mkdir()
    (person.home / ".claude" / "CLAUDE.md").symlink_to(tmp_path / "store" / "CLAUDE.md")
    assert person.shown() == ["~/.claude/CLAUDE.md"]


def test_the_home_itself_as_a_project(person: Person) -> None:
    """Its .claude is the person's own there."""
    person.write({"~/.claude/CLAUDE.md": "mine\n", "~/.claude/rules/r.md": "rule\n"})
    person.root = person.home
    assert [origin for _, origin in person.chain()] == ["yours, for all projects"] * 2


def test_a_file_that_is_another_one_is_told_once(person: Person) -> None:
    person.write({"AGENTS.md": "the rules\n", ".claude/CLAUDE.md": "@../AGENTS.md\n"})
    (person.root / "CLAUDE.md").symlink_to("AGENTS.md")
    (part,) = person_parts(person)
    assert (part.shown, part.also) == ("CLAUDE.md", ("AGENTS.md",))


def person_parts(person: Person):  # type: ignore[no-untyped-def]
    person.chain()
    again = Chain(
        SystemFiles(), SystemClaudeHome({}, person.home), NoteFiles(person.home / "state"),
        Where(person.root, person.root, str(person.home)),
    )  # fmt: skip
    return again.parts()


# Rules --------------------------------------------------------------------------------------


def test_rules_for_some_files(person: Person) -> None:
    person.write({
        ".claude/rules/all.md": "for all\n",
        ".claude/rules/ts.md": "---\npaths: src/**/*.ts\n---\nstrict\n",
        "sub/.claude/rules/py.md": "---\npaths: '*.py'\n---\ntyped\n",
        "~/.claude/rules/md.md": "---\npaths: docs/*.md\n---\nshort\n",
    })  # fmt: skip
    assert person.shown("sub") == [".claude/rules/all.md"]
    assert [name for name, _ in person.last.unused_rules] == [
        "sub/.claude/rules/py.md", ".claude/rules/ts.md", "~/.claude/rules/md.md",
    ]  # fmt: skip
    told = person.chain("sub", files=["src/a/b.ts", "docs/x.md", "other.py"])
    assert told == [
        (".claude/rules/ts.md", "rule, for src/**/*.ts"),
        (".claude/rules/all.md", "rule"),
        ("~/.claude/rules/md.md", "yours, for all projects, for docs/*.md"),
    ]
    assert person.shown("sub", files=["sub/x.py"])[0] == "sub/.claude/rules/py.md"


def test_what_a_rule_says_is_without_its_front_matter(person: Person) -> None:
    person.write({".claude/rules/ts.md": "---\npaths: '**'\n---\nstrict\n"})
    (part,) = person_parts(person)
    assert part.text == "strict\n"


# Imports ------------------------------------------------------------------------------------


def test_imports_follow_their_file(person: Person) -> None:
    person.write({
        "CLAUDE.md": "rules\n@docs/a.md\n@./docs/none.md\n@somebody\n", "docs/a.md": "a\n@b.md\n",
        "docs/b.md": "b\n@../CLAUDE.md\n@a.md\n", "AGENTS.md": "agents\n",
    })  # fmt: skip
    assert person.chain() == [
        ("CLAUDE.md", "project"), ("docs/a.md", "imported by CLAUDE.md"),
        ("docs/b.md", "imported by docs/a.md"), ("AGENTS.md", "project"),
    ]  # fmt: skip
    assert person.last.left_out == []


def test_five_files_deep(person: Person) -> None:
    person.write({f"docs/{n}.md": f"{n}\n@{n + 1}.md\n" for n in range(1, 9)})
    person.write({"CLAUDE.md": "@docs/1.md\n"})
    assert person.shown() == [f"docs/{n}.md" for n in range(1, 5)]


def test_a_file_that_only_imports_is_not_told_itself(person: Person) -> None:
    person.write({"CLAUDE.md": "@AGENTS.md\n", "AGENTS.md": "agents\n"})
    assert person.chain() == [("AGENTS.md", "imported by CLAUDE.md")]


@pytest.mark.parametrize("name", ["../outside.md", "~/outside.md", "docs/link.md"])
def test_no_import_leads_out_of_the_project(person: Person, name: str) -> None:
    person.write({"CLAUDE.md": f"rules\n@{name}\n@/etc/hostname\n", "docs/x.md": ""})
    person.write({"~/outside.md": "secret\n", "~/work/outside.md": "secret\n"})
    (person.root / "docs" / "link.md").symlink_to(person.home / "outside.md")
    assert person.shown() == ["CLAUDE.md"]
    if "link" not in name:
        assert "it is outside the project (memory.import-from" in person.last.left_out[0]


def test_a_folder_that_imports_may_lead_to(person: Person) -> None:
    person.write({"CLAUDE.md": "rules\n@~/style/a.md\n@~/styles/b.md\n"})
    person.write({"~/style/a.md": "a\n", "~/styles/b.md": "b\n"})
    told = person.chain(import_from=["~/style"])
    assert [name for name, _ in told] == ["CLAUDE.md", "~/style/a.md"]
    assert len(person.last.left_out) == 1


def test_what_the_person_told_claude_counts(person: Person) -> None:
    """Claude asks for it on its screen, once for each project."""
    person.write({"CLAUDE.md": "rules\n@~/style.md\n", "~/style.md": "style\n"})
    row = {"hasClaudeMdExternalIncludesApproved": True}
    (person.home / ".claude.json").write_text(json.dumps({"projects": {str(person.root): row}}))
    assert person.shown("sub") == ["CLAUDE.md", "~/style.md"]


def test_what_may_hold_keys_is_never_imported(person: Person) -> None:
    person.write({
        "CLAUDE.md": "rules\n@.env\n@.git/config\n@.claude/settings.json\n@image.png\n@~/.env\n",
        ".env": "KEY=1\n", ".git/config": "url\n", ".claude/settings.json": "{}",
        "image.png": "\0png", "~/.env": "KEY=2\n",
        "~/.claude/CLAUDE.md": "mine\n@.credentials.json\n@settings.json\n@extra.md\n@~/x.md\n",
        "~/.claude/.credentials.json": "{}", "~/.claude/extra.md": "extra\n", "~/x.md": "x\n",
        "~/.claude/settings.json": "{}",
    })  # fmt: skip
    row = {"hasClaudeMdExternalIncludesApproved": False}
    (person.home / ".claude.json").write_text(json.dumps({"projects": {str(person.root): row}}))
    told = person.shown()
    assert told[:3] == ["CLAUDE.md", "~/.claude/CLAUDE.md", "~/.claude/extra.md"]
    assert not {".env", ".git/config", "~/.env", "~/.claude/.credentials.json"} & set(told)
    assert "outside your memory folder" in "\n".join(person.last.left_out)


def test_awkward_files(person: Person, tmp_path: Path) -> None:
    """Claude's own folder is not there, rules are a link out of the project, a loop, a FIFO."""
    import os

    (person.root / ".claude").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "r.md").write_text("secret\n")
    (person.root / ".claude" / "rules").symlink_to(tmp_path / "elsewhere")
    (person.root / "CLAUDE.md").symlink_to("CLAUDE.md")
    os.mkfifo(person.root / "AGENTS.md")
    assert person.shown() == []
