"""What all commands about models share: the server, its errors, the policy, a model's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from ai_code.core.errors import AiCodeError, ConfigError, UsageError
from ai_code.core.models import installed_name
from ai_code.core.ports import LoadedModel, ModelServerError, ServedModel
from ai_code.flows.model_fit import own_authority

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
    server = world.patient_server(
        settings.ollama_api, settings.ollama_headers, own_authority(world, settings)
    )
    return Served(server, asked(server, server.models))


def asked(server: ModelServer, call: Callable[[], T]) -> T:
    """A call of the server's, its errors made into those of a person."""
    try:
        return call()
    except ModelServerError as error:
        raise server_error(server.base_url, error) from error


def server_error(base_url: str, error: ModelServerError) -> AiCodeError:
    """What a person is told where the server refuses or is not there."""
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
    hint = "ollama serve" if is_local(base_url) else f"curl {base_url}/api/version"
    return AiCodeError(f"Ollama is not running at {base_url}", why=str(error), hint=hint)


def is_local(base_url: str) -> bool:
    """Whether the server is on this machine: then its memory and disk are those we see."""
    host = urlsplit(base_url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


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
    """Asks, unless ``yes``. Raises UsageError where nobody can answer."""
    if yes:
        return True
    console = world.console
    if not (console.stdin_is_tty and console.stderr_is_tty):
        raise UsageError(
            "this needs a yes", why="there is no terminal to ask on", hint=f"{command} --yes"
        )
    return console.ask(question, {"y": "yes", "n": "no"}) == "y"
