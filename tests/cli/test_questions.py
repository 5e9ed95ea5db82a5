"""One form for every question: the console asks it, each letter has its meaning beside it, and the
same letter means the same everywhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import ai_code

MEANINGS = {"q": {"stop"}, "o": {"another"}, "l": {"local model", "local chat"}}
"""Letters that stand for one thing. ``y`` and ``n`` say what they do."""


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(Path(ai_code.__file__).parent.rglob("*.py")):
        yield str(path), ast.parse(path.read_text())


def choices() -> Iterator[tuple[str, dict[str, str]]]:
    """Every dictionary of single letters and words that stands in the source as a question's."""
    for path, tree in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Dict) or ("/flows/" not in path and "/cli/" not in path):
                continue
            rows = {
                key.value: value.value if isinstance(value, ast.Constant) else ""
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant)
            }
            if rows and all(isinstance(key, str) and len(key) == 1 for key in rows):
                yield path, {str(key): str(value) for key, value in rows.items()}


def test_nothing_asks_but_the_console() -> None:
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in ("input", "click.confirm", "click.prompt"), path


def test_a_letter_means_the_same_everywhere() -> None:
    found = [rows for rows in choices() if set(rows[1]) & {"y", "n", "q", "o", "l"}]
    assert len(found) > 8
    for path, rows in found:
        for letter, meaning in rows.items():
            assert meaning in MEANINGS.get(letter, {meaning}), f"{path}: [{letter}] {meaning}"
            assert (meaning == "stop") == (letter == "q"), f"{path}: [{letter}] {meaning}"
        if {"y", "n"} <= set(rows):
            assert list(rows).index("y") < list(rows).index("n"), f"{path}: yes comes first"
