"""Where notes lie: one file for each repository, whichever of its worktrees somebody stands in."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ai_code.core.errors import AiCodeError
from ai_code.system.note_files import NoteFiles
from tests.system.git_repos import Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "a project", tmp_path / "home").init()
    made.write("a.txt", "a\n")
    made.commit()
    return made


def test_linked_worktrees_share_their_notes(repo: Repo, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    repo.git("worktree", "add", "-q", str(linked))
    store = NoteFiles(tmp_path / "state")
    project, everywhere = store.scopes(repo.root)
    assert store.scopes(linked) == (project, everywhere)
    assert (project.name, project.title) == ("project", str(repo.root))
    assert project.path.name.startswith("a-project-")
    assert (everywhere.name, everywhere.title) == ("global", "all projects")


def test_other_repositories_have_others(repo: Repo, tmp_path: Path) -> None:
    other = Repo(tmp_path / "x" / "a project", tmp_path / "home").init()
    inner = Repo(repo.root / "inner", tmp_path / "home").init()
    store = NoteFiles(tmp_path / "state")
    paths = {store.scopes(each.root)[0].path for each in (repo, other, inner)}
    assert len(paths) == 3
    (tmp_path / "plain").mkdir()
    assert [each.name for each in store.scopes(tmp_path / "plain")] == ["global"]


def test_a_submodule_has_its_own(repo: Repo, tmp_path: Path) -> None:
    library = Repo(tmp_path / "library", tmp_path / "home").init()
    library.write("b.txt", "b\n")
    library.commit()
    repo.git("-c", "protocol.file.allow=always", "submodule", "-q", "add", str(library.root), "lib")
    store = NoteFiles(tmp_path / "state")
    of_lib = store.scopes(repo.root / "lib")[0]
    assert of_lib != store.scopes(repo.root)[0]
    assert of_lib.path.name.startswith("lib-")


def test_written_for_the_person_alone_and_gone_when_empty(repo: Repo, tmp_path: Path) -> None:
    store = NoteFiles(tmp_path / "state")
    assert not store.any()
    scope = store.scopes(repo.root)[0]
    assert store.read(scope) == ""
    store.change(scope, lambda before: before + "日本語\n")
    assert store.any() and store.read(scope) == "日本語\n"
    assert scope.path.stat().st_mode & 0o777 == 0o600
    assert scope.path.parent.stat().st_mode & 0o777 == 0o700
    aside = store.forgotten(scope)
    store.change(aside, lambda _: "gone\n")
    assert [each.path for each in store.all()] == [scope.path, store.scopes(tmp_path)[0].path]
    store.change(scope, lambda _: "")
    assert not scope.path.exists()


def test_no_note_is_lost_where_many_are_written_at_once(repo: Repo, tmp_path: Path) -> None:
    scope = NoteFiles(tmp_path / "state").scopes(repo.root)[0]

    def add(number: int) -> None:
        NoteFiles(tmp_path / "state").change(scope, lambda before: f"{before}{number}\n")

    threads = [threading.Thread(target=add, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(int, scope.path.read_text().split())) == list(range(24))


def test_a_folder_that_cannot_be_written_is_an_error(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder")
    store = NoteFiles(tmp_path / "state")
    with pytest.raises(AiCodeError, match="cannot write"):
        store.change(store.scopes(repo.root)[0], lambda _: "x")
