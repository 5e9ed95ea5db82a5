"""Which Japanese sections are behind the English ones.

A section begins at ``<a id="name"></a>`` and ends at the next. Below its heading a Japanese
section holds ``<!-- en: 1a2b3c4d -->``: the digest of the English section that it was translated
from. Generated parts do not count: both languages get them from the same table."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ENGLISH, JAPANESE = Path("docs/en"), Path("docs/ja")

_ANCHOR = re.compile(r'^<a id="([a-z0-9-]+)"></a>$', re.M)
_STAMP = re.compile(r"^<!-- en: ([0-9a-f]{8}) -->$", re.M)
_GENERATED = re.compile(r"(<!-- generated: [a-z-]+)[^\n]* -->\n.*?<!-- end of generated -->", re.S)
_HEADING = re.compile(r"^#+ .+$", re.M)


@dataclass(frozen=True, slots=True)
class Behind:
    """A Japanese section whose English text has changed since it was translated."""

    page: str
    anchor: str

    def __str__(self) -> str:
        return (
            f"{JAPANESE / self.page}#{self.anchor} is behind {ENGLISH / self.page}#{self.anchor}: "
            "translate what changed, then run "
            f"tools/write_docs.py --translated {JAPANESE / self.page}#{self.anchor}"
        )


def pages(root: Path, folder: Path) -> list[str]:
    return sorted(path.name for path in (root / folder).glob("*.md"))


def sections(text: str) -> dict[str, str]:
    """Anchor → what stands from there to the next anchor."""
    parts = _ANCHOR.split(text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def digest(section: str) -> str:
    """Of an English section; blanks at ends of lines and generated parts make no difference."""
    plain = _GENERATED.sub(r"\1", section)
    lines = "\n".join(line.rstrip() for line in plain.strip().splitlines())
    return hashlib.sha256(lines.encode()).hexdigest()[:8]


def behind(root: Path) -> Iterator[Behind]:
    """Every section that is behind; one that was never stamped, or is not there, counts."""
    for page in pages(root, ENGLISH):
        ours = root / JAPANESE / page
        japanese = sections(ours.read_text("utf-8")) if ours.exists() else {}
        for anchor, english in sections((root / ENGLISH / page).read_text("utf-8")).items():
            found = _STAMP.search(japanese.get(anchor, ""))
            if found is None or found[1] != digest(english):
                yield Behind(page, anchor)


def stamp(root: Path, page: str, anchor: str) -> Iterator[str]:
    """Notes in ``page`` (docs/ja/…) that a section, or all of them, says what the English one
    says now; the names of those that changed."""
    path = root / page
    text = path.read_text("utf-8")
    english = sections((root / ENGLISH / path.name).read_text("utf-8"))
    wanted = [anchor] if anchor else list(sections(text))
    for name in wanted:
        if name not in english or name not in sections(text):
            raise SystemExit(f"there is no section #{name} in both languages of {path.name}")
        start = text.index(f'<a id="{name}"></a>')
        section = sections(text)[name]
        fresh = _stamped(section, digest(english[name]))
        if fresh != section:
            begin = start + len(f'<a id="{name}"></a>')
            text = text[:begin] + fresh + text[begin + len(section) :]
            yield name
    path.write_text(text, "utf-8")


def _stamped(section: str, digest_: str) -> str:
    line = f"<!-- en: {digest_} -->"
    if _STAMP.search(section):
        return _STAMP.sub(line, section, count=1)
    return _HEADING.sub(lambda found: f"{found[0]}\n{line}", section, count=1)
