"""``ai-code limits``: why an output is or is not a limit, and what is known now."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from ai_code.core.errors import UsageError
from ai_code.core.limits import Notice
from ai_code.core.limits import rules as rule_table
from ai_code.core.resets import describe_reset
from ai_code.core.text import fitting, one_line, visible
from ai_code.core.verdict import FailReason, LimitKind, UnavailableReason

if TYPE_CHECKING:
    from ai_code.core.limits import LimitRule
    from ai_code.flows.classify import Classified

_WIDTH = 80
_MEANS = {
    LimitKind: "limit",
    UnavailableReason: "unavailable:",
    FailReason: "failed:",
    Notice: "notice:",
}


@click.group("limits", short_help="Usage limits: why one was seen, and what is known now.")
def limits() -> None:
    """Usage limits: how an output is judged, the rules, and what is known now."""


@limits.command("classify", short_help="Judge saved outputs of Claude Code.")
@click.argument(
    "files", nargs=-1, metavar="[FILE…|-]", type=click.Path(dir_okay=False, allow_dash=True)
)
@click.option("--exit-code", type=click.IntRange(0, 255), metavar="N", help="How the run ended.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "stream-json", "auto"]),
    default="auto",
    show_default=True,
    help="The --output-format that the output was made with.",
)
@click.option(
    "--recording", is_flag=True, help="FILE is a recording: JSON with stdout, exit code …"
)
@click.pass_context
def classify(
    ctx: click.Context,
    files: tuple[str, ...],
    exit_code: int | None,
    format_: str,
    recording: bool,
) -> None:
    """Judge saved outputs of Claude Code, with the judge that runs decide by.

    One JSON object a line: file, verdict (done, limit, failed, unavailable, interrupted), kind
    of limit, resets_at (epoch), rule, evidence. Without FILE, or with -, stdin is read. Without
    --exit-code, plain text is a limit only if it is the whole text: an answer that quotes a
    limit is none.

    \b
    claude -p "…" > out.txt; ai-code limits classify --exit-code $? out.txt
    """
    if recording and (exit_code is not None or format_ != "auto"):
        raise UsageError(
            "--recording takes neither --exit-code nor --format", why="a recording holds both"
        )
    from ai_code.flows.classify import classify_output, classify_recording

    clock = ctx.obj.clock
    for file in files or ("-",):
        text = _read(file)
        if recording:
            found = classify_recording(file, _recording(file, text))
        else:
            found = classify_output(
                file,
                text,
                exit_code=exit_code,
                format=format_,  # type: ignore[arg-type]  # click.Choice holds it
                now=clock.now(),
                tz=clock.local_tz(),
            )
        click.echo(_line(found))


@limits.command("rules", short_help="Print the table of rules.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, with the patterns.")
def rules(as_json: bool) -> None:
    """Print the table of rules, in the order in which they are tried; the first match wins.

    Channel "event" is a structured event; "text" is the whole text of a run; "exit" is the
    whole text of a run that failed.
    """
    for rule in rule_table():
        if as_json:
            click.echo(json.dumps(rule._asdict(), ensure_ascii=False))
        else:
            click.echo("\n".join(_shown(rule)))


@limits.command("status", short_help="Print the limits that are known now.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="One JSON object a line; nothing where no limit is known.",
)
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Print the limits that were seen and are not over.

    An entry ends with its reset; one whose reset was not said ends after 5 hours.
    """
    clock = ctx.obj.clock
    now, tz = clock.now(), clock.local_tz()
    known = ctx.obj.limits.all(now)
    if not known and not as_json:
        click.echo("no limit is known")
    for limit in known:
        if as_json:
            click.echo(json.dumps(limit._asdict(), ensure_ascii=False))
            continue
        until = "reset not said"
        if limit.resets_at is not None:
            until = f"resets {describe_reset(limit.resets_at, now, tz)}"
        click.echo(f"{limit.kind} limit, {until}")
        click.echo(f"    seen {_ago(now - limit.seen_at)} · {_account(limit.scope)}")
        if limit.evidence:
            click.echo(f"    {one_line(limit.evidence, _WIDTH - 4)}")


def _read(file: str) -> str:
    try:
        with click.open_file(file, "rb") as stream:
            data: bytes = stream.read()
    except OSError as error:
        why = error.strerror or str(error)
        raise UsageError(f"cannot read {one_line(file)}", why=why) from error
    return data.decode("utf-8", "replace")


def _recording(file: str, text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{one_line(file)} is no recording", why=f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise UsageError(f"{one_line(file)} is no recording", why="not a JSON object")
    return value


def _line(found: Classified) -> str:
    text = json.dumps(found._asdict(), ensure_ascii=False)
    # A terminal or pipe that cannot show the text gets it escaped.
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _shown(rule: LimitRule) -> Iterator[str]:
    head = f"{rule.id}  {_MEANS[type(rule.kind)]} {rule.kind}  ({rule.channel}, {rule.since})"
    yield fitting(visible(head), _WIDTH)
    yield "    " + one_line(rule.sample, _WIDTH - 4)


def _account(scope: str) -> str:
    """``folder|kind of login`` as a person reads it."""
    folder, _, login = scope.rpartition("|")
    return one_line(f"{folder} ({login})" if folder else login, 60)


def _ago(seconds: float) -> str:
    minutes = max(int(seconds // 60), 0)
    if not minutes:
        return "just now"
    return f"{minutes // 60} h {minutes % 60} min ago" if minutes >= 60 else f"{minutes} min ago"
