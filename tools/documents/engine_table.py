"""The comparison of engines, from what each says of itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ai_code.core.about import ABILITIES, Ability, Can
from ai_code.core.engine_table import LOCAL
from ai_code.engines.registry import local_engine
from tools.documents.tables import Language, table

_JAPANESE: Mapping[Ability, str] = {
    "edit": "ファイルの編集",
    "run": "コマンドの実行",
    "search": "コードの検索",
    "subagents": "サブエージェント",
    "memory": "記憶のファイル",
    "plan": "plan モード",
    "mcp": "MCP",
    "git": "git",
    "sandbox": "独自のサンドボックス",
}
_HOW: Mapping[str, str] = {
    "when allowed": "許可したとき",
    "sandboxed": "サンドボックスの中で",
    "fenced": "フェンスの中で",
    "repo map": "リポジトリマップ",
    "by commands": "コマンドで",
    "tree, commands": "ツリーとコマンド",
    "left out": "使いません",
    "ask mode": "ask モード",
    "ask agent": "ask エージェント",
    "read-only sandbox": "読み取り専用サンドボックス",
    "read-only tools": "読み取り専用ツール",
    "no editing tools": "編集ツールなし",
    "strongest": "最も強力",
    "containers": "コンテナ",
    "Anthropic's commercial terms": "Anthropic の商用利用規約",
}
_WORDS: Mapping[str, str] = {"yes": "○", "no": "—", "part": "△"}
_FACTS = {
    "en": ("tested with", "licence", "installed by"),
    "ja": ("確認したバージョン", "ライセンス", "インストール"),
}


def engines(language: Language) -> str:
    """One column for each engine; the person's own command aside, of which nobody knows."""
    chosen = [local_engine(name) for name in LOCAL if name != "custom"]
    rows = [
        (title(ability, language), *(_cell(each.about.can[ability], language) for each in chosen))
        for ability in ABILITIES
    ]
    version, licence, install = _FACTS[language]
    rows.append((version, *(each.about.version for each in chosen)))
    rows.append((licence, *(_said(each.about.licence, language) for each in chosen)))
    rows.append((install, *(f"`{_got(each.name)}`" for each in chosen)))
    return "\n".join(_lines(["", *(f"`{each.name}`" for each in chosen)], rows)) + "\n"


def title(ability: Ability, language: Language) -> str:
    """An ability in words."""
    return ABILITIES[ability] if language == "en" else _JAPANESE[ability]


def _cell(can: Can, language: Language) -> str:
    mark = "" if can.tested or can.answer == "no" else "°"
    return f"{_WORDS[can.answer]}{mark} {_said(can.how, language)}".rstrip()


def _said(words: str, language: Language) -> str:
    return _HOW.get(words, words) if language == "ja" else words


def _got(name: str) -> str:
    own = {"aider": "ai-code setup aider", "claude-local": "ai-code setup claude"}
    return own.get(name, f"ai-code engines install {name}")


def _lines(head: list[str], rows: list[tuple[str, ...]]) -> Iterator[str]:
    yield from table(tuple(head), rows)
