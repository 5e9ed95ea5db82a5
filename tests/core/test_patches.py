"""That git takes the patches is shown in tests/system/test_landing_files.py."""

from __future__ import annotations

from ai_code.core.changes import EXECUTABLE, REGULAR, Change
from ai_code.core.patches import line_counts, patch


def test_the_form_of_a_patch() -> None:
    change = Change("日 \n.txt", "M", REGULAR, EXECUTABLE, b"a\nb\nc", b"a\nB\nc")
    assert patch([change]).decode() == (
        'diff --git "a/\\346\\227\\245 \\n.txt" "b/\\346\\227\\245 \\n.txt"\n'
        "old mode 100644\nnew mode 100755\n"
        '--- "a/\\346\\227\\245 \\n.txt"\n+++ "b/\\346\\227\\245 \\n.txt"\n'
        "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n\\ No newline at end of file\n"
    )


def test_hunks_that_are_far_apart_are_separate() -> None:
    old = b"".join(b"%d\n" % n for n in range(60))
    new = old.replace(b"\n5\n", b"\nfive\n").replace(b"\n50\n", b"\nfifty\n")
    text = patch([Change("a", "M", REGULAR, REGULAR, old, new)])
    assert text.count(b"\n@@ ") == 2 and b"\n 30\n" not in text
    assert line_counts(Change("a", "M", REGULAR, REGULAR, old, new)) == (2, 2)


def test_large_rewrites_end_soon() -> None:
    old = b"".join(b"old %d\n" % n for n in range(40_000))
    new = b"".join(b"new %d\n" % n for n in range(40_000))
    change = Change("a", "M", REGULAR, REGULAR, old, new)
    assert line_counts(change) == (40_000, 40_000)
    assert patch([change]).count(b"\n") == 80_000 + 4


def test_counts_of_new_and_gone_files() -> None:
    assert line_counts(Change("a", "A", 0, REGULAR, None, b"a\nb")) == (2, 0)
    assert line_counts(Change("a", "D", REGULAR, 0, b"a\n", None)) == (0, 1)
    assert line_counts(Change("a", "M", REGULAR, REGULAR, b"\0", b"\0\n")) == (0, 0)
