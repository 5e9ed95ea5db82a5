"""``--dry-run``: what would be run, in which order, and why; nothing is started."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from ai_code.core.plan import EMPTY_CHAIN, Because, Skip, banner, make_plan, no_local_engine
from ai_code.core.text import shown_path, visible
from ai_code.core.verdict import Unavailable
from ai_code.engines.claude import ClaudeEngine
from ai_code.engines.registry import local_engine
from ai_code.flows.claude_turn import ClaudeTurn
from ai_code.flows.local_turn import LocalTurn
from ai_code.flows.output import Output
from ai_code.flows.recorder import Recorder
from ai_code.settings.keys import FALLBACK_ON, GROUPS

if TYPE_CHECKING:
    from ai_code.core.context_parts import Budgeted
    from ai_code.flows.attempt import Sign
    from ai_code.flows.turns import RunOptions
    from ai_code.flows.world import World
    from ai_code.settings import Settings


def dry_run(world: World, settings: Settings, options: RunOptions) -> Iterator[str]:
    """Lines for stdout: each engine of the plan with its command and what stands against it."""
    output = Output(world.console, options.output_format)
    plan = make_plan(
        engine=settings.engine_for(options.mode),
        local_only=options.local_only,
        fallback=settings.fallback_enabled,
        engines=settings.fallback_chain,
        skip="",
    )
    if not plan.steps:
        raise no_local_engine()
    number, skips = 0, list(plan.skips)
    for step in plan.steps:
        if step.engine == "claude":
            turn = ClaudeTurn(
                world, settings, options, output, on_sign=_no_sign, on_started=_nothing
            )
            told = _claude(turn)
        else:
            recorder = Recorder(world, settings, options.prompt)
            engine = local_engine(step.engine)
            local = LocalTurn(world, settings, options, output, recorder, engine)
            if why := local.left_out:
                skips.append(Skip(step.engine, why))
                continue
            told = chain(
                _local(local, step.because, verbose=settings.verbose),
                _check(settings),
            )
        number += 1
        yield f"{number}. {step.engine}"
        yield from told
    for skip in skips:
        yield f"-  {skip.engine} is left out: {skip.reason}"
    if settings.fallback_enabled and not settings.fallback_chain:
        yield f"Nothing goes on at a limit: {EMPTY_CHAIN}"
    if number > 1:
        yield f"The second engine takes over on: {', '.join(_words(settings.fallback_on))}"


def _check(settings: Settings) -> Iterator[str]:
    if settings.fallback_verify:
        command, limit = shlex.join(settings.fallback_verify), settings.fallback_verify_timeout_s
        bound = f", for {limit:.0f} s at most" if limit else ""
        yield f"   $ {command}   (checks it before it lands: the new code, your rights{bound})"


def _words(kinds: frozenset[str]) -> Sequence[str]:
    """As ``fallback.on`` says it: groups by their names."""
    whole = [name for name, group in GROUPS.items() if group <= kinds]
    grouped = {kind for name in whole for kind in GROUPS[name]}
    return [each for each in FALLBACK_ON if each in whole or each in kinds - grouped]


def _nothing() -> None:
    """A dry run starts nothing."""


def _no_sign(_: Sign) -> None:
    """And meets no trouble."""


def _claude(turn: ClaudeTurn) -> Iterator[str]:
    program = turn.find()
    if isinstance(program, Unavailable):
        yield f"   cannot run: {program.message}"
        yield f"   hint: {program.hint}"
        return
    command = ClaudeEngine().command(turn.preview(program))
    yield f"   {banner('Claude Code', 'first')}"
    yield f"   $ {shlex.join(command.argv)}   (the prompt on standard input)"
    if notes := turn.notes(program):
        many = "1 note" if notes.number == 1 else f"{notes.number} notes"
        yield f"   memory: {many} of ai-code remember, {notes.tokens} tokens, beside its own files"


def _local(turn: LocalTurn, because: Because, *, verbose: bool) -> Iterator[str]:
    program = turn.find()
    ready = program if isinstance(program, Unavailable) else turn.check()
    yield f"   {banner(turn.title, because)}"
    if isinstance(ready, Unavailable):
        yield f"   cannot run: {ready.message}"
        yield f"   hint: {ready.hint}"
        return
    assert not isinstance(program, Unavailable)
    local = ready.local
    yield f"   $ {shlex.join(program.argv)} … in a private worktree"
    yield f"   model {local.name} at {local.base_url}, context {local.num_ctx} tokens"
    for line in (*ready.notes, *(ready.details if verbose else ())):
        yield from (f"   {part}" for part in line.splitlines())
    yield from _memory(turn.memory(ready))


def _memory(memory: Budgeted) -> Iterator[str]:
    """Each part that the model would be given, with its origin."""
    if memory.parts:
        yield f"   memory, {memory.tokens} of {memory.budget} tokens at most:"
    for part, _, tokens, cut in memory.parts:
        also = f" = {', '.join(part.also)}" if part.also else ""
        where = f"{shown_path(part.shown)}{also} ({part.origin})"
        yield f"     {tokens:>6} tokens  {visible(where)}{', cut' if cut else ''}"
    for note in memory.notes:
        yield f"   {note}"
