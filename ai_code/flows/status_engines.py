"""The local engines as ``ai-code status`` sees them: by files, and by what the server tells;
nothing is started. What aider needs is known without looking, so most people's chain costs no
import."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.errors import AiCodeError
from ai_code.flows.endings import mend_aider
from ai_code.flows.engines_set import EngineHere, in_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from ai_code.core.ports import ModelServer
    from ai_code.engines.registry import LocalEngine
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_RECOMMEND = "ai-code models recommend"
_UNSEEN = "a run asks first whether its own sandbox can be made here"


def by_path(world: World, settings: Settings) -> list[EngineHere]:
    """Those that a run would try, by files alone."""
    return [_found(world, settings, name) for name in in_turn(settings)]


def path_of(world: World, argv: Sequence[str]) -> str:
    """The path of a program; empty where it is not there, or cannot be run."""
    try:
        program = world.processes.find(argv)
    except AiCodeError:
        return ""
    return program.argv[0] if program else ""


def _found(world: World, settings: Settings, name: str) -> EngineHere:
    if name == "aider":
        path = path_of(world, settings.aider_command)
        missing = EngineHere(name, why="aider is not installed", mend=mend_aider(settings))
        return EngineHere(name, path) if path else missing
    from ai_code.core.verdict import Unavailable
    from ai_code.engines.registry import local_engine
    from ai_code.flows.engine_program import find_by_path

    engine = local_engine(name)
    program = find_by_path(world, settings, engine)
    if isinstance(program, Unavailable):
        plain = program.evidence.rule == f"{name}.missing" and name != "custom"
        why = f"{name} is not installed" if plain else program.message
        return EngineHere(name, why=why, mend=program.hint)
    here = EngineHere(name, program.argv[0])
    if settings.fallback_where != "tree":
        return here
    from ai_code.flows.engine_fit import not_in_the_tree

    held = not_in_the_tree(settings, engine)
    return here._replace(why=held.message, mend=held.hint) if held else here


class Choice(NamedTuple):
    """The server at ``base_url``, its version, what it ``shows`` of its models, and who chooses
    of them: ``prefer`` gives the one that an engine would take, of those that are ``able``."""

    base_url: str
    shows: Shows
    version: str
    names: Sequence[str]
    prefer: Callable[[str, Callable[[str], bool] | None], str | None]


def with_models(
    world: World, settings: Settings, engines: Sequence[EngineHere], choice: Choice
) -> list[EngineHere]:
    """The same, each with the model that it would take, or why none will do."""
    found = [each if each.why else _with_model(world, settings, each, choice) for each in engines]
    if not any(each.model and not each.why for each in found):
        return found
    # A run leaves out what has none, for one that has.
    names = ", ".join(choice.names[:6])
    why = f"none of the installed models is chosen by itself ({names}): name one"
    return [
        each if each.why or each.model else each._replace(why=why, mend="ai-code models list")
        for each in found
    ]


def _with_model(world: World, settings: Settings, here: EngineHere, choice: Choice) -> EngineHere:
    if here.name == "aider":
        return here._replace(model=choice.prefer(here.name, None) or "")
    from ai_code.core.task import LocalModel
    from ai_code.engines.registry import local_engine
    from ai_code.flows.engine_fit import too_old, why_not
    from ai_code.flows.engine_program import could_stand_in
    from ai_code.flows.model_fit import will_serve

    engine = local_engine(here.name)
    if old := too_old(engine, choice.version):
        return here._replace(why=old.message, mend=old.hint)
    about, shows = engine.about, choice.shows

    def able(name: str) -> bool:
        return will_serve(shows(name), tools=about.needs_tools, context=about.wanted_context)

    model = choice.prefer(here.name, able)
    if model is None:
        return _without_model(here, engine, choice)
    context = settings.ollama_num_ctx
    local = LocalModel(model, choice.base_url, context)
    why = why_not(engine, local, choice.version, shows(model), context)
    unsure = engine.fence == "own" and not could_stand_in(world, settings)
    here = here._replace(model=model, unseen=_UNSEEN if unsure else "")
    return here._replace(why=why.message, mend=why.hint) if why else here


def _without_model(here: EngineHere, engine: LocalEngine, choice: Choice) -> EngineHere:
    """None is taken: nothing is wrong with the engine where there is none at all, nor where the
    person is to name one of several."""
    from ai_code.core.model_choice import MOST_ASKED
    from ai_code.core.models import calls_tools, can_chat
    from ai_code.flows.model_fit import will_serve
    from ai_code.flows.why_not_ready import in_words

    about = engine.about
    least, tools = about.wanted_context, about.needs_tools
    chatting = [name for name in choice.names if can_chat(name)][:MOST_ASKED]
    told = [choice.shows(name) for name in chatting]
    if not told or any(will_serve(show, tools=tools, context=least) for show in told):
        return here
    lacks_tools = tools and not any(map(calls_tools, told))
    why = in_words(
        here.name, chatting, "tools" if lacks_tools else "context", context=least, tools=tools
    )
    return here._replace(why=why, mend=_RECOMMEND)


class Shows:
    """What the server tells of each model, asked once for all engines; nothing where it does not.
    One that was silent is not asked about another."""

    def __init__(self, server: ModelServer) -> None:
        self._server = server
        self._known: dict[str, Mapping[str, Any]] = {}
        self._is_silent = False

    def __call__(self, name: str) -> Mapping[str, Any]:
        from ai_code.core.ports import ModelServerError

        if name not in self._known and not self._is_silent:
            try:
                self._known[name] = self._server.show(name)
            except ModelServerError as error:
                self._is_silent = error.kind == "timeout"
        return self._known.setdefault(name, {})
