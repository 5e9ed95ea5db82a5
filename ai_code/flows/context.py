"""The project's memory for a local engine: which files, nearest first, within a budget."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from ai_code.core.brief import ContextFile, estimate_tokens, fit
from ai_code.core.changes import is_private

_SHARE = 0.25
"""Of the context in tokens: the rest is for the task, the files and the answer."""
_LEAST_TOKENS = 200


class ContextFiles(Protocol):
    """Reads files for context; never through a link that leads out of the tree."""

    def read(self, path: Path, root: Path, most_bytes: int) -> str | None:
        """The beginning of a regular file inside ``root`` as text; None where there is none."""

    def write(self, path: Path, text: str) -> None: ...


def gather_context(
    files: ContextFiles,
    *,
    root: Path,
    cwd: Path,
    names: Sequence[str],
    extra: Sequence[Path],
    num_ctx: int,
    budget: int,
    folder: Path,
) -> tuple[tuple[ContextFile, ...], tuple[str, ...]]:
    """Context files for a local engine, and a line for each that was cut or left out.

    ``names`` are looked for in ``cwd`` and its parents up to ``root``, nearest first; ``extra``
    (``--read``) come before them. ``budget`` in tokens, 0 for a quarter of ``num_ctx``. Each
    text is copied into ``folder``: the engine's copy cannot be edited into the tree."""
    left = budget or int(num_ctx * _SHARE)
    chosen: list[ContextFile] = []
    notes: list[str] = []
    for path in _candidates(root, cwd, names, extra):
        outside_ok = path in extra
        text = files.read(path, path.parent if outside_ok else root, left * 8 + 4096)
        shown = _shown(path, root)
        if text is None and outside_ok:
            notes.append(f"{shown} left out of the context: it is a link out of its folder")
        if text is None or not text.strip():
            continue
        if left < _LEAST_TOKENS:
            notes.append(f"{shown} left out of the context: no room ({num_ctx} tokens in all)")
            continue
        part = fit(text, left)
        cut = len(part) < len(text)
        if cut:
            notes.append(f"{shown} is long: only its beginning fits the local model's context")
            part += "\n\n(cut here by ai-code: the rest does not fit)\n"
        copy = folder / f"{len(chosen)}" / path.name
        files.write(copy, part)
        tokens = estimate_tokens(part)
        chosen.append(ContextFile(copy, shown, tokens, cut))
        left -= tokens
    return tuple(chosen), tuple(notes)


def _candidates(
    root: Path, cwd: Path, names: Sequence[str], extra: Sequence[Path]
) -> Sequence[Path]:
    folders = [cwd]
    while folders[-1] != root and root in folders[-1].parents:
        folders.append(folders[-1].parent)
    found = dict.fromkeys(extra)
    for folder in folders:
        for name in names:
            # Keys are nobody's memory; who wants a model to see them says --read.
            if not is_private(name):
                found.setdefault(folder / name)
    return tuple(found)


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
