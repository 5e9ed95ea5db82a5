"""What all commands about models share: the server, its errors, the policy, a model's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ai_code.core.errors import AiCodeError, ConfigError, UsageError
from ai_code.core.models import installed_name, is_model_name, is_variant
from ai_code.core.ports import LoadedModel, ModelServerError, ServedModel
from ai_code.core.text import one_line
from ai_code.flows.model_fit import is_local, own_authority
from ai_code.flows.why_not_ready import SERVE, serve

if TYPE_CHECKING:
    from ai_code.core.catalogue import Maker
    from ai_code.core.ports import ModelServer
    from ai_code.flows.world import World
    from ai_code.settings import Settings

T = TypeVar("T")
RECOMMEND = "ai-code models recommend"


class Served(NamedTuple):
    """The server, and what it has installed."""

    server: ModelServer
    models: Sequence[ServedModel]

    def find(self, name: str, hint: str = "") -> ServedModel:
        """The installed model that a name means. Raises UsageError where there is none."""
        require_name(name)
        found = installed_name(name, [model.name for model in self.models])
        for model in self.models:
            if model.name == found:
                return model
        names = ", ".join(model.name for model in self.models[:6]) or "none"
        raise UsageError(
            f"the model {name} is not installed in Ollama",
            why=f"installed: {names}",
            hint=hint or f"ai-code models pull {name}",
        )


def served(world: World, settings: Settings) -> Served:
    """Asks the server. Raises AiCodeError where it does not answer."""
    server = model_server(world, settings)
    try:
        return Served(server, own_models(server))
    except ModelServerError as error:
        raise server_error(server.base_url, error, serve(world)) from error


def own_models(server: ModelServer) -> Sequence[ServedModel]:
    """What the person has installed: not the variants that we made of it."""
    return [model for model in server.models() if not is_variant(model.name)]


def model_server(world: World, settings: Settings) -> ModelServer:
    """The server of the settings, for a command that can wait for it."""
    return world.patient_server(
        settings.ollama_api, settings.ollama_headers, own_authority(world, settings)
    )


def asked(server: ModelServer, call: Callable[[], T]) -> T:
    """A call of the server's, its errors made into those of a person."""
    try:
        return call()
    except ModelServerError as error:
        raise server_error(server.base_url, error) from error


def server_error(base_url: str, error: ModelServerError, start: str = SERVE) -> AiCodeError:
    """What a person is told where the server refuses or is not there; ``start`` is the command
    that starts one on this machine."""
    if error.kind == "http":
        return AiCodeError(
            f"Ollama at {base_url} answered HTTP {error.status}",
            why=str(error),
            hint="ai-code config show --origin",
        )
    if error.kind == "certificate":
        what = f"the certificate of {base_url} is not accepted"
        return AiCodeError(what, why=str(error), hint="ai-code config show --origin")
    if error.kind == "garbage":
        what = f"what answers at {base_url} is not Ollama"
        return AiCodeError(what, why=str(error), hint="ai-code config show --origin")
    if error.kind == "timeout":
        what = f"Ollama does not answer in time at {base_url}"
        return AiCodeError(what, why=str(error), hint=f"curl {base_url}/api/version")
    hint = start if is_local(base_url) else f"curl {base_url}/api/version"
    return AiCodeError(f"Ollama is not running at {base_url}", why=str(error), hint=hint)


def not_known(error: AiCodeError) -> str:
    """What is said where an answer is of use without the server too."""
    why = f" ({one_line(error.why)})" if error.why else ""
    return f"{error.what}{why}: what is installed is not known"


def shown(server: ModelServer, name: str) -> Mapping[str, Any]:
    """What /api/show tells; nothing where the server refuses (a damaged model, a proxy)."""
    try:
        return server.show(name)
    except ModelServerError as error:
        if error.kind == "http":
            return {}
        raise server_error(server.base_url, error) from error


def loaded(server: ModelServer) -> Sequence[LoadedModel]:
    """What is in memory; nothing where the server does not tell."""
    try:
        return server.loaded()
    except ModelServerError:
        return ()


def refusal(world: World, settings: Settings, name: str, show: Mapping[str, Any] | None) -> str:
    """The rule of the policy that forbids a model; empty where none does."""
    return settings.policy.refusal(name, world.catalogue.maker(name, show))


def require_name(name: str) -> None:
    """Raises UsageError where no model can be called so: nobody need be asked about it."""
    if not is_model_name(name):
        raise UsageError(
            f"'{one_line(name, 60)}' is not a model's name",
            why="as in qwen2.5-coder:7b or hf.co/maker/model:tag, without blanks",
            hint="ai-code models list --all",
        )


def require_allowed(
    world: World, settings: Settings, name: str, show: Mapping[str, Any] | None = None
) -> None:
    """Raises ConfigError, naming the rule, where the policy forbids the model."""
    if rule := refusal(world, settings, name, show):
        raise ConfigError(f"the model {name} may not be used", why=rule, hint=RECOMMEND)


def made_by(maker: Maker) -> str:
    """``Alibaba (CN)``, for a screen."""
    return f"{maker.name} ({maker.country})" if maker.name else "maker not known"


def confirmed(world: World, question: str, yes: bool, command: str) -> bool:
    """Asks, unless ``yes``. Raises UsageError, which names the command, where nobody can
    answer."""
    if yes:
        return True
    console = world.console
    if not (console.stdin_is_tty and console.stderr_is_tty):
        raise UsageError(
            f"{command.removeprefix('ai-code ')} needs a yes",
            why="there is no terminal to ask on",
            hint=f"{command} --yes",
        )
    return console.ask(question, {"y": "yes", "n": "no"}) == "y"
