"""A model that does not fit after all: a smaller context, then a lighter model, each said in one
line. Nothing is tried twice, and what is tried only gets smaller."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ai_code.core.ports import ModelServerError
from ai_code.core.verdict import Evidence, Unavailable, UnavailableReason
from ai_code.flows.model_seen import ca_of, remember, running_now
from ai_code.flows.readiness import Ready, out_of_memory
from ai_code.flows.wanted import Tried

if TYPE_CHECKING:
    from ai_code.core.ports import LoadedModel
    from ai_code.core.task import Program
    from ai_code.flows.local_turn import LocalTurn
    from ai_code.flows.turns import Turn
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_MOST = 12
"""Attempts in one run, whatever happens."""


def run_chain(
    world: World,
    settings: Settings,
    local: LocalTurn,
    program: Program,
    ready: Ready,
    claude: Turn | None,
    keep: Callable[[Turn], Turn],
) -> Turn:
    """The local engine's turn with the first model that fits. ``keep`` records a turn; the last
    one is recorded too. Where no model is left, the verdict of the last stands."""
    chain = _Chain(world, settings, local)
    loading: Ready | Unavailable = ready
    while True:
        if not settings.models_allow_cpu_offload:
            loading = chain.wholly_loaded(ready)
        if isinstance(loading, Unavailable):
            return keep(local.not_loaded(loading, ready))
        ready = loading
        turn = keep(local.run(program, ready, claude))
        if not (isinstance(turn.verdict, Unavailable) and out_of_memory(turn.verdict)):
            return turn
        loading = chain.next(ready, "did not fit into memory")
        fit = loading if isinstance(loading, Unavailable) else local.fit(loading)
        if isinstance(fit, Unavailable):
            return turn
        ready = fit


class _Chain:
    def __init__(
        self,
        world: World,
        settings: Settings,
        local: LocalTurn,
    ) -> None:
        self._world = world
        self._settings = settings
        self._local = local
        self._failed: tuple[Tried, ...] = ()

    def next(self, ready: Ready, why: str) -> Ready | Unavailable:
        """What is tried after this one."""
        tried = (ready.local.shown, ready.local.num_ctx)
        if tried in self._failed or len(self._failed) >= _MOST:
            return _nothing_left(ready, why)
        self._failed = (*self._failed, tried)
        found = self._local.after(self._failed)
        if isinstance(found, Unavailable):
            return found
        name, context = found.local.name, found.local.num_ctx
        if (name, context) in self._failed:
            return _nothing_left(ready, why)
        now = f"with {context} tokens" if name == tried[0] else f"{name} is tried instead"
        told = f"now {now}" if name == tried[0] else now
        self._world.console.important(f"{tried[0]} with {tried[1]} tokens {why}: {told}.")
        return found

    def wholly_loaded(self, ready: Ready) -> Ready | Unavailable:
        """The first that is loaded without a part of it on the CPU (where there is a GPU)."""
        while why := self._load(ready):
            found = self.next(ready, why)
            fit = found if isinstance(found, Unavailable) else self._local.fit(found)
            if isinstance(fit, Unavailable):
                return fit
            ready = fit
        return ready

    def _load(self, ready: Ready) -> str:
        """Loads it, and why it will not do; empty where it will."""
        local = ready.local
        ca_file = ca_of(self._settings, local.ca_file)
        server = self._world.model_server(local.base_url, local.headers, ca_file)
        if not ready.loaded:
            self._world.console.status(f"loading {local.shown}…")
            try:
                server.preload(local.name, local.num_ctx, local.keep_alive)
            except ModelServerError as error:
                # What else is wrong the engine meets too, and the judge names it.
                return "did not fit into memory" if _is_memory(error) else ""
            finally:
                self._world.console.status("")
        running = running_now(self._world, self._settings, ready)
        if running is None or not self._is_partly_on_cpu(running):
            return ""
        remember(self._world, self._settings, ready, running)
        share = 100 * running.size_vram // max(1, running.size)
        return f"is only {share} % on the GPU (models.allow-cpu-offload)"

    def _is_partly_on_cpu(self, running: LoadedModel) -> bool:
        # 0: there is no GPU, or the server uses none; then no other model would lie on it.
        return 0 < running.size_vram < running.size


def _is_memory(error: ModelServerError) -> bool:
    text = str(error).lower()
    return "more system memory" in text or "out of memory" in text or "out-of-memory" in text


def _nothing_left(ready: Ready, why: str) -> Unavailable:
    return Unavailable(
        UnavailableReason.MEMORY,
        f"{ready.local.shown} {why}, and no other model is left to try",
        Evidence("ollama.memory", "none", ready.local.name),
        "ollama ps   (what is loaded), or a smaller model: --model NAME",
    )
