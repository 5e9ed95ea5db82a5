"""Settings as the rest of the house reads them, and where each of them came from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ai_code.settings.keys import GROUPS, KEYS, Value

if TYPE_CHECKING:
    from ai_code.core.about import Mode
    from ai_code.core.catalogue import Role
    from ai_code.core.memory import KvType
    from ai_code.core.policy import Policy

LayerName = Literal["flag", "env", "command", "project", "user", "default"]


class Settings(NamedTuple):
    """All settings, typed. Times in seconds (0: no limit), budgets in tokens (0: automatic).

    ``fallback_on`` holds kinds only: groups are expanded."""

    engine: str
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
    fallback_chain: tuple[str, ...]
    fallback_commands: Literal["deny", "allow"]
    fallback_fence: Literal["auto", "require", "off"]
    fallback_on: frozenset[str]
    fallback_on_limit: Literal["local", "wait", "ask", "stop"]
    fallback_where: Literal["worktree", "tree"]
    fallback_on_suspect: Literal["ask", "keep", "drop"]
    fallback_verify: tuple[str, ...] | None
    fallback_verify_timeout_s: float
    fallback_auto_commit: bool
    brief_steps: Literal["auto", "all", "one-by-one"]
    handover_resume: bool
    handover_to_claude: Literal["note", "none"]
    context_files: tuple[str, ...] | None
    context_budget: int
    memory_to_claude: bool
    memory_import_from: tuple[str, ...]
    aider_command: tuple[str, ...]
    aider_args: tuple[str, ...]
    aider_edit_format: Literal["auto", "diff", "whole", "udiff"]
    engines_command: Mapping[str, tuple[str, ...]]
    engines_args: Mapping[str, tuple[str, ...]]
    engines_for_edit: str | None
    engines_for_ask: str | None
    engines_for_plan: str | None
    custom_command: tuple[str, ...] | None
    ollama_api: str
    ollama_hosts: tuple[str, ...]
    ollama_headers: Mapping[str, str]
    ollama_ca_file: str | None
    ollama_num_ctx: int
    ollama_keep_alive: str | None
    ollama_kv_cache_type: KvType
    ollama_num_parallel: int
    models_variants: Literal["auto", "never"]
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
    journal_keep_runs: int

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

    def command_of(self, engine: str) -> tuple[str, ...]:
        """How an engine is started; empty where its own name for its program counts."""
        match engine:
            case "claude" | "claude-local":
                own = self.claude_command
            case "aider":
                own = self.aider_command
            case "custom":
                own = self.custom_command or ()
            case _:
                own = ()
        return self.engines_command.get(engine, own)

    def args_of(self, engine: str) -> tuple[str, ...]:
        """Further arguments for an engine."""
        own = self.aider_args if engine == "aider" else ()
        return self.engines_args.get(engine, own)

    def engine_for(self, mode: Mode) -> str:
        """The engine for a kind of task: its own, else ``engine``. A name or ``auto``."""
        own = {
            "edit": self.engines_for_edit,
            "ask": self.engines_for_ask,
            "plan": self.engines_for_plan,
        }
        return own[mode] or self.engine

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
