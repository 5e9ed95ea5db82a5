"""The table of checks. An id never changes: scripts and the troubleshooting page go by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ai_code.core.doctor import Finding, Group
from ai_code.flows.doctor import (
    aider,
    claude,
    config,
    downloads,
    engines,
    fetching,
    gpu,
    hooks,
    machine,
    models,
    running,
    server,
    state,
    versions,
)
from ai_code.flows.doctor.facts import Facts


class Check(NamedTuple):
    """One look at one thing. ``deep`` ones take long, and run only when asked for."""

    id: str
    group: Group
    title: str
    look: Callable[[Facts], Finding]
    deep: bool = False


CHECKS: tuple[Check, ...] = (
    Check("claude-found", "claude", "Claude Code is installed", claude.found),
    Check("claude-version", "claude", "its version is known", claude.version),
    Check("claude-login", "claude", "it is logged in", claude.login),
    Check("claude-api-key", "claude", "no API key is billed beside a plan", claude.api_key),
    Check("claude-trust", "claude", "this folder's Claude settings are trusted", claude.trust),
    Check("claude-hooks", "claude", "our hooks in its settings work", hooks.hooks),
    Check("aider-found", "aider", "aider is installed", aider.found),
    Check("aider-version", "aider", "its version is known", aider.version),
    Check("aider-bytecode", "aider", "its modules are compiled", aider.bytecode),
    Check("aider-edits", "aider", "it edits a scratch file", aider.edits, deep=True),
    Check("engines-found", "engines", "other local engines are installed", engines.found),
    Check("engines-model", "engines", "a model will do for them", engines.served),
    Check("ollama-binary", "ollama", "Ollama is installed", server.binary),
    Check("ollama-server", "ollama", "its server answers", server.server),
    Check("ollama-port", "ollama", "no other program has its port", server.port),
    Check("ollama-address", "ollama", "the address is the server's", server.address),
    Check("ollama-version", "ollama", "its version will do", versions.version),
    Check("ollama-open", "ollama", "only this machine can use it", server.open_to_network),
    Check("ollama-service", "ollama", "its service runs", running.service),
    Check("ollama-restarts", "ollama", "it does not end again and again", running.restarts),
    Check("ollama-keep-alive", "ollama", "models stay as long as is set", running.keep_alive),
    Check("ollama-settings", "ollama", "what we are told of it is so", running.settings),
    Check("ollama-gpu", "ollama", "it uses the GPU", gpu.gpu),
    Check("ollama-gpu-choice", "ollama", "no variable hides the GPU", gpu.choice),
    Check("ollama-libraries", "ollama", "its libraries are there", gpu.libraries),
    Check("ollama-memory", "ollama", "no model failed for memory", gpu.memory),
    Check("ollama-timeouts", "ollama", "no load timed out", gpu.timeouts),
    Check("models-installed", "models", "there is a model to use", models.installed),
    Check("models-policy", "models", "it may be used", models.allowed),
    Check("models-memory", "models", "it fits into memory", models.fits),
    Check("models-context", "models", "its context is the one needed", models.context),
    Check("models-truncated", "models", "no prompt was cut in silence", gpu.truncated),
    Check("models-offload", "models", "it is on the GPU as a whole", models.offload),
    Check("models-digest", "models", "downloads are whole", downloads.digest),
    Check("models-service", "models", "missing ones are fetched", fetching.fetching),
    Check("models-content", "models", "its content is as published", downloads.content, deep=True),
    Check("models-answer", "models", "it answers", downloads.answers, deep=True),
    Check("machine-ram", "machine", "there is memory", machine.ram),
    Check("machine-gpu", "machine", "graphics cards answer", machine.vram),
    Check("machine-disk", "machine", "there is room on the disk", machine.disk),
    Check("machine-git", "machine", "git is installed", machine.git),
    Check("machine-git-identity", "machine", "git knows your name", machine.identity),
    Check("settings-files", "settings", "the settings can be used", config.files),
    Check("settings-warnings", "settings", "no setting is ignored", config.warnings),
    Check("settings-fallback", "settings", "something goes on at a limit", config.fallback),
    Check("settings-catalogue", "settings", "your models.yaml is right", config.catalogue),
    Check("state-folder", "state", "our folder is yours alone", state.folder),
    Check("state-journal", "state", "records can be read", state.journal),
    Check("state-processes", "state", "no killed run left anything", state.processes),
    Check("state-worktrees", "state", "no worktree outlives its run", state.worktrees),
)

IDS = tuple(check.id for check in CHECKS)
