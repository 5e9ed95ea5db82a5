"""Which files a sparse checkout keeps out of the tree: nobody deleted them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from ai_code.system.git import Git, GitError
from ai_code.system.repository import discover


def kept_out(root: Path, paths: Iterable[str], env: Mapping[str, str] | None) -> frozenset[str]:
    """Those of ``paths`` that are tracked below ``root`` and outside of its sparse checkout."""
    try:
        repository = discover(root, env)
        if repository is None or not (repository.git_dir / "info/sparse-checkout").is_file():
            return frozenset()
        git = Git(repository.git_dir, repository.root, env, index=repository.index_file)
        rows = git("ls-files", "-z", "-v").split(b"\0")
    except GitError:
        return frozenset()
    skipped = frozenset(os.fsdecode(row[2:]) for row in rows if row[:2].upper() == b"S ")
    return skipped.intersection(paths)
