"""How each engine is started on a local model, for the recordings: arguments, environment, files.

The safest settings that still edit; no login, no telemetry, no look for updates; everything that
it writes for itself below one folder; the prompt never on the command line, where ``ps`` shows it
and a leading ``-`` is an option.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

CONTEXT = 32768
_READING = "Read,Glob,Grep"


@dataclass(frozen=True)
class Setting:
    """What a run is made for. ``own`` is the engine's folder, ``ask``: it must not edit."""

    program: Path
    url: str
    model: str
    prompt: str
    project: Path
    own: Path
    ask: bool = False


@dataclass(frozen=True)
class Start:
    """``files`` are written below the own folder before."""

    argv: list[str]
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


def claude_local(s: Setting) -> Start:
    blank = (
        *("ANTHROPIC_API_KEY", "CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX"),
        "CLAUDE_CODE_USE_FOUNDRY",
    )
    env = {
        **dict.fromkeys(blank, ""),
        "ANTHROPIC_BASE_URL": s.url,
        "ANTHROPIC_AUTH_TOKEN": "ollama",
        "ANTHROPIC_DEFAULT_HAIKU_MODEL": s.model,
        "CLAUDE_CODE_MAX_CONTEXT_TOKENS": str(CONTEXT),
        "CLAUDE_CODE_MAX_OUTPUT_TOKENS": "8192",
        "CLAUDE_CODE_MAX_RETRIES": "1",
        "CLAUDE_CODE_ATTRIBUTION_HEADER": "0",
        "CLAUDE_CODE_DISABLE_THINKING": "1",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }
    quiet = {"DISABLE_TELEMETRY": "1", "DISABLE_AUTOUPDATER": "1", "DISABLE_ERROR_REPORTING": "1"}
    argv = [str(s.program), "-p", "--model", s.model]
    argv += ["--permission-mode", "plan" if s.ask else "acceptEdits"]
    argv += ["--tools", _READING if s.ask else f"{_READING},Edit,Write,Bash"]
    # The person's own settings would beat the environment, a project's would run its hooks.
    argv += ["--settings", json.dumps({"env": env, "apiKeyHelper": ""})]
    argv += ["--setting-sources", "", "--strict-mcp-config"]
    argv += ["--output-format", "stream-json", "--verbose"]
    return Start(argv, {**env, **quiet, "CLAUDE_CONFIG_DIR": str(s.own / "claude")}, s.prompt)


def opencode(s: Setting) -> Start:
    model = {"name": s.model, "limit": {"context": CONTEXT, "output": 8192}, "tool_call": True}
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "Ollama",
        "options": {"baseURL": f"{s.url}/v1", "apiKey": "ollama"},
        "models": {s.model: model},
    }
    config = {
        "provider": {"ollama": provider},
        "model": f"ollama/{s.model}",
        "small_model": f"ollama/{s.model}",
        "share": "disabled",
        "autoupdate": False,
        "snapshot": False,
        # Without the project's own settings it loads none by itself.
        "instructions": [str(s.project / name) for name in ("CLAUDE.md", "AGENTS.md")],
        "enabled_providers": ["ollama"],
    }
    # "ask" ends the whole turn where nobody can be asked; "deny" is told to the model.
    permission = {"edit": "allow", "bash": "deny", "webfetch": "deny", "external_directory": "deny"}
    if s.ask:
        permission["edit"] = "deny"
    folders = {f"XDG_{kind}_HOME": str(s.own / kind.lower()) for kind in _XDG}
    switches = (
        *("AUTOUPDATE", "MODELS_FETCH", "LSP_DOWNLOAD", "DEFAULT_PLUGINS", "SHARE"),
        *("PROJECT_CONFIG", "EXTERNAL_SKILLS", "TERMINAL_TITLE", "EMBEDDED_WEB_UI"),
    )
    env = {
        **folders,
        **{f"OPENCODE_DISABLE_{name}": "1" for name in switches},
        "OPENCODE_CONFIG_CONTENT": json.dumps(config),
        "OPENCODE_PERMISSION": json.dumps(permission),
    }
    agent = ["--agent", "plan"] if s.ask else []
    argv = [str(s.program), "run", "--pure", "--format", "json", "--title", "ai-code", *agent]
    # It tries again without end and says nothing of it among its events, but it logs each failure.
    argv += ["--print-logs", "--log-level", "ERROR"]
    return Start(argv, env, s.prompt)


_XDG = ("CONFIG", "DATA", "STATE", "CACHE")


def codex(s: Setting) -> Start:
    provider = {
        "name": '"Ollama"',
        "base_url": f'"{s.url}/v1"',
        "wire_api": '"responses"',
        "request_max_retries": "1",
        "stream_max_retries": "1",
        "stream_idle_timeout_ms": "600000",
    }
    in_braces = ",".join(f"{key}={value}" for key, value in provider.items())
    settings = {
        "model_provider": '"local"',
        "model_providers.local": f"{{{in_braces}}}",
        "model_context_window": str(CONTEXT),
        "model_reasoning_summary": '"none"',
        "approval_policy": '"never"',
        "project_doc_fallback_filenames": '["CLAUDE.md"]',
        "web_search": '"disabled"',
        "features.multi_agent": "false",
        "features.goals": "false",
        "analytics.enabled": "false",
        "check_for_update_on_startup": "false",
        "sandbox_workspace_write.exclude_slash_tmp": "true",
        "sandbox_workspace_write.exclude_tmpdir_env_var": "true",
    }
    argv = [str(s.program), "exec", "--json", "--ephemeral", "--skip-git-repo-check"]
    argv += ["-s", "read-only" if s.ask else "workspace-write", "-m", s.model]
    for key, value in settings.items():
        argv += ["-c", f"{key}={value}"]
    return Start([*argv, "-"], {"CODEX_HOME": str(s.own / "codex")}, s.prompt, {"codex/.keep": ""})


def goose(s: Setting) -> Start:
    env = {
        "GOOSE_PATH_ROOT": str(s.own / "goose"),
        "GOOSE_PROVIDER": "ollama",
        "GOOSE_MODEL": s.model,
        "OLLAMA_HOST": s.url,
        "GOOSE_CONTEXT_LIMIT": str(CONTEXT),
        "GOOSE_MODE": "chat" if s.ask else "auto",
        "GOOSE_DISABLE_KEYRING": "1",
        "GOOSE_TELEMETRY_ENABLED": "false",
        "GOOSE_TELEMETRY_OFF": "1",
        "GOOSE_DISABLE_SESSION_NAMING": "true",
        "GOOSE_PROVIDER_SKIP_BACKOFF": "true",
        "GOOSE_CLI_SHOW_THINKING": "false",
        "OLLAMA_STREAM_TIMEOUT": "600",
        "CONTEXT_FILE_NAMES": '["CLAUDE.md","AGENTS.md",".goosehints"]',
    }
    argv = [str(s.program), "run", "--no-session", "--no-profile", "-q"]
    argv += ["--with-builtin", "developer", "--output-format", "stream-json", "-i", "-"]
    return Start(argv, env, s.prompt)


def pi(s: Setting) -> Start:
    compat = {"supportsDeveloperRole": False, "supportsReasoningEffort": False}
    model = {"id": s.model, "contextWindow": CONTEXT, "maxTokens": 8192}
    provider = {
        "baseUrl": f"{s.url}/v1",
        "api": "openai-completions",
        "apiKey": "ollama",
        "compat": compat,
        "models": [model],
    }
    settings = {
        "enableInstallTelemetry": False,
        "retry": {"enabled": True, "maxRetries": 1, "baseDelayMs": 500},
    }
    env = {
        "PI_CODING_AGENT_DIR": str(s.own / "pi"),
        "PI_OFFLINE": "1",
        "PI_TELEMETRY": "0",
        "PI_SKIP_VERSION_CHECK": "1",
    }
    tools = "read,grep,find,ls" if s.ask else "read,grep,find,ls,edit,write,bash"
    argv = [str(s.program), "-p", "--mode", "json", "--no-session", "--offline"]
    argv += ["--provider", "ollama", "--model", s.model, "--tools", tools]
    argv += ["--no-extensions", "--no-skills", "--no-prompt-templates", "--no-themes"]
    files = {
        "pi/models.json": json.dumps({"providers": {"ollama": provider}}),
        "pi/settings.json": json.dumps(settings),
    }
    return Start(argv, env, s.prompt, files)


def qwen(s: Setting) -> Start:
    settings = {
        "general": {"enableAutoUpdate": False, "disableAutoUpdate": True},
        "privacy": {"usageStatisticsEnabled": False},
        "telemetry": {"enabled": False},
        # Each turn would be followed by a second conversation that writes memories.
        "memory": {"enableManagedAutoMemory": False, "enableAutoSkill": False},
        "context": {"fileName": ["CLAUDE.md", "AGENTS.md", "QWEN.md"]},
        "hooksConfig": {"enabled": False},
        "disableAllHooks": True,
        "model": {"generationConfig": {"contextWindowSize": CONTEXT, "maxRetries": 1}},
    }
    env = {
        "QWEN_HOME": str(s.own / "qwen"),
        # The system's settings are above those of a project.
        "QWEN_CODE_SYSTEM_SETTINGS_PATH": str(s.own / "qwen-system.json"),
        "QWEN_CODE_NO_RELAUNCH": "1",
        "OPENAI_API_KEY": "ollama",
        "OPENAI_BASE_URL": f"{s.url}/v1",
        "OPENAI_MODEL": s.model,
        # What is set is not taken from the .env of a project, and a proxy would lead elsewhere.
        **dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"), ""),
        "NO_PROXY": "127.0.0.1,localhost",
    }
    argv = [str(s.program), "--auth-type", "openai", "--model", s.model]
    # On the command line too: a project's settings beat the environment.
    argv += ["--openai-base-url", f"{s.url}/v1", "--openai-api-key", "ollama"]
    argv += ["--approval-mode", "plan" if s.ask else "auto-edit", "-o", "stream-json"]
    argv += ["--chat-recording=false", "--allowed-mcp-server-names", "none", "-e", "none"]
    # With all of them a request begins with 64 KB.
    argv += ["--exclude-tools", ",".join(_QWEN_WITHOUT)]
    return Start(argv, env, s.prompt, {"qwen-system.json": json.dumps(settings)})


_QWEN_WITHOUT = (
    *("agent", "list_agents", "send_message", "task_stop", "skill", "get_goal", "update_goal"),
    *("tool_call", "tool_search", "notebook_edit", "cron_create", "cron_delete", "cron_list"),
    *("enter_worktree", "exit_worktree", "loop_wakeup", "read_mcp_resource", "record_artifact"),
    *("report_findings", "web_fetch", "zoom_image", "todo_write"),
)


def vibe(s: Setting) -> Start:
    config = "\n".join(
        (
            'active_model = "local"',
            *(f"{name} = false" for name in _VIBE_OFF),
            "api_retry_max_elapsed_time = 5.0",
            "[session_logging]",
            "enabled = false",
            "[[providers]]",
            'name = "ollama"',
            f'api_base = "{s.url}/v1"',
            'api_style = "openai"',
            'backend = "generic"',
            "[[models]]",
            f'name = "{s.model}"',
            'provider = "ollama"',
            'alias = "local"',
            f"max_context_length = {CONTEXT}",
            "",
        )
    )
    # A key of its own keeps it from the keyring.
    env = {"VIBE_HOME": str(s.own / "vibe"), "MISTRAL_API_KEY": "none"}
    argv = [str(s.program), "--prompt-file", str(s.own / "prompt.txt"), "--output", "streaming"]
    # Without --trust: with it a project's .vibe/config.toml leads the requests elsewhere.
    argv += ["--agent", "ask" if s.ask else "accept-edits"]
    for name in ("read_file",) if s.ask else ("read_file", "write_file", "edit", "bash"):
        argv += ["--enabled-tools", name]
    files = {"vibe/config.toml": config, "prompt.txt": s.prompt}
    return Start(argv, env, "", files)


_VIBE_OFF = (
    *("enable_telemetry", "enable_otel", "enable_update_checks", "enable_auto_update"),
    *("enable_notifications", "enable_connectors", "enable_mcp", "enable_subagents"),
    *("enable_background_processes", "experimental_enable_registry_skills"),
    "experimental_enable_model_catalog",
)
ENGINES: dict[str, Callable[[Setting], Start]] = {
    "claude-local": claude_local,
    "opencode": opencode,
    "codex": codex,
    "goose": goose,
    "pi": pi,
    "qwen": qwen,
    "vibe": vibe,
}
