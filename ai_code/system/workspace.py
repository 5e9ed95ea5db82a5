"""The private worktree: a local engine works on a copy of the tree, never in the tree.

The person's repository is only read: its index is copied (for the stat cache), its objects are
reached through alternates, and everything written goes to the run's own folder.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ai_code.core.changes import LeftOut, is_private
from ai_code.core.errors import AiCodeError
from ai_code.core.ports_tree import Where
from ai_code.system import tree_modes
from ai_code.system.files import private_folder
from ai_code.system.filtered import Filtered, filtered
from ai_code.system.folder_walk import SKIPPED, TooMuch, walk
from ai_code.system.git import Git
from ai_code.system.private_git import private_git, raw, remove
from ai_code.system.repository import Repository, discover, small_text
from ai_code.system.snapshot import HUGE_BYTES, Entry, Sieve, Snapshot, through_link
from ai_code.system.workspace_changes import IN_PLACE, INDEX_OF_TREE, PreparedWorkspace

CONTEXT_FILES = ("CLAUDE.md", "AGENTS.md", "README.md")
_GITLINK, _LINK = "160000", "120000"


def prepare(
    cwd: Path,
    run_dir: Path,
    *,
    include: Sequence[str | Path] = (),
    where: Where = "worktree",
    env: Mapping[str, str] | None = None,
) -> PreparedWorkspace:
    """Makes ``run_dir/git`` and, unless ``where`` is "tree", ``run_dir/w/<project>``.

    ``include``: paths that the request names, absolute or relative to ``cwd``; an ignored one is
    taken in. Raises GitError, or AiCodeError when there is nothing that can be copied."""
    cwd = cwd.resolve()
    repository = discover(cwd, env)
    try:
        return _Preparation(cwd, run_dir.resolve(), repository, include, where, env).run()
    except OSError as error:
        raise AiCodeError(
            "the private worktree could not be made",
            why=f"{error.filename or run_dir}: {error.strerror}",
            hint=f"df -h {run_dir}",
        ) from error


def worktree_path(root: Path, run_dir: Path) -> Path:
    """Where the private worktree of the tree ``root`` is made."""
    return run_dir.resolve() / "w" / _project_name(root)


def discard_workspace(run_dir: Path) -> None:
    """Removes the private worktree and its git directory; before/, patches and record stay."""
    for name in ("w", "git", "index.pristine", INDEX_OF_TREE, IN_PLACE, tree_modes.NAME):
        remove(run_dir / name)


class _Preparation:
    def __init__(
        self,
        cwd: Path,
        run_dir: Path,
        repository: Repository | None,
        include: Sequence[str | Path],
        where: Where,
        env: Mapping[str, str] | None,
    ) -> None:
        self._cwd, self._run_dir, self._repository = cwd, run_dir, repository
        self._root = repository.root if repository else cwd
        self._where: Where = where
        self._env = env
        self._plan = private_git(run_dir / "git", repository, env)
        if repository is None:
            self._plan = replace(
                self._plan, exclude="".join(f"{each}/\n" for each in sorted(SKIPPED))
            )
        self._left: list[LeftOut] = []
        self._links: list[str] = []
        self._named = self._inside(include)
        self._unstaged: set[str] = set()
        self._stored: frozenset[str] = frozenset()
        self._partial = False

    def run(self) -> PreparedWorkspace:
        head = self._repository.head if self._repository else None
        entries = self._fill_index(head)
        path = self._root
        if self._where == "tree":
            (self._run_dir / IN_PLACE).touch(mode=0o600)
            files = [entry.path for entry in self._snapshot(path).entries()]
            folders = not (self._partial or is_everything(self._root, self._env))
            tree_modes.note(self._run_dir, self._root, files, folders=folders)
        else:
            if self._repository is not None and self._index.exists():
                shutil.copy2(self._index, self._run_dir / INDEX_OF_TREE)
            path = worktree_path(self._root, self._run_dir)
            self._check_out(path)
        snapshot = self._snapshot(path).commit(head)
        self._plan.stand_on(snapshot)
        shutil.copy2(self._index, self._run_dir / "index.pristine")
        return PreparedWorkspace(
            root=self._root,
            path=path,
            cwd=self._cwd_in(path),
            run_dir=self._run_dir,
            where=self._where,
            in_git=self._repository is not None,
            partial=self._partial,
            snapshot=snapshot,
            plan=self._plan,
            named=tuple(self._named),
            gitlinks=tuple(entry.path for entry in entries if entry.mode == _GITLINK),
            left_out=tuple(self._left),
            unstaged=frozenset(self._unstaged),
            stored=self._stored,
            head=head,
            bounded=self._partial or is_everything(self._root, self._env),
            env=self._env,
        )

    @property
    def _index(self) -> Path:
        return self._plan.git_dir / "index"

    def _snapshot(self, work_tree: Path) -> Snapshot:
        git = Git(self._plan.git_dir, work_tree, self._env, index=self._index)
        return Snapshot(git, work_tree)

    def _fill_index(self, head: str | None) -> list[Entry]:
        self._plan.write(head)
        if self._repository is None:
            self._stage_folder()
            return []
        copy_index(self._repository, self._plan.git_dir)
        snapshot = self._snapshot(self._root)
        entries = snapshot.entries()
        found = self._filtered(entries)
        if self._where == "tree" and self._converts(entries):
            # In the tree itself the bytes must be known exactly: hashed anew, nothing converted.
            self._plan = raw(self._plan)
            self._plan.write(head)
            self._index.unlink(missing_ok=True)
        self._stage_repository(snapshot, entries, found)
        return entries

    def _stage_repository(self, snapshot: Snapshot, entries: list[Entry], found: Filtered) -> None:
        tracked = {entry.path: entry.mode for entry in entries}
        snapshot.check_flags(entries if self._index.exists() else ())
        private = [path for path in tracked if is_private(path)]
        self._left += [LeftOut(path, "it may hold secrets or settings") for path in private]
        snapshot.drop(private if self._index.exists() else ())
        paths = dict.fromkeys(entry.path for entry in entries if entry.tag.upper() == "M")
        if not self._index.exists():
            paths = dict.fromkeys(e.path for e in entries if e.tag.upper() != "S")
        paths |= dict.fromkeys(
            snapshot.differing(untracked=not is_everything(self._root, self._env))
        )
        paths |= dict.fromkeys(found.text)
        # Git would believe the times of these files, and keep what it stores of them.
        snapshot.drop(found.text if self._index.exists() else ())
        out = {*found.stored, *found.secret}
        sieve = Sieve(self._root, tracked)
        taken = sieve.take(path for path in paths if not is_private(path) and path not in out)
        taken += sieve.named(path for path in self._named if path not in tracked)
        self._left += sieve.left_out
        self._links = sieve.links + [each.path for each in entries if each.mode == _LINK]
        unread = {left.path for left in sieve.left_out if left.path in tracked}
        snapshot.stage(dict.fromkeys(taken))
        snapshot.drop({*unread, *found.secret})
        self._unstaged = {*private, *paths, *unread, *out} - set(taken)

    def _filtered(self, entries: list[Entry]) -> Filtered:
        attributes = self._plan.attributes
        own = self._plan.settings.get("core.attributesfile")
        if own:
            attributes += small_text(Path(own))
        git = Git(self._plan.git_dir, self._root, self._env, index=self._index)
        found = filtered(git, self._root, entries, self._named, attributes)
        self._left += [LeftOut(path, "it may hold secrets or settings") for path in found.secret]
        if self._where == "worktree":
            self._stored = frozenset(found.stored)
            return found
        # The bytes themselves are kept here, as long as they are few.
        large = [each for each in found.stored if (self._root / each).stat().st_size > HUGE_BYTES]
        self._left += [LeftOut(path, "git stores it through a filter") for path in large]
        return found._replace(stored=tuple(large))

    def _converts(self, entries: Iterable[Entry]) -> bool:
        """True when checking out may write other bytes than are stored."""
        if self._plan.settings.get("core.autocrlf", "false").lower() not in (
            "false",
            "no",
            "off",
            "0",
        ):
            return True
        if self._plan.attributes or "core.attributesfile" in self._plan.settings:
            return True
        return any(entry.path.rpartition("/")[2] == ".gitattributes" for entry in entries)

    def _stage_folder(self) -> None:
        paths = self._folder_paths()
        if not paths and not self._named and self._partial:
            raise AiCodeError(
                f"{self._root} is too large to be copied for a local model",
                why="it is no git repository, and the request names no file",
                hint="git init   (or name the files in the prompt)",
            )
        sieve = Sieve(self._root, {})
        taken = sieve.named(dict.fromkeys([*paths, *self._named]))
        self._left += sieve.left_out
        self._links = sieve.links
        self._snapshot(self._root).stage(taken)

    def _folder_paths(self) -> list[str]:
        """All of the folder where that is little enough, else the context files."""
        if not is_everything(self._root, self._env):
            try:
                paths, left = walk(self._root)
            except TooMuch:
                pass
            else:
                self._left += [LeftOut(path, "it is too large or cannot be read") for path in left]
                return paths
        self._partial = True
        if not self._named:
            return []
        return [name for name in CONTEXT_FILES if (self._root / name).is_file()]

    def _check_out(self, path: Path) -> None:
        private_folder(path)
        (path / ".git").write_bytes(b"gitdir: " + os.fsencode(self._plan.git_dir) + b"\n")
        snapshot = self._snapshot(path)
        missing = snapshot.check_out()
        if missing:
            # What the engine does not see must not look as if it had deleted it.
            snapshot.drop(missing)
            self._left += [LeftOut(each, "git has not its content here") for each in missing]
        self._cut_links(path, snapshot)

    def _cut_links(self, path: Path, snapshot: Snapshot) -> None:
        """Through a link out of the worktree an engine would write where nothing is looked at."""
        top = os.path.realpath(path)
        leaving = []
        for link in dict.fromkeys(self._links):
            full = path / link
            if full.is_symlink():
                target = os.path.realpath(full)
                if not f"{target}/".startswith(f"{top}/") or f"{target}/".startswith(
                    f"{top}/.git/"
                ):
                    leaving.append(link)
        for link in leaving:
            (path / link).unlink()
        snapshot.drop(leaving)
        self._left += [LeftOut(link, "it is a link out of the tree") for link in leaving]

    def _cwd_in(self, path: Path) -> Path:
        here = path / self._cwd.relative_to(self._root)
        if self._where == "worktree":
            here.mkdir(parents=True, exist_ok=True)
        return here

    def _inside(self, include: Sequence[str | Path]) -> list[str]:
        found: dict[str, None] = {}
        for each in include:
            full = Path(os.path.normpath(self._cwd / each))
            if not full.is_relative_to(self._root):
                resolved = full.parent.resolve() / full.name
                if not resolved.is_relative_to(self._root):
                    self._left.append(LeftOut(str(each), "it is not in the project"))
                    continue
                full = resolved
            path = full.relative_to(self._root).as_posix()
            reason = self._unfit(full, path)
            if reason:
                self._left.append(LeftOut(path, reason))
            else:
                found[path] = None
        return list(found)

    def _unfit(self, full: Path, path: str) -> str:
        if ".git" in path.lower().split("/"):
            return "it belongs to git"
        if is_private(path):
            return "it may hold secrets or settings"
        if through_link(self._root, path):
            return "it is reached through a link"
        if full.is_dir() and not full.is_symlink():
            return "it is a folder"
        return ""


def _project_name(root: Path) -> str:
    """The folder's own name, which models see; a fixed one where that would not do."""
    name = root.name
    return name if name and name.lower() != ".git" and name.isprintable() else "project"


def is_everything(root: Path, env: Mapping[str, str] | None) -> bool:
    """True for / and the home folder: nobody wants all of that copied."""
    home = (os.environ if env is None else env).get("HOME")
    return root == Path("/") or (bool(home) and root == Path(str(home)).resolve())


def copy_index(repository: Repository, git_dir: Path) -> None:
    """With its time: git takes an entry for clean only when it is older than the index."""
    if not repository.index_file.is_file():
        return
    shutil.copy2(repository.index_file, git_dir / "index")
    (git_dir / "index").chmod(0o600)
    for shared in repository.git_dir.glob("sharedindex.*"):
        if shared.is_file():
            shutil.copy2(shared, git_dir / shared.name)
