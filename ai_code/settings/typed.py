"""Settings as the rest of the house reads them, and where each of them came from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ai_code.settings.keys import GROUPS, KEYS, Value

if TYPE_CHECKING:
    from ai_code.core.catalogue import Role
    from ai_code.core.memory import KvType
    from ai_code.core.policy import Policy

LayerName = Literal["flag", "env", "command", "project", "user", "default"]


class Settings(NamedTuple):
    """All settings, typed. Times in seconds (0: no limit), budgets in tokens (0: automatic).

    ``fallback_on`` holds kinds only: groups are expanded."""

    engine: Literal["auto", "claude", "aider"]
    model: str
    quiet: bool
    verbose: bool
    patience_s: float
    preload: Literal["auto", "never", "always"]
    stall_timeout_s: float
    timeout_s: float
    claude_model: str | None
    claude_command: tuple[str, ...]
    claude_args: tuple[str, ...]
    claude_when_limited: Literal["try", "skip"]
    claude_extra_usage: Literal["tell", "limit"]
    fallback_enabled: bool
    fallback_engines: tuple[str, ...]
    fallback_on: frozenset[str]
    fallback_on_limit: Literal["local", "wait", "ask", "stop"]
    fallback_where: Literal["worktree", "tree"]
    fallback_on_suspect: Literal["ask", "keep", "drop"]
    fallback_auto_commit: bool
    context_files: tuple[str, ...]
    context_budget: int
    aider_command: tuple[str, ...]
    aider_args: tuple[str, ...]
    aider_edit_format: Literal["diff", "whole", "udiff"]
    ollama_api: str
    ollama_hosts: tuple[str, ...]
    ollama_headers: Mapping[str, str]
    ollama_ca_file: str | None
    ollama_num_ctx: int
    ollama_keep_alive: str | None
    ollama_kv_cache_type: KvType
    ollama_num_parallel: int
    models_exclude_countries: tuple[str, ...]
    models_exclude_makers: tuple[str, ...]
    models_allow: tuple[str, ...]
    models_deny: tuple[str, ...]
    models_chain: tuple[str, ...]
    models_allow_cpu_offload: bool
    models_roles_edit: str | None
    models_roles_ask: str | None
    models_roles_draft: str | None
    models_roles_review: str | None
    notify: str | tuple[str, ...]
    """``off``, ``desktop`` or a command."""
    journal_keep_answers: bool
    journal_keep_days: int

    @property
    def policy(self) -> Policy:
        """The rules of ``models.*`` about which models may be used."""
        from ai_code.core.policy import Policy

        return Policy(
            self.models_exclude_countries,
            self.models_exclude_makers,
            self.models_allow,
            self.models_deny,
        )

    def model_for(self, role: Role) -> str:
        """The model that a role works with: its own, else ``model``. A name or ``auto``."""
        own: dict[Role, str | None] = {
            "edit": self.models_roles_edit,
            "ask": self.models_roles_ask,
            "draft": self.models_roles_draft,
            "review": self.models_roles_review,
        }
        return own[role] or self.model

    def __repr__(self) -> str:
        """Nothing of the values: headers are secrets."""
        return "Settings(…)"


class SourceFile(NamedTuple):
    """A file as it was read. ``trusted`` and ``problem`` (why it could not be read; then the
    content is empty) matter for a project's file only."""

    path: Path
    content: bytes
    trusted: bool = True
    problem: str = ""

    def __repr__(self) -> str:
        """Nothing of the content: headers are secrets."""
        return f"SourceFile({self.path})"


class Origin(NamedTuple):
    """Where a value came from: ``name`` is the flag or variable, ``path`` and ``line`` (from 1)
    the place in a file."""

    layer: LayerName
    name: str = ""
    path: Path | None = None
    line: int | None = None

    def __str__(self) -> str:
        if self.path is None:
            return f"{self.layer} {self.name}".rstrip()
        place = f"{self.path}:{self.line}" if self.line else f"{self.path}"
        return f"{self.layer} {place}"


class Notice(NamedTuple):
    """Something worth one line, and the command that mends it. ``str`` gives both."""

    text: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.text}\nhint: {self.hint}" if self.hint else self.text


class Loaded(NamedTuple):
    """``values`` and ``origins`` have every key of the table, ``settings`` is made of them."""

    settings: Settings
    values: Mapping[str, Value]
    origins: Mapping[str, Origin]
    warnings: tuple[Notice, ...] = ()

    def __repr__(self) -> str:
        return "Loaded(…)"


def typed_settings(values: Mapping[str, Value]) -> Settings:
    """``Settings`` of one value for each key of the table."""
    attributes: dict[str, Any] = {key.attribute: values[name] for name, key in KEYS.items()}
    attributes["fallback_on"] = expand(attributes["fallback_on"])
    return Settings(**attributes)


def expand(words: tuple[str, ...]) -> frozenset[str]:
    """Kinds that ``fallback.on`` names, groups replaced by what they stand for."""
    kinds: set[str] = set()
    for word in words:
        kinds |= GROUPS.get(word, {word})
    return frozenset(kinds)
