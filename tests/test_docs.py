"""The documents: command lines that exist and run, paths, links and functions that are there."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from ai_code.cli.main import COMMANDS, load
from ai_code.core import errors
from ai_code.settings import Layers, SourceFile
from ai_code.settings import load as load_settings

ROOT = Path(__file__).parent.parent
_TOP = ("README.md", "README.ja.md", "AI_FALLBACK.md", "CONTRIBUTING.md", "CHANGELOG.md")
PAGES = [
    *(ROOT / name for name in _TOP),
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "benchmarks" / "README.md",
]
_FENCE = re.compile(r"^( *)(`{3,})(\w*)\n(.*?)^\1\2 *$", re.M | re.S)
_FUNCTION = re.compile(r"`((?:ai_code|tests|tools|benchmarks)/[\w/]+\.py):([\w.]+)`")
_PATH = re.compile(r"`((?:ai_code|tests|tools|benchmarks|docs)/[\w./-]*)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
OURS = ("ai-code", "./ai-code")
_OPERATORS = {"|", ";", "&&", "||", "&"}
_SAFE = frozenset({"limits", "config", "completion", "stats"})
_OUTPUT = "You've hit your session limit · resets 11:10pm (UTC)\n"


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    """Contents of the page's code blocks in this language, without their indent."""
    found = _FENCE.findall(page.read_text(encoding="utf-8"))
    return [
        "\n".join(line.removeprefix(indent) for line in text.splitlines())
        for indent, _, kind, text in found
        if kind == language
    ]


def prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def command_lines(page: Path) -> Iterator[list[str]]:
    """Each command in the page's sh blocks, in words; where it is redirected to is left away."""
    for block in blocks(page, "sh"):
        for line in block.splitlines():
            words = shlex.shlex(line, posix=True, punctuation_chars=True)
            words.whitespace_split = True
            yield from _commands(list(words))


def _commands(words: list[str]) -> Iterator[list[str]]:
    part: list[str] = []
    for word in [*words, ";"]:
        if word not in _OPERATORS:
            part.append(word)
            continue
        if ">" in part:
            part = part[: part.index(">")]
        if part:
            yield part
        part = []


def inline_commands(page: Path, programs: Collection[str]) -> Iterator[list[str]]:
    """Commands of these programs in the page's running text and tables, with arguments."""
    for text in re.findall(r"`([^`\n]+)`", prose(page)):
        words = text.split()
        if len(words) > 1 and words[0] in programs:
            yield from _commands(shlex.split(text.replace("\\|", "|")))


def documented() -> list[tuple[str, list[str]]]:
    """Page and arguments of each ``ai-code`` in the documents."""
    rows = [
        (name_of(page), words)
        for page in PAGES
        for words in (*command_lines(page), *inline_commands(page, OURS))
    ]
    return [(name, words[1:]) for name, words in rows if words[0] in OURS]


def is_safe(arguments: list[str]) -> bool:
    """Starts no engine and changes nothing."""
    before_dashes = arguments[: arguments.index("--")] if "--" in arguments else arguments
    shows = {"--dry-run", "--help", "-h", "--version", "-V"} & set(before_dashes)
    if arguments[:2] == ["config", "trust"]:
        return "--list" in arguments
    return bool(shows) or (len(arguments) > 1 and arguments[0] in _SAFE)


def distinct(rows: list[tuple[str, list[str]]]) -> list[tuple[str, ...]]:
    return list(dict.fromkeys(tuple(arguments) for _, arguments in rows))


def parse(arguments: list[str]) -> None:
    """Through the real click commands; nothing is carried out. Raises click.UsageError."""
    name, rest = "run", arguments
    if arguments and arguments[0] in COMMANDS:
        name, rest = arguments[0], arguments[1:]
    command = load(name)
    context: click.Context | None = None
    while isinstance(command, click.Group):
        context = command.make_context(name, list(rest), parent=context)
        words = [*context._protected_args, *context.args]
        if not words and command.invoke_without_command:
            return
        name, found, rest = command.resolve_command(context, words)
        assert found is not None
        command = found
    command.make_context(name, list(rest), parent=context)


def test_there_are_commands_to_test() -> None:
    assert len(documented()) > 40
    assert sum(is_safe(arguments) for _, arguments in documented()) > 10


@pytest.mark.parametrize("arguments", distinct(documented()), ids=" ".join)
def test_a_documented_command_line_is_understood(arguments: tuple[str, ...]) -> None:
    if len(arguments) == 1 and re.fullmatch(r"[a-z-]{3,}", arguments[0]):
        # One small word would be a prompt; a document that shows one means a command.
        assert arguments[0] in COMMANDS or arguments[0].startswith("-")
    if len(arguments) == 1 and arguments[0] in _NAMES_ONLY:
        return
    try:
        parse(list(arguments))
    except click.exceptions.Exit as ended:
        assert ended.exit_code == 0


_NAMES_ONLY = frozenset({"completion", "config", "hooks", "limits", "models"})
"""Commands that running text names without the argument or subcommand that they need."""


@pytest.mark.parametrize(
    "arguments", [each for each in distinct(documented()) if is_safe(list(each))], ids=" ".join
)
def test_a_safe_one_runs_in_a_clean_home(
    arguments: tuple[str, ...], tmp_path: Path, clean_env: dict[str, str]
) -> None:
    for name in ("out.txt", "out.jsonl"):
        (tmp_path / name).write_text(_OUTPUT)
    done = subprocess.run(
        [sys.executable, "-m", "ai_code", *arguments],
        cwd=tmp_path,
        env={**clean_env, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr.decode()) == (0, "")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_paths_of_the_repository_exist(page: Path) -> None:
    missing = [each for each in _PATH.findall(prose(page)) if not (ROOT / each).exists()]
    assert missing == []


def links() -> list[tuple[str, str]]:
    """Page and target of each link that does not leave the repository."""
    rows = [(name_of(page), link) for page in PAGES for link in _LINK.findall(prose(page))]
    return [row for row in dict.fromkeys(rows) if "://" not in row[1]]


@pytest.mark.parametrize(("page", "target"), links())
def test_a_relative_link_leads_somewhere(page: str, target: str) -> None:
    path, _, anchor = target.partition("#")
    linked = ((ROOT / page).parent / path).resolve() if path else ROOT / page
    assert linked.exists()
    if anchor:
        assert anchor in anchors(linked)


def anchors(page: Path) -> set[str]:
    """Those that GitHub makes of headings, and those that are written out."""
    text = prose(page)
    heads = re.findall(r"^#+ (.+)$", text, re.M)
    made = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
    return made | set(re.findall(r'^<a id="([^"]+)"></a>$', text, re.M))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_functions_that_are_named_exist(page: Path) -> None:
    missing = [
        f"{path}:{name}"
        for path, name in _FUNCTION.findall(page.read_text(encoding="utf-8"))
        if name not in functions(ROOT / path)
    ]
    assert missing == []


@cache
def functions(path: Path) -> frozenset[str]:
    """Qualified names of a module's functions and classes."""

    def named(body: list[ast.stmt], before: str) -> Iterator[str]:
        for node in body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                yield before + node.name
                yield from named(node.body, f"{before}{node.name}.")

    return frozenset(named(ast.parse(path.read_text(encoding="utf-8")).body, ""))


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_trace_has_ten_steps_that_name_functions(language: str) -> None:
    text = (ROOT / "docs" / language / "architecture.md").read_text(encoding="utf-8")
    trace = text.partition('<a id="trace"></a>')[2].partition("<a id=")[0]
    steps = re.findall(r"^(\d+)\. \*\*(.*?)(?=^\d+\. \*\*|\n\n)", trace, re.M | re.S)
    assert [number for number, _ in steps] == [str(number) for number in range(1, 11)]
    for number, step in steps:
        assert _FUNCTION.search(step), number


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_settings_in_the_documents_are_settings(page: Path) -> None:
    for number, text in enumerate(blocks(page, "yaml")):
        file = SourceFile(Path(f"/{page.name}-{number}.yaml"), text.encode())
        assert load_settings(Layers(user=file)).warnings == ()


def test_the_readme_is_short() -> None:
    for name in ("README.md", "README.ja.md"):
        assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= 150


def test_both_readmes_show_the_same_code() -> None:
    """Comments in it are in the page's own language."""

    def code(name: str) -> list[str]:
        text = (ROOT / name).read_text(encoding="utf-8")
        shown = [each[3] for each in _FENCE.findall(text) if each[2] != "text"]
        return [re.sub(r" *#.*", "", block) for block in shown]

    assert code("README.md") == code("README.ja.md")


_MESSAGES = {
    "AI_FALLBACK.md": ("## トラブルシューティング", "## 制限事項"),
    "docs/en/troubleshooting.md": ("# Troubleshooting", "\0"),
    "docs/ja/troubleshooting.md": ("# トラブルシューティング", "\0"),
}
"""Page → where the part that quotes messages begins and ends."""


@pytest.mark.parametrize("page", _MESSAGES)
def test_a_guide_quotes_messages_that_the_program_has(page: str) -> None:
    begin, end = _MESSAGES[page]
    text = prose(ROOT / page).partition(begin)[2].partition(end)[0]
    rows = re.findall(r"^\| (`.+?`) \| ", text, re.M)
    assert len(rows) > 25
    known = known_messages()
    missing: list[str] = []
    for row in rows:
        for quoted in re.findall(r"`([^`]+)`", row):
            pieces = (part.strip(" ()") for part in quoted.split("…"))
            missing += [quoted for piece in pieces if piece not in known]
    assert missing == []


_NOT_OURS = {"…: …"}
"""Errors whose whole text is made of others."""


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_error_of_the_program_is_in_the_guide(language: str) -> None:
    text = prose(ROOT / "docs" / language / "troubleshooting.md")
    quoted = "…".join(re.findall(r"`([^`\n]+)`", text)).split("…")
    pieces = [piece.strip(" ()") for piece in quoted if len(piece.strip()) > 6]
    known = dict.fromkeys(_errors())
    assert len(known) > 40
    missing = [each for each in known if not any(piece in each for piece in pieces)]
    assert missing == [], f"say in docs/{language}/troubleshooting.md what mends it"


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(
    "words",
    [
        "works in a private worktree only",
        "was not installed by ai-code",
        "ended with exit code",
        "ended in the middle of its turn",
        "an error that no retry mends",
    ],
)
def test_what_engines_end_with_is_in_the_guide(language: str, words: str) -> None:
    """Verdicts and notes: no error of the program is made of them directly."""
    text = prose(ROOT / "docs" / language / "troubleshooting.md")
    assert any(words in row for row in re.findall(r"^\| (`.+?`) \| ", text, re.M))


def _errors() -> Iterator[str]:
    """The first argument of each error that is made, with … for what is filled in."""
    for path in sorted((ROOT / "ai_code").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id.endswith("Error") and node.func.id in vars(errors) and node.args:
                text = _text_of(node.args[0])
                if text and text not in _NOT_OURS:
                    yield text


def _text_of(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(p.value) if isinstance(p, ast.Constant) else "…" for p in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else ""


@cache
def known_messages() -> str:
    return "\n".join(_messages())


def _messages() -> Iterator[str]:
    """Every text in the program and its launcher, with what is filled in left out."""
    yield (ROOT / "tools" / "find-python").read_text(encoding="utf-8")
    for path in (*sorted((ROOT / "ai_code").rglob("*.py")), *sorted((ROOT / "tools").glob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield "".join(
                    str(p.value) if isinstance(p, ast.Constant) else "\0" for p in node.values
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
