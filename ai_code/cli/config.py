"""``ai-code config``: what the settings are, where they come from, and whom we trust."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ai_code.cli.screen import WIDTH
from ai_code.core.errors import ConfigError, UsageError
from ai_code.core.exits import ExitCode
from ai_code.core.pasting import screen_lines, shown_command, shown_values
from ai_code.core.text import visible
from ai_code.settings import Loaded, SourceFile, problem_error
from ai_code.settings.ports import Config, FileInfo
from ai_code.settings.show import as_data, as_scalar, as_yaml, nix_line, plain
from ai_code.settings.sources import (
    Entry,
    Parsed,
    Problem,
    needing_trust,
    parse_choices,
    parse_file,
)

VERSION = 1


@click.group("config", short_help="Show and check the settings, trust a project's file.")
def config() -> None:
    """Show and check the settings, trust a project's file.

    A flag counts first, then AI_CODE_* variables, choices made by commands, the project's
    .ai-code.yaml, your config.yaml, the default.
    """


@config.command("show", short_help="Print every setting as it is now.")
@click.option("--origin", is_flag=True, help="Say where each value comes from.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, always with origins.")
@click.pass_context
def show(ctx: click.Context, origin: bool, as_json: bool) -> None:
    """Print every setting as it is now.

    The output is a settings file itself; secrets are masked.
    """
    loaded = _config(ctx).load({})
    if as_json:
        warnings = [{"text": notice.text, "hint": notice.hint} for notice in loaded.warnings]
        data = {"version": VERSION, "settings": as_data(loaded), "warnings": warnings}
        click.echo(json.dumps(shown_values(data, ctx.obj.shown_as), indent=2))
        return
    click.echo(as_yaml(loaded, with_origin=origin), nl=False)
    _warn(loaded)


@config.command("check", short_help="Check the settings files, or FILE.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.pass_context
def check(ctx: click.Context, file: Path | None) -> None:
    """Check all settings files and variables, or only FILE; exit 78 where one is wrong.

    Unknown keys are errors, in a project's file warnings.
    """
    store = _config(ctx)
    if file is not None:
        good = _checked(f"{file}", lambda: store.read(file), lenient=_is_projects(store, file))
    else:
        results = [
            _checked("user file", store.user),
            _checked("project file", store.project, lenient=True),
            _checked("choices", store.choices, parse_choices, lenient=True),
        ]
        good = all(results) and _variables_are_good(store)
        good = good and all((_engines_are_good(store), _rules_are_good(ctx)))
    if not good:
        ctx.exit(int(ExitCode.CONFIG))


@config.command("path", short_help="Print which files settings are read from.")
@click.option("--json", "as_json", is_flag=True, help="One object on stdout.")
@click.pass_context
def path(ctx: click.Context, as_json: bool) -> None:
    """Print which files settings are read from, the strongest first, and whether they exist."""
    files = _config(ctx).files()
    if as_json:
        click.echo(json.dumps({"version": VERSION, "files": [_file_value(each) for each in files]}))
        return
    for info in files:
        click.echo(f"{info.role + ':':<14}{_safe(str(info.path))}{_state(info)}")
        if info.role == "user file" and info.managed:
            line = nix_line("model", "qwen2.5-coder:7b")
            click.echo("  It is made by Nix; change your Home Manager configuration instead:")
            click.echo(f"  {line}")


@config.command("trust", short_help="Let this project's file set commands and hosts.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--revoke", is_flag=True, help="Trust it no longer.")
@click.option("--list", "list_", is_flag=True, help="Print the files that are trusted.")
@click.option("--json", "as_json", is_flag=True, help="With --list: one object on stdout.")
@click.pass_context
def trust(ctx: click.Context, yes: bool, revoke: bool, list_: bool, as_json: bool) -> None:
    """Let this project's .ai-code.yaml set commands, arguments, hosts and the like.

    What needs trust is shown first. Trust holds for this file with this content: when it
    changes, it is asked for again.
    """
    if yes + revoke + list_ > 1:
        raise UsageError(
            "--yes, --revoke and --list exclude each other", hint="ai-code config trust --help"
        )
    if as_json and not list_:
        raise UsageError("--json goes with --list", hint="ai-code config trust --list --json")
    store = _config(ctx)
    if list_:
        trusted = sorted(store.trust.entries().items())
        if as_json:
            rows = [{"path": name, "sha256": digest} for name, digest in trusted]
            click.echo(json.dumps({"version": VERSION, "files": rows}))
        for name, _ in () if as_json else trusted:
            click.echo(_safe(name))
    elif revoke:
        _revoke(store)
    else:
        _trust(ctx, store, yes)


def _file_value(info: FileInfo) -> dict[str, Any]:
    """The form only grows."""
    return {
        "role": info.role,
        "path": str(info.path),
        "exists": info.exists,
        "writable": info.writable,
        "target": str(info.target) if info.target else None,
        "managed": info.managed,
    }


def _config(ctx: click.Context) -> Config:
    store: Config = ctx.obj.config
    return store


def _trust(ctx: click.Context, store: Config, yes: bool) -> None:
    file = _project(store)
    entries = _entries_of(file)
    if not entries:
        click.echo(f"{_safe(str(file.path))}: nothing in it needs trust", err=True)
        return
    if file.trusted:
        click.echo(f"{_safe(str(file.path))}: trusted already", err=True)
        return
    click.echo(f"{_safe(str(file.path))} wants to set:", err=True)
    for entry in entries:
        value = as_scalar(plain(entry.key, entry.value))
        click.echo(f"  {entry.key.name}: {value}  (line {entry.line})", err=True)
    if not yes and not _confirmed(ctx):
        click.echo("nothing was changed", err=True)
        ctx.exit(int(ExitCode.FAILED))
    # What was shown is what is trusted, even if the file changed meanwhile.
    store.trust.trust(file.path, file.content)
    _say("trusted; to take it back: ai-code config trust --revoke", err=True)


def _revoke(store: Config) -> None:
    target = store.project_path()
    known = store.trust.revoke(target)
    click.echo(
        f"{_safe(str(target))}: {'no longer trusted' if known else 'was not trusted'}", err=True
    )


def _project(store: Config) -> SourceFile:
    file = store.project()
    if file is None:
        raise UsageError(
            "there is no project file here",
            why=f"it would be {_safe(str(store.project_path()))}",
            hint="ai-code config path",
        )
    return file


def _entries_of(file: SourceFile) -> tuple[Entry, ...]:
    """What needs trust in a file that is right as far as its known keys go."""
    parsed = parse_file(file)
    broken = tuple(problem for problem in parsed.problems if not problem.unknown_key)
    if broken:
        raise problem_error(broken)
    return needing_trust(parsed.entries)


def _confirmed(ctx: click.Context) -> bool:
    console = ctx.obj.console
    if not (console.stdin_is_tty and console.stderr_is_tty):
        raise UsageError(
            "trust needs a yes",
            why="there is no terminal to ask on",
            hint="ai-code config trust --yes",
        )
    return bool(console.ask("Trust this file?", {"y": "yes", "n": "no"}) == "y")


def _checked(
    role: str,
    read: Callable[[], SourceFile | None],
    parse: Callable[[SourceFile], Parsed] = parse_file,
    *,
    lenient: bool = False,
) -> bool:
    """Prints what is wrong in one file; True where nothing is. ``lenient``: unknown keys are
    warnings."""
    try:
        file = read()
    except ConfigError as error:
        _say(": ".join(filter(None, (role, "error", error.what, error.why))))
        return False
    if file is None:
        click.echo(f"{role}: none")
        return True
    problems = parse(file).problems
    errors = [problem for problem in problems if not (lenient and problem.unknown_key)]
    _say(f"{role}: {file.path}: {_count(errors)}")
    for problem in problems:
        kind = "error" if problem in errors else "warning"
        _say(f"  {kind}: {problem}")
    return not errors


def _count(errors: list[Problem]) -> str:
    return "ok" if not errors else f"{len(errors)} error{'s' if len(errors) > 1 else ''}"


def _variables_are_good(store: Config) -> bool:
    """The files are right by now: what ``load`` refuses is a variable, or a contradiction."""
    try:
        loaded = store.load({})
    except ConfigError as error:
        _say(f"variables: error: {error.what} ({error.why})")
        return False
    click.echo("variables: ok")
    _warn(loaded)
    return True


def _engines_are_good(store: Config) -> bool:
    """Tells of kinds of tasks that nobody would do; False where one was given to an engine that
    cannot do it."""
    from ai_code.flows.engine_modes import idle_engines, wrong_engines

    loaded = store.load({})
    wrong = wrong_engines(loaded)
    for text in wrong:
        _say(f"engines: error: {text}")
    for notice in idle_engines(loaded):
        _say(f"warning: {notice}", err=True)
    return not wrong


def _rules_are_good(ctx: click.Context) -> bool:
    """Tells of rules about models that rule out nobody; False where what is known of models (your
    ``models.yaml``) is wrong."""
    from ai_code.flows.models.idle_rules import idle_rules

    try:
        notices = idle_rules(_config(ctx).load({}), ctx.obj.catalogue)
    except ConfigError as error:
        _say(f"models: error: {error.what}: {error.why}")
        return False
    for notice in notices:
        _say(f"warning: {notice}", err=True)
    return True


def _is_projects(store: Config, file: Path) -> bool:
    return file.name == store.project_path().name


def _state(info: FileInfo) -> str:
    if not info.exists:
        return "  (not there)"
    notes = [] if info.writable else ["read-only"]
    if info.target is not None:
        notes.insert(0, f"link to {_safe(str(info.target))}")
    return f"  ({', '.join(notes)})" if notes else ""


def _warn(loaded: Loaded) -> None:
    for notice in loaded.warnings:
        _say(f"warning: {notice}", err=True)


def _say(text: str, *, err: bool = False) -> None:
    """On a terminal no word is broken at its edge; a script gets the text as it is."""
    stream = sys.stderr if err else sys.stdout
    called = click.get_current_context().obj.shown_as
    for line in shown_command(_safe(text), called).split("\n"):
        for part in screen_lines(line, WIDTH, called) if stream.isatty() else [line]:
            click.echo(part, err=err)


def _safe(text: str) -> str:
    """Safe to show, whatever a file's name holds."""
    return visible(text.encode("utf-8", "replace").decode())
