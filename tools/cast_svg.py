"""A recorded terminal session (asciinema cast v2) as one animated SVG, with no script in it.

Each row of the screen is drawn once for as long as it looks the same, and shown and hidden by
CSS. Whoever prefers reduced motion, and every viewer without animation, sees the last screen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Any, NamedTuple

import pyte
from pyte.screens import Char
from wcwidth import wcwidth

CELL_W, CELL_H, FONT = 8.4, 19.0, 14.0
PAD_X, PAD_Y, BAR = 14.0, 10.0, 30.0
REST_S = 4.0
"""How long the last screen stays before it begins again."""
BACKGROUND, BORDER, TEXT, DIM = "#171b22", "#57606a", "#e6edf3", "#9aa4af"
COLOURS = {
    "black": "#6e7681",
    "red": "#ff7b72",
    "green": "#7ee787",
    "brown": "#e3b341",
    "yellow": "#e3b341",
    "blue": "#79c0ff",
    "magenta": "#d2a8ff",
    "cyan": "#76e3ea",
    "white": "#f0f6fc",
}
FONTS = (
    "ui-monospace,SFMono-Regular,'Cascadia Mono',Menlo,Consolas,'DejaVu Sans Mono',"
    "'Liberation Mono','Noto Sans Mono CJK JP','Noto Sans CJK JP','Hiragino Sans',"
    "'Yu Gothic','MS Gothic',monospace"
)


_DIM_ON, _DIM_COLOUR = "\x1b[2m", "\x1b[38;2;{};{};{}m".format(*bytes.fromhex(DIM[1:]))
"""pyte knows no faint text: it is a colour here."""


class Cast(NamedTuple):
    """A recording: its size, and what the screen was sent when."""

    columns: int
    rows: int
    title: str
    output: tuple[tuple[float, str], ...]


class Style(NamedTuple):
    colour: str
    bold: bool


@dataclass(frozen=True)
class Row:
    """How one row looks from ``start`` to ``end`` (None: to the end of the recording)."""

    y: int
    runs: tuple[tuple[int, int, str, Style], ...]
    start: float
    end: float | None


def read_cast(text: str) -> Cast:
    """Parses a cast of version 2. ValueError where it is none."""
    first, *lines = text.splitlines()
    head: dict[str, Any] = json.loads(first)
    if head.get("version") != 2:
        raise ValueError("no asciinema cast of version 2")
    events = [json.loads(line) for line in lines if line]
    output = tuple((float(at), str(data)) for at, kind, data in events if kind == "o")
    if list(output) != sorted(output, key=lambda event: event[0]):
        raise ValueError("time runs backwards")
    return Cast(int(head["width"]), int(head["height"]), str(head.get("title", "")), output)


def render(text: str) -> str:
    """The SVG of a cast. The same cast makes the same bytes."""
    cast = read_cast(text)
    length = cast.output[-1][0] + REST_S
    rows, cursors = _history(cast)
    width = cast.columns * CELL_W + 2 * PAD_X
    height = cast.rows * CELL_H + 2 * PAD_Y + BAR
    drawn = [_drawn(row) for row in rows] + [_cursor(x, y) for x, y, *_ in cursors]
    times = [(row.start, row.end) for row in rows] + [(start, end) for _, _, start, end in cursors]
    rules: dict[str, str] = {}
    body = []
    for shape, (start, end) in zip(drawn, times, strict=True):
        name = rules.setdefault(_keyframes(start, end, length), f"k{len(rules)}")
        last = " l" if end is None else ""
        body.append(f'<g class="f {name}{last}">{shape}</g>')
    keyframes = "".join(f"@keyframes {name}{{{rule}}}" for rule, name in rules.items())
    named = "".join(f".{name}{{animation-name:{name}}}" for name in rules.values())
    style = (
        f"text{{font:{FONT:g}px {FONTS};fill:{TEXT};white-space:pre}}.b{{font-weight:700}}"
        f".d{{fill:{DIM}}}.f{{visibility:hidden;animation:{length:.2f}s step-end infinite}}"
        ".l{visibility:visible}"
        f"{named}{keyframes}"
        "@media (prefers-reduced-motion:reduce){.f{animation:none}}"
    )
    title = escape(cast.title)
    digest = hashlib.sha256(text.encode()).hexdigest()
    lights = "".join(
        f'<circle cx="{20 + 18 * n}" cy="16" r="5" fill="{colour}"/>'
        for n, colour in enumerate(("#ff7b72", "#e3b341", "#7ee787"))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" role="img" aria-label="{title}">'
        f"<title>{title}</title><!-- made from demo.cast, sha256 {digest} -->"
        f"<style>{style}</style>"
        f'<rect x=".5" y=".5" width="{width - 1:g}" height="{height - 1:g}" rx="8" '
        f'fill="{BACKGROUND}" stroke="{BORDER}"/>{lights}{"".join(body)}</svg>\n'
    )


def _history(cast: Cast) -> tuple[list[Row], list[tuple[int, int, float, float | None]]]:
    """What each row looked like from when to when, and where the cursor was."""
    screen = pyte.Screen(cast.columns, cast.rows)
    stream = pyte.Stream(screen)
    rows: list[Row] = []
    cursors: list[tuple[int, int, float, float | None]] = []
    shown: dict[int, tuple[float, tuple[Any, ...]]] = {}
    at_cursor: tuple[float, tuple[int, int]] | None = None

    def change(y: int, now: float, runs: tuple[Any, ...]) -> None:
        start, before = shown.get(y, (0.0, ()))
        if runs == before:
            return
        if before and now > start:
            rows.append(Row(y, before, start, now))
        shown[y] = (now, runs)

    for now, together in groupby(cast.output, key=lambda event: round(event[0], 2)):
        stream.feed("".join(data for _, data in together).replace(_DIM_ON, _DIM_COLOUR))
        for y in range(cast.rows):
            change(y, now, tuple(_runs(screen.buffer[y], cast.columns)))
        place = (screen.cursor.x, screen.cursor.y)
        if at_cursor is None or at_cursor[1] != place:
            if at_cursor is not None and now > at_cursor[0]:
                cursors.append((*at_cursor[1], at_cursor[0], now))
            at_cursor = (now, place)
    rows.extend(Row(y, runs, start, None) for y, (start, runs) in shown.items() if runs)
    if at_cursor is not None:
        cursors.append((*at_cursor[1], at_cursor[0], None))
    return rows, cursors


def _runs(line: Any, columns: int) -> Iterator[tuple[int, int, str, Style]]:
    """Parts of one look: first column, width in cells, text, style. Wide characters are parts of
    their own, so that every font keeps the columns."""
    cells = [(x, line[x]) for x in range(columns) if line[x].data]
    for (style, wide), part in groupby(cells, key=lambda cell: (_style(cell[1]), _wide(cell[1]))):
        found = list(part)
        text = "".join(char.data for _, char in found)
        left = len(text) - len(text.lstrip(" "))
        if text := text.strip(" "):
            yield found[0][0] + left, len(text) * (2 if wide else 1), text, style


def _style(char: Char) -> Style:
    if char.fg == "default" or not char.fg:
        return Style("", char.bold)
    return Style(COLOURS.get(char.fg.removeprefix("bright"), f"#{char.fg}"), char.bold)


def _wide(char: Char) -> bool:
    return wcwidth(char.data[0]) == 2


def _drawn(row: Row) -> str:
    y = BAR + PAD_Y + (row.y + 0.75) * CELL_H
    shapes = []
    for x, cells, text, style in row.runs:
        classes = ("b " if style.bold else "") + ("d" if style.colour == DIM else "")
        looks = f' class="{classes.strip()}"' if classes else ""
        if style.colour and style.colour != DIM:
            looks += f' style="fill:{style.colour}"'
        shapes.append(
            f'<text x="{PAD_X + x * CELL_W:.5g}" y="{y:.5g}" textLength="{cells * CELL_W:.5g}" '
            f'lengthAdjust="spacingAndGlyphs"{looks}>{escape(text, quote=False)}</text>'
        )
    return "".join(shapes)


def _cursor(x: int, y: int) -> str:
    left, top = PAD_X + x * CELL_W, BAR + PAD_Y + y * CELL_H + 1.5
    return (
        f'<rect x="{left:.5g}" y="{top:.5g}" width="{CELL_W:g}" height="{CELL_H - 3:g}" '
        f'fill="{TEXT}" opacity=".7"/>'
    )


def _keyframes(start: float, end: float | None, length: float) -> str:
    steps = [f"{start / length:.3%}{{visibility:visible}}"]
    if start > 0:
        steps.insert(0, "0%{visibility:hidden}")
    steps.append(
        "to{visibility:visible}" if end is None else f"{end / length:.3%},to{{visibility:hidden}}"
    )
    return "".join(steps)


def screens(text: str) -> Sequence[str]:
    """The distinct screens of a cast as plain text, for tests and for people who look."""
    cast = read_cast(text)
    screen = pyte.Screen(cast.columns, cast.rows)
    stream = pyte.Stream(screen)
    seen: list[str] = []
    for _, data in cast.output:
        stream.feed(data)
        shown = "\n".join(line.rstrip() for line in screen.display).rstrip()
        if not seen or seen[-1] != shown:
            seen.append(shown)
    return seen
