"""Files that git stores through a filter. No filter is started by us, and what stands in the tree
stays byte for byte, whether a model works on it or not."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from ai_code.core.changes import Change, Changes
from ai_code.system import filtered
from ai_code.system.before_store import load
from ai_code.system.landing_files import undo_change, write_changes
from ai_code.system.workspace import prepare
from tests.system import lfs_driver
from tests.system.git_repos import Repo, picture
from tests.system.test_workspace import files_in

TABLE = b"name,value\n" + b"".join(b"row %d,%d\n" % (n, n) for n in range(40))
IMAGE = b"\x89PNG\0" + bytes(range(256)) * 8
EDITED = TABLE.replace(b"row 3,3", b"row 3,33")


class Lfs(Repo):
    """A repository with files in LFS: ``表.csv`` (a text) and ``i.png``."""

    def __init__(self, repo: Repo, folder: Path) -> None:
        super().__init__(repo.root, repo.home)
        self.folder = folder
        folder.mkdir()

    def fill(self) -> Lfs:
        self.write(".gitattributes", "*.csv filter=lfs diff=lfs merge=lfs -text\n"
                   "*.png filter=lfs diff=lfs merge=lfs -text\n")  # fmt: skip
        self.write("表.csv", TABLE)
        self.write("i.png", IMAGE)
        self.write("a.txt", "a\n")
        self.commit()
        # As after a fresh clone: clean by the times of the files, which are older than the index.
        for path in (self.root / "表.csv", self.root / "i.png", self.root / "a.txt"):
            os.utime(path, (1.7e9, 1.7e9))
        self.git("status")
        assert self.git("cat-file", "-p", "HEAD:表.csv").encode() == lfs_driver.pointer(TABLE)
        self.forget()
        return self

    def forget(self) -> None:
        (self.folder / "ran").unlink(missing_ok=True)

    @property
    def ran(self) -> bool:
        return (self.folder / "ran").exists()


@pytest.fixture(params=["stand-in", "git-lfs"])
def lfs(request: pytest.FixtureRequest, repo: Repo, tmp_path: Path) -> Lfs:
    found = Lfs(repo, tmp_path / "lfs")
    if request.param == "git-lfs":
        if not shutil.which("git-lfs"):
            pytest.skip("git-lfs is not on this machine")
        found.git("lfs", "install")
        return found.fill()
    call = f"'{sys.executable}' '{lfs_driver.__file__}' %s '{found.folder}'"
    for name in ("clean", "smudge"):
        found.git("config", "--global", f"filter.lfs.{name}", call % name)
    found.git("config", "--global", "filter.lfs.required", "true")
    return found.fill()


def test_a_text_is_there_as_it_stands_in_the_tree(lfs: Lfs, run_dir: Path) -> None:
    """Whatever the times of files say: whether git takes them for clean is not decisive."""
    before = picture(lfs.root)
    workspace = prepare(lfs.root, run_dir, env=lfs.env)
    found = files_in(workspace)
    assert found["表.csv"] == TABLE and found["i.png"] == lfs_driver.pointer(IMAGE)
    assert not workspace.changes() and workspace.current()
    assert picture(lfs.root) == before
    for name in ("表.csv", "i.png"):
        os.utime(lfs.root / name)
    again = prepare(lfs.root, run_dir / "2", env=lfs.env)
    assert files_in(again) == found and again.current()
    assert not lfs.ran


def test_an_edit_lands_and_is_undone_byte_for_byte(lfs: Lfs, run_dir: Path) -> None:
    before = picture(lfs.root)
    workspace = prepare(lfs.root, run_dir, env=lfs.env)
    (workspace.path / "表.csv").write_bytes(EDITED)
    (workspace.path / "a.txt").write_bytes(b"engine\n")
    changes = workspace.changes()
    assert [(each.path, each.before) for each in changes.items] == [
        ("a.txt", b"a\n"), ("表.csv", TABLE),
    ]  # fmt: skip
    written = write_changes(lfs.root, run_dir, changes.items, env=lfs.env)
    assert not written.conflicts and (lfs.root / "表.csv").read_bytes() == EDITED
    assert (lfs.root / "i.png").read_bytes() == IMAGE
    # The person goes on, then takes the run back.
    (lfs.root / "表.csv").write_bytes(EDITED + b"mine,1\n")
    assert not lfs.ran
    assert lfs.git("status", "--short", "-z").split("\0")[:2] == [" M a.txt", " M 表.csv"]
    lfs.forget()
    stored = load(run_dir)
    assert stored is not None
    back = [*map(undo_change, stored.steps)]
    assert not write_changes(lfs.root, run_dir / "undo", back, env=lfs.env).conflicts
    assert (lfs.root / "表.csv").read_bytes() == TABLE + b"mine,1\n"
    (lfs.root / "表.csv").write_bytes(TABLE)
    (lfs.root / "表.csv").chmod(0o644)
    assert not lfs.ran
    assert {p: s for p, s in picture(lfs.root).items() if not p.startswith(".git/")} == {
        p: s for p, s in before.items() if not p.startswith(".git/")
    }
    assert lfs.git("status", "--short") == ""


@pytest.mark.parametrize("how", ["edited", "deleted"])
def test_what_is_only_a_pointer_there_does_not_land(lfs: Lfs, run_dir: Path, how: str) -> None:
    workspace = prepare(lfs.root, run_dir, env=lfs.env)
    image = workspace.path / "i.png"
    if how == "edited":
        image.write_bytes(b"a new image\0")
    else:
        image.unlink()
    changes = workspace.changes()
    assert not changes.items
    (left,) = changes.unfit
    assert left.path == "i.png" and "through a filter (LFS)" in left.reason
    assert left.change and left.change.before == lfs_driver.pointer(IMAGE)


def test_a_named_image_is_there_and_its_edit_lands(lfs: Lfs, run_dir: Path) -> None:
    workspace = prepare(lfs.root, run_dir, include=["i.png"], env=lfs.env)
    assert files_in(workspace)["i.png"] == IMAGE
    (workspace.path / "i.png").write_bytes(IMAGE + b"!")
    (change,) = workspace.changes().items
    assert (change.path, change.before, change.after) == ("i.png", IMAGE, IMAGE + b"!")


def test_pointers_in_the_tree_stay_pointers(lfs: Lfs, run_dir: Path) -> None:
    """As with GIT_LFS_SKIP_SMUDGE."""
    for name, data in (("表.csv", TABLE), ("i.png", IMAGE)):
        lfs.write(name, lfs_driver.pointer(data))
    lfs.git("status")
    workspace = prepare(lfs.root, run_dir, env=lfs.env)
    assert files_in(workspace)["表.csv"] == lfs_driver.pointer(TABLE)
    assert files_in(workspace)["i.png"] == lfs_driver.pointer(IMAGE)
    assert not workspace.changes()


def test_in_the_tree_itself_bytes_are_those_of_the_tree(
    lfs: Lfs, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = prepare(lfs.root, run_dir, where="tree", env=lfs.env)
    assert not workspace.changes()
    lfs.write("表.csv", EDITED)
    lfs.write("i.png", IMAGE + b"!")
    found = {each.path: (each.before, each.after) for each in workspace.changes().items}
    assert found == {"表.csv": (TABLE, EDITED), "i.png": (IMAGE, IMAGE + b"!")}
    # Large ones are not copied, and not known to an undo.
    monkeypatch.setattr("ai_code.system.workspace.HUGE_BYTES", 100)
    large = prepare(lfs.root, run_dir / "2", where="tree", env=lfs.env)
    assert [(each.path, each.reason) for each in large.left_out] == [
        ("i.png", "git stores it through a filter")
    ]
    lfs.write("i.png", IMAGE)
    assert not large.changes()
    assert not lfs.ran


def test_what_is_too_large_for_a_model_stays_as_stored(
    lfs: Lfs, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filtered, "HUGE_BYTES", 100)
    assert files_in(prepare(lfs.root, run_dir, env=lfs.env))["表.csv"] == lfs_driver.pointer(TABLE)


@pytest.mark.parametrize("where", [".gitattributes", ".git/info/attributes", "of the person"])
def test_what_is_encrypted_in_git_is_not_for_a_model(repo: Repo, run_dir: Path, where: str) -> None:
    """git-crypt keeps the text in the tree: it is a secret like .env."""
    rule = "secrets/* filter=git-crypt diff=git-crypt\n"
    if where == "of the person":
        repo.git("config", "--global", "core.attributesFile", "~/attributes")
        (repo.home / "attributes").write_text(rule)
    else:
        repo.write(where, rule)
    repo.write("secrets/鍵.txt", "stored\n")
    repo.write("a.txt", "a\n")
    repo.commit()
    repo.write("secrets/鍵.txt", "the key\n")
    workspace = prepare(repo.root, run_dir, env=repo.env)
    assert "secrets/鍵.txt" not in files_in(workspace)
    assert [each.path for each in workspace.left_out] == ["secrets/鍵.txt"]
    assert not workspace.changes() and workspace.current()
    in_place = prepare(repo.root, run_dir / "2", where="tree", env=repo.env)
    repo.write("secrets/鍵.txt", "another key\n")
    assert in_place.changes() == Changes()


def test_without_filters_nothing_is_asked(repo: Repo, run_dir: Path) -> None:
    repo.write(".gitattributes", "* text=auto\n")
    repo.write("a.txt", "a\n")
    repo.commit()
    workspace = prepare(repo.root, run_dir, env=repo.env)
    (workspace.path / "a.txt").write_bytes(b"b\n")
    assert workspace.changes().items == (Change("a.txt", "M", 0o100644, 0o100644, b"a\n", b"b\n"),)
