"""What the hands of people type who know Claude Code, where it would be something else here; and
the command that they meant. Imported where such a word was seen, never for an ordinary run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ai_code.core.errors import UsageError

if TYPE_CHECKING:
    import click

_LONGEST = 3
"""Words of a command of Claude Code's (``mcp get NAME``): with more it may be a sentence."""
_PLUGIN = frozenset(
    [
        "configure",
        "details",
        "disable",
        "enable",
        "init",
        "install",
        "list",
        "marketplace",
        "new",
        "prune",
        "remove",
        "tag",
        "uninstall",
        "update",
        "validate",
    ]
)
_CLAUDES: Mapping[str, frozenset[str]] = {
    "agents": frozenset(),
    "auth": frozenset({"login", "logout", "status"}),
    "install": frozenset({"latest", "stable"}),
    "login": frozenset(),
    "logout": frozenset(),
    "mcp": frozenset(
        [
            "add",
            "add-from-claude-desktop",
            "add-json",
            "get",
            "list",
            "login",
            "logout",
            "remove",
            "reset-project-choices",
            "serve",
        ]
    ),
    "plugin": _PLUGIN,
    "plugins": _PLUGIN,
    "setup-token": frozenset(),
    "update": frozenset(),
    "upgrade": frozenset(),
}
"""Claude Code's own commands (2.1.329), and theirs."""
_OTHERWISE = {"login": "auth login", "logout": "auth logout"}
_FLAGS = frozenset(
    {
        *("--allow-dangerously-skip-permissions", "--bare", "--chrome", "--no-chrome", "--debug"),
        *("--dangerously-skip-permissions", "--disable-slash-commands", "--fork-session", "--ide"),
        *("--exclude-dynamic-system-prompt-sections", "--include-hook-events", "--mcp-debug"),
        *("--include-partial-messages", "--no-session-persistence", "--replay-user-messages"),
        *("--restricted", "--safe-mode", "--strict-mcp-config"),
    }
)
_VALUED = frozenset(
    {
        *("--add-dir", "--agent", "--agents", "--allowed-tools", "--allowedTools", "--betas"),
        *("--append-system-prompt", "--disallowed-tools", "--disallowedTools", "--effort"),
        *("--fallback-model", "--json-schema", "--max-budget-usd", "--max-turns", "--mcp-config"),
        *("--permission-mode", "--permission-prompt-tool", "--plugin-dir", "--setting-sources"),
        *("--settings", "--system-prompt", "--tools"),
    }
)
"""Claude Code's options that stand after ``--`` here, without a value and with one."""
_PRINT = "--print"
_PRINTS = "ai-code prints the answer and ends, as claude -p does: that needs no option here."
_RESUME = ("-r", "--resume")
_LAST_ALONE = ("ask", "plan")
_MODEL = re.compile(
    r"(?:sonnet|opus|haiku|opusplan)(?:\[1m\])?"
    r"|claude-(?:\d|opus|sonnet|haiku|instant)[^:/]*"
)
"""Claude's models. What has a tag or a maker is one of Ollama's."""


def check_command(argv: Sequence[str]) -> None:
    """Raises UsageError where ``argv`` is a command of Claude Code's own, and no prompt."""
    first = argv[0]
    if first not in _CLAUDES:
        return
    more = argv[1:]
    if more and not (
        more[0] in _CLAUDES[first]
        and (len(argv) <= _LONGEST or any(word.startswith("-") for word in more))
    ):
        return
    command = shlex.join(["claude", *_OTHERWISE.get(first, first).split(), *more])
    raise UsageError(
        f"{' '.join(argv)!r} is a command of Claude Code's, and none of ai-code",
        why=f"as a prompt: {shlex.join(['ai-code', 'run', ' '.join(argv)])}",
        hint=command,
    )


def of_claude(name: str, rest: Sequence[str], error: click.UsageError) -> UsageError | None:
    """What to say where the option that there is not is one of Claude Code's."""
    import click

    program = "ai-code" if name == "run" else f"ai-code {name}"
    if isinstance(error, click.BadOptionUsage) and error.option_name in _RESUME:
        return _no_id(program=program)
    if not isinstance(error, click.NoSuchOption):
        return None
    option = error.option_name
    if option in _RESUME and name in _LAST_ALONE:
        return UsageError(
            f"{name} has no {option}: it goes on with the last session", hint=f"{program} -c …"
        )
    if option in _RESUME:
        return _no_id(program=program)
    if option != _PRINT and option not in _FLAGS | _VALUED:
        return None
    kept, moved = _apart(rest)
    command = ["ai-code"] if name == "run" else ["ai-code", name]
    if kept:
        command += _quoted(kept)
    elif name == "run":
        # Without a prompt it is Claude's screen, as it is in ai-code.
        command += ["chat"] if moved else ['"PROMPT"']
    why = "Options of Claude Code's stand after --, behind the prompt."
    if option == _PRINT:
        why = _PRINTS
    return UsageError(
        f"{option} is an option of Claude Code's, and none of ai-code",
        why=why,
        hint=" ".join(command + (["--", *map(shlex.quote, moved)] if moved else [])),
    )


def _quoted(words: Sequence[str]) -> list[str]:
    """As a shell reads them; a prompt of one word is told from a command by its quotes."""
    first, *more = map(shlex.quote, words)
    plain = first == words[0] and not first.startswith("-")
    return [f'"{first}"' if plain else first, *more]


def _apart(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """What stays before ``--``, and Claude Code's options with their values."""
    kept: list[str] = []
    moved: list[str] = []
    words = list(argv)
    while words:
        word = words.pop(0)
        name, _, value = word.partition("=")
        if word == "--":
            return kept, moved + words
        if name in _FLAGS or (name in _VALUED and value):
            moved.append(word)
        elif name in _VALUED:
            moved += [word, *words[:1]]
            del words[:1]
        elif name != _PRINT:
            kept.append(word)
    return kept, moved


def check_values(options: Mapping[str, Any], mode: str = "") -> None:
    """Raises UsageError where an option has taken the next one for its value, or Claude's model
    was asked of Ollama. ``mode`` is the command, where it is not a run."""
    program = f"ai-code {mode}" if mode else "ai-code"
    if (options["resume"] or "").startswith("-"):
        raise _no_id(options["resume"], program)
    for name in ("model", "claude_model"):
        value, option = options[name] or "", f"--{name.replace('_', '-')}"
        if value.startswith("-"):
            raise UsageError(
                f"{option} needs the name of a model, and {value} is an option",
                hint=f"{program} {option} NAME …",
            )
    model = options["model"] or ""
    if _MODEL.fullmatch(model):
        raise UsageError(
            f"--model is the local model, and {model} is one of Claude's",
            why=f"If Ollama has one of that name: --model {shlex.quote(f'{model}:latest')}",
            hint=f"{program} --claude-model {shlex.quote(model)} …",
        )


def check_prompt(prompt: str, known: Sequence[str]) -> None:
    """Raises UsageError where ``-p`` has taken an option for the prompt: ``claude -p`` takes
    none."""
    if prompt.partition("=")[0] not in {*known, *_FLAGS, *_VALUED}:
        return
    raise UsageError(
        f"-p needs the prompt, and {prompt} is an option",
        why=_PRINTS,
        hint=f'ai-code "PROMPT" {"-- " if prompt in _FLAGS | _VALUED else ""}{prompt} …',
    )


def _no_id(taken: str = "", program: str = "ai-code") -> UsageError:
    return UsageError(
        "--resume needs the id of a session" + (f", and {taken} is an option" if taken else ""),
        why=f"The last session goes on with: {program} -c …",
        hint=f"{program} --resume ID …",
    )
