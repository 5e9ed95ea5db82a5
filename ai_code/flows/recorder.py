"""The record of a run in the journal. A journal that cannot be written never stops Claude."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.core.errors import AiCodeError
from ai_code.core.secret_values import masked
from ai_code.flows.report import landed_lines, left_lines
from ai_code.flows.turns import Turn, recorded

if TYPE_CHECKING:
    from ai_code.core.changes import Landed
    from ai_code.core.record import RunRecord
    from ai_code.core.verdict import LimitReached
    from ai_code.flows.world import World
    from ai_code.settings import Settings


class Recorder:
    """Begins the record while the first engine starts and completes it at the end."""

    def __init__(
        self,
        world: World,
        settings: Settings,
        prompt: str,
        secrets: tuple[str, ...] = (),
        *,
        interactive: bool = False,
    ) -> None:
        self._world = world
        self._settings = settings
        self._prompt = prompt
        self.secrets = secrets
        self._interactive = interactive
        self._record: RunRecord | None = None
        self._begun = False
        self._landed: Landed | None = None
        self.commit = ""
        """Where what landed was committed."""
        self.checked = ""
        """The command that checked it."""

    @property
    def run_id(self) -> str:
        """The run's id. Raises AiCodeError where the journal cannot be written: without a
        folder of the run's own no local engine can work."""
        if self._record is None:
            # What is on disk and not known here would never be completed.
            with self._world.undisturbed():
                self._record = self._new()
        return self._record.id

    @property
    def record(self) -> RunRecord | None:
        """The record as it is now; None where the journal cannot be written."""
        return self._record

    @property
    def run_dir(self) -> Path:
        return self._world.journal.run_dir(self.run_id)

    def begin(self) -> None:
        """Begins the record. Once: later attempts of the same run change nothing."""
        if self._begun:
            return
        self._begun = True
        try:
            self._world.running(self.run_id)
        except AiCodeError as error:
            self._world.console.important(f"This run is not recorded: {error.what} ({error.why})")

    def sweep(self) -> None:
        """Ends what killed runs left behind, before anything new works in the tree."""
        for run_id in self._world.sweep_leftovers():
            self._mark_crashed(run_id)

    def about(self, prompt: str) -> None:
        """What it is about, where that is known only later: on an engine's own screen."""
        self._prompt = prompt
        if self._record is not None:
            self._record = self._record._replace(prompt_line=self._line())

    def goes_on_after(self, limit: LimitReached) -> None:
        """Claude's screen, which has a record of its own, was left at this limit."""
        self.begin()
        if self._record is not None:
            kind, resets_at = limit.kind.value, limit.resets_at
            self._record = self._record._replace(after=kind, after_resets_at=resets_at)

    def landed(self, landed: Landed) -> None:
        """Tells what landed, and has it in the record at once: the run may not come to its end."""
        self._landed = landed
        self._save_what_landed(landed)
        # What is missing from the tree is told under -q too.
        for line in left_lines(landed):
            self._world.console.important(line)
        for line in landed_lines(landed, self.run_id):
            self._world.console.note(line)

    def switched(self, turns: Sequence[Turn]) -> None:
        """Another engine goes on: what came of the one before is in the record already, for
        whoever follows the log, and for the case that we are killed."""
        if self._record is None:
            return
        self._record = self._record._replace(attempts=tuple(recorded(turn) for turn in turns))
        try:
            self._world.journal.save(self._record)
        except AiCodeError as error:
            self._world.console.detail(f"{error.what}: {error.why}")

    def finish(self, turns: Sequence[Turn], code: int | None) -> None:
        """``code`` is the exit code, None when an exception ended the run."""
        # A second Ctrl-C must not leave a run that seems to go on for ever.
        with self._world.undisturbed():
            self._finish(turns, code)
        self._tidy()

    def _finish(self, turns: Sequence[Turn], code: int | None) -> None:
        self.begin()
        if self._record is None:
            return
        record = self._record = self._record._replace(
            ended=self._world.clock.now(),
            attempts=tuple(recorded(turn) for turn in turns),
            exit_code=code,
            state="done",
            commit=self.commit,
            checked=self.checked,
        )
        try:
            self._world.journal.save(record)
            if self._landed:
                # Claude is told by its next run here.
                self._world.untold.mark(Path(record.root))
            self._keep_answer(turns)
        except (AiCodeError, OSError) as error:
            self._tell_incomplete(error)

    def _tidy(self) -> None:
        days, runs = self._settings.journal_keep_days, self._settings.journal_keep_runs
        if self._record is None or not (days or runs):
            return
        try:
            self._world.journal.tidy(days, runs)
        except (AiCodeError, OSError) as error:
            self._tell_incomplete(error)

    def _tell_incomplete(self, error: Exception) -> None:
        self._world.console.important(f"The record of this run is incomplete: {error}")

    def _save_what_landed(self, landed: Landed) -> None:
        if self._record is None:
            return
        from ai_code.core.record import RecordedLeftOut

        left = (*landed.left_out, *landed.conflicts)
        self._record = self._record._replace(
            landed=landed.files,
            left_out=tuple(RecordedLeftOut(each.path, each.reason) for each in left),
        )
        try:
            self._world.journal.save(self._record)
            self._world.untold.mark(Path(self._record.root))
        except (AiCodeError, OSError):
            # It is tried again, and told, at the run's end.
            return

    def _keep_answer(self, turns: Sequence[Turn]) -> None:
        """Only where ``journal.keep-answers`` asks for it."""
        if self._settings.journal_keep_answers and turns and turns[-1].answer:
            answer = masked(turns[-1].answer, self.secrets)
            self._world.files.write(self.run_dir / "answer.txt", answer + "\n")

    def _new(self) -> RunRecord:
        from ai_code.core.record import RunRecord

        journal, cwd = self._world.journal, self._world.cwd
        record = RunRecord(
            id=journal.new_run(),
            started=self._world.clock.now(),
            cwd=str(cwd),
            root=str(self._world.trees.root_of(cwd)),
            prompt_line=self._line(),
            interactive=self._interactive,
        )
        journal.save(record)
        return record

    def _line(self) -> str:
        from ai_code.core.record import prompt_line

        return prompt_line(masked(self._prompt, self.secrets))

    def _tell_crashed(self, record: RunRecord, run_dir: Path) -> None:
        """Only where a killed run may have touched the tree is it worth a line."""
        if self._world.trees.landed_changes(run_dir):
            undo = f"ai-code undo {record.id}"
            self._world.console.important(f"A run was killed while it landed. Take it back: {undo}")
        elif self._world.trees.in_place(run_dir):
            before = f"git --git-dir={run_dir / 'git'} --work-tree={record.root}"
            self._world.console.important(
                f"Run {record.id} was killed while it worked in your tree. What was there before: "
                f"{before} diff HEAD   (checkout HEAD -- FILE restores)"
            )

    def _mark_crashed(self, run_id: str) -> None:
        try:
            record = self._world.journal.load(run_id)
            run_dir = self._world.journal.run_dir(run_id)
            if record.state == "running":
                self._world.journal.save(record.with_state("crashed"))
                self._tell_crashed(record, run_dir)
            if not self._world.trees.in_place(run_dir):
                self._world.trees.discard(run_dir)
            self._world.files.remove(run_dir / "aider")
        except (AiCodeError, OSError) as error:
            self._world.console.detail(f"run {run_id}: {error}")
