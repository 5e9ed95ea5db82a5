"""A note in a project's CLAUDE.md: below a heading of its own, the rest as it was. Pure."""

from __future__ import annotations

import re

HEADING = "## Notes"
_SECTION = re.compile(r"^## Notes[ \t]*$", re.M)
_NEXT = re.compile(r"^#{1,2} ", re.M)


def with_note(text: str, note: str) -> str:
    """``text`` with one more item in its section of notes, which is made where there is none."""
    newline = "\r\n" if "\r\n" in text else "\n"
    plain = text.replace("\r\n", "\n")
    item = "- " + note.replace("\n", "\n  ")
    item = "\n".join(line.rstrip() for line in item.split("\n"))
    sections = list(_SECTION.finditer(plain))
    if sections:
        start = sections[-1].end()
        following = _NEXT.search(plain, start)
        end = following.start() if following else len(plain)
        body, rest = plain[start:end].rstrip("\n "), plain[end:]
        last = body.rsplit("\n", 1)[-1]
        gap = "\n" if body and last.startswith(("- ", "* ", "  ")) else "\n\n"
        made = plain[:start] + body + gap + item + "\n" + ("\n" + rest if rest else "")
    else:
        before = plain.rstrip("\n")
        made = (before + "\n\n" if before.strip() else "") + f"{HEADING}\n\n{item}\n"
    return made.replace("\n", newline)
