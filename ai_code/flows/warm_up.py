"""What is made ready for a local engine while Claude still tries: server, model, worktree."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ai_code.core.errors import AiCodeError
from ai_code.core.verdict import Unavailable, UnavailableReason
from ai_code.flows.briefing import Briefing
from ai_code.flows.model_seen import ca_of
from ai_code.flows.readiness import Ready, ask_local

if TYPE_CHECKING:
    from ai_code.core.ports_tree import TreeFacts, Workspace
    from ai_code.flows.recorder import Recorder
    from ai_code.flows.turns import RunOptions
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_LASTING_S = 5.0
"""Trouble that has lasted so long may well stay: most 429 pass sooner, and a model takes up the
memory that somebody else may need."""


_FRESH_S = 1.0
"""An answer of the server's that is older is asked for again: it takes milliseconds."""


class WarmUp:
    """``trouble`` may be called any number of times; all else also without it."""

    def __init__(
        self, world: World, settings: Settings, options: RunOptions, recorder: Recorder
    ) -> None:
        self._world = world
        self._settings = settings
        self._options = options
        self._recorder = recorder
        self._since: float | None = None
        self._early: Callable[[], Ready | Unavailable] | None = None
        self._checked: Ready | Unavailable | None = None
        self._preparing: Callable[[], Workspace | None] | None = None
        self._loading = ""

    def trouble(self) -> None:
        """Claude retries. The first time the model's server is asked, so that the answer is
        there; once the trouble lasts, the model is loaded and the worktree prepared."""
        now = self._world.clock.monotonic()
        if self._since is None or self._early is None:
            self._since = now
            self._early = self._world.background(self._check)
        elif self._preparing is None and now - self._since >= _LASTING_S:
            self._preparing = self._world.background(self._prepare)

    def check(self) -> Ready | Unavailable:
        """Server, model, memory; under a second."""
        if self._checked is None:
            early = self._early() if self._early else None
            # What was not ready a moment ago may be by now, and what was may be no more.
            if isinstance(early, Ready) and not self._is_old():
                self._checked = early
            else:
                self._checked = self._newer(early, self._check())
        return self._checked

    def _newer(
        self, early: Ready | Unavailable | None, now: Ready | Unavailable
    ) -> Ready | Unavailable:
        """``now``, unless it only sees the memory that the model takes which we are loading."""
        if not isinstance(early, Ready) or self._loading != early.local.name:
            return now
        if isinstance(now, Ready):
            same = now.local.name == early.local.name
            return early if same and not now.loaded else now
        return early if now.reason is UnavailableReason.MEMORY else now

    def load(self, ready: Ready) -> None:
        """Has the model loaded beside us, with the context that the engine will ask for. A
        failure shows where the model is needed: in the engine."""
        local = ready.local
        if ready.loaded or self._loading == local.name:
            return
        self._loading = local.name
        ca_file = ca_of(self._settings, local.ca_file)
        server = self._world.model_server(local.base_url, local.headers, ca_file)
        self._world.background(lambda: server.preload(local.name, local.num_ctx, local.keep_alive))

    def workspace(self, facts: TreeFacts, editable: tuple[str, ...]) -> Workspace:
        """Where the engine works: what was prepared early, if the tree is still the same and
        everything in ``editable`` is in it, else a new one."""
        early = self._prepared()
        if early is not None:
            size = self._world.files.size
            if all(size(early.path / name) is not None for name in editable) and early.current():
                return early
            self._world.trees.discard(self._recorder.run_dir)
        return self._make(facts, editable)

    def dismiss(self) -> None:
        """Nobody needs it: Claude went on by itself."""
        if self._prepared() is not None:
            self._world.trees.discard(self._recorder.run_dir)

    def _prepared(self) -> Workspace | None:
        preparing, self._preparing = self._preparing, None
        try:
            return preparing() if preparing else None
        except AiCodeError:
            # It is tried again when it is needed, and told then.
            self._world.trees.discard(self._recorder.run_dir)
            return None

    def _is_old(self) -> bool:
        now = self._world.clock.monotonic()
        return self._since is None or now - self._since > _FRESH_S

    def _check(self) -> Ready | Unavailable:
        return ask_local(self._world, self._settings)

    def _prepare(self) -> Workspace | None:
        """Beside Claude's retries. Not where a snapshot of the tree is kept for --expect-changes:
        a run has room for one."""
        ready = self._early() if self._early else None
        if not isinstance(ready, Ready):
            return None
        self.load(ready)
        if self._options.expect_changes or self._settings.fallback_where != "worktree":
            return None
        briefing = Briefing(self._world, self._settings, self._options, ready.local)
        facts = self._world.trees.facts(self._world.cwd)
        return self._make(facts, briefing.editable(facts, None).names)

    def _make(self, facts: TreeFacts, editable: tuple[str, ...]) -> Workspace:
        return self._world.trees.prepare(
            self._world.cwd,
            self._recorder.run_dir,
            include=[facts.root / name for name in editable],
            where=self._settings.fallback_where,
        )
