"""Where drills are played: the real ai-code, run in a scratch project between two stand-ins."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import ai_code
from ai_code.core.drill import (
    FILE,
    TASK,
    Chat,
    Observed,
    Scenario,
    Seen,
    Setup,
)
from ai_code.core.errors import AiCodeError
from ai_code.core.exits import EndedBy
from ai_code.drill import player, scenarios
from ai_code.drill.anthropic import AnthropicStandIn, Say
from ai_code.drill.asked import told
from ai_code.drill.listening import Lines
from ai_code.drill.ollama import OllamaStandIn
from ai_code.drill.playing import STAND_IN, VERSION, documented, replies
from ai_code.drill.scratch import NO_PROJECT, Scratch, check_room, disk_full, is_full, room, sweep
from ai_code.drill.serving import Exchange, Recorded, StandIn
from ai_code.drill.tap import OllamaTap

if TYPE_CHECKING:
    from ai_code.core.ports import Processes

_RUN_S = 900.0
"""Deadline of one run: a real model on a slow machine may take minutes."""
_HOUR_S = 3600
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def own_command() -> tuple[str, ...]:
    """This very ai-code as a command, wherever it is installed. ``-P`` keeps the folder it is
    started in off the module path."""
    top = str(Path(ai_code.__file__).parent.parent)
    code = f"import sys; sys.path.insert(0, {top!r}); from ai_code.__main__ import main; main()"
    return (sys.executable, "-P", "-c", code)


class Elsewhere(StandIn):
    """A server that nobody should ever ask."""

    def respond(self, exchange: Exchange) -> None:
        """Answers, so that whoever asks goes on."""
        exchange.send_json(200, {})


class Stage:
    """Plays scenarios. ``command`` is how ai-code is started (tests break it on purpose);
    ``pause_s`` is between the lines of the recorded Claude."""

    def __init__(
        self,
        processes: Processes,
        environ: Mapping[str, str],
        *,
        keep: bool = False,
        command: Sequence[str] = (),
        pause_s: float = player.PAUSE_S,
    ) -> None:
        self._pause_s = pause_s
        self._processes = processes
        self._environ = environ
        self._keep = keep
        self._command = tuple(command) or own_command()
        self.kept: list[Path] = []

    def play(
        self,
        scenario: Scenario,
        setup: Setup,
        tell: Callable[[str], None],
        tick: Callable[[float], None] = lambda _: None,
    ) -> Observed:
        """One scenario from an empty folder to the end. ``tell`` gets the lines that ai-code
        prints meanwhile, ``tick`` the seconds that it has run. Raises AiCodeError where the
        scratch project cannot be made."""
        where = room(self._environ)
        sweep(where)
        try:
            with Scratch(self._processes, self._environ, where, keep=self._keep) as scratch:
                if self._keep:
                    self.kept.append(scratch.folder)
                played = _Play(scenario, setup, scratch, self._command, tell, tick, self._pause_s)
                return played.observed()
        except OSError as error:
            if is_full(error):
                raise disk_full(where) from error
            raise AiCodeError(
                NO_PROJECT, why=str(error), hint=shlex.join(["ls", "-ld", str(where)])
            ) from error


class _Play:
    def __init__(
        self,
        scenario: Scenario,
        setup: Setup,
        scratch: Scratch,
        command: tuple[str, ...],
        tell: Callable[[str], None],
        tick: Callable[[float], None],
        pause_s: float,
    ) -> None:
        self._pause_s = pause_s
        self._scenario = scenario
        self._setup = setup
        self._scratch = scratch
        self._command = command
        self._tell, self._tick = tell, tick

    def observed(self) -> Observed:
        scratch = self._scratch
        with ExitStack() as stack:
            elsewhere = stack.enter_context(Elsewhere())
            local = stack.enter_context(self._local_side())
            model = self._setup.model.name if self._setup.model else STAND_IN.name
            hostile = self._scenario.hostile
            scratch.fill(hostile=hostile, elsewhere=elsewhere.url, model=model)
            before, git_before = scratch.tree(), scratch.git_state()
            self._configure(local.url if local else None)
            main, asked = self._day(self._scenario.api, TASK, *self._scenario.options)
            diff, undo = "", None
            if main.record and (main.record.landed or main.record.left_out):
                # By its id: one that landed nothing is shown all the same, with its reasons.
                diff = self._run("diff", main.record.id).answer
            if main.record and main.record.landed:
                undo = self._run("undo", "--yes")
            again = None
            if self._scenario.outcome != "stays":
                again, _ = self._day("", "Is anything left to do?")
            sprung = scratch.sprung()
            sprung += [f"a request to {row.target}" for row in elsewhere.requests]
        return Observed(
            scenario=self._scenario,
            setup=self._setup,
            before=before,
            git_before=git_before,
            main=main,
            asked=asked,
            local_asked=_spans(local.answered) if local else (),
            chats=_chats(local, by_tools=self._setup.by_tools),
            diff=diff,
            undo=undo,
            again=again,
            sprung=tuple(sprung),
        )

    # The two sides ------------------------------------------------------------------------

    @contextmanager
    def _local_side(self) -> Iterator[OllamaStandIn | OllamaTap | None]:
        """A stand-in, a tap in front of the real server, or nothing where that is on another
        machine: passed through here, it would look like one of this machine."""
        model = self._setup.model
        if model is None or self._scenario.local != "answers":
            models = [] if self._scenario.local == "missing" else [STAND_IN]
            with OllamaStandIn(
                models, replies(self._scenario, self._setup), version=VERSION
            ) as server:
                if self._scenario.local == "down":
                    server.die()
                yield server
        elif _is_here(model.base_url):
            with OllamaTap(model.base_url) as tap:
                yield tap
        else:
            yield None

    def _day(self, api: str, prompt: str, *options: str) -> tuple[Seen, tuple[float, ...]]:
        """One run of ai-code on a day of that name ("": Claude just answers); and when Claude
        asked its API."""
        if self._setup.claude is None:
            self._rehearse(api)
            return self._run(*options, prompt), ()
        if api == scenarios.NETWORK_DOWN:
            return self._run(*options, prompt, url=scenarios.closed_url()), ()
        content = documented("hello") if self._scenario.mid_task else documented()
        steps = scenarios.by_name(api, content=content) if api else [Say("Nothing is left.")]
        with AnthropicStandIn(steps) as server:
            seen = self._run(*options, prompt, url=server.url)
            return seen, tuple(row.at for row in server.main_requests)

    def _rehearse(self, api: str) -> None:
        """Writes down what the recorded Claude does in the next run."""
        content = documented("hello") if self._scenario.mid_task else documented()
        file = self._scratch.project / FILE
        resets_at = int(time.time()) + 2 * _HOUR_S
        told = player.play(api or "passing-429", file, content, resets_at, self._pause_s)
        self._play_file.write_text(json.dumps(told), encoding="utf-8")

    @property
    def _play_file(self) -> Path:
        return self._scratch.folder / "play.json"

    def _configure(self, local_url: str | None) -> None:
        setup = self._setup
        model = setup.model if self._scenario.local == "answers" else None
        claude = list(setup.claude.argv) if setup.claude else self._player()
        self._scratch.settings(
            {
                "model": model.name if model else "auto",
                "stall-timeout": setup.stall_timeout_s,
                "claude.command": claude,
                "claude.args": list(setup.claude_args),
                "fallback.chain": [setup.engine],
                **_engine(setup),
                **setup.settings,
                "aider.edit-format": setup.edit_format if model else "diff",
                "ollama.api": local_url or (model.base_url if model else ""),
                "ollama.headers": dict(model.headers) if model else {},
                "ollama.num-ctx": model.num_ctx if model else 0,
                "ollama.keep-alive": model.keep_alive if model else None,
            }
        )

    def _player(self) -> list[str]:
        top = str(Path(ai_code.__file__).parent.parent)
        code = (
            f"import sys; sys.path.insert(0, {top!r}); "
            "from ai_code.drill.player import main; sys.exit(main(sys.argv[1:]))"
        )
        return [sys.executable, "-P", "-c", code, str(self._play_file)]

    # Runs ---------------------------------------------------------------------------------

    def _run(self, *args: str, url: str = "") -> Seen:
        """``ai-code ARGS`` in the scratch project, with a login that is nobody's."""
        lines = Lines(self._tell, self._tick)
        env: dict[str, Any] = {
            "CLAUDE_CODE_OAUTH_TOKEN": "drill",
            "ANTHROPIC_BASE_URL": url or scenarios.closed_url(),
            "DISABLE_TELEMETRY": "1",
            "DISABLE_AUTOUPDATER": "1",
            "DISABLE_ERROR_REPORTING": "1",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        }
        if self._scenario.retries is not None:
            env["CLAUDE_CODE_MAX_RETRIES"] = str(self._scenario.retries)
        began, home = time.monotonic(), str(self._scratch.home)
        exit_ = self._scratch.run((*self._command, *args), lines, env=env, deadline_s=_RUN_S)
        lines.finish()
        if exit_.code:
            check_room(self._scratch.folder.parent, lines.text)
        return Seen(
            code=exit_.code if exit_.code is not None else 128 + (exit_.signal or 0),
            began=began,
            ended=time.monotonic(),
            # A person looks for what is named in their own home.
            lines=tuple((at, line.replace(home, "~")) for at, line in lines.lines),
            tree=self._scratch.tree(),
            git=self._scratch.git_state(),
            record=self._scratch.record(),
            answer=lines.stdout.decode("utf-8", "replace"),
            timed_out=exit_.ended_by is EndedBy.DEADLINE,
        )


def _is_here(base_url: str) -> bool:
    parts = urlsplit(base_url)
    return parts.scheme == "http" and (parts.hostname or "") in _LOOPBACK


def _spans(answered: Sequence[tuple[Recorded, float]]) -> tuple[tuple[float, float], ...]:
    return tuple(sorted((request.at, until) for request, until in answered))


def _chats(local: OllamaStandIn | OllamaTap | None, *, by_tools: bool) -> tuple[Chat, ...] | None:
    """None where nobody could read along. Of an engine that works ``by_tools``, what is asked
    without them is beside the task: a title for its session, say."""
    if local is None:
        return None
    until = {id(request): at for request, at in local.answered}
    return tuple(
        Chat(request.at, until.get(id(request), request.at), told(request.json))
        for request in local.chats
        if request.json.get("tools") or not by_tools
    )


def _engine(setup: Setup) -> dict[str, Any]:
    """How the engine is started. Where it is not there, a name that no program has."""
    # One of that name may be on the PATH all the same: the person named another.
    argv = list(setup.program.argv) if setup.program else [f"/no-such-folder/{setup.engine}"]
    args = list(setup.engine_args)
    match setup.engine:
        case "aider":
            return {"aider.command": argv, "aider.args": args}
        case "custom":
            return {"custom.command": argv, "engines.args": {"custom": args}}
        case name:
            return {"engines.command": {name: argv}, "engines.args": {name: args}}
