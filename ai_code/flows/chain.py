"""The project's memory: which files and notes belong to it, the most important first.

As Claude Code reads it (2.1.329, seen), but for AGENTS.md, which it takes only where there is no
CLAUDE.md, README.md, which it does not read,
and for what lies above the root of the repository, which is another project's."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from ai_code.core.changes import is_private
from ai_code.core.context_parts import Part, PartKind, each_once
from ai_code.core.imports import DEEPEST, imports_of, place, without_comments, without_marks
from ai_code.core.notes_file import as_list, parse_notes
from ai_code.core.path_rules import Rule, parse_rule
from ai_code.core.ports import ClaudeHome
from ai_code.core.ports_memory import NoteStore

_FOLDERS_FILES: Sequence[tuple[str, PartKind]] = (
    ("CLAUDE.md", "project"),
    (".claude/CLAUDE.md", "project"),
    ("AGENTS.md", "project"),
    ("CLAUDE.local.md", "local"),
)
_RULES = ".claude/rules"
_README = "README.md"
_MOST_RULES = 200
_ANYWHERE = Path("/")
_ORIGINS: dict[PartKind, str] = {
    "named": "--read",
    "project": "project",
    "local": "yours, in this project",
    "rule": "rule",
    "organisation": "this machine's",
    "user": "yours, for all projects",
    "readme": "project",
}
NOTES_OF = {"project": "notes for this project", "global": "notes for all projects"}
"""Name of a scope → how its notes are called on a screen."""


class ContextFiles(Protocol):
    """Reads files for context; never through a link that leads out of the tree."""

    def read(self, path: Path, root: Path, most_bytes: int) -> str | None:
        """The beginning of a regular file inside ``root`` as text; None where there is none."""

    def below(self, folder: Path, root: Path, most: int) -> Sequence[Path]:
        """Markdown files below a folder inside ``root``, by name."""

    def size(self, path: Path) -> int | None:
        """Bytes of a regular file (links followed), or None."""

    def write(self, path: Path, text: str) -> None: ...


class Where(NamedTuple):
    """What decides which files belong to it. ``root`` is the project's, ``cwd`` where the person
    stands; ``files`` are those of the task, relative to the root; ``names`` are the person's own
    choice of files (None: the chain), ``reads`` what ``--read`` named; ``import_from`` are
    folders outside the project that imports may lead to, ``own`` are files of the engine's own
    kind. ``most_bytes`` of each file are read."""

    root: Path
    cwd: Path
    home: str
    names: Sequence[str] | None = None
    reads: Sequence[Path] = ()
    files: Sequence[str] = ()
    import_from: Sequence[str] = ()
    own: Sequence[str] = ()
    most_bytes: int = 1 << 20


class Chain:
    """One look at it. After ``parts``, ``left_out`` has a line for each file that was there and
    was not taken, ``unused_rules`` the rules that no file of the task is meant by."""

    def __init__(
        self, files: ContextFiles, claude: ClaudeHome, notes: NoteStore, where: Where
    ) -> None:
        self._files = files
        self._claude = claude
        self._notes = notes
        self._where = where
        self._seen: set[Path] = set()
        self._refused: set[Path] = set()
        self.left_out: list[str] = []
        self.unused_rules: list[tuple[str, tuple[str, ...]]] = []

    def parts(self) -> tuple[Part, ...]:
        """Each text once, the most important first."""
        return each_once(self._all())

    def _all(self) -> Iterator[Part]:
        for path in self._where.reads:
            yield from self._named(path)
        yield from self._remembered()
        if self._where.names is not None:
            yield from self._chosen(self._where.names)
            return
        folders = self._folders()
        for folder in folders:
            yield from self._of_folder(folder)
        yield from self._of_person()
        for folder in folders:
            yield from self._one(folder / _README, "readme")

    def _folders(self) -> list[Path]:
        root = self._where.root
        found = [self._where.cwd]
        while found[-1] != root and root in found[-1].parents:
            found.append(found[-1].parent)
        return found

    # What somebody named ------------------------------------------------------------------

    def _named(self, path: Path) -> Iterator[Part]:
        text = self._files.read(path, path.parent, self._where.most_bytes)
        if text is None:
            what = f"{self._shown(path)} left out of the context"
            self.left_out.append(f"{what}: it is a link out of its folder")
        elif self._is_new(path):
            yield self._part(path, "named", text)

    def _remembered(self) -> Iterator[Part]:
        for scope in self._notes.scopes(self._where.cwd) if self._notes.any() else ():
            notes = parse_notes(self._notes.read(scope))
            text = self._plain(as_list(notes), self._where.root)
            yield Part(NOTES_OF[scope.name], "ai-code remember", "notes", text)

    def _chosen(self, names: Sequence[str]) -> Iterator[Part]:
        """``context.files``: as they are, nearest first; what they import is not followed."""
        for folder in self._folders():
            for name in names:
                # Keys are nobody's memory; who wants a model to see them says --read.
                if is_private(name):
                    continue
                path = Path(place(name, str(folder), self._where.home))
                leads_out = name.startswith(("/", "~/")) or ".." in name.split("/")
                inside = path.is_relative_to(self._where.root) or not leads_out
                # A name that leads out was written by the person, or by who is trusted.
                text = self._text(path, self._where.root if inside else _ANYWHERE)
                if text is not None and self._is_new(path):
                    yield self._part(path, "project", text, "context.files")

    # The chain ----------------------------------------------------------------------------

    def _of_folder(self, folder: Path) -> Iterator[Part]:
        own = self._claude.memory().folder
        of_engine: list[tuple[str, PartKind]] = [(name, "project") for name in self._where.own]
        for name, kind in (*_FOLDERS_FILES, *of_engine):
            if (folder / name).parent != own:
                yield from self._one(folder / name, kind)
        if folder / ".claude" != own:
            yield from self._rules(folder / _RULES, self._where.root, folder, "rule")

    def _of_person(self) -> Iterator[Part]:
        memory = self._claude.memory()
        for path in memory.organisation:
            yield from self._one(path, "organisation")
        yield from self._one(memory.folder / "CLAUDE.md", "user")
        rules = memory.folder / "rules"
        yield from self._rules(rules, _ANYWHERE, self._where.root, "user")

    def _rules(self, folder: Path, root: Path, base: Path, kind: PartKind) -> Iterator[Part]:
        """Those for files of the task come first. Patterns are relative to ``base``."""
        always: list[tuple[Path, Rule]] = []
        for path in self._files.below(folder, root, _MOST_RULES):
            text = self._text(path, root)
            if text is None:
                continue
            rule = parse_rule(text)
            if not rule.paths:
                always.append((path, rule))
            elif rule.applies(self._task_files(base)):
                origin = f"{_ORIGINS[kind]}, for {', '.join(rule.paths)}"
                yield from self._with_imports(path, kind, rule.text, origin)
            else:
                self.unused_rules.append((self._shown(path), rule.paths))
        for path, rule in always:
            yield from self._with_imports(path, kind, rule.text)

    def _task_files(self, base: Path) -> Iterator[str]:
        for name in self._where.files:
            path = self._where.root / name
            if path.is_relative_to(base):
                yield str(path.relative_to(base))

    def _one(self, path: Path, kind: PartKind) -> Iterator[Part]:
        # The person's own files may be links to where they keep them (Home Manager, dotfiles).
        theirs = kind in ("user", "organisation")
        text = self._text(path, _ANYWHERE if theirs else self._where.root)
        if text is not None:
            yield from self._with_imports(path, kind, text)

    def _with_imports(
        self, path: Path, kind: PartKind, text: str, origin: str = "", depth: int = 1
    ) -> Iterator[Part]:
        """The file, then what it imports, each file once."""
        if not self._is_new(path):
            return
        yield self._part(path, kind, without_comments(text), origin)
        if depth >= DEEPEST:
            return
        for name in imports_of(text):
            target = Path(place(name, str(path.parent), self._where.home))
            root = self._root_of(target, path, theirs=kind == "user")
            found = self._text(target, root) if root else None
            if found is not None:
                words = f"imported by {self._shown(path)}"
                inner: PartKind = "user" if kind == "user" else "import"
                yield from self._with_imports(target, inner, found, words, depth + 1)

    def _root_of(self, target: Path, importer: Path, *, theirs: bool) -> Path | None:
        """The folder that an import may be read in; None where it may not be."""
        if self._files.size(target) is None:
            # Most often no import at all: somebody's name.
            return None
        root, own = self._where.root, self._claude.memory().folder
        inside = own if theirs else root
        why = ""
        if target.is_relative_to(inside):
            name = str(target.relative_to(inside))
            hidden = theirs and any(part.startswith(".") for part in name.split("/"))
            private = is_private(f".claude/{name}" if theirs else name)
            if not (private or hidden or ".git" in name.split("/")):
                return _ANYWHERE if theirs else root
            why = "it may hold keys"
        elif is_private(str(target)):
            why = "it may hold keys"
        elif self._is_allowed(target):
            return _ANYWHERE
        else:
            of = "your memory folder" if theirs else "the project"
            why = f"it is outside {of} (memory.import-from allows folders)"
        if target not in self._refused:
            self._refused.add(target)
            told = f"{self._shown(target)}, imported by {self._shown(importer)}, left out: {why}"
            self.left_out.append(told)
        return None

    def _is_allowed(self, target: Path) -> bool:
        for name in self._where.import_from:
            if target.is_relative_to(place(name, "/", self._where.home)):
                return True
        return self._claude.may_import(self._where.cwd)

    # Files --------------------------------------------------------------------------------

    def _text(self, path: Path, root: Path) -> str | None:
        text = self._files.read(path, root, self._where.most_bytes)
        return None if text is None or "\0" in text else text

    def _is_new(self, path: Path) -> bool:
        plain = Path(posixpath.normpath(path))
        if plain in self._seen:
            return False
        self._seen.add(plain)
        return True

    def _part(self, path: Path, kind: PartKind, text: str, origin: str = "") -> Part:
        plain = self._plain(text, path.parent)
        return Part(self._shown(path), origin or _ORIGINS[kind], kind, plain)

    def _plain(self, text: str, folder: Path) -> str:
        """Names in it are meant from its folder; engines take them from where they begin."""
        folders = dict.fromkeys((str(folder), str(self._where.root)))
        size, home = self._files.size, self._where.home
        return without_marks(
            text,
            lambda name: any(size(Path(place(name, each, home))) is not None for each in folders),
        )

    def _shown(self, path: Path) -> str:
        if path.is_relative_to(self._where.root):
            return str(path.relative_to(self._where.root))
        home = self._where.home
        if home and path.is_relative_to(home):
            return f"~/{path.relative_to(home)}"
        return str(path)
