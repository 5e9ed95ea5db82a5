"""Any tree, any other tree: a landing makes one of the other, undo restores every byte, and git
takes the patches."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ai_code.core.changes import EXECUTABLE, LINK, REGULAR, Change
from ai_code.core.patches import patch
from ai_code.system.landing_files import write_changes
from tests.system.git_repos import picture
from tests.system.test_landing_files import change, undo

names = st.sampled_from(["a", "b c", "new\nline", "\x1b[31mred", "日本語", "-x", '"q"', "é\udcff"])
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
contents = st.one_of(
    st.just(b""),
    st.binary(max_size=40),
    st.lists(st.sampled_from([b"one", b"two", b"", b"x\r"]), max_size=8).map(b"\n".join),
    st.lists(st.sampled_from([b"one\r\n", b"two\n", b"3"]), max_size=8).map(b"".join),
)
states = st.one_of(
    st.tuples(st.just(REGULAR), contents, st.sampled_from([0o644, 0o600, 0o664, 0o222 | 0o400])),
    st.tuples(st.just(EXECUTABLE), contents, st.sampled_from([0o755, 0o700])),
    st.tuples(
        st.just(LINK), st.sampled_from([b"a", b"/nowhere", b"../up", "日本".encode()]), st.none()
    ),
)
trees = st.dictionaries(paths, states, max_size=6)


def without_clashes(
    tree: dict[str, tuple[int, bytes, int | None]],
) -> dict[str, tuple[int, bytes, int | None]]:
    return {
        path: state
        for path, state in tree.items()
        if not any(other != path and path.startswith(other + "/") for other in tree)
    }


def build(root: Path, tree: dict[str, tuple[int, bytes, int | None]]) -> None:
    for path, (mode, data, perms) in tree.items():
        full = root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        if mode == LINK:
            os.symlink(os.fsdecode(data), full)
        else:
            full.write_bytes(data)
            full.chmod(perms or 0o644)


Tree = dict[str, tuple[int, bytes, int | None]]


def between(old: Tree, new: Tree) -> list[Change]:
    """What changed from one tree to the other."""
    gone = (0, None, 0)
    rows = ((path, old.get(path, gone), new.get(path, gone)) for path in sorted({*old, *new}))
    return [
        change(path, d1, d2, old=m1, new=m2)
        for path, (m1, d1, _), (m2, d2, _) in rows
        if (m1, d1) != (m2, d2)
    ]


@settings(max_examples=80)
@given(trees.map(without_clashes), trees.map(without_clashes))
def test_landing_and_undo_restore_every_byte_mode_and_link(old: Tree, new: Tree) -> None:
    changes = between(old, new)
    with tempfile.TemporaryDirectory() as folder:
        tree, run = Path(folder, "tree"), Path(folder, "run")
        tree.mkdir()
        build(tree, old)
        before = picture(tree)
        written = write_changes(tree, run, changes)
        assert not written.conflicts and not written.skipped
        files = {p: s for p, s in picture(tree).items() if not stat.S_ISDIR(s[0])}
        expected = Path(folder, "expected")
        expected.mkdir()
        build(expected, new)
        wanted = {p: s for p, s in picture(expected).items() if not stat.S_ISDIR(s[0])}
        assert {p: s[1] for p, s in files.items()} == {p: s[1] for p, s in wanted.items()}
        if changes:
            assert not undo(tree, run, run / "undo").conflicts
        assert picture(tree) == before
        if changes:
            undo(tree, run / "undo", run / "redo")
            again = {p: s for p, s in picture(tree).items() if not stat.S_ISDIR(s[0])}
            assert again == files


def _loops(tree: Path, new: dict[str, tuple[int, bytes, int | None]]) -> bool:
    """A link that leads to itself and becomes a folder: git apply (2.39) refuses what it made
    itself."""
    for path in new:
        for parent in Path(path).parents:
            try:
                (tree / parent).stat()
            except OSError as error:
                if error.errno == errno.ELOOP:
                    return True
    return False


@settings(max_examples=60)
@given(trees.map(without_clashes), trees.map(without_clashes))
def test_git_applies_the_patches(old: Tree, new: Tree) -> None:
    changes = between(old, new)
    with tempfile.TemporaryDirectory() as folder:
        tree, expected = Path(folder, "tree"), Path(folder, "expected")
        for each in (tree, expected):
            each.mkdir()
        build(tree, old)
        build(expected, new)
        subprocess.run(
            ["git", "init", "-q"], cwd=tree, check=True, env={"PATH": os.environ["PATH"]}
        )
        text = patch(changes)
        if not text or _loops(tree, new):
            return
        done = subprocess.run(
            ["git", "apply", "--whitespace=nowarn", "-"],
            cwd=tree,
            input=text,
            capture_output=True,
            env={"PATH": os.environ["PATH"], "HOME": folder},
        )
        assert done.returncode == 0, (done.stderr, text)
        files = {
            p: (s[0] & 0o170100, s[1])
            for p, s in picture(tree).items()
            if not stat.S_ISDIR(s[0]) and not p.startswith(".git/")
        }
        wanted = {
            p: (s[0] & 0o170100, s[1])
            for p, s in picture(expected).items()
            if not stat.S_ISDIR(s[0])
        }
        assert files == wanted
