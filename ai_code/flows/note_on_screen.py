"""The note to Claude on its own screen, where nothing of ours goes before what a person types."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ai_code.core.claude_hooks import EVENTS, group_of, known_to
from ai_code.core.errors import AiCodeError

if TYPE_CHECKING:
    from pathlib import Path

    from ai_code.core.task import Program, Session
    from ai_code.flows.note_to_claude import Note
    from ai_code.flows.recorder import Recorder
    from ai_code.flows.world import World

_SYSTEM_PROMPT = "--append-system-prompt"
_SETTINGS = "--settings"
_START = EVENTS[0]


class NoteOnScreen:
    """A new session has it in its system prompt. One that is resumed takes no more of that (seen
    in 2.1.329): it has it from a hook at its start, which holds for this one start alone (seen in
    2.0.77 and 2.1.329). Both by a file: a command line is everybody's to read."""

    def __init__(
        self,
        world: World,
        note: Note | None,
        session: Session,
        program: Program,
        taken: Sequence[str],
        more: str = "",
    ) -> None:
        """``more`` are notes of ``ai-code remember``, for a new session's system prompt."""
        self._world = world
        self._note = note
        self._more = more
        self.tells = False
        """Whether the arguments carry the note on a local engine's work."""
        self._mark: Path | None = None
        self._in_prompt = session.mode == "new" and not _among(_SYSTEM_PROMPT, taken)
        self._by_hook = known_to(program.version, _START) and not _among(_SETTINGS, taken)

    def arguments(self, recorder: Recorder) -> tuple[str, ...]:
        """For Claude's command line; empty where there is no way, and it is told another time."""
        try:
            if self._in_prompt:
                args = self._system_prompt(recorder.run_dir / "note.md")
            elif self._by_hook and self._note is not None:
                args = self._hook(recorder.run_dir, self._note)
            else:
                return ()
        except (AiCodeError, OSError):
            return ()
        if self._note is not None:
            self.tells = True
        return args

    def given(self) -> bool:
        """Whether Claude has it. A hook does not run where the person's settings switch all of
        them off, or before a folder is trusted."""
        if not self.tells:
            return False
        return self._mark is None or self._world.files.size(self._mark) is not None

    def _system_prompt(self, path: Path) -> tuple[str, ...]:
        texts = filter(None, (self._more, self._note.text if self._note else ""))
        self._world.files.write(path, "\n".join(texts))
        return (f"{_SYSTEM_PROMPT}-file", str(path))

    def _hook(self, folder: Path, note_: Note) -> tuple[str, ...]:
        told = {"hookEventName": _START.name, "additionalContext": note_.text}
        note, mark, settings = (folder / f"note{end}" for end in (".json", "-given", "-hook.json"))
        command = f"cat {shlex.quote(str(note))} && : > {shlex.quote(str(mark))}"
        self._world.files.write(note, json.dumps({"hookSpecificOutput": told}))
        hooks = {"hooks": {_START.name: [group_of(command)]}}
        self._world.files.write(settings, json.dumps(hooks))
        self._mark = mark
        return (_SETTINGS, str(settings))


def _among(option: str, args: Sequence[str]) -> bool:
    """Whether the person uses the option, or one that begins with it."""
    return any(arg.startswith(option) for arg in args)
