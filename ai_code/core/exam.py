"""The editing exam of ``ai-code models test``: six small tasks of rising difficulty. Pure.

An answer is judged by what it means, not by its bytes: the parsed program is compared with those
that are right. Nothing that a model wrote is ever run.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Files = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ExamTask:
    """``files`` are given to the model for editing; ``right`` judges what it left of them."""

    id: str
    prompt: str
    files: Files
    right: Callable[[Files], bool]


def _same(*wanted: Files) -> Callable[[Files], bool]:
    """Whether every file means what it means in one of these answers."""

    def right(found: Files) -> bool:
        return any(
            all(_meaning(found.get(name, "")) == _meaning(text) for name, text in answer.items())
            for answer in wanted
        )

    return right


def _meaning(text: str) -> str | None:
    """The program without comments, blanks and docstrings; None where it does not parse."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if _is_documented(node) and isinstance(body, list):
            del body[0]
    return ast.dump(tree) if text.strip() else None


def _is_documented(node: ast.AST) -> bool:
    if not isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef):
        return False
    return ast.get_docstring(node, clean=False) is not None


_HELLO = 'def hello():\n    print("hello")\n'


def _has_docstring(found: Files) -> bool:
    text = found.get("hello.py", "")
    # A body of a docstring alone would be another program; this one keeps its call.
    if _meaning(text) != _meaning(_HELLO):
        return False
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    return any(node.name == "hello" and _is_documented(node) for node in functions)


_TOTAL = """\
def total(prices):
    result = 0
    for index in range(len(prices) - 1):
        result += prices[index]
    return result
"""
_TOTAL_RIGHT = (
    _TOTAL.replace("len(prices) - 1", "len(prices)"),
    _TOTAL.replace("range(len(prices) - 1)", "range(0, len(prices))"),
    "def total(prices):\n    return sum(prices)\n",
    "def total(prices):\n    result = 0\n    for price in prices:\n        result += price\n"
    "    return result\n",
)

_GREET = """\
def greet(name):
    return "Hello, " + name


def greet_all(names):
    return [greet(name) for name in names]
"""
_GREET_RIGHT = """\
def greet(name, greeting="Hello"):
    return greeting + ", " + name


def greet_all(names):
    return [greet(name) for name in names]
"""
_GREET_TOO = _GREET_RIGHT.replace('greeting + ", " + name', 'f"{greeting}, {name}"')

_AREA = "def area(width, height):\n    return width * height\n"
_MAIN = "from shapes import area\n\n\ndef show():\n    print(area(3, 4))\n"
_AREA_RIGHT = {
    "shapes.py": _AREA.replace("def area", "def rectangle_area"),
    "main.py": _MAIN.replace("area", "rectangle_area"),
}

_DIVIDE = """\
def average(numbers):
    return sum(numbers) / len(numbers)


def spread(numbers):
    return max(numbers) - min(numbers)
"""
_GUARDS = (
    "    if not numbers:\n        return 0\n",
    "    if not numbers:\n        return 0.0\n",
    "    if len(numbers) == 0:\n        return 0\n",
)
_DIVIDE_RIGHT = (
    *(_DIVIDE.replace("    return sum", guard + "    return sum") for guard in _GUARDS),
    _DIVIDE.replace("/ len(numbers)\n", "/ len(numbers) if numbers else 0\n"),
)


def _long() -> str:
    """A file of many functions, which a model is tempted to shorten."""
    parts = [
        f"def step_{number}(value):\n"
        f"    checked = check(value, {number})\n"
        f"    return checked * {number + 1}\n"
        for number in range(40)
    ]
    return "def check(value, level):\n    return value if value > level else level\n\n\n" + (
        "\n\n".join(parts)
    )


_LONG = _long()
_LONG_RIGHT = _LONG.replace("return checked * 28\n", "return checked * 100\n")


def _one(name: str, *texts: str) -> Callable[[Files], bool]:
    return _same(*({name: text} for text in texts))


TASKS: tuple[ExamTask, ...] = (
    ExamTask(
        "docstring",
        "Add a one-line docstring to hello() in hello.py. Change nothing else.",
        {"hello.py": _HELLO},
        _has_docstring,
    ),
    ExamTask(
        "off-by-one",
        "total() in prices.py leaves the last price out. Fix it.",
        {"prices.py": _TOTAL},
        _one("prices.py", *_TOTAL_RIGHT),
    ),
    ExamTask(
        "guard",
        "average() in numbers_.py fails on an empty list. Make it return 0 then.",
        {"numbers_.py": _DIVIDE},
        _one("numbers_.py", *_DIVIDE_RIGHT),
    ),
    ExamTask(
        "parameter",
        'Give greet() in greet.py a second parameter named greeting whose default is "Hello", '
        "and use it in the result in the place of Hello. Change nothing else.",
        {"greet.py": _GREET},
        _one("greet.py", _GREET_RIGHT, _GREET_TOO),
    ),
    ExamTask(
        "two-files",
        "Rename the function area in shapes.py to rectangle_area, and its uses in main.py too.",
        {"shapes.py": _AREA, "main.py": _MAIN},
        _same(_AREA_RIGHT),
    ),
    ExamTask(
        "long-file",
        "In steps.py make step_27 return checked * 100. All other functions stay as they are.",
        {"steps.py": _LONG},
        _one("steps.py", _LONG_RIGHT),
    ),
)
"""In the order in which they are set, the easiest first."""
