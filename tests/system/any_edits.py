"""Edits of every kind for property tests: drawn by hypothesis, done in a real folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

Op = tuple[Any, ...]
NAMES = (
    "a.txt",
    "b c.py",
    "日本語/挨拶.py",
    "日本語/ガ.txt",
    "d/e",
    "d/e/f.txt",
    "-x",
    'quo"te',
    "new\nline",
    os.fsdecode(b"latin-\xe9"),
)
paths = st.sampled_from(NAMES)
modes = st.sampled_from([0o644, 0o600, 0o755, 0o664])
texts = st.lists(
    st.sampled_from([b"one\n", b"two\n", b"three\n", b"\n", "四\n".encode()]), max_size=9
).map(b"".join)
contents = st.one_of(
    texts,
    texts.map(lambda text: text.replace(b"\n", b"\r\n")),
    texts.map(lambda text: text.removesuffix(b"\n")),
    st.binary(max_size=12).map(lambda data: b"\0" + data),
    st.just(b"".join(b"line %d\n" % n for n in range(30))),
)
targets = st.sampled_from(["a.txt", "日本語", "../outside", "nowhere", "/etc/hostname"])
ops = st.one_of(
    st.tuples(st.just("write"), paths, contents, modes),
    st.tuples(st.just("line"), paths, st.integers(0, 40)),
    st.tuples(st.just("delete"), paths),
    st.tuples(st.just("rename"), paths, paths),
    st.tuples(st.just("chmod"), paths, modes),
    st.tuples(st.just("link"), paths, targets),
)
edits = st.lists(ops, max_size=6)
"""What somebody does, one after the other; what does not apply is passed over."""
some_edits = st.lists(ops, min_size=2, max_size=8)


def do(root: Path, edits: list[Op], who: str) -> set[bytes]:
    """Does them, and gives the lines that ``line`` put in; each is like no other."""
    made = set()
    for number, (name, path, *rest) in enumerate(edits):
        full = root / path
        if name == "write":
            _free(root, path)
            full.write_bytes(rest[0])
            full.chmod(rest[1])
        elif name == "link":
            _free(root, path)
            full.symlink_to(rest[0])
        elif not os.path.lexists(full) or (full.is_dir() and not full.is_symlink()):
            continue
        elif name == "delete":
            full.unlink()
        elif name == "rename":
            _rename(root, path, rest[0])
        elif full.is_symlink():
            continue
        elif name == "chmod":
            full.chmod(rest[0])
        else:
            made.add(_put_in(full, rest[0], f"{who} {number}".encode()))
    return made


def _put_in(path: Path, place: int, line: bytes) -> bytes:
    lines = path.read_bytes().splitlines(keepends=True)
    lines.insert(min(place, len(lines)), line + b"\n")
    path.write_bytes(b"".join(lines))
    return line


def _rename(root: Path, old: str, new: str) -> None:
    if old == new or new.startswith(f"{old}/") or old.startswith(f"{new}/"):
        return
    _free(root, new)
    if os.path.lexists(root / old):
        (root / old).rename(root / new)


def _free(root: Path, path: str) -> None:
    """Makes room: what is there goes, and a file where a folder is needed too."""
    here = root
    for part in path.split("/")[:-1]:
        here /= part
        if here.is_symlink() or here.is_file():
            here.unlink()
    here.mkdir(parents=True, exist_ok=True)
    full = root / path
    if full.is_dir() and not full.is_symlink():
        shutil.rmtree(full)
    elif os.path.lexists(full):
        full.unlink()
