"""The first word decides: a command's name is that command, anything else is the prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ai_code.core.errors import AiCodeError, UsageError
from ai_code.core.exits import ExitCode

if TYPE_CHECKING:
    import click

    from ai_code.flows.world import World

COMMANDS: Mapping[str, tuple[str, str]] = {
    "run": ("ai_code.cli.run", "Claude Code first, a local model at a limit (the default)."),
    "chat": ("ai_code.cli.chat", "Claude's own screen, or --local: the local model's chat."),
    "ask": ("ai_code.cli.ask", "Ask about the code; nothing is edited."),
    "plan": ("ai_code.cli.plan", "Have a task planned; nothing is edited."),
    "undo": ("ai_code.cli.undo", "Take back what a local model changed."),
    "diff": ("ai_code.cli.diff", "Show what a local model changed."),
    "handover": ("ai_code.cli.handover", "What a local model would be told of Claude's work."),
    "review": ("ai_code.cli.review", "Claude reviews what a local model did."),
    "hooks": ("ai_code.cli.hooks", "Hooks for people who open plain claude."),
    "remember": ("ai_code.cli.remember", "A note that every engine is given."),
    "memory": ("ai_code.cli.memory", "What engines are given here; search, edit, forget notes."),
    "limits": ("ai_code.cli.limits", "Claude's limits: known now, rules, classify a text."),
    "status": ("ai_code.cli.status", "Who would answer now and why; the local side; last runs."),
    "history": ("ai_code.cli.history", "The last runs; show one."),
    "log": ("ai_code.cli.log", "What happened, line by line; --follow waits for more."),
    "stats": ("ai_code.cli.stats", "Runs, fallbacks, times, tokens, waiting saved."),
    "drill": ("ai_code.cli.drill", "Prove the fallback before it is needed."),
    "setup": ("ai_code.cli.setup", "From a bare machine to a working fallback."),
    "engines": ("ai_code.cli.engines", "Engines that can go on: list, show, install, remove."),
    "models": ("ai_code.cli.models", "Local models: which suit this machine; get, test, choose."),
    "doctor": ("ai_code.cli.doctor", "What is wrong here, and the command that mends it."),
    "config": ("ai_code.cli.config", "Settings: show, check, path, trust."),
    "completion": ("ai_code.cli.completion", "Print the completion script of a shell."),
}
"""Command → module that has a click command of the same name; imported only when used."""


_NEARLY = 0.75
"""How much of two words is alike where one is a slip of the finger for the other, of 1."""

_ALSO = {"help": "--help", "version": "--version"}
"""Words that people type for an option."""
_CLAUDES = frozenset(
    [
        "agents",
        "auth",
        "install",
        "login",
        "logout",
        "mcp",
        "plugin",
        "plugins",
        "setup-token",
        "update",
        "upgrade",
    ]
)
"""Words that may be commands of Claude Code's own; a test compares them with those in slips."""
_ANSWERS = ("ask", "plan")
"""What edits nothing."""
_COMPLETE = "_AI_CODE_COMPLETE"
"""Set by the shell's completion script (click's convention)."""


def main(argv: Sequence[str], world: World) -> int:
    """Carries out a command line; the exit code. Raises AiCodeError."""
    if _COMPLETE in world.environ:
        return _complete(world.environ[_COMPLETE])
    try:
        return _main(argv, world)
    except AiCodeError as error:
        tell_as_json(argv, world, error, int(error.exit_code))
        raise


def tell_as_json(argv: Sequence[str], world: World, error: AiCodeError, code: int) -> None:
    """With ``--json``, be the rest of the command line right or not, an error is told on stdout
    too: whoever reads it always has one document. A run has a form of its own."""
    own = list(argv)[: list(argv).index("--")] if "--" in argv else argv
    if error.in_envelope or "--json" not in own:
        return
    from ai_code.flows.envelope import envelope, refused

    of_a_run = argv[0] not in COMMANDS or argv[0] == "run"
    called = world.shown_as
    told = envelope(None, (), code, error, called) if of_a_run else refused(code, error, called)
    world.console.raw(told.encode("utf-8", "replace") + b"\n")
    error.in_envelope = True


def _main(argv: Sequence[str], world: World) -> int:
    console = world.console
    if list(argv) in ([], ["chat"]) and console.stdin_is_tty and console.stdout_is_tty:
        from ai_code.cli.begin_chat import DEFAULTS as PLAIN
        from ai_code.cli.begin_chat import begin_chat

        return begin_chat(world, PLAIN)
    name, rest = _split(argv)
    if name == "run" and rest and not any(word.startswith("-") for word in rest):
        from ai_code.cli.begin import DEFAULTS, begin

        return begin(world, {**DEFAULTS, "words": tuple(rest)})
    if name == "status" and list(rest) == ["--short"]:
        from ai_code.cli.prompt_word import prompt_word

        return prompt_word(world)
    if name == "status" and list(rest) in ([], ["--json"]):
        from ai_code.cli.status_screen import show

        return show(world, as_json=bool(rest))
    import click

    try:
        command = load(name)
        if world.shown_as:
            _called(command, world.shown_as)
        names = ["-h", "--help"]
        title, arguments = _title(name, world.shown_as or "ai-code"), list(rest)
        with command.make_context(title, arguments, obj=world, help_option_names=names) as context:
            taken = str(context.params.get("prompt") or "").startswith("-")
            if name == "run" and list(argv[:1]) != ["run"] and not taken:
                _check_first_word(argv, context.params.get("words") or (), command)
            result = command.invoke(context)
            return result if isinstance(result, int) else ExitCode.OK
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            # A group without its command: the message is the whole help (click 8.2 and later;
            # before, click printed it itself).
            click.echo(error.format_message(), err=True)
            return int(ExitCode.USAGE)
        raise _usage_error(name, rest, error) from error
    except click.Abort:
        return 128 + 2
    except click.ClickException as error:
        raise UsageError(error.format_message()) from error


def _complete(instruction: str) -> int:
    """Answers a shell that completes a command line: commands, their options, and those of a
    run, which needs no command's name."""
    import click
    from click.shell_completion import shell_complete

    class Commands(click.Group):
        def list_commands(self, ctx: click.Context) -> list[str]:
            return list(COMMANDS)

        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
            return load(cmd_name) if cmd_name in COMMANDS else None

    options = [each for each in load("run").params if isinstance(each, click.Option)]
    group = Commands("ai-code", params=options)
    return shell_complete(group, {}, "ai-code", _COMPLETE, instruction)


def load(name: str) -> click.Command:
    """The click command of that name."""
    from importlib import import_module

    command: click.Command = getattr(import_module(COMMANDS[name][0]), name)
    return command


def _split(argv: Sequence[str]) -> tuple[str, Sequence[str]]:
    if argv and argv[0] in COMMANDS:
        return argv[0], argv[1:]
    if len(argv) == 1 and argv[0] in _ALSO:
        return "run", [_ALSO[argv[0]]]
    if argv and argv[0] == "help" and (asked := _helped(argv[1:])):
        return asked[0], [*asked[1:], "--help"]
    if argv and argv[0] in _CLAUDES:
        from ai_code.cli.slips import check_command

        check_command(argv)
    words = [word for word in argv if not word.startswith("-")]
    if len(words) == 1 and len(argv) == 1:
        _check_single_word(words[0])
    return "run", argv


def _helped(words: Sequence[str]) -> Sequence[str]:
    """The command that ``help COMMAND`` is about; empty where the words are a prompt."""
    if not words or words[0] not in COMMANDS:
        return ()
    known = getattr(load(words[0]), "commands", {}) if len(words) == 2 else {}
    return words if len(words) == 1 or words[-1] in known else ()


def _check_first_word(argv: Sequence[str], words: Sequence[str], run: click.Command) -> None:
    """A command's name behind options would be a prompt, and what was to be a question might
    edit files."""
    first = words[0] if words else ""
    if first not in (COMMANDS if len(words) == 1 else _ANSWERS):
        return
    import shlex

    takers = [each for each in run.params if not getattr(each, "is_flag", False)]
    taking = {option for each in takers for option in each.opts}
    # The same word may be the value of an option before it.
    places = [at for at, word in enumerate(argv) if word == first]
    at = next((at for at in places if not at or argv[at - 1] not in taking), places[-1])
    others = [*argv[:at], *argv[at + 1 :]]
    raise UsageError(
        f"{first} has to come first: behind options it would be a prompt",
        why=f"as a prompt: {shlex.join(['ai-code', 'run', *argv])}",
        hint=shlex.join(["ai-code", first, *others]),
    )


def _check_single_word(word: str) -> None:
    """One word that is nearly a command's name is a slip of the finger, not a prompt."""
    # Of words as unlike in length as these no letters need be compared, nor difflib imported.
    names = (*COMMANDS, *_ALSO)
    alike = [name for name in names if 2 * min(len(name), len(word)) >= _NEARLY * len(name + word)]
    if not alike:
        return
    import difflib

    close = difflib.get_close_matches(word, alike, n=1, cutoff=_NEARLY)
    if close:
        import shlex

        raise UsageError(
            f"{word!r} is no command of ai-code, and as a prompt it is very short",
            why=f"as a prompt: ai-code run {shlex.quote(word)}",
            hint=f"ai-code {_ALSO.get(close[0], close[0])}",
        )


def _title(name: str, program: str) -> str:
    return program if name == "run" else f"{program} {name}"


def _called(command: click.Command, shown_as: str) -> None:
    """The commands in its help, as the person calls this program."""
    from ai_code.core.pasting import shown_command

    command.help = shown_command(command.help or "", shown_as)
    for each in getattr(command, "commands", {}).values():
        _called(each, shown_as)


def _usage_error(name: str, rest: Sequence[str], error: click.UsageError) -> UsageError:
    """Where a command's name may have been the first word of a prompt, both are shown."""
    import shlex

    import click

    from ai_code.cli.slips import of_claude

    message = error.format_message().rstrip(".")
    words = [word for word in rest if not word.startswith("-")]
    if name in ("run", "chat", *_ANSWERS) and (told := of_claude(name, rest, error)):
        return told
    if isinstance(error, click.NoSuchOption) and (told := _dashed(name, rest, message)):
        return told
    known = getattr(load(name), "commands", {})
    if words and words[0] in known:
        return UsageError(message, hint=f"ai-code {name} {words[0]} --help")
    takes = known or any(isinstance(each, click.Argument) for each in load(name).params)
    # A value that an option does not take is no word of a prompt.
    of_option = isinstance(error, click.BadParameter) and isinstance(error.param, click.Option)
    if words == ["help"]:
        return UsageError(message, hint=f"ai-code {name} --help")
    if name == "drill" and len(words) == 1 and (option := _of_drill(words[0])):
        again = [word for word in rest if word != words[0]]
        return UsageError(message, hint=shlex.join(["ai-code", name, option, words[0], *again]))
    if name != "run" and len(words) >= (2 if takes or of_option else 1):
        prompt = shlex.quote(" ".join([name, *words]))
        return UsageError(
            message,
            why=f"{name} is a command of ai-code (ai-code {name} --help). As a prompt:",
            hint=f"ai-code run {prompt}",
        )
    hint = "ai-code --help" if name == "run" else f"ai-code {name} --help"
    return UsageError(message, hint=hint)


def _dashed(name: str, rest: Sequence[str], message: str) -> UsageError | None:
    """Where a text that begins as an option does was taken for one: how it is given."""
    odd = next((word for word in rest if word.startswith("-") and " " in word), None)
    of_memory = [name, *rest[:1]] == ["memory", "search"]
    if odd is None or not (of_memory or name in ("run", "remember", *_ANSWERS)):
        return None
    import shlex

    at = list(rest).index(odd)
    command = [*(["ai-code"] if name == "run" else ["ai-code", name]), *rest[:at]]
    if name in ("run", *_ANSWERS):
        what = {"run": "prompt", "ask": "question", "plan": "task"}[name]
        hint = shlex.join([*command, "-p", *rest[at:]])
        return UsageError(message, why=f"As a {what}:", hint=hint)
    # What follows the dashes is text, whatever it begins with.
    hint = shlex.join([*command, "--", *rest[at:]])
    return UsageError(message, why="As text:", hint=hint)


def _of_drill(word: str) -> str:
    """The option of a drill that wants this word."""
    from ai_code.core.drill import SCENARIOS
    from ai_code.core.engine_table import LOCAL

    if word in (*SCENARIOS, "all"):
        return "--scenario"
    return "--engine" if word in LOCAL else ""
