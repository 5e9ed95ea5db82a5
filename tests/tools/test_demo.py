"""docs/demo.cast and docs/demo.svg: a recording that is what it says, and a drawing made of it."""

from __future__ import annotations

import importlib
import json
import re
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[2]
CAST, SVG = ROOT / "docs/demo.cast", ROOT / "docs/demo.svg"
FORBIDDEN = re.compile(
    r"/tmp|/root|/home|/work|/var|/usr|127\.0\.0\.1|localhost|https?://(?!www\.w3\.org/2000/svg)"
    r"|dummy|token|\.tools|\.local",
    re.I,
)


@pytest.fixture
def drawing(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(ROOT / "tools"), *sys.path])
    return importlib.import_module("cast_svg")


def cast(*events: tuple[float, str], columns: int = 20, rows: int = 3) -> str:
    head = {"version": 2, "width": columns, "height": rows, "title": "a <title>"}
    return "\n".join(map(json.dumps, [head, *([at, "o", text] for at, text in events)]))


def test_the_drawing_is_made_of_the_recording(drawing: ModuleType) -> None:
    assert drawing.render(CAST.read_text()) == SVG.read_text(), "tools/record-demo --draw"


def test_the_recording_shows_the_main_job(drawing: ModuleType) -> None:
    read = drawing.read_cast(CAST.read_text())
    assert read.columns == 80
    assert 20 <= read.output[-1][0] <= 30
    last = drawing.screens(CAST.read_text())[-1]
    parts = [
        '$ ai-code "',
        "[AI: Claude Code]",
        "· Edit ",
        "[AI: Ollama + Aider (fallback - rate limit detected)]",
        "session limit reached, resets ",
        ">>>>>>> REPLACE",
        "changed: greet.py (+1 −0)",
        "$ ai-code diff --stat",
        "$ ai-code undo --yes",
        "1 file is as before run ",
    ]
    places = [last.find(part) for part in parts]
    assert -1 not in places and places == sorted(places), last


def test_nothing_of_the_machine_is_in_it() -> None:
    for path in (CAST, SVG):
        found = FORBIDDEN.search(path.read_text())
        assert not found, found


def test_the_drawing_is_small_and_has_no_script() -> None:
    assert SVG.stat().st_size < 200_000
    names = {element.tag.rpartition("}")[2] for element in ElementTree.parse(SVG).iter()}
    assert names == {"svg", "title", "style", "rect", "circle", "g", "text"}


def groups(svg: str) -> list[tuple[str, str]]:
    """(classes, text) of what is shown at some time."""
    root = ElementTree.fromstring(svg)
    found = [each for each in root.iter() if each.tag.endswith("}g")]
    return [(each.get("class", ""), "".join(each.itertext())) for each in found]


def test_rows_are_there_as_long_as_they_look_the_same(drawing: ModuleType) -> None:
    svg = drawing.render(cast((0, "one\r\n"), (1, "wait"), (2, "\r\x1b[Ktwo")))
    shown = {text: classes for classes, text in groups(svg) if text}
    assert set(shown) == {"one", "wait", "two"}
    assert "l" in shown["one"].split() and "l" in shown["two"].split()
    name = next(each for each in shown["wait"].split() if each.startswith("k"))
    rule = svg.partition(f"@keyframes {name}{{")[2].partition("}@")[0]
    # It lasts 2 s, and the last screen 4 more.
    assert rule == ("0%{visibility:hidden}16.667%{visibility:visible}33.333%,to{visibility:hidden}")


def test_without_motion_the_last_screen_is_seen(drawing: ModuleType) -> None:
    svg = drawing.render(cast((0, "x")))
    assert ".f{visibility:hidden" in svg and ".l{visibility:visible}" in svg
    assert "@media (prefers-reduced-motion:reduce){.f{animation:none}}" in svg


def test_wide_characters_and_colours_keep_their_places(drawing: ModuleType) -> None:
    svg = drawing.render(cast((0, "ab日本c \x1b[1;31m<&>\x1b[0m \x1b[2mdim")))
    root = ElementTree.fromstring(svg)
    texts = [each for each in root.iter() if each.tag.endswith("}text")]
    cells = [round(float(each.get("textLength", "0")) / drawing.CELL_W) for each in texts]
    starts = [round((float(each.get("x", "0")) - drawing.PAD_X) / drawing.CELL_W) for each in texts]
    assert [each.text for each in texts] == ["ab", "日本", "c", "<&>", "dim"]
    assert cells == [2, 4, 1, 3, 3] and starts == [0, 2, 6, 8, 12]
    assert texts[3].get("class") == "b" and texts[3].get("style") == "fill:#ff7b72"
    assert texts[4].get("class") == "d"


@pytest.mark.parametrize(
    "text", ["", "{}", '{"version": 1}', cast((2, "x"), (1, "y")), "not json"], ids=repr
)
def test_what_is_no_recording_is_refused(drawing: ModuleType, text: str) -> None:
    with pytest.raises(ValueError):
        drawing.render(text)


def test_a_recording_that_shows_nothing_does_not_take_the_place_of_one_that_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    loader = SourceFileLoader("record_demo", str(ROOT / "tools/record-demo"))
    tool = module_from_spec(spec_from_loader("record_demo", loader))  # type: ignore[arg-type]
    loader.exec_module(tool)
    (tmp_path / "demo.cast").write_text("the old one")
    monkeypatch.setattr(sys, "argv", ["record-demo", "--docs", str(tmp_path)])
    monkeypatch.setattr(sys, "prefix", str(tool.DEV.parent.parent))
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(tool, "record", lambda _: [(0.0, "[AI: Claude Code]"), (1.0, "Done.")])
    assert tool.main() == 1
    assert "'changed: greet.py'" in capsys.readouterr().err
    assert (tmp_path / "demo.cast").read_text() == "the old one"
