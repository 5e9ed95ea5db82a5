"""The record of a run in the journal. A journal that cannot be written never stops Claude."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.core.errors import AiCodeError
from ai_code.core.secret_values import masked
from ai_code.flows.turns import Turn, recorded

if TYPE_CHECKING:
    from ai_code.core.record import RunRecord
    from ai_code.flows.world import World
    from ai_code.settings import Settings


class Recorder:
    """Begins the record while the first engine starts and completes it at the end."""

    def __init__(
        self, world: World, settings: Settings, prompt: str, secrets: tuple[str, ...] = ()
    ) -> None:
        self._world = world
        self._settings = settings
        self._prompt = prompt
        self._secrets = secrets
        self._record: RunRecord | None = None
        self._begun = False

    @property
    def run_id(self) -> str:
        """The run's id. Raises AiCodeError where the journal cannot be written: without a
        folder of the run's own no local engine can work."""
        if self._record is None:
            self._record = self._new()
        return self._record.id

    @property
    def run_dir(self) -> Path:
        return self._world.journal.run_dir(self.run_id)

    def begin(self) -> None:
        """Ends what a killed run left behind, then begins this one's record. Once: later
        attempts of the same run change nothing."""
        if self._begun:
            return
        self._begun = True
        for run_id in self._world.sweep_leftovers():
            self._mark_crashed(run_id)
        try:
            self._world.running(self.run_id)
        except AiCodeError as error:
            self._world.console.important(f"This run is not recorded: {error.what} ({error.why})")

    def finish(self, turns: Sequence[Turn], code: int | None) -> None:
        """``code`` is the exit code, None when an exception ended the run."""
        self.begin()
        if self._record is None:
            return
        from ai_code.core.record import RecordedLeftOut

        landed = next((turn.landed for turn in turns if turn.landed), None)
        left = (*landed.left_out, *landed.conflicts) if landed else ()
        record = replace(
            self._record,
            ended=self._world.clock.now(),
            attempts=tuple(recorded(turn) for turn in turns),
            landed=landed.files if landed else (),
            left_out=tuple(RecordedLeftOut(each.path, each.reason) for each in left),
            exit_code=code,
            state="done",
        )
        try:
            self._world.journal.save(record)
            self._keep_answer(turns)
            if len(turns) > 1 and self._settings.journal_keep_days:
                self._world.journal.prune(self._settings.journal_keep_days)
        except (AiCodeError, OSError) as error:
            self._world.console.important(f"The record of this run is incomplete: {error}")

    def _keep_answer(self, turns: Sequence[Turn]) -> None:
        """Only where ``journal.keep-answers`` asks for it."""
        if self._settings.journal_keep_answers and turns and turns[-1].answer:
            answer = masked(turns[-1].answer, self._secrets)
            self._world.files.write(self.run_dir / "answer.txt", answer + "\n")

    def _new(self) -> RunRecord:
        from ai_code.core.record import RunRecord, prompt_line

        journal, cwd = self._world.journal, self._world.cwd
        record = RunRecord(
            id=journal.new_run(),
            started=self._world.clock.now(),
            cwd=str(cwd),
            root=str(self._world.trees.root_of(cwd)),
            prompt_line=prompt_line(masked(self._prompt, self._secrets)),
        )
        journal.save(record)
        return record

    def _mark_crashed(self, run_id: str) -> None:
        try:
            record = self._world.journal.load(run_id)
            if record.state == "running":
                self._world.journal.save(record.with_state("crashed"))
            run_dir = self._world.journal.run_dir(run_id)
            self._world.trees.discard(run_dir)
            self._world.files.remove(run_dir / "aider")
        except (AiCodeError, OSError) as error:
            self._world.console.detail(f"run {run_id}: {error}")
