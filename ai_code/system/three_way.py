"""What shall stand at a path: a change, and what others did there since it was made, together.

Contents are merged by ``git merge-file``; the permission bits each for itself, which cannot
conflict. Where both do not go together it is a Conflict: the file stays as it is.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from ai_code.core.changes import EXECUTABLE, LINK, REGULAR, Change, is_binary
from ai_code.core.line_ends import LF, same_but_ends, style, to_style
from ai_code.system.git import Git
from ai_code.system.tree_files import FileState

_SAME_PLACE = "somebody else changed the same place meanwhile"
_CHANGED = "it was changed meanwhile"
_EXECUTE = 0o111


class Conflict(Exception):
    """The tree and the change do not go together; the text says how."""


def wanted(change: Change, now: FileState, env: Mapping[str, str] | None) -> FileState:
    """What shall stand at the path. Raises Conflict."""
    before = FileState(change.old_mode, change.before)
    after = FileState(change.new_mode, change.after)
    if now.same(after):
        return with_perms(change, now, after)
    if now.same(before):
        if after.absent and _bit_differs(change, now):
            raise Conflict("it was made executable, or is it no more, meanwhile")
        return with_perms(change, now, after)
    if before.absent:
        raise Conflict("a file of that name is there already")
    if now.absent:
        raise Conflict("it was removed meanwhile")
    if after.absent or now.link or before.link or after.link:
        raise Conflict(_CHANGED)
    if before.same(after):
        # Only permissions change, or the name: the contents are the others' business.
        return with_perms(change, now, FileState(after.mode, now.data))
    merged = _merge(before.data or b"", now.data or b"", after.data or b"", env)
    return with_perms(change, now, FileState(after.mode, merged))


def _bit_differs(change: Change, now: FileState) -> bool:
    """Of all bits only the executable one tells a person's doing: the others follow the umask of
    whatever wrote the file anew."""
    if change.perms_before is None or now.perms is None:
        return False
    return bool((change.perms_before ^ now.perms) & 0o100)


def with_perms(change: Change, now: FileState, after: FileState) -> FileState:
    """``after`` with its permissions: as they are, but for what the change itself sets or takes."""
    if after.absent or after.mode == LINK:
        return after
    perms = _perms(change, now)
    if perms is None:
        return after
    mode = after.mode if change.perms is None else EXECUTABLE if perms & 0o100 else REGULAR
    return FileState(mode, after.data, perms)


def _perms(change: Change, now: FileState) -> int | None:
    here = None if now.absent or now.link else now.perms
    if change.perms is not None:
        if here is None:
            return change.perms
        if change.before is None:
            return here
        base = change.perms_before
        theirs = 0 if base is None else base ^ here
        return (change.perms & ~theirs) | (here & theirs)
    if here is None:
        return None
    was, becomes = change.old_mode == EXECUTABLE, change.new_mode == EXECUTABLE
    if becomes and not was:
        return here | (here & 0o444) >> 2
    if was and not becomes:
        return here & ~_EXECUTE
    return here


def _merge(base: bytes, ours: bytes, theirs: bytes, env: Mapping[str, str] | None) -> bytes:
    """Both sides' changes of ``base``. Line ends are those of ``ours``: a tree whose files end
    otherwise than a checkout writes them differs in that alone."""
    if is_binary(base) or is_binary(ours) or is_binary(theirs):
        raise Conflict(f"{_CHANGED}, and is not text")
    wanted = style(ours)
    if wanted is None or style(base) == wanted == style(theirs):
        return _merge_file(base, ours, theirs, env)
    if same_but_ends(base, ours):
        return to_style(theirs, wanted)
    base, ours, theirs = (to_style(data, LF) for data in (base, ours, theirs))
    return to_style(_merge_file(base, ours, theirs, env), wanted)


def _merge_file(base: bytes, ours: bytes, theirs: bytes, env: Mapping[str, str] | None) -> bytes:
    """``git merge-file``: 0 is clean, 1 to 127 the number of conflicts, else an error."""
    with tempfile.TemporaryDirectory(prefix="ai-code-merge-") as folder:
        names = [Path(folder, name) for name in ("ours", "base", "theirs")]
        for name, data in zip(names, (ours, base, theirs), strict=True):
            name.write_bytes(data)
        answer = Git(Path(folder, "none"), env=env).run("merge-file", "-p", "-q", *names)
    if answer.code == 0:
        return answer.out
    raise Conflict(_SAME_PLACE)
