from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.changes import EXECUTABLE, LINK, REGULAR, Change, Kind
from ai_code.core.suspicions import suspicions

CODE = b"".join(b"def f%d(x):\n    return x + %d\n\n\n" % (n, n) for n in range(10))


def reasons(
    before: bytes | None, after: bytes | None, path: str = "a.py", **modes: int
) -> list[str]:
    kind: Kind = "A" if before is None else "D" if after is None else "M"
    old = modes.get("old", 0 if before is None else REGULAR)
    new = modes.get("new", 0 if after is None else REGULAR)
    return [s.reason for s in suspicions(Change(path, kind, old, new, before, after))]


def test_ordinary_edits_are_not_suspicious() -> None:
    assert reasons(CODE, CODE.replace(b"x + 3", b"x - 3")) == []
    assert reasons(CODE, CODE + b"def more():\n    pass\n") == []
    assert reasons(CODE, CODE.replace(b"def f3(x):\n    return x + 3\n\n\n", b"")) == []
    assert reasons(CODE, CODE.rstrip() + b"\n") == []
    assert reasons(None, CODE) == [] and reasons(CODE, None) == []
    rewritten = b"".join(b"def g%d(y):\n    return y * %d\n\n\n" % (n, n) for n in range(10))
    assert reasons(CODE, rewritten) == []


def test_cut_and_emptied_files() -> None:
    assert reasons(CODE, b"") == ["it was emptied"]
    assert reasons(CODE, b" \n\n") == ["it was emptied"]
    assert "it was cut to a fragment" in reasons(CODE, CODE[: len(CODE) // 2])
    assert "it was cut to a fragment" in reasons(CODE, CODE[:-20])
    cut = b'"""Doc."""\n' + CODE[: len(CODE) // 2]
    assert "it lost much of its text" in reasons(CODE, cut)
    text = b"".join(b"line %d\n" % n for n in range(100))
    assert reasons(text, b"new\n" + text[:-40] + b"lin", "a.txt") == ["its end is missing"]


@pytest.mark.parametrize(
    "line",
    [
        "# ... existing code ...",
        "# ...",
        "    # ... rest of the function unchanged ...",
        "# rest of the code remains the same",
        "# (rest of file unchanged)",
        "# The rest of the file remains unchanged.",
        "// ... rest unchanged",
        "// rest of the file unchanged",
        "// ... existing code ...",
        "// Existing code here",
        "// existing imports...",
        "// ... other methods ...",
        "/* ... rest of the styles ... */",
        "/* unchanged */",
        "{/* ... existing JSX ... */}",
        "<!-- rest of the page stays the same -->",
        "<!-- ... existing content ... -->",
        "-- ... remaining columns ...",
        "; ... rest of the config",
        "% ... remaining text unchanged",
        '""" ... rest unchanged ... """',
        "... rest of code ...",
        "[... rest of the file ...]",
        "…rest of the document unchanged…",
        "# Keep the rest of the code as is",
        "# previous code",
        "# code omitted for brevity",
        "# unchanged code below",
        "# no changes needed here",
        "# snip",
        "return x  # ... existing code ...",
        "# 以下省略",
        "// 以下同様",
        "# (省略)",
        "（省略）",
        "（以下略）",
        "# ...省略",
        "# … 以下省略 …",
        "# 残りのコードは変更なし",
        "// 残りはそのまま",
        "# 既存のコード",
        "/* 他の部分はそのまま */",
        "# 以降のコードは同じ",
        "# 中略",
        "...（中略）...",
        "# 変更なし",
    ],
)
def test_placeholders(line: str) -> None:
    found = reasons(b"a = 1\nb = 2\n", b"a = 1\n" + line.encode() + b"\nb = 2\n", "a.txt")
    assert found == ["a placeholder stands where code was"], line
    assert reasons(line.encode() + b"\n", line.encode() + b"\nx = 1\n", "a.txt") == []


@pytest.mark.parametrize(
    "line",
    [
        "# The rest of the arguments go to the engine",
        "# Existing files are never overwritten",
        "# other tests rely on this order",
        "# remaining time in seconds",
        "// previous value, needed for undo",
        "# same as above, but for bytes",
        "...",
        "    ...",
        "x: tuple[int, ...] = ()",
        "def f(*rest): return rest  # rest of the tuple",
        "The rest of this page describes the format.",
        "print('... done')",
        "const { a, ...rest } = props;",
        "fn(...args)  // spread",
        "# Returns the original text",
        "# 残り時間を表示する",
        "# 以下の関数は数を返す",
        "以下のとおり設定します。",
        "# 既存のコードと互換性を保つために必要な処理をここで行う",
        "変更なしの場合は終了コード0を返します。",
        "# omitted when empty: the field is optional",
        "* more",
        "# Original author: somebody",
    ],
)
def test_innocent_lines(line: str) -> None:
    assert reasons(b"a = 1\n", b"a = 1\n" + line.encode() + b"\n", "a.txt") == [], line


def test_markers() -> None:
    for text in ("<<<<<<< SEARCH", ">>>>>>> REPLACE", "<<<<<<< HEAD", ">>>>>>> topic", "<<<<<<<"):
        found = reasons(b"a\n", b"a\n" + text.encode() + b"\n", "a.txt")
        assert found == ["conflict or edit markers were left in it"]
    assert reasons(b"Title\n", b"Title\n=======\n", "a.rst") == []
    assert reasons(b"<<<<<<< HEAD\na\n", b"<<<<<<< HEAD\nb\n", "a.txt") == []


@pytest.mark.parametrize(
    ("path", "good", "bad"),
    [
        ("a.py", b"def f():\n    return 1\n", b"def f(:\n    return 1\n"),
        ("A.PYI", b"x: int\n", b"x: =\n"),
        ("a.json", b'{"a": 1}\n', b'{"a": 1,}\n'),
        ("a.toml", b"a = 1\n", b"a = =\n"),
        ("a.yaml", b"a: [1]\nb: !Tag x\n", b"a: [1\nb: !Tag x\n"),
        ("a.yml", b"a: 1\n---\nb: 2\n", b"a: 1\n---\nb: : 2\n"),
    ],
)
def test_files_that_no_longer_parse(path: str, good: bytes, bad: bytes) -> None:
    assert reasons(good, bad, path) == ["it parsed before and no longer does"]
    assert reasons(bad, bad + b"#\n", path) == []
    assert reasons(good, bad, "a.txt") == []


def test_parsers_are_guarded() -> None:
    deep = b"[" * 200_000
    for path, good in (("a.json", b"1"), ("a.py", b""), ("a.yaml", b""), ("a.toml", b"")):
        assert reasons(good, deep, path) == ["it parsed before and no longer does"]
    assert reasons(b"x = 1\n", b"x = 1\n" + b"#" * 2_000_000 + b"\n(", "a.py") == []
    assert reasons(b"a: &a [x]\n", b"a: &a [x]\nb: [*a, *a]\n", "a.yaml") == []


def test_modes_links_and_binaries() -> None:
    assert reasons(b"a", b"a\0b", "x") == ["it became a binary file"]
    assert reasons(b"\0", b"\0\0", "x") == []
    assert reasons(b"a", b"a", "x", new=EXECUTABLE) == ["it became executable"]
    assert reasons(None, b"#!/bin/sh\n", "x", new=EXECUTABLE) == ["it became executable"]
    assert reasons(b"a", b"/etc/passwd", "x", old=LINK, new=LINK) == [
        "it is a link out of the tree"
    ]
    assert reasons(b"a", b"b", "x", old=LINK, new=LINK) == []


@given(st.binary(), st.binary(), st.sampled_from(["a.py", "a.json", "a.toml", "a.yaml", "a"]))
def test_any_bytes_have_an_answer(before: bytes, after: bytes, path: str) -> None:
    reasons(before, after, path)
    assert reasons(before, before, path) == []


def test_a_file_written_anew_and_not_to_its_end() -> None:
    """Whole-file answers that stop early, and look finished."""
    before = "".join(f"def f{n}():\n    return {n}\n\n\n" for n in range(20)).encode()
    head = b"".join(before.splitlines(keepends=True)[:60])
    edited = head.replace(b"return 3", b"return 33")
    change = Change("a.py", "M", 0o100644, 0o100644, before, edited)
    assert [each.reason for each in suspicions(change, whole_files=True)] == ["its end is missing"]
    assert suspicions(change) == [], "in a diff a deletion is meant"


def test_dots_where_lines_are_gone() -> None:
    before = "".join(f"line {n}\n" for n in range(60)).encode()
    after = "".join(f"line {n}\n" for n in range(50)).encode() + b"...\n"
    change = Change("notes.md", "M", 0o100644, 0o100644, before, after)
    assert "a placeholder stands where code was" in [each.reason for each in suspicions(change)]
    stub = Change("a.py", "M", 0o100644, 0o100644, b"a\nb\nc\n", b"def f():\n    ...\n")
    assert "a placeholder stands where code was" not in [each.reason for each in suspicions(stub)]
