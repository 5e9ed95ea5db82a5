"""Which files a prompt names, in English and Japanese."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.naming import named_files, named_symbols

KNOWN = (
    "hello.py",
    "src/app.py",
    "src/util/text.py",
    "tests/util/text.py",
    "README.md",
    "Makefile",
    "src/日本語.py",
    "app/[id]/page.tsx",
    "docs/my notes.md",
    ".github/workflows/ci.yml",
)


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("add a docstring to hello.py", ["hello.py"]),
        ("fix hello.py.", ["hello.py"]),
        ("why (src/app.py)?", ["src/app.py"]),
        ("@hello.py and ./src/app.py", ["hello.py", "src/app.py"]),
        ("app.py", ["src/app.py"]),
        ("src/app.py:12: error", ["src/app.py"]),
        ("`hello.py`, 'README.md'!", ["hello.py", "README.md"]),
        ("text.py is there twice", []),
        ("src/util/text.py is there once", ["src/util/text.py"]),
        ("the Makefile", ["Makefile"]),
        ("make it so", []),
        ("fix app/[id]/page.tsx", ["app/[id]/page.tsx"]),
        ('read "docs/my notes.md" first', ["docs/my notes.md"]),
        (".github/workflows/ci.yml", [".github/workflows/ci.yml"]),
        ("../hello.py /hello.py nothing.py", []),
        ("hello.pyを直して", ["hello.py"]),
        ("「hello.py」を直して", ["hello.py"]),
        ("hello.pyとsrc/app.pyを直して", ["hello.py", "src/app.py"]),
        ("hello.py、src/app.pyを直してください。", ["hello.py", "src/app.py"]),
        ("このhello.pyを直して", ["hello.py"]),
        ("次を直して：hello.py", ["hello.py"]),
        ("src/日本語.pyを直して", ["src/日本語.py"]),
        ("日本語.pyを直して", ["src/日本語.py"]),
        ("README.mdに説明を書いて", ["README.md"]),
        ("Makefileを直して", ["Makefile"]),
        ("", []),
    ],
)
def test_named(prompt: str, found: list[str]) -> None:
    assert list(named_files(prompt, KNOWN)) == found


def test_each_once_in_the_prompts_order_and_not_too_many() -> None:
    assert named_files("b.py a.py b.py", ("a.py", "b.py")) == ("b.py", "a.py")
    many = [f"f{number}.py" for number in range(50)]
    assert len(named_files(" ".join(many), many)) == 12


@given(st.text(max_size=300), st.lists(st.text(min_size=1, max_size=20), max_size=10))
def test_only_known_paths_are_ever_named(prompt: str, known: list[str]) -> None:
    assert set(named_files(prompt, known)) <= set(known)


NAMES = st.from_regex(
    r"[a-z日本][a-z日本_-]{0,8}(/[a-z日本]{1,8}){0,2}\.[a-z]{1,4}", fullmatch=True
)


@given(
    NAMES, st.sampled_from(["fix {} now", "「{}」を直して", "{}を直して", "({})", "`{}`", "{}."])
)
def test_a_known_path_is_found(path: str, prompt: str) -> None:
    assert named_files(prompt.format(path), [path, "other.txt"]) == (path,)


def test_a_huge_prompt_takes_no_time() -> None:
    assert named_files("x" * 5_000_000, KNOWN) == ()
    assert named_files("日" * 5_000_000, KNOWN) == ()
    assert named_files("'" * 5_000_000, KNOWN) == ()


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("add a docstring to hello()", ("hello",)),
        ("what does `parse_args` do?", ("parse_args",)),
        ("`Parser()` and run_it(x)", ("run_it", "Parser")),
        ("if (x) { f() }", ()),
        ("obj.method()", ()),
        ("hello()を直して", ("hello",)),
        ("", ()),
    ],
)
def test_symbols(prompt: str, found: tuple[str, ...]) -> None:
    assert set(named_symbols(prompt)) == set(found)


def test_names_are_seen_from_where_the_person_stands() -> None:
    known = ["hello.py", "sub/hello.py", "sub/deep/x.py"]
    assert named_files("change hello.py", known, "sub") == ("sub/hello.py",)
    assert named_files("change ../hello.py and deep/x.py", known, "sub") == (
        "hello.py",
        "sub/deep/x.py",
    )
    assert named_files("change hello.py", known) == ("hello.py",)
