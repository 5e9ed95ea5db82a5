"""``@path`` in a memory file, as Claude Code 2.1.329 was seen to take it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.imports import imports_of, place, without_comments, without_marks

SEEN = r"""@docs/first.md
see @docs/middle.md and `@docs/span.md` here
mail me@docs/mail.md
```
@docs/code.md
```
    @docs/indented.md
@docs/a\ b.md
@~/home.md
- @docs/list.md
(@docs/paren.md)
**@docs/bold.md**
@docs/part.md#section
<!-- @docs/comment.md -->
~~~sh
@docs/tilde.md
~~~
"""


def test_what_claude_was_seen_to_import() -> None:
    assert imports_of(SEEN) == (
        "docs/first.md", "docs/middle.md", "docs/a b.md", "~/home.md", "docs/list.md",
        "docs/bold.md", "docs/part.md",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ()),
        ("@", ()),
        ("@@x", ()),
        ('@"a b.md"', ()),
        ("@a.md @a.md\r\n@b.md", ("a.md", "b.md")),
        ("text\n    @continued.md", ("continued.md",)),
        ("- item\n\n    - @nested.md", ("nested.md",)),
        ("````\n```\n@no.md\n````\n@yes.md", ("yes.md",)),
        ("```\n@no.md", ()),
        ("``a ` @no.md`` @yes.md", ("yes.md",)),
        ("one ` alone @yes.md", ("yes.md",)),
        ("`\n\n@yes.md `", ("yes.md",)),
        ("`<!--` @yes.md", ("yes.md",)),
        ("<!--\n@no.md\n-->\n@yes.md", ("yes.md",)),
        ("日本語は @docs/日本語.md を見る", ("docs/日本語.md",)),
    ],
)
def test_where_an_import_is_one(text: str, found: tuple[str, ...]) -> None:
    assert imports_of(text) == found


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert all(path and " @" not in path for path in imports_of(text))
    assert len(without_comments(text)) <= len(text)


WORDS = st.text("abc @`~<!->\n*_ ", max_size=60)


@given(before=WORDS, code=WORDS, fence=st.sampled_from(["```", "~~~~"]))
def test_nothing_in_a_block_of_code_is_an_import(before: str, code: str, fence: str) -> None:
    inside = code.replace(fence, "")
    text = f"plain words\n\n{fence}\n{inside} @inside.md\n{fence}\n"
    assert "inside.md" not in imports_of(text)


@given(st.lists(st.sampled_from(["word", "日本語", "- item", "> quote", "# head"]), max_size=5))
def test_an_import_after_plain_paragraphs_is_found(lines: list[str]) -> None:
    assert imports_of("\n\n".join([*lines, "@wanted.md"])) == ("wanted.md",)


def test_where_it_leads() -> None:
    assert place("x.md", "/p/docs", "/home/me") == "/p/docs/x.md"
    assert place("../../x.md", "/p/docs", "/home/me") == "/x.md"
    assert place("~/x.md", "/p", "/home/me") == "/home/me/x.md"
    assert place("/etc/x", "/p", "/home/me") == "/etc/x"


def test_comments_in_lines_of_their_own_and_mere_imports_are_not_told() -> None:
    assert without_comments("a <!-- b -->\n<!-- c\nd -->\ne\n") == "a <!-- b -->\ne\n"
    assert without_comments("@AGENTS.md\n\n- @b.md\n") == ""
    assert without_comments("@AGENTS.md\nand more\n") == "@AGENTS.md\nand more\n"


FILES = {"docs/in.md", "docs/my file.md", "app/(one)/[id].tsx", "docs", "Makefile"}


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("See @docs/in.md for it.", "See docs/in.md for it."),
        ("See @docs/in.md.", "See docs/in.md."),
        ("(@docs/in.md), **@docs/in.md**", "(docs/in.md), **docs/in.md**"),
        ("`@docs/in.md` of code", "`docs/in.md` of code"),
        ("```\n@Makefile\n```", "```\nMakefile\n```"),
        ("@docs/in.md#part @docs/in.md:12", "docs/in.md#part docs/in.md:12"),
        ("@docs/my\\ file.md", "docs/my\\ file.md"),
        ("@\"docs/my file.md\" @'docs/in.md'", "\"docs/my file.md\" 'docs/in.md'"),
        ("@app/(one)/[id].tsx", "app/(one)/[id].tsx"),
        ("日本語@docs/in.md、と", "日本語docs/in.md、と"),
        ("@app.route('/') me@example.com @octocat @", "@app.route('/') me@example.com @octocat @"),
        ("@types/node @gone.md", "@types/node @gone.md"),
    ],
)
def test_no_engine_takes_a_name_for_a_file_to_send(text: str, plain: str) -> None:
    assert without_marks(text, FILES.__contains__) == plain


@given(st.text(alphabet="@.a/ \n\"'`\\#", max_size=200))
def test_only_marks_are_taken_away(text: str) -> None:
    assert without_marks(text, lambda _: False) == text
    assert without_marks(text, lambda _: True).replace("@", "") == text.replace("@", "")
