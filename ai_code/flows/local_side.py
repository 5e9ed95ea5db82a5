"""The local engines of a run, in the order in which they are tried, each with what it needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.plan import Because, banner, no_local_engine
from ai_code.core.text import one_line
from ai_code.core.verdict import Unavailable
from ai_code.engines.registry import local_engine
from ai_code.flows.local_turn import LocalTurn
from ai_code.flows.report import SMALL_TASKS
from ai_code.flows.turns import Turn

if TYPE_CHECKING:
    from ai_code.core.task import Program
    from ai_code.flows.attempt import Sign
    from ai_code.flows.output import Output
    from ai_code.flows.readiness import Ready
    from ai_code.flows.recorder import Recorder
    from ai_code.flows.turns import RunOptions
    from ai_code.flows.world import World
    from ai_code.settings import Settings


class Prepared(NamedTuple):
    """A local engine that can begin."""

    turn: LocalTurn
    program: Program
    ready: Ready


class Ended(NamedTuple):
    """The turn that counts; ``dirty`` are files that differed from the last commit before it."""

    turn: Turn
    dirty: frozenset[str]


class LocalSide:
    """``kind`` makes the turn of one engine: a run's, or a chat's. ``notes`` stand below the
    banner."""

    def __init__(
        self,
        world: World,
        settings: Settings,
        options: RunOptions,
        output: Output,
        recorder: Recorder,
        names: Sequence[str],
        kind: type[LocalTurn] = LocalTurn,
        notes: Sequence[str] = (SMALL_TASKS,),
    ) -> None:
        if not names:
            raise no_local_engine()
        self._world = world
        self._settings = settings
        self._options = options
        self._output = output
        self._notes = notes
        self._turns = [
            kind(world, settings, options, output, recorder, local_engine(name)) for name in names
        ]
        self._first: LocalTurn | None = None

    @property
    def first(self) -> LocalTurn:
        """The one that would work: the first whose program is there, else the first of all."""
        if self._first is None:
            there = (turn for turn in self._turns if turn.is_there)
            self._first = next(there, self._turns[0])
        return self._first

    def sign(self, sign: Sign) -> None:
        """Of Claude, beside which all can be made ready; may be given any number of times."""
        self.first.sign(sign)

    def dismiss(self) -> None:
        """The end of the run: what was made ready and nobody needed goes away."""
        for turn in self._turns:
            turn.dismiss()

    def go(
        self,
        because: Because,
        reason: str,
        claude: Turn | None,
        keep: Callable[[Turn], Turn],
        switched: Callable[[str], None],
    ) -> Ended | Unavailable:
        """The first that can begin, and those after it as long as one fails before it changed
        anything. ``reason`` says why it is not Claude; ``switched`` is told once, with the line
        of the banner. Unavailable where none could even begin: the first one's reason, for it was
        the person's choice. ``keep`` records each turn."""
        reasons: list[Unavailable] = []
        ended: Ended | None = None
        for turn in self._turns:
            found = _prepared(turn)
            if isinstance(found, Unavailable):
                reasons.append(found)
                keep(Turn(turn.name, found))
                self._tell_next(turn, found)
                continue
            line = self._announce(found, because, reason)
            if ended is None:
                switched(line)
            ended = Ended(self._work(found, claude, keep), turn.dirty)
            if not isinstance(ended.turn.verdict, Unavailable):
                break
            self._tell_next(turn, ended.turn.verdict)
        return ended or reasons[0]

    def _announce(self, found: Prepared, because: Because, reason: str) -> str:
        local, console, name = found.ready.local, self._world.console, found.turn.name
        self._output.begin(name)
        if self._options.engine_args:
            lost = one_line(" ".join(self._options.engine_args))
            console.important(f"{name} does not get Claude's {lost}")
        line = f"{reason} · now {local.shown}" if reason else local.shown
        console.banner(banner(found.turn.title, because), line, switch=because != "chosen")
        for note in self._notes:
            console.note(note)
        console.detail(f"{local.base_url}, {local.num_ctx} tokens")
        return line

    def _work(self, found: Prepared, claude: Turn | None, keep: Callable[[Turn], Turn]) -> Turn:
        from ai_code.flows.model_chain import run_chain

        turn, program, ready = found
        return run_chain(self._world, self._settings, turn, program, ready, claude, keep)

    def _tell_next(self, turn: LocalTurn, why: Unavailable) -> None:
        """One line: this one does not go on, the next is tried."""
        later = self._turns[self._turns.index(turn) + 1 :]
        if later:
            told = one_line(why.message)
            told = told if told.startswith(f"{turn.name} ") else f"{turn.name}: {told}"
            self._world.console.important(f"{told}; {later[0].name} is tried.")


def _prepared(turn: LocalTurn) -> Prepared | Unavailable:
    program = turn.find()
    if isinstance(program, Unavailable):
        return program
    turn.look()
    ready = turn.check()
    return ready if isinstance(ready, Unavailable) else Prepared(turn, program, ready)
