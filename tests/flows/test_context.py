"""The project's memory for a local engine, with real files of every awkward kind."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from ai_code.core.brief import ContextFile, estimate_tokens
from ai_code.core.context_parts import budget_of
from ai_code.flows.chain import Chain, Where
from ai_code.flows.context import choose_context, copy_context
from ai_code.system.claude_home import SystemClaudeHome
from ai_code.system.files import SystemFiles
from ai_code.system.note_files import NoteFiles

NAMES = ("CLAUDE.md", "AGENTS.md", "README.md")


@dataclass
class Project:
    root: Path
    folder: Path

    def write(self, path: str, text: str | bytes) -> Path:
        full = self.root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(text.encode() if isinstance(text, str) else text)
        return full

    def gather(
        self,
        cwd: str = "",
        *,
        names: Sequence[str] | None = NAMES,
        extra: Sequence[Path] = (),
        num_ctx: int = 16384,
        budget: int = 0,
    ) -> tuple[tuple[ContextFile, ...], tuple[str, ...]]:
        where = Where(
            root=self.root,
            cwd=self.root / cwd,
            home=str(self.root.parent / "home"),
            names=names,
            reads=extra,
            most_bytes=budget_of(num_ctx, budget) * 8 + 4096,
        )
        claude = SystemClaudeHome({}, self.root.parent / "home")
        notes = NoteFiles(self.root.parent / "state")
        chain = Chain(SystemFiles(), claude, notes, where)
        chosen = choose_context(chain, num_ctx=num_ctx, budget=budget)
        return copy_context(SystemFiles(), chosen, self.folder), chosen.notes

    def shown(self, cwd: str = "", **more: object) -> list[str]:
        return [file.shown for file in self.gather(cwd, **more)[0]]  # type: ignore[arg-type]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "project"
    (root / "sub" / "deep").mkdir(parents=True)
    return Project(root, tmp_path / "copies")


def test_nothing_there(project: Project) -> None:
    assert project.gather() == ((), ())


def test_keys_are_nobodys_memory(project: Project) -> None:
    project.write(".env", "TOKEN=secret\n")
    assert project.gather(names=(".env",)) == ((), ())


def test_files_that_somebody_chose_outside_the_project(project: Project, tmp_path: Path) -> None:
    """A setting that names them counts from a trusted place only."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "style.md").write_text("mine\n")
    (tmp_path / "shared.md").write_text("ours\n")
    names = ("~/style.md", str(tmp_path / "shared.md"), "README.md", "../shared.md")
    project.write("README.md", "read me\n")
    files, _ = project.gather(names=names)
    shown = ["~/style.md", str(tmp_path / "shared.md"), "README.md"]
    assert [file.shown for file in files] == shown
    assert {file.origin for file in files} == {"context.files"}


def test_nearest_first(project: Project) -> None:
    for path in ("CLAUDE.md", "README.md", "sub/AGENTS.md", "sub/deep/CLAUDE.md"):
        project.write(path, f"in {path}\n")
    project.write("../CLAUDE.md", "above the project\n")
    near = ["sub/deep/CLAUDE.md", "sub/AGENTS.md", "CLAUDE.md", "README.md"]
    assert project.shown("sub/deep") == near
    assert project.shown() == ["CLAUDE.md", "README.md"]


def test_the_copies_say_what_the_files_say(project: Project) -> None:
    """And have their names: the engine tells them to the model."""
    project.write("CLAUDE.md", "root\n")
    project.write("sub/CLAUDE.md", "日本語\n")
    files, notes = project.gather("sub")
    assert [file.path.read_text() for file in files] == ["日本語\n", "root\n"]
    assert {file.path.name for file in files} == {"CLAUDE.md"}
    assert all(file.path.is_relative_to(project.folder) for file in files)
    assert [file.tokens for file in files] == [
        estimate_tokens("日本語\n"),
        estimate_tokens("root\n"),
    ]
    assert notes == ()


def test_read_options_come_first_and_may_lie_outside(project: Project) -> None:
    project.write("CLAUDE.md", "root\n")
    outside = project.folder.with_name("notes.txt")
    outside.write_text("notes\n")
    inside = project.write("docs/api.md", "api\n")
    assert project.shown(extra=[outside, inside]) == [str(outside), "docs/api.md", "CLAUDE.md"]


def test_a_read_option_that_is_a_link_elsewhere_is_told(project: Project, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("key\n")
    link = project.root / "docs.md"
    link.symlink_to(tmp_path / "secret")
    files, notes = project.gather(extra=[link])
    assert files == ()
    assert notes == ("docs.md left out of the context: it is a link out of its folder",)


def test_a_file_named_twice_is_there_once(project: Project) -> None:
    path = project.write("CLAUDE.md", "root\n")
    assert project.shown(extra=[path, path]) == ["CLAUDE.md"]


def test_a_link_out_of_the_tree_is_not_followed(project: Project, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("key\n")
    (project.root / "CLAUDE.md").symlink_to(tmp_path / "secret")
    (project.root / "README.md").symlink_to("../secret")
    (project.root / "AGENTS.md").symlink_to("sub/real.md")
    project.write("sub/real.md", "real\n")
    assert project.shown() == ["AGENTS.md"]


def test_a_linked_folder_out_of_the_tree_is_not_followed(project: Project, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "CLAUDE.md").write_text("elsewhere\n")
    (project.root / "linked").symlink_to(tmp_path / "elsewhere")
    assert project.shown("linked") == []


def test_what_is_no_file(project: Project) -> None:
    (project.root / "CLAUDE.md").mkdir()
    os.mkfifo(project.root / "AGENTS.md")
    loop = project.root / "README.md"
    loop.symlink_to(loop)
    (project.root / "sub" / "CLAUDE.md").symlink_to("/dev/zero")
    (project.root / "sub" / "AGENTS.md").symlink_to("nowhere")
    assert project.gather("sub") == ((), ())


def test_empty_files_are_left_out(project: Project) -> None:
    project.write("CLAUDE.md", "")
    project.write("README.md", " \n\n")
    assert project.gather() == ((), ())


def test_bytes_that_are_no_text(project: Project) -> None:
    project.write("CLAUDE.md", b"caf\xe9 \xff\n")
    (file,), _ = project.gather()
    assert file.path.read_text() == "caf� �\n"


def test_ten_megabytes_are_cut(project: Project) -> None:
    project.write("CLAUDE.md", "a line of text\n" * 700_000)
    project.write("README.md", "short\n" * 100)
    (first, *rest), notes = project.gather()
    text = first.path.read_text()
    assert first.cut
    assert text.startswith("a line of text\n")
    assert text.endswith("(cut here by ai-code: the rest does not fit)\n")
    assert first.tokens <= 16384 // 4
    assert rest == []
    assert notes == (
        "CLAUDE.md is long: only its beginning fits the 4096 tokens for memory (context.budget)",
        "README.md left out of the context: no room in the 4096 tokens for memory (context.budget)",
    )


@pytest.mark.parametrize("text", ["x" * 50_000, "日" * 50_000, "日本\n" * 20_000])
@pytest.mark.parametrize("budget", [300, 1000, 4000])
def test_the_budget_holds(project: Project, text: str, budget: int) -> None:
    for path in ("sub/CLAUDE.md", "CLAUDE.md", "README.md"):
        project.write(path, text)
    files, _ = project.gather("sub", budget=budget)
    assert files
    assert sum(file.tokens for file in files) <= budget


def test_a_cut_falls_between_characters(project: Project) -> None:
    """The file is read by bytes: half a character at the end is no fault of its."""
    project.write("CLAUDE.md", "日" * 10_000)
    (file,), _ = project.gather(budget=250)
    assert "�" not in file.path.read_text()


def test_a_folder_above_the_root_is_never_looked_at(project: Project, tmp_path: Path) -> None:
    (tmp_path / "CLAUDE.md").write_text("above\n")
    assert project.shown("..") == []
