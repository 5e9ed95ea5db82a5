"""What all steps of the setup stand on: the world, the settings as they are now, the person's
answers, programs that are run, and what is remembered for ``--remove``."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from ai_code.core.columns import wrapped
from ai_code.core.command import Command
from ai_code.core.errors import CannotStartError, Stopped
from ai_code.core.pasting import shown_command
from ai_code.core.ports import ModelServerError
from ai_code.core.setup import Change, ChangeKind, StepName
from ai_code.core.text import from_home, one_line
from ai_code.flows.setup.progress import Doing, said_by

if TYPE_CHECKING:
    from ai_code.core.ports_setup import SetupLog, Site
    from ai_code.core.task import Program
    from ai_code.flows.world import World
    from ai_code.settings import Settings
    from ai_code.settings.ports import Config

Mode = Literal["ask", "yes", "look"]
"""``look`` only says what would be done: nobody can be asked, and nobody agreed."""
_WIDTH = 80
_LONGEST_COMMAND = 70
_INDENT = "    "
_ASK_S = 30.0
_WAIT_S = 20.0
_POLL_S = 0.5


class Options(NamedTuple):
    """``steps`` are those to go through; empty is all. ``api`` is an Ollama elsewhere."""

    steps: tuple[StepName, ...] = ()
    skip: tuple[StepName, ...] = ()
    yes: bool = False
    may_ask: bool = True
    api: str = ""


class Ran(NamedTuple):
    """How a program ended. ``why`` is its reason in one line where it failed."""

    code: int | None
    out: str
    why: str

    @property
    def ok(self) -> bool:
        return self.code == 0


class PersonStops(Exception):
    """The person answered that it is enough."""


class Ground:
    """One setup's. ``mode`` says whether to ask."""

    def __init__(self, world: World, config: Config, options: Options) -> None:
        self.world = world
        self.config = config
        self.options = options
        console = world.console
        asks = options.may_ask and console.stdin_is_tty and console.stderr_is_tty
        self.mode: Mode = "yes" if options.yes else "ask" if asks else "look"
        self.explains = True
        """Off where nothing will be installed whatever the person says (Nix)."""

    @property
    def site(self) -> Site:
        return self.world.site

    @property
    def log(self) -> SetupLog:
        return self.world.setup_log

    @property
    def settings(self) -> Settings:
        """As they are now: a step may have made a choice."""
        return self.config.load({}).settings

    # Talking --------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """One paragraph about what would be done, indented below the step's title."""
        if self.explains:
            self.tell(text)

    def tell(self, text: str) -> None:
        """One paragraph about what is."""
        for line in wrapped(shown_command(text, self.world.shown_as), _WIDTH, _INDENT):
            self.world.console.note(line)

    def show(self, command: str) -> None:
        """A command to be read or copied, whole."""
        if self.explains:
            self.world.console.note(f"{_INDENT}  {command}")

    def show_long(self, argv: Sequence[str]) -> None:
        """A command that a line of the screen cannot hold: with a backslash at each end."""
        # An option and what it says stay together.
        groups: list[str] = []
        for word in map(shlex.quote, argv):
            if groups and not word.startswith("-"):
                groups[-1] += f" {word}"
            else:
                groups.append(word)
        lines = groups[:1]
        for group in groups[1:]:
            if len(lines[-1]) + len(group) < _LONGEST_COMMAND:
                lines[-1] += f" {group}"
            else:
                lines.append(f"  {group}")
        for number, line in enumerate(lines, 1):
            self.show(line + (" \\" if number < len(lines) else ""))

    def agrees(self, question: str = "Do it?") -> bool:
        """Whether to go on with what was just said. Raises PersonStops."""
        return self.choose(question, {"y": "yes"}, default="y") == "y"

    def choose(self, question: str, choices: Mapping[str, str], *, default: str) -> str:
        """A letter; ``n`` is no. ``default`` is what ``--yes`` means. Raises PersonStops."""
        if self.mode == "yes":
            return default
        if self.mode == "look":
            return "n"
        more = {"n": "no", "q": "stop"}
        answer = self.world.console.ask(_INDENT + question, {**choices, **more})
        if answer in (None, "q"):
            raise PersonStops
        return str(answer)

    def ask_line(self, question: str) -> str:
        """What the person types; empty where nothing. Raises PersonStops (Ctrl-D)."""
        if self.mode != "ask":
            return ""
        typed = self.world.console.ask_line(_INDENT + question)
        if typed is None:
            raise PersonStops
        return typed

    # Programs -------------------------------------------------------------------------------

    def find(self, *argv: str) -> Program | None:
        """A program on the PATH; None also where it is there and cannot be executed."""
        try:
            return self.world.processes.find(argv)
        except CannotStartError:
            return None

    def run(
        self,
        argv: tuple[str, ...],
        doing: str,
        *,
        env: Mapping[str, str | None] | None = None,
        deadline_s: float = _ASK_S,
    ) -> Ran:
        """Runs a program with its progress on the status line. Raises Stopped (Ctrl-C)."""
        console = self.world.console
        if "/" not in argv[0]:
            # Where it is looked for is decided in one place.
            found = self.find(argv[0])
            argv = (*(found.argv if found else argv[:1]), *argv[1:])
        listener = Doing(console, doing)
        folder = self.world.programs_dir
        # Not in the project: what lies there is not to decide how programs are installed.
        cwd = folder if self.site.there(folder) else Path("/")
        try:
            ended = self.world.processes.run(
                Command(argv, cwd, env or {}, deadline_s=deadline_s), listener
            )
        finally:
            console.status("")
        if ended.person_signal is not None:
            raise Stopped(ended.person_signal)
        why = ended.start_error or said_by(listener.said)
        if ended.ended_by is not None:
            why = f"it took longer than {deadline_s:.0f} s"
        return Ran(ended.code, listener.out.decode("utf-8", "replace"), one_line(why))

    # The server -----------------------------------------------------------------------------

    def answers(self, api: str | None = None) -> ModelServerError | str:
        """The version of the Ollama that answers, or why none does. An address that is not that
        of the settings is not sent their headers."""
        settings = self.settings
        other = api is not None and api != settings.ollama_api
        headers = {} if other else settings.ollama_headers
        server = self.world.model_server(api or settings.ollama_api, headers)
        try:
            return server.version()
        except ModelServerError as error:
            return error

    def waits_for_server(
        self, gives_up: Callable[[], bool] = lambda: False
    ) -> ModelServerError | str:
        """The same, with some patience: it was just started. ``gives_up`` ends it earlier."""
        clock, console = self.world.clock, self.world.console
        until = clock.monotonic() + _WAIT_S
        while isinstance(answer := self.answers(), ModelServerError):
            left = until - clock.monotonic()
            if left <= 0 or gives_up():
                break
            console.status(f"waiting for Ollama to answer… {left:.0f} s")
            clock.sleep(_POLL_S)
        console.status("")
        return answer

    # What was changed -----------------------------------------------------------------------

    def remember(self, kind: ChangeKind, name: str, **facts: str) -> Change:
        """Kept before the change is made: an interrupted one can be taken back too."""
        change = Change(kind, name, facts, int(self.world.clock.now()))
        self.log.add(change)
        return change

    def made(self, kind: ChangeKind, name: str) -> Change | None:
        """What is remembered of it."""
        wanted = Change(kind, name)
        return next((each for each in self.log.changes() if each.same(wanted)), None)

    def shown(self, path: Path) -> str:
        """A path as a person writes it."""
        return from_home(path, self.site.home)
