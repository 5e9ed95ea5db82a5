"""``ai-code models pull`` of several models, and of those that runs use and that are missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, get_args

from ai_code.core.catalogue import Role
from ai_code.core.errors import AiCodeError, TryLaterError
from ai_code.core.ports import ModelServerError
from ai_code.core.verdict import UnavailableReason
from ai_code.flows.models.pulling import Pull
from ai_code.flows.models.recommending import best
from ai_code.flows.readiness import Ready, ask_local

if TYPE_CHECKING:
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_WAIT_S = 20.0
"""A service counts as started before it listens."""
_POLL_S = 0.5


def pull_all(
    world: World, settings: Settings, names: Sequence[str], *, yes: bool, missing: bool
) -> None:
    """One after the other; one that fails does not stop the others. Without names the recommended
    one, with ``missing`` those that runs use. Raises AiCodeError, TryLaterError where a later try
    may have it; Stopped."""
    if missing:
        _wait_for_server(world, settings)
    wanted: Sequence[str | None] = names or (used_models(world, settings) if missing else (None,))
    if not wanted:
        world.console.note("nothing is missing: a run has its model")
    failed: dict[str, AiCodeError] = {}
    for name in wanted:
        try:
            Pull(world, settings).go(name, yes=yes, missing=missing)
        except AiCodeError as error:
            if len(wanted) == 1:
                raise _kind(error)(error.what, why=error.why, hint=error.hint) from error
            failed[name or ""] = error
    if failed:
        later = any(_kind(each) is TryLaterError for each in failed.values())
        raise (TryLaterError if later else AiCodeError)(
            f"{len(failed)} of {len(wanted)} models could not be fetched",
            why="; ".join(dict.fromkeys(each.what for each in failed.values())),
            hint=f"ai-code models pull {' '.join(failed)}",
        )


def _kind(error: AiCodeError) -> type[AiCodeError]:
    """A server that is not there now may be there later."""
    cause = error.__cause__
    away = isinstance(cause, ModelServerError) and cause.kind in ("refused", "timeout")
    return TryLaterError if away else type(error)


def used_models(world: World, settings: Settings) -> list[str]:
    """The models that the settings name, those of the chain too; for ``auto`` the recommended
    one, unless a run finds one that is installed. Raises AiCodeError where nothing suits."""
    names = [settings.model_for(role) for role in get_args(Role)]
    found = [name for name in (*names, *settings.models_chain) if name != "auto"]
    if "auto" in names:
        ready = ask_local(world, settings)
        if not isinstance(ready, Ready) and ready.reason is UnavailableReason.NO_MODEL:
            found.append(best(world, settings).name)
    return list(dict.fromkeys(found))


def _wait_for_server(world: World, settings: Settings) -> None:
    clock = world.clock
    server = world.model_server(settings.ollama_api, settings.ollama_headers)
    until = clock.monotonic() + _WAIT_S
    while True:
        try:
            server.version()
            return
        except ModelServerError as error:
            if error.kind != "refused" or clock.monotonic() >= until:
                return
        world.console.status("waiting for Ollama to answer…")
        clock.sleep(_POLL_S)
