"""From the options of ``ai-code chat`` to a session; without click, as for a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ai_code.cli.begin import existing, flags_of, load_settings
from ai_code.core.errors import UsageError
from ai_code.engines.claude.chat import check_chat_args
from ai_code.flows.turns import RunOptions

DEFAULTS: Mapping[str, Any] = {
    "words": (),
    "local": False,
    "model": None,
    "claude_model": None,
    "api": None,
    "num_ctx": None,
    "keep_alive": None,
    "files": (),
    "reads": (),
    "continue_": False,
    "resume": None,
    "allow_protected": False,
    "on_suspect": None,
    "quiet": False,
    "verbose": False,
}
"""What click gives for ``ai-code chat`` without options; a test compares the two."""


def begin_chat(world: Any, options: Mapping[str, Any]) -> int:
    """Carries out ``ai-code chat``; the exit code. ``options`` has every key of ``DEFAULTS``."""
    from ai_code.flows.interactive import Interactive

    engine_args: tuple[str, ...] = world.after_dashes
    _check(world, options, engine_args)
    loaded = load_settings(world, flags_of(options))
    settings = loaded.settings
    world.console.quiet, world.console.verbose = settings.quiet, settings.verbose
    for warning in loaded.warnings:
        world.console.note(str(warning))
    request = RunOptions(
        prompt="",
        files=existing(world, options["files"]),
        reads=existing(world, options["reads"]),
        engine_args=engine_args,
        resume="" if options["continue_"] else options["resume"],
        local_only=options["local"],
        allow_protected=options["allow_protected"],
    )
    return Interactive(world, settings, request).go()


def _check(world: Any, options: Mapping[str, Any], engine_args: tuple[str, ...]) -> None:
    check_chat_args(engine_args)
    if options["resume"] or options["model"] or options["claude_model"]:
        from ai_code.cli.slips import check_values

        check_values(options, "chat")
    words = options["words"][: len(options["words"]) - len(engine_args)]
    if words:
        raise UsageError(
            f"chat takes no prompt: {' '.join(words)!r}",
            why="What to say is said in the chat.",
            hint='ai-code "PROMPT"   (one prompt, one answer)',
        )
    of_claude = options["continue_"] or options["resume"] or engine_args
    if options["local"] and of_claude:
        asked = "-c" if options["continue_"] else "--resume" if options["resume"] else "--"
        raise UsageError(
            f"--local leaves Claude out, {asked} asks for it", hint="ai-code chat --help"
        )
    console = world.console
    if not (console.stdin_is_tty and console.stdout_is_tty):
        raise UsageError(
            "a chat needs a terminal",
            why="standard input or output is none.",
            hint='ai-code "PROMPT"',
        )
