"""The project's memory for a local engine: copies of the parts that fit, so that no edit of the
engine's reaches the files themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.core.brief import ContextFile
from ai_code.core.context_parts import Budgeted, budget_of, fitted
from ai_code.flows.chain import Chain, ContextFiles, Where

if TYPE_CHECKING:
    from ai_code.flows.world import World
    from ai_code.settings import Settings


def chain_of(
    world: World,
    settings: Settings,
    *,
    num_ctx: int,
    reads: Sequence[str] = (),
    files: Sequence[str] = (),
    own: Sequence[str] = (),
) -> Chain:
    """The memory of where the person stands. ``reads`` are the files of ``--read``, ``files``
    those of the task, relative to the root, ``own`` those of the engine's own kind."""
    where = Where(
        root=world.trees.root_of(world.cwd),
        cwd=world.cwd.resolve(),
        home=world.environ.get("HOME", ""),
        names=settings.context_files,
        reads=[world.cwd / name for name in reads],
        files=files,
        import_from=settings.memory_import_from,
        own=own,
        most_bytes=budget_of(num_ctx, settings.context_budget) * 8 + 4096,
    )
    return Chain(world.files, world.claude_home, world.notes, where)


def choose_context(chain: Chain, *, num_ctx: int, budget: int) -> Budgeted:
    """What of the chain fits; nothing is written."""
    chosen = fitted(chain.parts(), num_ctx, budget)
    return chosen._replace(notes=(*chain.left_out, *chosen.notes))


def copy_context(files: ContextFiles, chosen: Budgeted, folder: Path) -> tuple[ContextFile, ...]:
    """The chosen parts as files in ``folder``."""
    made: list[ContextFile] = []
    for number, (part, text, tokens, cut) in enumerate(chosen.parts):
        copy = folder / f"{number}" / part.file_name
        files.write(copy, text)
        made.append(
            ContextFile(copy, part.shown, tokens, cut, text, part.origin, part.kind, part.also)
        )
    return tuple(made)
