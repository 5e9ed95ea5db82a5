"""Holds the house together: what may stand in which room, read from the source itself.

The floors (who may import whom) are import-linter's, see pyproject.toml.
"""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from ai_code.core.about import ABILITIES
from ai_code.core.engine_table import LOCAL

ROOT = Path(__file__).resolve().parent.parent
HOUSE = ROOT / "ai_code"
FILES = sorted(HOUSE.rglob("*.py"))
NAMES = [path.relative_to(HOUSE).as_posix() for path in FILES]

SIDE_EFFECTS = ("system/", "drill/")
"""The rooms that touch the world."""

MOST_LINES = 350

ALLOWED: dict[tuple[str, str], str] = {
    ("__main__.py", "print"): "--version is answered before anything is imported",
    ("app.py", "os.environ"): "the one reader of the environment",
    ("wiring.py", ".cwd"): "the folder a command is given in belongs to its environment",
    ("cli/run.py", ".write_text"): "click's help formatter; no file",
    ("cli/limits.py", ".open_file"): "reads the FILE arguments of `limits classify`",
}
"""(file, what) → why it may stand there."""

CALLS = frozenset({"open", "print", "input", "breakpoint"})
METHODS = frozenset(
    {
        *("read_text", "read_bytes", "write_text", "write_bytes", "touch", "unlink", "mkdir"),
        *("rmdir", "rename", "symlink_to", "hardlink_to", "chmod", "lchmod", "readlink"),
        *("exists", "is_file", "is_dir", "is_symlink", "stat", "lstat", "iterdir", "glob"),
        *("rglob", "expanduser", "samefile", "cwd", "home", "open_file"),
    }
)
"""Methods of paths that look at the disk or change it, and click's way to open a file."""
ACTING = frozenset({"os", "time", "subprocess", "socket", "shutil"})
CLOCKS = frozenset({"datetime.now", "datetime.utcnow", "datetime.today", "date.today"})
MODULES = frozenset(
    {
        *("os", "subprocess", "socket", "ssl", "shutil", "tempfile", "threading", "selectors"),
        *("http", "http.client", "urllib.request", "multiprocessing", "asyncio", "fcntl", "pty"),
        *("psutil", "platform", "getpass", "termios", "time", "logging", "locale"),
    }
)
"""Modules that only the cellar needs."""
FORBIDDEN = {
    "eval": "eval",
    "exec": "exec",
    "compile": "compile",
    "__import__": "__import__",
    "os.system": "os.system",
    "os.popen": "os.popen",
    "pickle.load": "pickle",
    "pickle.loads": "pickle",
    "marshal.loads": "marshal",
    "yaml.load": "yaml.load",
    "yaml.unsafe_load": "yaml.unsafe_load",
}


@cache
def tree(name: str) -> ast.Module:
    return ast.parse((HOUSE / name).read_text("utf-8"), name)


def walk(name: str, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
    return (node for node in ast.walk(tree(name)) if isinstance(node, kinds))


def dotted(node: ast.AST) -> str:
    """``os.path.join`` of its syntax; empty where it is something else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        start = dotted(node.value)
        return f"{start}.{node.attr}" if start else ""
    return ""


def imports(name: str) -> Iterator[tuple[str, int]]:
    for node in walk(name, ast.Import, ast.ImportFrom):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, node.lineno


def side_effects(name: str) -> Iterator[tuple[str, int]]:
    """What touches the world, with its line."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in CALLS:
                yield node.func.id, node.lineno
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in METHODS:
                yield f".{node.func.attr}", node.lineno
        elif isinstance(node, ast.Attribute):
            whole = dotted(node)
            module, _, rest = whole.partition(".")
            if module in ACTING and not rest.startswith(("O_", "devnull")):
                yield f"{module}.{rest.split('.')[0]}", node.lineno
            elif whole in CLOCKS:
                yield whole, node.lineno


def in_the_cellar(name: str) -> bool:
    return name.startswith(SIDE_EFFECTS)


@pytest.mark.parametrize("name", [name for name in NAMES if not in_the_cellar(name)])
def test_side_effects_are_in_the_cellar(name: str) -> None:
    allowed = {what for file, what in ALLOWED if file == name}
    found = [f"{name}:{line} {what}" for what, line in side_effects(name) if what not in allowed]
    assert not found


@pytest.mark.parametrize(
    "name",
    [name for name in NAMES if name.startswith(("core/", "engines/", "settings/", "flows/"))],
)
def test_pure_rooms_import_nothing_that_acts(name: str) -> None:
    assert not [f"{name}:{line} {what}" for what, line in imports(name) if what in MODULES]


@pytest.mark.parametrize("allowed", ALLOWED, ids="|".join)
def test_no_exception_outlives_its_reason(allowed: tuple[str, str]) -> None:
    name, what = allowed
    assert what in {found for found, _ in side_effects(name)}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_runs_text_as_code(name: str) -> None:
    found = []
    for node in walk(name, ast.Call):
        assert isinstance(node, ast.Call)
        if (called := dotted(node.func)) in FORBIDDEN:
            found.append(f"{name}:{node.lineno} {FORBIDDEN[called]}")
        for keyword in node.keywords:
            value = keyword.value
            if keyword.arg == "shell" and not (
                isinstance(value, ast.Constant) and value.value is False
            ):
                found.append(f"{name}:{node.lineno} shell=")
    assert not found


@pytest.mark.parametrize("name", NAMES)
def test_no_broad_except(name: str) -> None:
    """What is caught has a name. app turns a bug into a report; a ``BaseException`` is caught
    only to clean up, and raised again."""
    found = []
    for node in walk(name, ast.ExceptHandler):
        assert isinstance(node, ast.ExceptHandler)
        caught = dotted(node.type) if node.type is not None else ""
        again = any(isinstance(each, ast.Raise) and each.exc is None for each in ast.walk(node))
        kept = name == "system/background.py"  # raised in the thread that asks for the value
        if node.type is None or (caught == "Exception" and name != "app.py"):
            found.append(f"{name}:{node.lineno} {caught or 'bare except'}")
        elif caught == "BaseException" and not (again or kept):
            found.append(f"{name}:{node.lineno} swallows BaseException")
    assert not found


@pytest.mark.parametrize("name", NAMES)
def test_file_names_say_what_is_inside(name: str) -> None:
    parts = name.removesuffix(".py").lower().split("/")
    assert not {"utils", "util", "helpers", "helper", "common", "manager", "misc"} & set(parts)
    for node in walk(name, ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        assert not re.search(r"(Utils?|Helpers?|Manager|Common)$", node.name), node.name


@pytest.mark.parametrize("name", NAMES)
def test_files_stay_small(name: str) -> None:
    assert len((HOUSE / name).read_text("utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("name", NAMES)
def test_everything_public_says_what_it_is(name: str) -> None:
    assert ast.get_docstring(tree(name)), f"{name} has no docstring"
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    silent = [
        node.name
        for node in tree(name).body
        if isinstance(node, kinds) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert not silent


IN_AIDER = "system/fence/sitecustomize.py"
"""Runs inside aider's own start-up, which it must not slow down."""


@pytest.mark.parametrize("name", [name for name in NAMES if name != IN_AIDER])
def test_our_types_are_checked_lazily(name: str) -> None:
    """``from __future__ import annotations`` everywhere: types cost nothing at the start."""
    if (HOUSE / name).stat().st_size > 200:
        assert ("__future__", True) in {(module, line < 40) for module, line in imports(name)}


def test_every_engine_is_complete() -> None:
    """A line of the table, a module of its own, tests and, of others' programs, recordings."""
    from ai_code.core.engine_table import FIRST, LOCAL
    from ai_code.engines.registry import engine

    shared = {"__init__", "local", "local_judge", "registry"}
    rooms = {path.stem for path in (HOUSE / "engines").iterdir() if path.stem != "__pycache__"}
    named = {line.partition(":")[0].split(".")[2] for line in (*FIRST.values(), *LOCAL.values())}
    assert named == rooms - shared
    for name in (*FIRST, *LOCAL):
        made = engine(name)
        assert made.name == name and made.title
        if name != "custom":
            recorded = list((ROOT / "tests" / "recordings" / name).rglob("*"))
            assert recorded, f"tests/recordings/{name} is empty"


@pytest.mark.parametrize("name", sorted(LOCAL))
def test_a_local_engine_says_all_of_itself(name: str) -> None:
    from ai_code.engines.registry import local_engine

    about = local_engine(name).about
    assert set(about.can) == set(ABILITIES)
    assert "edit" in about.modes
    assert bool(about.install.package) == (about.install.how != "yours")


def test_every_command_has_its_file() -> None:
    from ai_code.cli.main import COMMANDS, load

    for name, (module, told) in COMMANDS.items():
        assert importlib.import_module(module).__name__ == f"ai_code.cli.{name}"
        assert load(name).name == name and told.endswith(".")


HEAVY = ("rich", "http.client", "psutil", "yaml", "ctypes", "zoneinfo", "uuid", "asyncio")
START = "ai_code.app", "ai_code.cli.main", "ai_code.cli.begin", "ai_code.flows.run"


def fresh_python(code: str, **env: str) -> list[str]:
    """What a fresh Python prints that runs ``code`` and then names its modules."""
    told = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{code}\n"
         "print(*sys.modules)"],
        capture_output=True, text=True, check=True, env=env or None, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return told.stdout.splitlines()


def test_what_a_run_does_not_need_is_not_imported() -> None:
    loaded = set(fresh_python(f"import {', '.join(START)}")[0].split())
    of_click = set(fresh_python("import click")[0].split())
    assert set(START) <= loaded
    assert not set(HEAVY) & (loaded - of_click)
    assert not [name for name in loaded if name.startswith("ai_code.drill")]


AS_DATA = ("dataclasses", "inspect", "ast")
"""A dataclass takes 0.4 ms to make, the first one 8 more: what a plain run needs is a named tuple,
at 0.06."""
DURING = ("datetime", "difflib", "ai_code.core.events", "ai_code.engines.claude.judge")
"""What is imported while Claude works, so that nobody waits for it."""
CLAUDE = """#!/bin/sh
echo '{"type":"system","subtype":"init","session_id":"s"}'
echo '{"type":"result","subtype":"success","is_error":false,"result":"Fine.","session_id":"s"}'
"""


def test_a_plain_run_imports_little_and_most_of_it_while_claude_works(tmp_path: Path) -> None:
    program = tmp_path / "claude"
    program.write_text(CLAUDE)
    program.chmod(0o755)
    answer, before, after = fresh_python(
        "before = set()\n"
        "def spawned(event, args):\n"
        "    if event == 'subprocess.Popen' and '-p' in args[1]: before.update(sys.modules)\n"
        "sys.addaudithook(spawned)\n"
        "from ai_code.app import run\n"
        "assert run(['x']) == 0\n"
        "print(*before)",
        PATH=f"{tmp_path}:/usr/bin:/bin",
        HOME=str(tmp_path),
    )
    assert answer == "Fine."
    assert "ai_code.system.process" in before.split()
    assert not {*AS_DATA, *HEAVY, *DURING, "click"} & set(before.split())
    assert "ai_code.engines.claude.judge" in after.split()
    assert not {*AS_DATA, *HEAVY, "click"} & set(after.split())


def test_version_needs_nothing() -> None:
    version, modules = fresh_python(
        "sys.argv[1:] = ['--version']\n"
        "import ai_code.__main__\n"
        "try: ai_code.__main__.main()\n"
        "except SystemExit: pass"
    )
    assert re.fullmatch(r"ai-code \d+\.\d+\.\d+\S*", version)
    ours = {name for name in modules.split() if name.startswith("ai_code")}
    assert ours == {"ai_code", "ai_code.__main__"} and "click" not in modules.split()
