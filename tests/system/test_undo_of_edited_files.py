"""Undo after the person went on: what they did stays, the rest goes back, each file whole."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ai_code.core.changes import EXECUTABLE, LINK, REGULAR
from ai_code.system.before_store import load
from ai_code.system.landing_files import Written, undo_change, would_leave, write_changes
from tests.system.git_repos import picture
from tests.system.test_landing_files import change, run, tree, undo

__all__ = ["run", "tree"]

TEXT = b"".join(b"line %d\n" % n for n in range(30))
LANDED = TEXT.replace(b"line 2\n", b"landed\n")
MINE = LANDED + b"mine\n"


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def left(written: Written) -> set[str]:
    return {each.path for each in (*written.conflicts, *written.skipped)}


def test_what_would_be_left_is_known_before_and_nothing_is_written(tree: Path, run: Path) -> None:
    (tree / "a").write_bytes(b"base\n")
    write_changes(tree, run, [change("a", b"base\n", b"landed\n"), change("b", None, b"x")])
    (tree / "a").write_bytes(b"mine\n")
    before = picture(tree)
    stored = load(run)
    assert stored is not None
    changes = [*map(undo_change, stored.steps)]
    (found,) = would_leave(tree, changes)
    assert (found.path, picture(tree)) == ("a", before)
    assert left(undo(tree, run, run / "undo")) == {"a"}
    assert picture(tree) == {"a": before["a"]}


def test_binary_files_are_put_back_or_left_whole(tree: Path, run: Path) -> None:
    for name in ("same", "edited", "mode"):
        (tree / name).write_bytes(b"\0old")
    landed = [change(name, b"\0old", b"\0new") for name in ("same", "edited")]
    landed.append(change("mode", b"\0old", b"\0old", new=EXECUTABLE))
    write_changes(tree, run, landed)
    (tree / "edited").write_bytes(b"\0mine")
    (tree / "mode").write_bytes(b"\0mine")
    written = undo(tree, run, run / "undo")
    assert [each.reason for each in written.conflicts] == [
        "it was changed meanwhile, and is not text"
    ]
    assert (tree / "same").read_bytes() == b"\0old"
    assert (tree / "edited").read_bytes() == b"\0mine"
    assert (tree / "mode").read_bytes() == b"\0mine" and mode_of(tree / "mode") == 0o644


def test_permissions_are_merged_bit_by_bit(tree: Path, run: Path) -> None:
    for name in ("mine", "both", "text"):
        (tree / name).write_bytes(TEXT)
        (tree / name).chmod(0o644)
    write_changes(
        tree,
        run,
        [
            change("mine", TEXT, LANDED),
            change("both", TEXT, LANDED, new=EXECUTABLE),
            change("text", TEXT, TEXT, new=EXECUTABLE),
        ],
    )
    assert mode_of(tree / "both") == 0o755
    (tree / "mine").chmod(0o600)
    (tree / "both").chmod(0o750)
    (tree / "text").write_bytes(TEXT + b"mine\n")
    assert not left(undo(tree, run, run / "undo"))
    assert mode_of(tree / "mine") == 0o600
    assert mode_of(tree / "both") == 0o640
    assert mode_of(tree / "text") == 0o644 and (tree / "text").read_bytes() == TEXT + b"mine\n"
    assert (tree / "mine").read_bytes() == (tree / "both").read_bytes() == TEXT


def test_a_new_file_that_was_made_executable_is_somebodys(tree: Path, run: Path) -> None:
    write_changes(tree, run, [change("new", None, b"x"), change("other", None, b"x")])
    (tree / "new").chmod(0o755)
    (tree / "other").chmod(0o600)
    assert left(undo(tree, run, run / "undo")) == {"new"}
    assert os.listdir(tree) == ["new"]


def test_links_that_were_turned_since_are_left(tree: Path, run: Path) -> None:
    for name in ("kept", "turned", "file", "back"):
        (tree / name).symlink_to("old")
    landed = [change(n, b"old", b"new", old=LINK, new=LINK) for n in ("kept", "turned", "file")]
    landed.append(change("back", b"old", b"text\n", old=LINK, new=REGULAR))
    landed.append(change("made", None, b"new", new=LINK))
    write_changes(tree, run, landed)
    for name in ("turned", "made"):
        (tree / name).unlink()
        (tree / name).symlink_to("mine")
    (tree / "file").unlink()
    (tree / "file").write_bytes(b"mine")
    assert left(undo(tree, run, run / "undo")) == {"turned", "file", "made"}
    assert [os.readlink(tree / n) for n in ("kept", "turned", "made", "back")] == [
        "old", "mine", "mine", "old",
    ]  # fmt: skip
    assert (tree / "file").read_bytes() == b"mine"


def test_deletions(tree: Path, run: Path) -> None:
    """What the run removed comes back, unless somebody put something else there; what somebody
    removed is not made again."""
    for name in ("gone", "again", "same", "removed"):
        (tree / name).write_bytes(b"old\n")
        (tree / name).chmod(0o640)
    deleted = [change(name, b"old\n", None) for name in ("gone", "again", "same")]
    write_changes(tree, run, [*deleted, change("removed", b"old\n", b"new\n")])
    (tree / "again").write_bytes(b"mine\n")
    (tree / "same").write_bytes(b"old\n")
    (tree / "same").chmod(0o600)
    (tree / "removed").unlink()
    assert left(undo(tree, run, run / "undo")) == {"again", "removed"}
    assert (tree / "gone").read_bytes() == b"old\n" and mode_of(tree / "gone") == 0o640
    assert (tree / "again").read_bytes() == b"mine\n" and mode_of(tree / "same") == 0o600
    assert not (tree / "removed").exists()


def test_a_folder_in_the_place_of_a_file_is_left(tree: Path, run: Path) -> None:
    (tree / "a").write_bytes(b"old\n")
    write_changes(tree, run, [change("a", b"old\n", b"new\n"), change("d/x", b"x", None)])
    (tree / "a").unlink()
    (tree / "a").mkdir()
    (tree / "a/mine").write_bytes(b"mine")
    before = picture(tree)
    assert left(undo(tree, run, run / "undo")) == {"a"}
    assert picture(tree) == before


def test_an_undo_goes_on_where_one_left_off(tree: Path, run: Path) -> None:
    (tree / "a").write_bytes(b"base\n")
    write_changes(tree, run, [change("a", b"base\n", b"landed\n"), change("b", None, b"x")])
    (tree / "a").write_bytes(b"mine\n")
    assert left(undo(tree, run, run / "1")) == {"a"}
    (tree / "a").write_bytes(b"landed\n")
    again = undo(tree, run, run / "2")
    assert not left(again) and [file.path for file in again.files] == ["a"]
    assert picture(tree).keys() == {"a"} and (tree / "a").read_bytes() == b"base\n"


# --- renames ------------------------------------------------------------------------------


@pytest.mark.parametrize("new", [TEXT, LANDED], ids=["only the name", "name and text"])
def test_edits_of_a_renamed_file_go_back_with_its_name(tree: Path, run: Path, new: bytes) -> None:
    (tree / "old.py").write_bytes(TEXT)
    (tree / "old.py").chmod(0o640)
    write_changes(tree, run, [change("old.py", TEXT, None), change("sub/new.py", None, new)])
    assert mode_of(tree / "sub/new.py") == 0o644
    (tree / "sub/new.py").write_bytes(new + b"mine\n")
    (tree / "sub/new.py").chmod(0o755)
    edited = picture(tree)
    written = undo(tree, run, run / "undo")
    assert not left(written)
    assert picture(tree).keys() == {"old.py"}
    assert (tree / "old.py").read_bytes() == TEXT + b"mine\n"
    assert mode_of(tree / "old.py") == 0o751, "the person's bits and those of before"
    assert not left(undo(tree, run / "undo", run / "redo"))
    assert picture(tree) == edited


def test_a_renamed_file_with_a_conflict_is_left_with_both_its_names(tree: Path, run: Path) -> None:
    (tree / "old.py").write_bytes(TEXT)
    write_changes(tree, run, [change("old.py", TEXT, None), change("new.py", None, LANDED)])
    (tree / "new.py").write_bytes(LANDED.replace(b"landed", b"mine"))
    before = picture(tree)
    written = undo(tree, run, run / "undo")
    assert left(written) == {"old.py", "new.py"} and not written.files
    assert "goes together with" in written.conflicts[0].reason
    assert picture(tree) == before


def test_a_landing_that_renames_a_file_takes_the_edits_along(tree: Path, run: Path) -> None:
    (tree / "old.py").write_bytes(TEXT + b"mine\n")
    before = picture(tree)
    written = write_changes(
        tree, run, [change("old.py", TEXT, None), change("new.py", None, LANDED)]
    )
    assert not left(written) and picture(tree).keys() == {"new.py"}
    assert (tree / "new.py").read_bytes() == MINE
    undo(tree, run, run / "undo")
    assert picture(tree) == before


def test_a_taken_new_name_is_a_conflict_and_the_old_file_stays(tree: Path, run: Path) -> None:
    (tree / "old.py").write_bytes(TEXT + b"mine\n")
    (tree / "new.py").write_bytes(b"another\n")
    before = picture(tree)
    changes = [change("old.py", TEXT, None), change("new.py", None, LANDED)]
    assert left(write_changes(tree, run, changes)) == {"old.py", "new.py"}
    assert picture(tree) == before


def test_files_that_have_little_in_common_are_no_rename(tree: Path, run: Path) -> None:
    (tree / "old.py").write_bytes(TEXT)
    write_changes(tree, run, [change("old.py", TEXT, None), change("new.py", None, b"other\n")])
    (tree / "new.py").write_bytes(b"other\nmine\n")
    assert left(undo(tree, run, run / "undo")) == {"new.py"}
    assert (tree / "old.py").read_bytes() == TEXT
    assert (tree / "new.py").read_bytes() == b"other\nmine\n"


def test_empty_folders_that_made_room_for_a_file_come_back(tree: Path, run: Path) -> None:
    (tree / "a/empty").mkdir(parents=True)
    (tree / "a").chmod(0o750)
    (tree / "a/x").write_bytes(b"x")
    before = picture(tree)
    write_changes(tree, run, [change("a", None, b"file"), change("a/x", b"x", None)])
    assert (tree / "a").read_bytes() == b"file"
    stored = load(run)
    assert stored is not None
    changes = [*map(undo_change, stored.steps)]
    write_changes(tree, run / "undo", changes, stored.made_dirs, stored.cleared_dirs)
    assert picture(tree) == before
