"""From the options of a command line to a run, however they were read.

A prompt and nothing else needs no parser: ``begin`` takes ``DEFAULTS`` then, and Claude starts
without waiting for click to be imported (12 of some 70 ms)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from ai_code.core.errors import AiCodeError, ConfigError, UsageError
from ai_code.core.prompt import compose
from ai_code.engines.claude.command import check_engine_args
from ai_code.flows.turns import RunOptions

if TYPE_CHECKING:
    from ai_code.settings import Loaded

DEFAULTS: Mapping[str, Any] = {
    "words": (),
    "prompt": None,
    "engine": None,
    "local": False,
    "no_fallback": False,
    "wait": False,
    "model": None,
    "claude_model": None,
    "api": None,
    "num_ctx": None,
    "keep_alive": None,
    "files": (),
    "reads": (),
    "continue_": False,
    "resume": None,
    "output_format": "text",
    "json": False,
    "timeout": None,
    "stall_timeout": None,
    "patience": None,
    "allow_protected": False,
    "on_suspect": None,
    "expect_changes": False,
    "dry_run": False,
    "no_input": False,
    "quiet": False,
    "verbose": False,
    "mode": "edit",
}
"""What click gives for a command line without options; a test compares the two."""

_SETTING_FLAGS = {
    "engine": "engine",
    "model": "model",
    "claude_model": "claude.model",
    "timeout": "timeout",
    "stall_timeout": "stall-timeout",
    "patience": "patience",
    "api": "ollama.api",
    "num_ctx": "ollama.num-ctx",
    "keep_alive": "ollama.keep-alive",
    "on_suspect": "fallback.on-suspect",
}
"""Option → the setting it overrides for this run."""


def begin(world: Any, options: Mapping[str, Any]) -> int:
    """Carries out a run; the exit code. ``options`` has every key of ``DEFAULTS``."""
    try:
        return _begin(world, options)
    except AiCodeError as error:
        from ai_code.core.same_command import hints_for

        hints_for(options["mode"], error)
        raise


def _begin(world: Any, options: Mapping[str, Any]) -> int:
    from ai_code.flows.run import Run

    words, engine_args = _divide(world, options["words"])
    check_engine_args(engine_args)
    if options["resume"] or options["model"] or options["claude_model"]:
        from ai_code.cli.slips import check_values

        mode = options["mode"]
        check_values(options, "" if mode == "edit" else mode)
    if (options["prompt"] or "").startswith("-"):
        from ai_code.cli.slips import check_prompt

        check_prompt(options["prompt"], [_option(name) for name in DEFAULTS])
    if options["local"] and (options["wait"] or options["engine"] == "claude"):
        other = "--wait" if options["wait"] else "--engine claude"
        raise UsageError(f"--local leaves Claude out, {other} asks for it", hint="ai-code --help")
    if options["json"] and options["output_format"] != "text":
        raise UsageError("--json and --output-format exclude each other", hint="ai-code --help")
    if options["json"] and options["dry_run"]:
        raise UsageError("--json and --dry-run exclude each other", hint="ai-code --help")
    loaded = load_settings(world, flags_of(options))
    settings = loaded.settings
    if loaded.values[f"engines.for.{options['mode']}"]:
        from ai_code.flows.engine_modes import check_engine

        check_engine(loaded, options["mode"])
    if options["no_fallback"]:
        settings = settings._replace(fallback_enabled=False)
    world.console.quiet, world.console.verbose = settings.quiet, settings.verbose
    world.console.may_ask = not options["no_input"]
    for warning in loaded.warnings:
        world.console.note(str(warning))
    request = RunOptions(
        prompt=_prompt(world, words, options),
        files=existing(world, options["files"]),
        reads=existing(world, options["reads"]),
        engine_args=engine_args,
        resume="" if options["continue_"] else options["resume"],
        output_format="envelope" if options["json"] else options["output_format"],
        local_only=options["local"],
        wait=options["wait"],
        dry_run=options["dry_run"],
        allow_protected=options["allow_protected"],
        expect_changes=options["expect_changes"],
        mode=options["mode"],
        claude_stall_s=_chosen_stall(loaded),
    )
    if request.dry_run:
        from ai_code.cli.screen import WIDTH
        from ai_code.core.pasting import screen_lines, shown_command
        from ai_code.core.same_command import same_command
        from ai_code.flows.dry_run import dry_run

        for told in dry_run(world, settings, request):
            line = shown_command(same_command(told, request.mode), world.shown_as)
            for part in screen_lines(line, WIDTH) if world.console.stdout_is_tty else [line]:
                world.console.raw(part.encode("utf-8", "replace") + b"\n")
        return 0
    return Run(world, settings, request).go()


def _option(name: str) -> str:
    return f"--{name.strip('_').replace('_', '-')}"


def load_settings(world: Any, flags: dict[str, object]) -> Loaded:
    """The settings. A value that only a flag has wrong is a wrong command line."""
    try:
        loaded: Loaded = world.config.load(flags)
    except ConfigError as error:
        if not flags:
            raise
        world.config.load({})
        raise UsageError(error.what, why=error.why, hint="ai-code --help") from error
    return loaded


def _divide(world: Any, words: tuple[str, ...]) -> tuple[list[str], tuple[str, ...]]:
    """Words of the prompt, and what follows ``--`` for the first engine."""
    after: tuple[str, ...] = world.after_dashes
    return list(words[: len(words) - len(after)]), after


def flags_of(options: Mapping[str, Any]) -> dict[str, object]:
    """Settings that options override, by key. Not every command has all of them."""
    flags: dict[str, object] = {
        key: options[name] for name, key in _SETTING_FLAGS.items() if options.get(name) is not None
    }
    if options["quiet"]:
        flags["quiet"] = True
    if options["verbose"]:
        flags["verbose"] = True
    return flags


def _chosen_stall(loaded: Loaded) -> float | None:
    """``stall-timeout`` where somebody set it; its default is for local engines."""
    chosen = loaded.origins["stall-timeout"].layer != "default"
    return loaded.settings.stall_timeout_s if chosen else None


def _prompt(world: Any, words: list[str], options: Mapping[str, Any]) -> str:
    from_stdin = words == ["-"]
    text = " ".join([] if from_stdin else words)
    if options["prompt"]:
        text = "\n".join(part for part in (options["prompt"], text) if part)
    piped = None
    if not options["no_input"] or from_stdin:
        told = world.piped_input(
            wait=from_stdin or not text,
            tell=lambda: world.console.note("Reading standard input until it ends…"),
        )
        if told.too_long:
            raise UsageError("standard input is longer than 16 MiB", hint="ai-code --file NAME …")
        if told.silent:
            world.console.note("Nothing came on standard input within 3 s: going on without it.")
        piped = told.data
    if not text and piped is None and not from_stdin and world.console.stdin_is_tty:
        from ai_code.core.same_command import EXAMPLES

        raise UsageError(
            "what shall be done?",
            why=f"Say it in one sentence: {EXAMPLES[options['mode']]}",
            hint="ai-code --help",
        )
    prompt, notes = compose(text, piped, options["mode"])
    for note in notes:
        world.console.note(note)
    return prompt


def existing(world: Any, names: tuple[str, ...]) -> tuple[str, ...]:
    """A missing --file would be created empty by some engines: it is an error here."""
    for name in names:
        if world.files.size(world.cwd / name) is None:
            import shlex

            folder = str(PurePath(name).parent)
            raise UsageError(f"there is no file {name}", hint=shlex.join(["ls", folder]))
    return names
