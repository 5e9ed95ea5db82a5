"""Changes as a patch in git's form, which ``git apply`` takes, and as line counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ai_code.core.changes import ABSENT, Change

_HARD_LINES = 20_000
"""Beyond this many differing lines the middle is written as one replaced block: difflib's time
grows with the square of it."""

_CONTEXT = 3
Opcode = tuple[str, int, int, int, int]


def patch(changes: Iterable[Change]) -> bytes:
    """All changes as one patch. Files too big to be carried are only named."""
    return b"".join(_file_patch(change) for change in changes)


def line_counts(change: Change) -> tuple[int, int]:
    """Lines added and removed; 0 and 0 for binary files, links and files that are too big."""
    if change.binary or change.too_big or change.big:
        return 0, 0
    plus = minus = 0
    old, new = _lines(change.before), _lines(change.after)
    for tag, i1, i2, j1, j2 in _opcodes(old, new):
        if tag != "equal":
            minus += i2 - i1
            plus += j2 - j1
    return plus, minus


def _file_patch(change: Change) -> bytes:
    if change.kind == "T":
        # git writes a change of type as a removal and an addition.
        gone = Change(change.path, "D", change.old_mode, ABSENT, change.before, None)
        new = Change(change.path, "A", ABSENT, change.new_mode, None, change.after)
        return _file_patch(gone) + _file_patch(new)
    old_name, new_name = _quoted(b"a/", change.path), _quoted(b"b/", change.path)
    head = [b"diff --git " + old_name + b" " + new_name]
    if change.kind == "A":
        head.append(b"new file mode %06o" % change.new_mode)
    elif change.kind == "D":
        head.append(b"deleted file mode %06o" % change.old_mode)
    elif change.old_mode != change.new_mode:
        head += [b"old mode %06o" % change.old_mode, b"new mode %06o" % change.new_mode]
    if change.too_big:
        head.append(b"# too big to be shown")
        return b"\n".join(head) + b"\n"
    if change.before == change.after or not (change.before or change.after):
        return b"\n".join(head) + b"\n"
    if change.binary:
        return b"\n".join(head) + b"\n" + _binary(change)
    head.append(b"--- " + (b"/dev/null" if change.before is None else old_name))
    head.append(b"+++ " + (b"/dev/null" if change.after is None else new_name))
    return b"\n".join(head) + b"\n" + _hunks(_lines(change.before), _lines(change.after))


def _lines(data: bytes | None) -> list[bytes]:
    if not data:
        return []
    pieces = data.split(b"\n")
    whole = [piece + b"\n" for piece in pieces[:-1]]
    return [*whole, pieces[-1]] if pieces[-1] else whole


def _opcodes(old: Sequence[bytes], new: Sequence[bytes]) -> list[Opcode]:
    """Like difflib's, with equal ends cut off first and a bound on the work."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    middle_old, middle_new = old[start : len(old) - end], new[start : len(new) - end]
    codes: list[Opcode] = [("equal", 0, start, 0, start)] if start else []
    for tag, i1, i2, j1, j2 in _middle(middle_old, middle_new):
        codes.append((tag, i1 + start, i2 + start, j1 + start, j2 + start))
    if end:
        codes.append(("equal", len(old) - end, len(old), len(new) - end, len(new)))
    return codes


def _middle(old: Sequence[bytes], new: Sequence[bytes]) -> list[Opcode]:
    if not old and not new:
        return []
    if len(old) + len(new) > _HARD_LINES or not old or not new:
        return [("replace", 0, len(old), 0, len(new))]
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, old, new, autojunk=len(old) + len(new) > 2000)
    return [*matcher.get_opcodes()]


def _grouped(codes: list[Opcode]) -> list[list[Opcode]]:
    groups: list[list[Opcode]] = []
    current: list[Opcode] = []
    for position, (tag, i1, i2, j1, j2) in enumerate(codes):
        if tag != "equal":
            current.append((tag, i1, i2, j1, j2))
            continue
        last = position == len(codes) - 1
        if current:
            if not last and i2 - i1 <= 2 * _CONTEXT:
                current.append((tag, i1, i2, j1, j2))
                continue
            stop = min(_CONTEXT, i2 - i1)
            current.append((tag, i1, i1 + stop, j1, j1 + stop))
            groups.append(current)
            current = []
        if not last:
            back = min(_CONTEXT, i2 - i1)
            current = [(tag, i2 - back, i2, j2 - back, j2)]
    if any(code[0] != "equal" for code in current):
        groups.append(current)
    return groups


def _hunks(old: Sequence[bytes], new: Sequence[bytes]) -> bytes:
    out: list[bytes] = []
    for group in _grouped(_opcodes(old, new)):
        i1, i2, j1, j2 = group[0][1], group[-1][2], group[0][3], group[-1][4]
        out.append(b"@@ -%s +%s @@\n" % (_range(i1, i2), _range(j1, j2)))
        for tag, a1, a2, b1, b2 in group:
            if tag == "equal":
                out += [_line(b" ", line) for line in old[a1:a2]]
                continue
            out += [_line(b"-", line) for line in old[a1:a2]]
            out += [_line(b"+", line) for line in new[b1:b2]]
    return b"".join(out)


def _range(start: int, stop: int) -> bytes:
    length = stop - start
    return b"%d,%d" % (start + 1 if length else start, length)


def _line(sign: bytes, line: bytes) -> bytes:
    if line.endswith(b"\n"):
        return sign + line
    return sign + line + b"\n\\ No newline at end of file\n"


def _quoted(prefix: bytes, path: str) -> bytes:
    """A name as git writes it: in C quotes where it holds something special (quote.c)."""
    raw = prefix + path.encode("utf-8", "surrogateescape")
    special = {7: b"\\a", 8: b"\\b", 9: b"\\t", 10: b"\\n", 11: b"\\v", 12: b"\\f", 13: b"\\r"}
    special |= {34: b'\\"', 92: b"\\\\"}
    out = b"".join(
        special.get(byte, b"\\%03o" % byte if byte < 0x20 or byte >= 0x7F else bytes([byte]))
        for byte in raw
    )
    return b'"' + out + b'"' if out != raw else raw


def _binary(change: Change) -> bytes:
    """A ``GIT binary patch`` with whole contents, forwards and backwards."""
    old, new = change.before or b"", change.after or b""
    ids = b"index %s..%s" % (
        _oid(change.before),
        _oid(change.after),
    )
    mode = b" %06o" % change.new_mode if change.kind == "M" else b""
    if change.old_mode != change.new_mode:
        mode = b""
    return ids + mode + b"\nGIT binary patch\n" + _literal(new) + _literal(old)


def _oid(data: bytes | None) -> bytes:
    if data is None:
        return b"0" * 40
    import hashlib

    head = b"blob %d\0" % len(data)
    return hashlib.sha1(head + data, usedforsecurity=False).hexdigest().encode()


def _literal(data: bytes) -> bytes:
    """Deflated, in lines of 52 bytes, base 85; the first letter of a line is its length."""
    import base64
    import zlib

    packed = zlib.compress(data)
    out = [b"literal %d\n" % len(data)]
    for start in range(0, len(packed), 52):
        piece = packed[start : start + 52]
        count = len(piece)
        letter = bytes([64 + count]) if count <= 26 else bytes([96 + count - 26])
        out.append(letter + base64.b85encode(piece, pad=True) + b"\n")
    return b"".join(out) + b"\n"
