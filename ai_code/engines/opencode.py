"""opencode on a local model. Its exit status says little: a refused tool ends with 0."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ai_code.core.about import NO, YES, About, Can, Install
from ai_code.core.answer_end import CUT_OFF
from ai_code.core.command import Command
from ai_code.core.events import Edited, Event
from ai_code.engines.local import (
    JsonRun,
    LocalBase,
    folder_of,
    isolated,
    mapping,
    model_of,
    path_in,
    plain_words,
    whole_prompt,
)

if TYPE_CHECKING:
    from ai_code.core.task import Task

_MORE_TOOLS = ("skill", "task", "todowrite")
"""A third of its first request (1.18.33); a weak model does without them."""
_WRITING = frozenset({"write", "edit", "patch", "apply_patch", "multiedit"})


class OpencodeEngine(LocalBase):
    """See ``registry.LocalEngine``."""

    name = "opencode"
    about = About(
        program="opencode",
        version="1.18.33",
        homepage="https://opencode.ai",
        licence="MIT",
        install=Install("npm", "opencode-ai"),
        can={
            "edit": YES,
            "run": Can("yes", "when allowed", tested=True),
            "search": Can("yes"),
            "subagents": Can("yes"),
            "memory": Can("yes", "AGENTS.md", tested=True),
            "plan": YES,
            "mcp": Can("no", "left out"),
            "git": Can("yes"),
            "sandbox": NO,
        },
        wire="chat",
    )

    def command(self, task: Task) -> Command:
        """The prompt on standard input; the configuration in one variable."""
        argv = [*task.program.argv, "run", "--pure", "--format", "json", "--title", "ai-code"]
        if task.mode != "edit":
            argv += ["--agent", "plan"]
        argv += task.extra_args
        return Command(
            argv=tuple(argv),
            cwd=task.workdir,
            env=_environment(task, self.name),
            stdin=whole_prompt(task).encode("utf-8", "replace"),
            stall_timeout_s=task.stall_timeout_s,
            deadline_s=task.deadline_s,
        )

    def open(self, task: Task) -> OpencodeRun:
        return OpencodeRun(self.name, mode=task.mode, folder=str(task.workdir))


def _environment(task: Task, name: str) -> dict[str, str | None]:
    model, folder = model_of(task), folder_of(task, name)
    row: dict[str, object] = {"name": model.name, "tool_call": True, "temperature": True}
    if model.num_ctx:
        row["limit"] = {"context": model.num_ctx, "output": min(8192, model.num_ctx // 4)}
    options: dict[str, object] = {"baseURL": f"{model.base_url}/v1", "apiKey": "ollama"}
    if model.headers:
        options["headers"] = dict(model.headers)
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "Ollama",
        "options": options,
        "models": {model.name: row},
    }
    config = {
        "provider": {"ollama": provider},
        "model": f"ollama/{model.name}",
        "small_model": f"ollama/{model.name}",
        "enabled_providers": ["ollama"],
        "share": "disabled",
        "autoupdate": False,
        "snapshot": False,
        "agent": {name: {"temperature": task.temperature} for name in ("build", "plan")},
        "tools": dict.fromkeys(_MORE_TOOLS, False) if task.lean else {},
        # "ask" would end the turn with status 0; what is denied the model is told.
        "permission": {
            "edit": "allow" if task.mode == "edit" else "deny",
            "bash": "allow" if task.commands and task.mode == "edit" else "deny",
            "webfetch": "deny",
            "websearch": "deny",
            "external_directory": "deny",
            "doom_loop": "deny",
        },
    }
    own: dict[str, str | None] = {
        name: None for name in task.environ if name.startswith("OPENCODE_")
    }
    return {
        **own,
        **isolated(task, folder),
        "OPENCODE_CONFIG_CONTENT": json.dumps(config),
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
        "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
        "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1",
        # For plugins it would fetch packages of its own, into the person's cache (1.18.33).
        "npm_config_offline": "true",
        "npm_config_cache": str(folder / "cache" / "npm"),
        # The person's CLAUDE.md, which comes with the prompt too.
        "OPENCODE_DISABLE_CLAUDE_CODE_PROMPT": "1",
        # A repository's own opencode.json may name commands and servers. With it CLAUDE.md and
        # AGENTS.md go too: they come with the prompt.
        "OPENCODE_DISABLE_PROJECT_CONFIG": "1",
    }


class OpencodeRun(JsonRun):
    """Rows: step_start, text, tool_use, step_finish, error."""

    def row(self, row: Mapping[str, Any]) -> Iterator[Event]:
        told, part = self.told, mapping(row.get("part"))
        match row.get("type"):
            case "text":
                yield from self.says(str(part.get("text") or ""))
            case "tool_use":
                yield from self._tool(str(part.get("tool")), mapping(part.get("state")))
            case "step_finish":
                tokens = mapping(part.get("tokens"))
                told.used(tokens.get("input"), tokens.get("output"))
                told.finished = part.get("reason") != "tool-calls"
                if part.get("reason") == "length":
                    told.error = CUT_OFF
            case "error":
                error = mapping(row.get("error"))
                data = mapping(error.get("data"))
                told.error = plain_words(str(data.get("message") or error.get("name") or error))

    def _tool(self, name: str, state: Mapping[str, Any]) -> Iterator[Event]:
        given = mapping(state.get("input"))
        what = path_in(given, "filePath", "path", "pattern", "command", "description")
        failed = state.get("status") == "error"
        yield self.uses(name, what)
        if name not in _WRITING:
            return
        if failed:
            self.told.refuse(what or name, str(state.get("error") or ""))
        else:
            self.told.edited.append(what)
            yield Edited(what)
