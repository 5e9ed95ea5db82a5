"""``ai-code status``: who would answer now and why, and how the local side is."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ai_code.core.errors import AiCodeError
from ai_code.core.text import one_line
from ai_code.flows.answering import Answering, claude_answers, who_answers, without_login
from ai_code.flows.engines_set import EngineHere, going_on
from ai_code.flows.status_engines import Choice, Shows, by_path, path_of, with_models

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ai_code.core.known_limits import KnownLimit
    from ai_code.core.machine import Machine
    from ai_code.core.ports import LoadedModel, ModelServer, ServedModel
    from ai_code.core.record import RunRecord
    from ai_code.flows.world import World
    from ai_code.settings import Settings

VERSION = 1
_RUNS = 3
_LOOKED_AT = 50
"""Runs that are looked through for the model that worked last."""
_LOGIN_S = 0.9
"""Claude Code says in about 0.4 s whether it is logged in."""
_FOR_EVER_S = 10 * 366 * 86_400.0
"""A model that stays loaded for ever is told with a date centuries ahead."""


class Programs(NamedTuple):
    """Paths of Claude Code and aider, empty where they are not installed."""

    claude: str
    aider: str


class Ollama(NamedTuple):
    """What the server told; ``error`` where it did not answer, ``kind`` then as in
    ModelServerError (``garbage``: what answers is not Ollama). ``model`` is the one a run would
    take, empty where there is none; ``mend`` is the command for what it lacks."""

    api: str
    version: str = ""
    error: str = ""
    model: str = ""
    installed: int = 0
    loaded: Sequence[LoadedModel] = ()
    kind: str = ""
    mend: str = ""


class Status(NamedTuple):
    """Everything on the screen. ``engines`` are those that a run would try on the local side, in
    their order. ``over`` are limits whose reset has passed, with no run of Claude's since;
    ``log_in`` is the command for a Claude Code that says it is not logged in."""

    answering: Answering
    programs: Programs
    engines: Sequence[EngineHere]
    limits: Sequence[KnownLimit]
    over: Sequence[KnownLimit]
    ollama: Ollama
    machine: Machine | None
    runs: Sequence[RunRecord]
    log_in: str = ""


def status(world: World, settings: Settings) -> Status:
    """Asks the server and the machine beside each other; each question is bounded."""
    server = world.model_server(settings.ollama_api, settings.ollama_headers)
    version = world.background(server.version)
    served, loaded = world.background(server.models), world.background(server.loaded)
    machine = world.background(world.hardware.memory)
    now = int(world.clock.now())
    programs, scope = _programs(world, settings), _scope(world)
    asked = world.machine_facts.beside(lambda: _log_in(world, settings))
    limits = world.limits.current(scope, now)
    ollama, engines = _ollama(
        world, settings, server, by_path(world, settings), version, served, loaded
    )
    try:
        log_in = asked(_LOGIN_S)
    except TimeoutError:
        log_in = ""
    claude = programs.claude
    told = who_answers(settings, claude=claude, engines=engines, limits=limits, now=now)
    if log_in and told.who == "claude":
        told = without_login(settings, engines, log_in)
    return Status(
        answering=_if_it_can(told, ollama),
        log_in=log_in,
        programs=programs,
        engines=engines,
        limits=limits,
        over=world.limits.over(scope, now),
        runs=tuple(islice(world.journal.newest(), _RUNS)),
        ollama=ollama,
        machine=_told(machine),
    )


def answering(world: World, settings: Settings) -> Answering:
    """Who would answer, by files alone: nothing is started, nobody is asked."""
    now = int(world.clock.now())
    limits = world.limits.current(_scope(world), now)
    claude = path_of(world, settings.claude_command)
    # A shell prompt asks all the time: the engines cost it some ten milliseconds.
    alone = claude_answers(settings, claude=claude, limits=limits, now=now)
    engines = [] if alone else by_path(world, settings)
    return who_answers(settings, claude=claude, engines=engines, limits=limits, now=now)


def model_by_files(world: World, settings: Settings) -> str:
    """The model that a run would use, as far as files tell: the one that is set, else the one
    that worked last; empty where none has."""
    wanted = settings.model_for("edit")
    if wanted != "auto":
        return wanted
    for record in islice(world.journal.newest(), _LOOKED_AT):
        for attempt in reversed(record.attempts):
            if attempt.engine != "claude" and attempt.model:
                return one_line(attempt.model, 60)
    return ""


def short(told: Answering, now: float, tz: Any, model: str = "") -> str:
    """``claude``, ``local qwen2.5-coder:7b until 20:00``, ``limit until Tue 20:00``, ``none``."""
    who = f"{told.who} {model}" if told.who == "local" and model else told.who
    if told.until is None:
        return who
    from datetime import datetime

    at = datetime.fromtimestamp(told.until, tz)
    day = f"{at:%a} " if told.until - now >= 86_400 else ""
    return f"{who} until {day}{at:%H:%M}"


def as_json(told: Status) -> dict[str, Any]:
    """The screen as plain values. Times are epochs, sizes bytes."""
    from ai_code.core.record_words import outcome

    ollama = told.ollama
    return {
        "version": VERSION,
        "answering": told.answering._asdict(),
        "programs": told.programs._asdict(),
        "engines": [each._asdict() for each in told.engines],
        "log_in": told.log_in or None,
        "limits": [known._asdict() for known in told.limits],
        "limits_over": [known._asdict() for known in told.over],
        "ollama": {
            **ollama._asdict(),
            "reachable": not ollama.error,
            "loaded": [
                {
                    "name": row.name,
                    "size": row.size,
                    "size_vram": row.size_vram,
                    "context": row.context,
                    "expires_at": row.expires_at,
                }
                for row in ollama.loaded
            ],
        },
        "memory": _machine_json(told.machine),
        "runs": [
            {
                "id": run.id,
                "started": run.started,
                "ended": run.ended,
                "root": run.root,
                "outcome": outcome(run),
                "prompt_line": run.prompt_line,
            }
            for run in told.runs
        ],
    }


def stays(model: LoadedModel, now: float) -> bool:
    """Whether a loaded model stays for ever (``keep_alive: -1``)."""
    return model.expires_at > now + _FOR_EVER_S


def _machine_json(machine: Machine | None) -> dict[str, Any] | None:
    if machine is None:
        return None
    gpus = [
        {
            "name": gpu.name,
            "vendor": gpu.vendor,
            "vram_total": gpu.vram_total,
            "vram_free": gpu.vram_free,
        }
        for gpu in machine.gpus
    ]
    return {"ram_total": machine.ram_total, "ram_available": machine.ram_available, "gpus": gpus}


def _scope(world: World) -> str:
    return world.claude_home.look(world.cwd).account


def _programs(world: World, settings: Settings) -> Programs:
    return Programs(path_of(world, settings.claude_command), path_of(world, settings.aider_command))


def _log_in(world: World, settings: Settings) -> str:
    """The command that logs in; empty where Claude Code is, or where nobody can tell. It is asked
    where no file and no variable has a login: its answer takes 0.4 s, a look at them nothing."""
    if world.claude_home.look(world.cwd).auth != "none":
        return ""
    from ai_code.flows.claude_login import is_logged_out, login_command

    try:
        found = world.processes.find(settings.claude_command)
    except AiCodeError:
        return ""
    if found is None:
        return ""
    program = world.processes.version(found)
    return login_command(world, program) if is_logged_out(world, program, _LOGIN_S) else ""


def _if_it_can(told: Answering, ollama: Ollama) -> Answering:
    """The local model answers only where there is one."""
    if told.who != "local" or ollama.model:
        return told
    lacking = "Ollama does not answer" if ollama.error else "Ollama has no model to take"
    who: Literal["none", "limit"] = "none" if told.until is None else "limit"
    return told._replace(
        who=who, engine="", why=f"{told.why}, and {lacking}", mend=told.mend or ollama.mend
    )


def _ollama(
    world: World,
    settings: Settings,
    server: ModelServer,
    engines: Sequence[EngineHere],
    version: Callable[[], str],
    served: Callable[[], Sequence[ServedModel]],
    loaded: Callable[[], Sequence[LoadedModel]],
) -> tuple[Ollama, Sequence[EngineHere]]:
    """The server, and the engines with the model that each would take."""
    from ai_code.core.model_choice import preferred
    from ai_code.core.models import is_variant
    from ai_code.core.ports import ModelServerError
    from ai_code.core.text import one_line

    base_url = server.base_url
    try:
        # Not the variants that we made of them.
        models = [each for each in served() if not is_variant(each.name)]
        number = version()
    except ModelServerError as error:
        told = f"HTTP {error.status}: {error}" if error.kind == "http" else str(error)
        from ai_code.flows.why_not_ready import SERVE, no_server, serve

        hint = no_server(base_url, error).hint
        mend = serve(world) if hint == SERVE else hint
        return Ollama(base_url, error=one_line(told), kind=error.kind, mend=mend), engines
    rows, policy, catalogue = _told(loaded) or (), settings.policy, world.catalogue
    shows = Shows(server)
    usable = [each for each in models if not policy.refusal_of(each.name, catalogue, shows)]
    exams = world.model_notes.exams()

    def prefer(engine: str, able: Callable[[str], bool] | None) -> str | None:
        return preferred(
            settings.model_for("edit"),
            usable,
            catalogue=catalogue,
            exams=exams,
            wished=settings.aider_edit_format,
            engine=engine,
            loaded=[row.name for row in rows],
            able=able,
        )

    names = [each.name for each in usable]
    engines = with_models(world, settings, engines, Choice(base_url, shows, number, names, prefer))
    going = going_on(engines)
    if going is not None:
        model = going.model
    elif any(each.path for each in engines):
        model = next((each.model for each in engines if each.model), "")
    else:
        model = prefer("aider", None) or ""
    # What an engine lacks of a model has a mend of its own.
    none = "" if any(each.path and each.why for each in engines) else "ai-code models list"
    answer = Ollama(
        base_url,
        version=one_line(number, 30),
        model=model,
        installed=len(models),
        loaded=rows,
        mend="" if model else none if models else "ai-code models pull",
    )
    return answer, engines


def _told(answer: Callable[[], Any]) -> Any:
    """An answer that may be missing from the screen: the rest is worth showing without it."""
    from ai_code.core.ports import ModelServerError

    try:
        return answer()
    except (ModelServerError, OSError, ImportError):
        return None
