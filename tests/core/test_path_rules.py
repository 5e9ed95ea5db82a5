"""Rules for some files: front matter, and patterns, whose judge is git itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_code.core.path_rules import matches, parse_rule


@pytest.mark.parametrize(
    ("front", "paths"),
    [
        ('paths: "src/**/*.ts"', ("src/**/*.ts",)),
        ("paths: '*.py', docs/**", ("*.py", "docs/**")),
        ("paths:\n  - a.py\n  - \"b.py\"\ntitle: x", ("a.py", "b.py")),
        ("title: x\npaths: [a.py, 'b.{ts,tsx}']", ("a.py", "b.ts", "b.tsx")),
        ("paths: [unclosed", ("[unclosed",)),
        ("paths: []", ()),
        ("paths: '**'", ()),
        ('paths: "**/*"', ()),
        ("title: x\nlist:\n  - a.py", ()),
        ("paths: {a,b}/{c,d}", ("a/c", "a/d", "b/c", "b/d")),
    ],
)  # fmt: skip
def test_front_matter(front: str, paths: tuple[str, ...]) -> None:
    rule = parse_rule(f"---\n{front}\n---\nThe rule.\n")
    assert (rule.text, rule.paths) == ("The rule.\n", paths)
    assert parse_rule(f"---\n{front}\n---\nThe rule.\n".replace("\n", "\r\n")) == rule


def test_a_rule_without_front_matter_is_for_all() -> None:
    for text in ("The rule.\n", "---\nnever closed\n", "", "----\npaths: x\n----\n"):
        rule = parse_rule(text)
        assert (rule.text, rule.paths, rule.applies(())) == (text, (), True)


def test_a_rule_applies_where_one_file_is_meant() -> None:
    rule = parse_rule("---\npaths: src/**/*.ts\n---\nx")
    assert rule.applies(["README.md", "src/a/b.ts"]) and rule.applies(["src/b.ts"])
    assert not rule.applies(["b.ts", "src/b.js"]) and not rule.applies(())


def test_what_lies_in_a_folder_is_not_the_folder() -> None:
    assert matches("a/b", ["a/**"]) and matches("a", ["**"]) and not matches("a", ["a/**", "?/**"])
    assert matches("a/b/c", ["/a/**/"]) and not matches("a/b", ["/a/**/"])


def test_many_braces_and_stars_end(tmp_path: Path) -> None:
    assert len(parse_rule(f"---\npaths: {'{a,b}' * 30}\n---\n").paths) <= 64
    assert not matches("a" * 200, ["*a" * 150 + "b"])
    assert not matches("/".join("a" * 60), ["**/a/" * 40 + "b"])
    assert not matches("a", ["a" * 1000])


SEGMENTS = st.text("ab*?.", min_size=1, max_size=4).filter(
    # What two asterisks mean beside a letter depends on addresses in git's memory (wildmatch.c
    # of 2.39 compares a place in the pattern with one in the text).
    lambda text: text.strip(".") and "**" not in text
)
PATTERNS = st.builds(
    lambda first, parts, last: first + "/".join(parts) + last,
    st.sampled_from(["", "/", "!"]),
    st.lists(st.one_of(SEGMENTS, st.just("**"), st.just("[ab]"), st.just("[!a]b")), min_size=1,
             max_size=3),
    st.sampled_from(["", "/", "/**"]),
)  # fmt: skip
PATHS = st.lists(st.text("ab.", min_size=1, max_size=3).filter(lambda t: t.strip(".")), min_size=1,
                 max_size=4).map("/".join)  # fmt: skip


@settings(max_examples=100)
@given(patterns=st.lists(PATTERNS, min_size=1, max_size=3), paths=st.lists(PATHS, max_size=8))
def test_as_git_ignores(
    patterns: list[str], paths: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """One thing is left to git alone: what lies in an ignored folder cannot be taken back."""
    root = tmp_path_factory.getbasetemp() / "ignoring"
    if not root.exists():
        subprocess.run(["git", "init", "-q", str(root)], check=True)
    if any(pattern.startswith("!") for pattern in patterns[1:]):
        patterns = patterns[:1]
    (root / ".gitignore").write_text("\n".join(patterns) + "\n")
    asked = "\0".join(paths)
    done = subprocess.run(
        ["git", "check-ignore", "--no-index", "-z", "--stdin"],
        cwd=root, input=asked.encode(), capture_output=True, check=False,
    )  # fmt: skip
    ignored = set(done.stdout.decode().split("\0")) - {""}
    assert {path for path in paths if matches(path, patterns)} == ignored
