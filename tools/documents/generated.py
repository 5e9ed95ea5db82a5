"""Everything that is generated: tables between markers, the manual page, completion scripts."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ai_code.flows.setup.unit import DEFAULT_CONTEXT, DEFAULT_KEEP_ALIVE, unit_text
from ai_code.system.site import SystemSite
from tools.documents import engine_table, manual, model_table, tables
from tools.documents.tables import Language

_PROJECT = Path(__file__).parent.parent.parent / "pyproject.toml"
_PART = re.compile(
    r"(?P<begin><!-- generated: (?P<name>[a-z-]+) -->\n).*?(?P<end><!-- end of generated -->)", re.S
)
_PARTS: Mapping[str, Callable[[Language], str]] = {
    "settings": tables.settings,
    "variables": tables.variables,
    "limit-rules": tables.limit_rules,
    "models": model_table.models,
    "exit-codes": tables.exit_codes,
    "scenarios": tables.scenarios,
    "engines": engine_table.engines,
}
"""Name in a marker → the text between the markers."""

_SHELLS = {
    "completions/ai-code.bash": "bash",
    "completions/_ai-code": "zsh",
    "completions/ai-code.fish": "fish",
}


def _whole_files() -> Mapping[str, Callable[[], str]]:
    made: dict[str, Callable[[], str]] = {
        "ai_code/__init__.py": _package,
        "ai_code/catalogue.json": _catalogue,
        "home-modules/countries.json": _countries,
        "home-modules/makers.json": _makers,
        "man/ai-code.1": lambda: manual.page("en"),
        "man/ja/ai-code.1": lambda: manual.page("ja"),
        "systemd/ollama.service": lambda: _unit("ollama.service"),
        "systemd/ai-code-models.service": lambda: _unit("ai-code-models.service"),
    }
    for path, shell in _SHELLS.items():
        made[path] = lambda shell=shell: _completion(shell)  # type: ignore[misc]
    return made


def names(root: Path) -> list[str]:
    """Paths of all files that hold something generated."""
    documents = [root / "AI_FALLBACK.md", *sorted((root / "docs").rglob("*.md"))]
    return [
        *_whole_files(),
        *(str(each.relative_to(root)) for each in documents if _PART.search(each.read_text())),
    ]


def fresh(root: Path, path: str) -> str:
    """What ``path`` should hold."""
    whole = _whole_files()
    if path in whole:
        return whole[path]()
    text = (root / path).read_text("utf-8")
    language: Language = "en" if path.startswith("docs/en/") else "ja"
    return _PART.sub(lambda found: _filled(found, language), text)


def stale(root: Path) -> Iterator[str]:
    for path in names(root):
        file = root / path
        if not file.exists() or file.read_text("utf-8") != fresh(root, path):
            yield path


def write(root: Path, path: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(fresh(root, path), "utf-8")


def _filled(found: re.Match[str], language: Language) -> str:
    return f"{found['begin']}\n{_PARTS[found['name']](language)}\n\n{found['end']}"


def _package() -> str:
    """The version is pyproject.toml's. It is written here, for to ask the installed package's
    metadata would cost each start 20 ms."""
    with _PROJECT.open("rb") as file:
        version = tomllib.load(file)["project"]["version"]
    text = (_PROJECT.parent / "ai_code" / "__init__.py").read_text("utf-8")
    return re.sub(r'^__version__ = ".*"$', f'__version__ = "{version}"', text, flags=re.M)


_UNIT_HEAD = """\
# For ~/.config/systemd/user/ by hand; `ai-code setup service` writes it with your machine's paths.
# ExecStart= is what `command -v {program}` prints. Then:
# systemctl --user daemon-reload && systemctl --user enable --now {name}
"""
_UNIT_VALUES = {
    "OLLAMA": "%h/.local/bin/ollama",
    "HOST": "127.0.0.1:11434",
    "KEEP_ALIVE": DEFAULT_KEEP_ALIVE,
    "CONTEXT": str(DEFAULT_CONTEXT),
    "AI_CODE": "%h/.local/bin/ai-code",
    "API": "http://127.0.0.1:11434",
}


def _unit(name: str) -> str:
    """A unit that somebody can copy, from the template that setup fills."""
    template = SystemSite({}, Path("/"), Path("/c"), Path("/s")).unit_template(name)
    program = "ai-code" if "@AI_CODE@" in template else "ollama"
    head = _UNIT_HEAD.format(name=name, program=program)
    return head + unit_text(template, _UNIT_VALUES)


def _catalogue() -> str:
    """The catalogue as the program reads it: YAML takes it thirty times as long as JSON."""
    return json.dumps(_catalogue_yaml(), indent=1, ensure_ascii=False) + "\n"


def _countries() -> str:
    """The codes that there are, for the Nix module."""
    from ai_code.core.countries import NAMES

    return json.dumps(list(NAMES)) + "\n"


def _makers() -> str:
    """Makers of the catalogue for the Nix module, which cannot read YAML."""
    from ai_code.core.catalogue import parse_catalogue

    makers = [
        {"name": each.name, "country": each.country, "names": list(each.names)}
        for each in parse_catalogue(_catalogue_yaml())[0]
    ]
    return json.dumps(makers, indent=2, ensure_ascii=False) + "\n"


def _catalogue_yaml() -> object:
    """What people write."""
    import yaml

    return yaml.safe_load((_PROJECT.parent / "ai_code" / "catalogue.yaml").read_text("utf-8"))


def _completion(shell: str) -> str:
    import click

    from ai_code.cli.completion import script

    return script(click.Command("ai-code"), shell) + "\n"
