"""What is asked of a local model, and what is known of models before one is looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ai_code.core.catalogue import Catalogue, Role
from ai_code.core.policy import Policy
from ai_code.engines.registry import local_engine
from ai_code.flows.engines_set import first_engine
from ai_code.flows.model_fit import own_authority

if TYPE_CHECKING:
    from ai_code.core.disk import DiskRoom
    from ai_code.core.machine import Machine
    from ai_code.core.memory import KvType
    from ai_code.core.model_notes import ModelNotes
    from ai_code.core.model_settings import WishedFormat
    from ai_code.flows.world import World
    from ai_code.settings import Settings

MACHINE_S = 2.0
"""A driver that hangs is not waited for where only a name depends on it."""

Tried = tuple[str, int]
"""A model's name and the context, in tokens, with which it did not fit after all."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What settings ask for: a model's name or ``auto``; ``num_ctx`` in tokens, 0 for auto;
    ``failed`` is what was tried in vain in this run."""

    model: str
    num_ctx: int
    headers: Mapping[str, str]
    keep_alive: str | None
    chain: tuple[str, ...] = ()
    allow_cpu_offload: bool = True
    kv_type: KvType = "f16"
    parallel: int = 1
    policy: Policy = field(default_factory=Policy)
    edit_format: WishedFormat = "auto"
    engine: str = "aider"
    """The one that is to work on it: exams are taken with one."""
    role: Role = "edit"
    failed: tuple[Tried, ...] = ()
    ca_file: str = ""
    least_context: int = 0
    """Tokens below which the engine cannot work."""
    needs_tools: bool = False
    """The engine works by calling tools."""
    wished: int = 0
    """Tokens that the catalogue gives this model where there is room; 0: as any model."""
    alone: bool = False
    """No other model in its place."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of models: the catalogue, and what was measured on this machine."""

    catalogue: Catalogue = field(default_factory=Catalogue)
    notes: ModelNotes | None = None
    in_time: Callable[[Callable[[], Machine]], Machine] = lambda read: read()
    """Reads the machine, or raises TimeoutError: what to get instead is said at once."""
    room: Callable[[str, Sequence[str]], DiskRoom | None] = lambda _url, _installed: None
    """The disk of a server's models, by its address and what it has."""


def wanted_by(
    world: World,
    settings: Settings,
    role: Role = "edit",
    failed: tuple[Tried, ...] = (),
    engine: str = "",
) -> Wanted:
    """What the settings want of a model for this role, and what the engine needs. ``engine``
    empty: the one that a run would go on with."""
    name = engine or first_engine(settings)
    about = local_engine(name).about
    return Wanted(
        settings.model_for(role),
        settings.ollama_num_ctx,
        settings.ollama_headers,
        settings.ollama_keep_alive,
        chain=settings.models_chain,
        allow_cpu_offload=settings.models_allow_cpu_offload,
        kv_type=settings.ollama_kv_cache_type,
        parallel=max(1, settings.ollama_num_parallel),
        policy=settings.policy,
        edit_format=settings.aider_edit_format,
        engine=name,
        role=role,
        failed=failed,
        least_context=about.wanted_context,
        needs_tools=about.needs_tools,
        ca_file=own_authority(world, settings),
    )
