"""What a local engine is given to start with: the brief, the files to edit, the context."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.brief import Brief, estimate_tokens
from ai_code.core.handover import story_text
from ai_code.core.naming import candidate_words, named_files, named_symbols
from ai_code.core.text import one_line
from ai_code.core.verdict import Evidence, LimitReached, Unavailable, UnavailableReason
from ai_code.flows.context import chain_of, choose_context, copy_context
from ai_code.flows.handover import STORY_SHARE, story_of_turn

if TYPE_CHECKING:
    from ai_code.core.context_parts import Budgeted
    from ai_code.core.ports_tree import TreeFacts
    from ai_code.core.story import Story
    from ai_code.core.task import LocalModel
    from ai_code.flows.turns import RunOptions, Turn
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_PROMPT_SHARE = 0.5
_FILES_SHARE = 0.4
"""Of the model's context: what the prompt, and the files to edit, may take at most."""
_MOST_DEFINING_FILES = 3


class Editable(NamedTuple):
    """Files to edit, relative to the root, and a line for each that was left away."""

    names: tuple[str, ...]
    notes: tuple[str, ...]


class Briefing:
    """Chooses for one model; what does not fit is told in a note. ``claude`` is the turn that
    was stopped, where there was one; ``own`` are memory files of the engine's own kind."""

    def __init__(
        self,
        world: World,
        settings: Settings,
        options: RunOptions,
        local: LocalModel,
        claude: Turn | None = None,
        secrets: Sequence[str] = (),
        own: Sequence[str] = (),
    ) -> None:
        self._own = own
        self._claude = claude
        self._secrets = secrets
        self._world = world
        self._settings = settings
        self._options = options
        self._local = local

    @cached_property
    def story(self) -> Story:
        """What Claude did before it was stopped."""
        from ai_code.core.story import Story

        if self._claude is None:
            return Story()
        return story_of_turn(self._world, self._claude, self._secrets)

    def too_long(self) -> Unavailable | None:
        """Where the prompt alone would fill the model's context."""
        tokens = estimate_tokens(self._options.prompt)
        room = int(self._local.num_ctx * _PROMPT_SHARE)
        if tokens <= room:
            return None
        return Unavailable(
            UnavailableReason.MEMORY,
            f"the prompt is about {tokens} tokens long, and {self._local.name} can take {room} "
            f"of them beside files and answer (context {self._local.num_ctx})",
            Evidence("local.prompt-too-long", "none"),
            "ai-code --file NAME …   (instead of pasting; or set ollama.num-ctx higher)",
        )

    def editable(self, facts: TreeFacts) -> Editable:
        """Files the model gets to edit from the start: named by --file, those of Claude's open
        steps and those it was about to edit, named by the prompt, edited by Claude, or defining
        a function the prompt names; as long as they fit."""
        trees, cwd, prompt = self._world.trees, self._world.cwd, self._options.prompt
        wanted = [_in_tree(cwd / name, facts.root) for name in self._options.files]
        known = (*facts.tracked, *facts.changed) if facts.in_git else self._there(facts.root)
        folder, story = _folder(cwd, facts.root), self.story
        if story.done:
            for step in story.open:
                wanted += named_files(step.text, known, folder)
        wanted += story.begun
        wanted += named_files(prompt, known, folder)
        wanted += story.edited
        wanted += self._claude.edited if self._claude else ()
        if not wanted:
            for symbol in named_symbols(prompt):
                found = trees.grep_definitions(cwd, symbol)
                wanted += found if len(found) <= _MOST_DEFINING_FILES else ()
        if not wanted and story.before:
            # "Go on": with what was worked on.
            wanted += (*story.before.begun, *story.before.edited)
        return self._fitting(dict.fromkeys(wanted), facts.root)

    def _there(self, root: Path) -> tuple[str, ...]:
        """Outside git nobody lists the files: words of the prompt that are files."""
        words = dict.fromkeys(candidate_words(self._options.prompt))
        return tuple(word for word in words if self._is_file_in(root, word))

    def _is_file_in(self, root: Path, word: str) -> bool:
        inside = not _in_tree(root / word, root).startswith("/")
        return inside and self._world.files.size(root / word) is not None

    def _fitting(self, wanted: dict[str, None], root: Path) -> Editable:
        room = int(self._local.num_ctx * _FILES_SHARE) * 4
        chosen: list[str] = []
        notes: list[str] = []
        for name in wanted:
            if Path(name).is_absolute():
                notes.append(
                    f"{one_line(name)} is not in the project: the local model does not get it"
                )
                continue
            size = self._world.files.size(root / name)
            if size is None:
                continue
            if size > room:
                notes.append(
                    f"{name} ({size // 1024} KiB) does not fit the model's context; "
                    "it sees only the parts it asks for"
                )
                continue
            room -= size
            chosen.append(name)
        return Editable(tuple(chosen), tuple(notes))

    def write(
        self,
        facts: TreeFacts,
        editable: tuple[str, ...],
        workdir: Path,
        folder: Path,
    ) -> Brief:
        """``written``, and what was cut is told."""
        brief, notes = self.written(facts, editable, workdir, folder)
        for note in notes:
            self._world.console.note(note)
        return brief

    def written(
        self, facts: TreeFacts, editable: tuple[str, ...], workdir: Path, folder: Path
    ) -> tuple[Brief, tuple[str, ...]]:
        """The brief, and a line for each context file that was cut or left out. Context files are
        copied into ``folder``; of ``editable`` only what is in the private worktree (``workdir``)
        remains."""
        memory = self.memory(editable)
        size, claude, story = self._world.files.size, self._claude, self.story
        brief = Brief(
            task=self._options.prompt,
            folder=_folder(self._world.cwd, facts.root),
            branch=facts.branch,
            commits=facts.commits,
            changed=facts.changed,
            claude_edited=(claude.edited or story.edited) if claude else (),
            claude_said=claude.said if claude and claude.edited else "",
            story=story_text(story, self.story_tokens) if story.tells else "",
            done=story.done,
            open=story.open if story.done else (),
            editable=tuple(name for name in editable if size(workdir / name) is not None),
            context=copy_context(self._world.files, memory, folder),
            left_out=memory.left_out,
            stopped_by=_stopped_by(claude),
            mode=self._options.mode,
        )
        return brief, tuple(memory.notes)

    @property
    def story_tokens(self) -> int:
        """The room for it."""
        return int(self._local.num_ctx * STORY_SHARE)

    def memory(self, editable: Sequence[str]) -> Budgeted:
        """The project's memory for a task that is about these files, as far as it fits."""
        num_ctx, budget = self._local.num_ctx, self._settings.context_budget
        root = self._world.trees.root_of(self._world.cwd)
        chain = chain_of(
            self._world,
            self._settings,
            num_ctx=num_ctx,
            reads=self._options.reads,
            files=(*editable, *self._mentioned(root)),
            own=self._own,
        )
        return choose_context(chain, num_ctx=num_ctx, budget=budget)

    def _mentioned(self, root: Path) -> Iterator[str]:
        """What the prompt may mean by a file, there or not: one that is yet to be made has its
        rules too."""
        for word in candidate_words(self._options.prompt):
            yield _in_tree(self._world.cwd / word, root)


def _folder(cwd: Path, root: Path) -> str:
    """Where the person stands, relative to the root; empty at the root itself."""
    inside = _in_tree(cwd.resolve(), root)
    return "" if inside == "." else inside


def _in_tree(path: Path, root: Path) -> str:
    """Relative to the root; a path that leads out of it stays absolute."""
    plain = Path(posixpath.normpath(path))
    return str(plain.relative_to(root)) if plain.is_relative_to(root) else str(plain)


def _stopped_by(claude: Turn | None) -> str:
    if claude is None or not isinstance(claude.verdict, LimitReached):
        return ""
    return f"its {claude.verdict.kind.value} limit was reached"
