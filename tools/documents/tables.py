"""Tables for the documents, in both languages, made from the tables in the program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from ai_code.core.drill import SCENARIOS
from ai_code.core.engine_table import known_names
from ai_code.core.exits import ExitCode
from ai_code.core.limits import Notice, rules
from ai_code.core.verdict import FailReason, LimitKind, UnavailableReason
from ai_code.flows.drill import DEFAULT
from ai_code.settings.keys import KEYS, Key
from ai_code.settings.show import as_scalar, plain
from ai_code.settings.values import expected
from tools.documents import japanese

Language = Literal["en", "ja"]

EXITS: dict[ExitCode, str] = {
    ExitCode.OK: "Done, by whichever engine.",
    ExitCode.FAILED: (
        "The engine failed; or nothing was changed under `--expect-changes`; or all that the "
        "local model made was left out; or `fallback.verify` failed; or you said no to an undo, "
        "to trust, to hooks or to a change of notes; or an undo left a file alone."
    ),
    ExitCode.USAGE: "The command line cannot be carried out as it stands.",
    ExitCode.TRY_LATER: (
        "A limit, and no other engine can go on; or another run holds the tree; or a "
        "model could not be fetched for now. Try later."
    ),
    ExitCode.CONFIG: "A settings file, a variable or a choice has a value that cannot be used.",
    ExitCode.DEADLINE: "`--timeout` has passed.",
    ExitCode.BUG: "A bug of ai-code's; the message names a file to report it with.",
    ExitCode.CANNOT_START: "A program is there and cannot be started.",
    ExitCode.NOT_INSTALLED: "A program is not installed.",
}
SIGNAL = "Signal *n* ended the run: 130 is Ctrl-C, 143 is TERM."

_MEANS = {LimitKind: "limit", UnavailableReason: "unavailable", FailReason: "failed",
          Notice: "notice"}  # fmt: skip


def settings(language: Language) -> str:
    """All keys, one table for each group."""
    return "\n\n".join("\n".join(_settings_of(keys, language)) for keys in _groups())


def variables(language: Language) -> str:
    """Environment variables that set a key, with the key's description."""
    head = {
        "en": ("Variable", "Key", "What it does"),
        "ja": ("変数", "設定項目", "意味"),
    }[language]
    rows = [(f"`{key.env}`", f"`{key.name}`", help_of(key, language)) for key in KEYS.values()]
    return "\n".join(table(head, rows))


def limit_rules(language: Language) -> str:
    """The rules, in the order in which they are tried."""
    head = {
        "en": ("Rule", "Meaning", "Channel", "Since", "Sample"),
        "ja": ("規則", "意味", "場所", "バージョン", "例"),
    }[language]
    rows = [
        (
            f"`{rule.id.removeprefix('claude.')}`",
            f"{_MEANS[type(rule.kind)]} {rule.kind}",
            rule.channel,
            rule.since,
            _code(rule.sample),
        )
        for rule in rules()
    ]
    return "\n".join(table(head, rows))


def scenarios(language: Language) -> str:
    """The days that ``ai-code drill`` can play."""
    head = {"en": ("Scenario", "What happens"), "ja": ("シナリオ", "起こること")}[language]
    default = {"en": " (the default)", "ja": "(既定)"}[language]
    rows = [
        (
            f"`{each.name}`",
            (each.told if language == "en" else japanese.SCENARIOS[each.name])
            + default * (each.name == DEFAULT),
        )
        for each in SCENARIOS.values()
    ]
    return "\n".join(table(head, rows))


def exit_codes(language: Language) -> str:
    head = {"en": ("Code", "Name", "Meaning"), "ja": ("コード", "名前", "意味")}[language]
    meaning = EXITS if language == "en" else japanese.EXITS
    signal = SIGNAL if language == "en" else japanese.SIGNAL
    rows = [(str(int(code)), f"`{code.name}`", meaning[code]) for code in ExitCode]
    return "\n".join(table(head, [*rows, ("128 + *n*", "", signal)]))


def _settings_of(keys: Sequence[Key], language: Language) -> Iterator[str]:
    group = keys[0].name.rpartition(".")[0]
    title, head, trust = {
        "en": ("General", ("Key", "Takes", "Default", "Flag", "What it does"), "*trust*"),
        "ja": ("全般", ("項目", "値", "既定値", "オプション", "意味"), "*信頼*"),
    }[language]
    yield f"### {group or title}"
    yield ""
    rows = []
    for key in keys:
        name = f"`{key.name}`" + (f" {trust}" if key.trusted else "")
        flag = f"`{key.flag}`" if key.flag else ""
        rows.append((name, takes(key, language), _default(key, language), flag,
                     help_of(key, language)))  # fmt: skip
    yield from table(head, rows)


def takes(key: Key, language: Language) -> str:
    """What a key takes, in words."""
    if language == "en":
        return expected(key)
    if key.type == "choice":
        return "、".join(f"`{choice}`" for choice in key.choices)
    if key.engines and key.type in ("name", "list"):
        names = "、".join(f"`{name}`" for name in known_names(key.engines))
        return names if key.type == "name" else f"次の語のリスト: {names}"
    if key.choices:
        return "次の語のリスト: " + "、".join(f"`{choice}`" for choice in key.choices)
    return japanese.TYPES[key.type]


def _default(key: Key, language: Language) -> str:
    if key.default is None:
        return {"en": "not set", "ja": "なし"}[language]
    return f"`{as_scalar(plain(key, key.default))}`"


def help_of(key: Key, language: Language) -> str:
    """What a key does. KeyError where nobody has said it in this language."""
    return key.help if language == "en" else japanese.HELP[key.name]


def _groups() -> Iterator[list[Key]]:
    names: dict[str, list[Key]] = {}
    for key in KEYS.values():
        names.setdefault(key.name.rpartition(".")[0], []).append(key)
    yield from names.values()


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")
