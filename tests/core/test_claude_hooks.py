"""Our hooks in the text of a settings file: what is not ours stays byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.claude_hooks import (
    EVENTS,
    FormError,
    are_off,
    command_of,
    known_to,
    lines_of,
    nix_lines,
    ours_in,
    with_hooks,
    without_hooks,
)
from ai_code.core.json_edit import parsed, taken_back

OURS = {event.name: command_of(["/a b/ai-code"], event) for event in EVENTS}
THEIRS = {"hooks": [{"type": "command", "command": "/usr/bin/mine"}]}
MANNERS: dict[str, dict[str, Any]] = {
    "two": {"indent": 2},
    "four": {"indent": 4},
    "tabs": {"indent": "\t"},
    "line": {},
    "tight": {"separators": (",", ":")},
}
TEXTS = (
    "{}",
    "{}\n",
    "{\n}\n",
    '{"hooks":{}}',
    '{\n  "hooks": {},\n  "model": "opus"\n}\n',
    '{\n  "hooks": {"SessionStart": []}\n}\n',
    '{\r\n\t"hooks": {\r\n\t\t"SessionStart": [\r\n\t\t\t{"hooks": []}\r\n\t\t]\r\n\t}\r\n}\r\n',
)

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
hooks = st.dictionaries(
    st.sampled_from(["SessionStart", "StopFailure", "Stop", "PreToolUse"]),
    st.lists(st.sampled_from([THEIRS, {"matcher": "x", **THEIRS}, {"hooks": []}]), max_size=2),
    max_size=3,
)
files = st.tuples(
    st.dictionaries(st.text(max_size=6).filter(lambda key: key != "hooks"), plain, max_size=3),
    st.none() | hooks,
).map(lambda both: both[0] if both[1] is None else {**both[0], "hooks": both[1]})


@given(files, st.sampled_from(sorted(MANNERS)), st.booleans(), st.booleans())
def test_what_was_there_comes_back(
    value: dict[str, Any], manner: str, ascii_: bool, windows: bool
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_, **MANNERS[manner])
    text = text.replace("\n", "\r\n") if windows else text
    edited = with_hooks(text, OURS)
    there = json.loads(edited.text)
    assert ours_in(edited.text) == {name: [each] for name, each in OURS.items()}
    assert list(there) == list(value) + ["hooks"] * ("hooks" not in value)
    for name, groups in value.get("hooks", {}).items():
        assert there["hooks"][name][: len(groups)] == groups
    assert taken_back(edited.text, edited.insertions) == text
    # Whoever wrote the file anew since: theirs stays, ours goes.
    anew = json.dumps(there, indent=3)
    assert json.loads(without_hooks(anew, edited.had)) == value


@pytest.mark.parametrize("text", TEXTS)
def test_empty_containers_stay_what_they_were(text: str) -> None:
    edited = with_hooks(text, OURS)
    json.loads(edited.text)
    assert taken_back(edited.text, edited.insertions) == text
    assert json.loads(without_hooks(edited.text, edited.had)) == json.loads(text)


def test_the_manner_of_the_file_is_kept() -> None:
    text = '{\n\t"model": "opus"\n}\n'
    assert with_hooks(text, {"SessionStart": "x"}).text == (
        '{\n\t"model": "opus",\n\t"hooks": {\n\t\t"SessionStart": [\n\t\t\t{\n\t\t\t\t"hooks": [\n'
        '\t\t\t\t\t{\n\t\t\t\t\t\t"type": "command",\n\t\t\t\t\t\t"command": "x",\n'
        '\t\t\t\t\t\t"timeout": 10\n\t\t\t\t\t}\n\t\t\t\t]\n\t\t\t}\n\t\t]\n\t}\n}\n'
    )
    assert with_hooks('{"a":1}', {"SessionStart": "x"}).text.startswith('{"a":1, "hooks":{"Ses')


def test_an_entry_beside_ours_stays() -> None:
    mixed = {"hooks": [*THEIRS["hooks"], {"type": "command", "command": OURS["SessionStart"]}]}
    text = json.dumps({"hooks": {"SessionStart": [mixed, THEIRS]}}, indent=2)
    left = json.loads(without_hooks(text))
    assert left == {"hooks": {"SessionStart": [THEIRS, THEIRS]}}


@pytest.mark.parametrize(
    "command",
    ["/usr/bin/ai-code hooks run session-start", "'/a b/ai-code' hooks run stop-failure",
     "/py -m ai_code hooks run session-start", "trap '' TERM; exec /x/ai-code hooks run other"],
)  # fmt: skip
def test_ours_are_found_by_their_form(command: str) -> None:
    assert ours_in(with_hooks("{}", {"Stop": command}).text) == {"Stop": [command]}


@pytest.mark.parametrize("command", ["echo ai-code hooks run x | cat", "/x/ai-code status", ""])
def test_others_are_not(command: str) -> None:
    text = with_hooks("{}", {"Stop": command}).text
    assert ours_in(text) == {} and without_hooks(text) == text


@pytest.mark.parametrize("text", ["", "[]", "1", "{", '{"a": 1,}', "// x\n{}", '{"hooks": []}',
                                  '{"hooks": {"SessionStart": {}}}', "[" * 100_000])  # fmt: skip
def test_what_has_not_the_form_is_not_edited(text: str) -> None:
    with pytest.raises(ValueError):
        with_hooks(text, OURS)


def test_form_error_says_where() -> None:
    with pytest.raises(FormError, match=r"hooks\.SessionStart"):
        with_hooks('{"hooks": {"SessionStart": {}}}', OURS)


@given(files)
def test_places_are_right(value: dict[str, Any]) -> None:
    text = json.dumps(value, indent=1)
    for member in parsed(text).members:
        assert json.loads(text[member.value.start : member.value.end]) == value[str(member.key)]


def test_versions() -> None:
    start, failure = EVENTS
    assert known_to((2, 0, 77), start) and not known_to((2, 0, 77), failure)
    assert known_to((2, 1, 78), failure) and not known_to((2, 1, 77), failure)
    assert not known_to(None, start) and not known_to((1, 0, 61), start)


def test_lines_to_write_by_hand() -> None:
    assert ours_in("\n".join(lines_of(OURS))) == {name: [each] for name, each in OURS.items()}
    nix = "\n".join(nix_lines(EVENTS))
    assert "programs.claude-code.settings.hooks" in nix and nix.count("{") == nix.count("}")


def test_all_hooks_may_be_off() -> None:
    assert are_off('{"disableAllHooks": true}') and not are_off('{"disableAllHooks": 1}')
    assert not are_off("[]")
