"""The environment of Claude Code on a local model: every request goes there, and nobody pays."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ai_code.core.secret_values import secret_names
from ai_code.engines.local import model_of

if TYPE_CHECKING:
    from pathlib import Path

    from ai_code.core.task import LocalModel, Task

_GONE = re.compile(
    r"ANTHROPIC_\w+|CLAUDE_CODE_(USE_\w+|OAUTH_\w+|API_KEY\w*|SKIP_\w+AUTH|RETRY_WATCHDOG|"
    r"EFFORT_LEVEL|SUBAGENT_MODEL|MAX_\w+)|AWS_BEARER_TOKEN_BEDROCK|CLOUD_ML_REGION|"
    r"VERTEX_REGION_\w+|(https?|all)_proxy",
    re.IGNORECASE,
)
"""Variables that lead elsewhere, or pay."""
_KEPT_FREE, _OURS = 13_000, 1_000
"""Tokens. Beside the longest answer Claude Code keeps the first of them free before it has the
session summed up (2.1.329): of a context of 16,384 nothing would be left. The second is for what it
counts wrong."""
_SWITCHES = ("BEDROCK", "VERTEX", "FOUNDRY", "MANTLE", "ANTHROPIC_AWS")


def redirection(model: LocalModel) -> dict[str, str]:
    """Where every request goes, and as whom."""
    names = ("", "_DEFAULT_HAIKU", "_DEFAULT_SONNET", "_DEFAULT_OPUS")
    env = {f"ANTHROPIC{name}_MODEL": model.name for name in names}
    env |= {f"CLAUDE_CODE_USE_{switch}": "" for switch in _SWITCHES}
    env |= {
        "ANTHROPIC_BASE_URL": model.base_url,
        "ANTHROPIC_AUTH_TOKEN": "ollama",
        "ANTHROPIC_API_KEY": "",
        "ANTHROPIC_SMALL_FAST_MODEL": model.name,
        "CLAUDE_CODE_SUBAGENT_MODEL": model.name,
    }
    if model.headers:
        lines = (f"{name}: {value}" for name, value in model.headers.items())
        env["ANTHROPIC_CUSTOM_HEADERS"] = "\n".join(lines)
    return env


def environment(task: Task, folder: Path) -> dict[str, str | None]:
    """What the process gets beside, or instead of, our own; None takes a variable away."""
    model = model_of(task)
    env: dict[str, str | None] = {name: None for name in task.environ if _GONE.fullmatch(name)}
    env |= dict.fromkeys(secret_names(task.environ))
    env |= redirection(model)
    env |= {
        "CLAUDE_CONFIG_DIR": str(folder / "config"),
        "CLAUDE_CODE_MAX_RETRIES": "1",
        "CLAUDE_CODE_ATTRIBUTION_HEADER": "0",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_DISABLE_THINKING": "1",
        # Tools that are looked for first need Anthropic's side of it; all are sent at once.
        "ENABLE_TOOL_SEARCH": "false",
        "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1",
        "DISABLE_AUTOUPDATER": "1",
        "DISABLE_TELEMETRY": "1",
        "DISABLE_ERROR_REPORTING": "1",
        "TMPDIR": str(folder / "tmp"),
        "CLAUDE_CODE_TMPDIR": str(folder / "tmp"),
        "NO_PROXY": "*",
        "no_proxy": "*",
    }
    if model.num_ctx:
        env["CLAUDE_CODE_MAX_CONTEXT_TOKENS"] = str(model.num_ctx + _KEPT_FREE - _OURS)
        env["CLAUDE_CODE_BLOCKING_LIMIT_OVERRIDE"] = str(model.num_ctx - _OURS)
        env["CLAUDE_CODE_MAX_OUTPUT_TOKENS"] = str(min(8192, model.num_ctx // 4))
    if model.ca_file:
        env["NODE_EXTRA_CA_CERTS"] = model.ca_file
    return env
