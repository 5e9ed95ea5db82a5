"""Whatever stood in a dirty tree and whatever an engine did: undo restores it byte for byte; and
whatever the person did after a run is there after its undo. In real repositories."""

from __future__ import annotations

import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import event, given, settings
from hypothesis import strategies as st

from ai_code.core.changes import Landed
from ai_code.core.ports_tree import UndoWork, Where, Written
from ai_code.flows.landing import decide, land
from ai_code.system.trees import RealTrees
from tests.system.any_edits import NAMES, Op, do, edits, some_edits
from tests.system.git_repos import Repo, picture

Picture = dict[str, tuple[int, bytes]]


class Tree:
    """A repository with a commit and what the person did since, partly staged."""

    def __init__(self, folder: Path, dirty: list[Op], staged: list[Op]) -> None:
        self.repo = Repo(folder / "project", folder / "home").init()
        for number, name in enumerate(NAMES[:-3]):
            if not any(other.startswith(f"{name}/") for other in NAMES):
                text = b"".join(b"%d of file %d\n" % (line, number) for line in range(20))
                self.repo.write(name, text, 0o755 if number % 3 == 0 else 0o644)
        self.repo.commit()
        self.root = self.repo.root
        do(self.root, staged, "staged")
        self.repo.git("add", "-A", ok=False)
        do(self.root, dirty, "dirty")
        self.trees = RealTrees(folder / "state", self.repo.env)
        self._runs = folder / "runs"
        self._count = 0

    def run(self, engine: list[Op], where: Where = "worktree") -> tuple[Path, Landed]:
        """An engine does these edits, and they land."""
        run_dir = self.new_run()
        workspace = self.trees.prepare(self.root, run_dir, where=where)
        do(workspace.path, engine, "engine")
        plan = decide(workspace.changes(), allow_protected=True, on_suspect="keep")
        in_place = where == "tree"
        landed = land(plan, self.trees, root=self.root, run_dir=run_dir, in_place=in_place)
        self.trees.discard(run_dir)
        return run_dir, landed

    def new_run(self) -> Path:
        self._count += 1
        run_dir = self._runs / str(self._count)
        run_dir.mkdir(parents=True)
        return run_dir

    def work(self, run_dir: Path) -> UndoWork:
        return self.trees.undo_work(run_dir)

    def undo(self, run_dir: Path) -> tuple[Path, Written]:
        work, undo_dir = self.work(run_dir), self.new_run()
        assert self.trees.would_leave(self.root, work.changes) is not None
        dirs = (work.made_dirs, work.cleared_dirs)
        return undo_dir, self.trees.write(self.root, undo_dir, work.changes, *dirs)

    def files(self) -> dict[str, tuple[int, bytes]]:
        """Contents, not hashes, without git's own."""
        return {
            path: (mode, self._data(path))
            for path, (mode, _) in picture(self.root).items()
            if not stat.S_ISDIR(mode) and not path.startswith(".git/")
        }

    def _data(self, path: str) -> bytes:
        full = self.root / path
        return str(full.readlink()).encode() if full.is_symlink() else full.read_bytes()


@contextmanager
def a_tree(dirty: list[Op], staged: list[Op]) -> Iterator[Tree]:
    folder = Path(tempfile.mkdtemp(prefix="ai-code-undo-"))
    try:
        yield Tree(folder, dirty, staged)
    finally:
        shutil.rmtree(folder)


@settings(max_examples=40)
@given(edits, edits, st.lists(some_edits, min_size=1, max_size=2))
def test_undo_restores_every_byte_mode_link_and_folder(
    staged: list[Op], dirty: list[Op], engines: list[list[Op]]
) -> None:
    """One run after the other, and their undos backwards; then each undo is taken back."""
    with a_tree(dirty, staged) as tree:
        pictures = [picture(tree.root)]
        runs = []
        for engine in engines:
            run_dir, landed = tree.run(engine)
            event(f"{min(len(landed.files), 4)} files landed")
            runs.append(run_dir)
            pictures.append(picture(tree.root))
        undos = []
        for run_dir, before in zip(reversed(runs), reversed(pictures[:-1]), strict=True):
            undo_dir, written = tree.undo(run_dir)
            assert not written.conflicts and not written.skipped
            assert picture(tree.root) == before
            undos.append(undo_dir)
        for undo_dir, after in zip(reversed(undos), pictures[1:], strict=True):
            assert not tree.undo(undo_dir)[1].conflicts
            assert without_folders(picture(tree.root)) == without_folders(after)


def without_folders(found: Picture) -> Picture:
    """A folder that a removal left empty is not made again."""
    return {path: state for path, state in found.items() if not stat.S_ISDIR(state[0])}


@settings(max_examples=25)
@given(edits, edits, some_edits)
def test_undo_of_what_was_done_in_the_tree_itself(
    staged: list[Op], dirty: list[Op], engine: list[Op]
) -> None:
    """Contents, links, folders and permissions; but of a file of which nothing else was changed,
    git sees the executable bit alone."""
    with a_tree(dirty, staged) as tree:
        before, index = picture(tree.root), tree.repo.git("ls-files", "-s")
        run_dir, _ = tree.run(engine, "tree")
        changes = {each.path for each in tree.work(run_dir).changes}
        if changes:
            assert not tree.undo(run_dir)[1].conflicts
            assert seen(picture(tree.root), changes) == seen(before, changes)
        assert tree.repo.git("ls-files", "-s") == index


def seen(found: Picture, changed: set[str]) -> Picture:
    """What is known of it, without git's own: of what did not change only its kind."""
    return {
        path: (mode if path in changed or stat.S_ISDIR(mode) else mode & 0o170100, data)
        for path, (mode, data) in found.items()
        if not path.startswith(".git")
    }


@settings(max_examples=60)
@given(edits, some_edits, some_edits)
def test_what_the_person_did_after_a_run_survives_its_undo(
    dirty: list[Op], engine: list[Op], later: list[Op]
) -> None:
    with a_tree(dirty, []) as tree:
        before = tree.files()
        run_dir, _ = tree.run(engine)
        landed = tree.files()
        if not tree.work(run_dir).changes:
            return
        mine = do(tree.root, later, "mine")
        now, git = tree.files(), tree.repo.git("ls-files", "-s")
        foreseen = tree.trees.would_leave(tree.root, tree.work(run_dir).changes)
        _, written = tree.undo(run_dir)
        after = tree.files()
        left = {each.path for each in (*written.conflicts, *written.skipped)}
        assert left == {each.path for each in foreseen}
        event(f"{min(len(left), 3)} left alone, {min(len(written.files), 3)} written")
        for path in before.keys() | landed.keys() | now.keys() | after.keys():
            was, run, mine_now = before.get(path), landed.get(path), now.get(path)
            if path in left or was == run:
                assert after.get(path) == mine_now, "what is not undone is not touched"
            elif mine_now == run and not _moved(path, written):
                assert after.get(path) == was, "what nobody touched since is as before"
        kept = lines(after)
        assert {line for line in mine if line in lines(now)} <= kept, "every line of the person's"
        assert tree.repo.git("ls-files", "-s") == git


def _moved(path: str, written: Written) -> bool:
    """Whether the file got another's edits with its old name."""
    return any(each.path == path and each.kind == "A" for each in written.files)


def lines(found: dict[str, tuple[int, bytes]]) -> set[bytes]:
    return {line for _, data in found.values() for line in data.splitlines()}
