"""A folder for work that nobody keeps."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ai_code.core.errors import AiCodeError

_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def scratch_folder(environ: Mapping[str, str]) -> Iterator[Path]:
    """Readable by us alone, below TMPDIR; gone when the block ends, whatever was put there.
    Raises AiCodeError where there is no room for one."""
    folder = _made(environ.get("TMPDIR", ""))
    try:
        # Links in the way (/tmp on macOS) would make two names of one file.
        yield folder.resolve()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _made(wanted: str) -> Path:
    """Python's own search ends with the folder one stands in, which is the person's, and passes
    over a full disk without a word."""
    why = ""
    for name in (wanted, "/tmp", "/var/tmp"):  # noqa: S108  mkdtemp goes in
        if not name:
            continue
        try:
            return Path(tempfile.mkdtemp(prefix="ai-code-", dir=name))
        except OSError as error:
            if error.errno in _FULL:
                raise
            why = why or f"{name}: {error.strerror or error}"
    raise AiCodeError(
        "there is no folder for temporary files",
        why=f"{why}; nor can one be made in /tmp or /var/tmp",
        hint="ls -ld /tmp   (TMPDIR=FOLDER names another)",
    )
