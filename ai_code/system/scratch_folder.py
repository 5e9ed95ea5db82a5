"""A folder for work that nobody keeps."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Readable by us alone, below TMPDIR; gone when the block ends, whatever was put there."""
    with tempfile.TemporaryDirectory(prefix="ai-code-", ignore_cleanup_errors=True) as folder:
        # Links in the way (/tmp on macOS) would make two names of one file.
        yield Path(folder).resolve()
