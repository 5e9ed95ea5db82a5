from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ai_code.core.changes import ABSENT, EXECUTABLE, LINK, REGULAR, Change, Kind
from ai_code.core.errors import AiCodeError
from ai_code.system import before_store, landing_files
from ai_code.system.landing_files import adopt_changes, undo_change, write_changes
from tests.system.git_repos import picture


def change(path: str, before: bytes | None, after: bytes | None, **modes: int) -> Change:
    old = modes.get("old", ABSENT if before is None else REGULAR)
    new = modes.get("new", ABSENT if after is None else REGULAR)
    kind: Kind = "A" if before is None else "D" if after is None else "M"
    if kind == "M" and LINK in (old, new) and old != new:
        kind = "T"
    return Change(path, kind, old, new, before, after)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree").mkdir()
    return tmp_path / "tree"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    return tmp_path / "run"


def undo(tree: Path, run: Path, undo_run: Path) -> landing_files.Written:
    stored = before_store.load(run)
    assert stored is not None
    return write_changes(tree, undo_run, [*map(undo_change, stored.steps)], stored.made_dirs)


def test_plain_landing(tree: Path, run: Path) -> None:
    (tree / "a.txt").write_bytes(b"one\n")
    (tree / "a.txt").chmod(0o640)
    (tree / "gone.txt").write_bytes(b"x\n")
    written = write_changes(
        tree,
        run,
        [
            change("a.txt", b"one\n", b"two\nthree\n"),
            change("gone.txt", b"x\n", None),
            change("deep/er/new.sh", None, b"#!/bin/sh\n", new=EXECUTABLE),
            change("deep/link", None, b"er/new.sh", new=LINK),
        ],
    )
    assert not written.skipped and not written.conflicts
    counts = {file.path: (file.kind, file.plus, file.minus) for file in written.files}
    assert counts["a.txt"] == ("M", 2, 1) and counts["gone.txt"] == ("D", 0, 1)
    assert (tree / "a.txt").read_bytes() == b"two\nthree\n"
    assert stat.S_IMODE((tree / "a.txt").stat().st_mode) == 0o640
    assert os.access(tree / "deep/link", os.X_OK)
    assert not (tree / "gone.txt").exists()
    assert stat.S_IMODE((run / "before").stat().st_mode) == 0o700
    undo(tree, run, run / "undo")
    assert sorted(picture(tree)) == ["a.txt", "gone.txt"]


def test_other_edits_of_the_same_file_are_merged(tree: Path, run: Path) -> None:
    base = b"".join(b"line %d\n" % n for n in range(20))
    (tree / "a.txt").write_bytes(base.replace(b"line 1\n", b"mine\n"))
    written = write_changes(tree, run, [change("a.txt", base, base.replace(b"line 18", b"engine"))])
    assert len(written.files) == 1
    merged = base.replace(b"line 1\n", b"mine\n").replace(b"line 18", b"engine")
    assert (tree / "a.txt").read_bytes() == merged
    undo(tree, run, run / "undo")
    assert (tree / "a.txt").read_bytes() == base.replace(b"line 1\n", b"mine\n")


def test_edits_of_the_same_place_are_left_alone(tree: Path, run: Path) -> None:
    (tree / "a.txt").write_bytes(b"mine\n")
    (tree / "b.txt").write_bytes(b"b\n")
    before = picture(tree)
    written = write_changes(
        tree, run, [change("a.txt", b"base\n", b"engine\n"), change("b.txt", b"b\n", b"c\n")]
    )
    assert [left.path for left in written.conflicts] == ["a.txt"]
    assert picture(tree)["a.txt"] == before["a.txt"]
    assert (tree / "b.txt").read_bytes() == b"c\n"


@pytest.mark.parametrize(
    ("now", "item"),
    [
        (b"theirs", change("f", None, b"new")),
        (b"edited", change("f", b"base", None)),
        (None, change("f", b"base", b"new")),
        (b"\0theirs", change("f", b"\0base", b"\0engine")),
        (b"edited", change("f", b"target", b"other", old=LINK, new=LINK)),
        (b"edited", change("f", b"base", b"target", new=LINK)),
    ],
)
def test_conflicts_touch_nothing(tree: Path, run: Path, now: bytes | None, item: Change) -> None:
    if now is not None:
        (tree / "f").write_bytes(now)
    before = picture(tree)
    written = write_changes(tree, run, [item])
    assert [left.path for left in written.conflicts] == ["f"] and not written.files
    assert picture(tree) == before and not (run / "before").exists()


def test_what_is_there_already_is_no_step(tree: Path, run: Path) -> None:
    (tree / "a").write_bytes(b"new")
    assert not write_changes(
        tree, run, [change("a", b"old", b"new"), change("b", b"x", None)]
    ).files


def test_a_tree_with_other_line_ends_keeps_them(tree: Path, run: Path) -> None:
    (tree / "lf.bat").write_bytes(b"one\ntwo\n")
    (tree / "mine.bat").write_bytes(b"0\none\n" + b"x\n" * 9 + b"two\n")
    base = b"one\r\n" + b"x\r\n" * 9 + b"two\r\n"
    write_changes(
        tree,
        run,
        [
            change("lf.bat", b"one\r\ntwo\r\n", b"one\r\n2\r\n"),
            change("mine.bat", base, base.replace(b"two", b"2")),
        ],
    )
    assert (tree / "lf.bat").read_bytes() == b"one\n2\n"
    assert (tree / "mine.bat").read_bytes() == b"0\none\n" + b"x\n" * 9 + b"2\n"


def test_never_through_a_link(tree: Path, run: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "f").write_bytes(b"theirs")
    (tree / "out").symlink_to(outside)
    (tree / "link").symlink_to(outside / "f")
    before = picture(tmp_path)
    written = write_changes(
        tree,
        run,
        [
            change("out/f", b"theirs", b"engine"),
            change("out/new", None, b"engine"),
            change("out/sub/new", None, b"engine"),
            change("link", b"theirs", b"engine"),
        ],
    )
    assert len(written.conflicts) == 4 and not written.files
    assert picture(tmp_path) == before


def test_a_folder_or_a_pipe_in_the_way(tree: Path, run: Path) -> None:
    (tree / "folder").mkdir()
    os.mkfifo(tree / "pipe")
    written = write_changes(
        tree,
        run,
        [change("folder", None, b"x"), change("pipe", b"a", b"x"), change("pipe/y", None, b"")],
    )
    assert len(written.conflicts) == 3


def test_a_file_takes_the_place_of_a_folder_and_back(tree: Path, run: Path) -> None:
    (tree / "a").mkdir()
    (tree / "a/x").write_bytes(b"x")
    (tree / "b").write_bytes(b"b")
    before = picture(tree)
    written = write_changes(
        tree,
        run,
        [
            change("a", None, b"file"),
            change("a/x", b"x", None),
            change("b/y", None, b"y"),
            change("b", b"b", None),
        ],
    )
    assert len(written.files) == 4
    assert (tree / "a").read_bytes() == b"file" and (tree / "b/y").read_bytes() == b"y"
    assert undo(tree, run, run / "undo").conflicts == ()
    assert picture(tree) == before
    (tree / "a/mine").write_bytes(b"new here")
    again = write_changes(tree, run / "2", [change("a", None, b"file"), change("a/x", b"x", None)])
    assert [left.path for left in again.conflicts] == ["a"]


def test_executable_bits_follow_read_bits(tree: Path, run: Path) -> None:
    (tree / "a").write_bytes(b"a")
    (tree / "a").chmod(0o640)
    (tree / "b").write_bytes(b"b")
    (tree / "b").chmod(0o755)
    write_changes(
        tree,
        run,
        [change("a", b"a", b"a", new=EXECUTABLE), change("b", b"b", b"c", old=EXECUTABLE)],
    )
    assert stat.S_IMODE((tree / "a").stat().st_mode) == 0o750
    assert stat.S_IMODE((tree / "b").stat().st_mode) == 0o644
    undo(tree, run, run / "undo")
    assert stat.S_IMODE((tree / "a").stat().st_mode) == 0o640
    assert stat.S_IMODE((tree / "b").stat().st_mode) == 0o755


def test_a_read_only_file_is_left_alone(tree: Path, run: Path) -> None:
    (tree / "a").write_bytes(b"a")
    (tree / "a").chmod(0o444)
    written = write_changes(tree, run, [change("a", b"a", b"b")])
    assert [left.reason for left in written.skipped] == ["the file is read-only"]
    assert (tree / "a").read_bytes() == b"a"


def test_undo_after_further_edits(tree: Path, run: Path) -> None:
    text = b"".join(b"%d\n" % n for n in range(30))
    (tree / "merge").write_bytes(text)
    (tree / "clash").write_bytes(b"base\n")
    landed = text.replace(b"\n2\n", b"\nlanded\n")
    write_changes(
        tree,
        run,
        [
            change("merge", text, landed),
            change("clash", b"base\n", b"landed\n"),
            change("new/kept", None, b"x"),
            change("new/gone", None, b"x"),
        ],
    )
    (tree / "merge").write_bytes(landed + b"mine\n")
    (tree / "clash").write_bytes(b"mine\n")
    (tree / "new/kept").write_bytes(b"mine")
    (tree / "new/gone").unlink()
    written = undo(tree, run, run / "undo")
    assert (tree / "merge").read_bytes() == text + b"mine\n"
    assert {left.path for left in written.conflicts} == {"clash", "new/kept"}
    assert (tree / "clash").read_bytes() == b"mine\n" and (
        tree / "new/kept"
    ).read_bytes() == b"mine"


def test_a_crash_in_the_middle_can_be_undone(
    tree: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        (tree / name).write_bytes(name.encode())
    before = picture(tree)
    real = landing_files.tree_files.put

    def dying(root: Path, path: str, *states: landing_files.FileState) -> None:
        if path == "c":
            raise KeyboardInterrupt
        real(root, path, *states)

    with monkeypatch.context() as patched:
        patched.setattr(landing_files.tree_files, "put", dying)
        with pytest.raises(KeyboardInterrupt):
            write_changes(
                tree,
                run,
                [change("x/new", None, b"n"), *(change(n, n.encode(), b"new") for n in "abc")],
            )
    assert (tree / "a").read_bytes() == b"new" and (tree / "c").read_bytes() == b"c"
    assert not undo(tree, run, run / "undo").conflicts
    assert picture(tree) == before


def test_when_nothing_can_be_kept_nothing_is_touched(tree: Path, tmp_path: Path) -> None:
    (tree / "a").write_bytes(b"a")
    (tmp_path / "run").write_bytes(b"a file, no folder")
    with pytest.raises(AiCodeError, match="nothing was landed"):
        write_changes(tree, tmp_path / "run", [change("a", b"a", b"b")])
    assert (tree / "a").read_bytes() == b"a"


def test_adopting_what_is_in_the_tree(tree: Path, run: Path) -> None:
    (tree / "good").write_bytes(b"new")
    (tree / "new").write_bytes(b"new")
    (tree / "bad").write_bytes(b"")
    (tree / "bad-too").write_bytes(b"edited since")
    written = adopt_changes(
        tree,
        run,
        [change("good", b"old", b"new"), change("new", None, b"new")],
        [change("bad", b"old", b""), change("bad-too", b"old\n", b"")],
    )
    assert [file.path for file in written.files] == ["good", "new"]
    assert (tree / "bad").read_bytes() == b"old"
    assert [left.path for left in written.skipped] == ["bad-too"]
    undo(tree, run, run / "undo")
    assert (tree / "good").read_bytes() == b"old" and not (tree / "new").exists()


def test_a_manifest_we_cannot_read_is_an_error(run: Path) -> None:
    assert before_store.load(run) is None
    (run / "before").mkdir()
    for text in ("", "{}", "[]", '{"version": 99}', '{"version":1,"root":"/","files":[{}]}'):
        (run / "before/manifest.json").write_text(text)
        with pytest.raises(AiCodeError):
            before_store.load(run)


# --- faults -------------------------------------------------------------------------------


def test_a_read_only_folder_is_named_and_the_rest_lands(tmp_path: Path) -> None:
    """As a user without privileges: root may write everywhere."""
    folder = Path(tempfile.mkdtemp(prefix="ai-code-test-", dir="/tmp"))
    folder.chmod(0o777)
    code = f"""
import os, sys
from pathlib import Path
sys.path[:0] = {sys.path!r}
from tests.system.test_landing_files import change
from ai_code.system.landing_files import write_changes
import difflib, tempfile
if os.getuid() == 0:
    # only now: the interpreter itself may lie where nobody else can read
    os.setgid(65534); os.setuid(65534)
root = Path({str(folder)!r}) / "tree"
(root / "closed").mkdir(parents=True)
(root / "closed/a").write_bytes(b"a")
(root / "open").write_bytes(b"a")
(root / "secret").write_bytes(b"a")
(root / "secret").chmod(0o200)
(root / "closed").chmod(0o555)
written = write_changes(root, root.parent / "run", [
    change("closed/a", b"a", b"b"), change("closed/new", None, b"b"),
    change("closed/sub/new", None, b"b"), change("open", b"a", b"b"), change("secret", b"a", b"b"),
])
assert sorted(left.path for left in written.skipped) == [
    "closed/a", "closed/new", "closed/sub/new", "secret"], written
assert (root / "closed/a").read_bytes() == b"a" and (root / "open").read_bytes() == b"b"
assert sorted(os.listdir(root)) == ["closed", "open", "secret"]
assert os.listdir(root / "closed") == ["a"]
(root / "closed").chmod(0o755)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def test_a_full_disk_cuts_no_file(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(small)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a tmpfs needs root")
    try:
        (small / "a").write_bytes(b"a")
        (small / "b").write_bytes(b"b")
        written = write_changes(
            small,
            tmp_path / "run",
            [change("a", b"a", os.urandom(400_000)), change("b", b"b", b"new")],
        )
        assert [left.path for left in written.skipped] == ["a"]
        assert "No space" in written.skipped[0].reason
        assert (small / "a").read_bytes() == b"a" and (small / "b").read_bytes() == b"new"
        assert sorted(os.listdir(small)) == ["a", "b"]
        (small / "fill").write_bytes(b"x" * 200_000)
        with pytest.raises(AiCodeError, match="nothing was landed"):
            write_changes(small / ".", small / "run", [change("b", b"new", os.urandom(100_000))])
        assert (small / "b").read_bytes() == b"new"
    finally:
        subprocess.run(["umount", str(small)], check=True)
