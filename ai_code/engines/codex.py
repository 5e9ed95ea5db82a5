"""codex on a local model, in its own sandbox. A dead server it would wait for without an end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ai_code.core.about import YES, About, Can, Install
from ai_code.core.command import Command
from ai_code.core.events import Edited, Event, Permanent
from ai_code.engines.local import (
    JsonRun,
    LocalBase,
    folder_of,
    isolated,
    mapping,
    model_of,
    plain_words,
    toml_text,
    whole_prompt,
)

if TYPE_CHECKING:
    from pathlib import Path

    from ai_code.core.task import Program, Task
    from ai_code.engines.registry import FenceKind

_SWITCHED_OFF = (
    'web_search="disabled"',
    "features.multi_agent=false",
    "features.goals=false",
    "analytics.enabled=false",
    "feedback.enabled=false",
    "check_for_update_on_startup=false",
    "hide_agent_reasoning=true",
    # AGENTS.md, of which it would read 32 KiB whatever the context: it comes with the prompt.
    "project_doc_max_bytes=0",
    'approval_policy="never"',
    "sandbox_workspace_write.network_access=false",
    "sandbox_workspace_write.exclude_slash_tmp=true",
    'shell_environment_policy.inherit="core"',
)
"""What needs a network, asks, or makes requests longer: 41 KB become 10 (0.169.0)."""


class CodexEngine(LocalBase):
    """See ``registry.LocalEngine``."""

    name = "codex"
    fence: FenceKind = "own"
    about = About(
        program="codex",
        version="0.169.0",
        homepage="https://github.com/openai/codex",
        licence="Apache-2.0",
        install=Install("npm", "@openai/codex"),
        can={
            "edit": YES,
            "run": Can("yes", "sandboxed", tested=True),
            "search": Can("yes", "by commands"),
            "subagents": Can("no", "left out"),
            "memory": Can("yes", "AGENTS.md, CLAUDE.md", tested=True),
            "plan": Can("part", "read-only sandbox", tested=True),
            "mcp": Can("no", "left out"),
            "git": Can("yes"),
            "sandbox": YES,
        },
        wire="responses",
    )

    def sandbox_check(self, program: Program, folder: Path) -> Command:
        """In a container, or where user namespaces are not for everybody (Ubuntu 24.04), there is
        none, and each write of the model's would fail."""
        env = {"CODEX_HOME": str(folder), "TMPDIR": str(folder)}
        return Command((*program.argv, "sandbox", "true"), cwd=folder, env=env)

    def command(self, task: Task) -> Command:
        """The prompt on standard input (``-``), rows of JSON on standard output."""
        model = model_of(task)
        provider: dict[str, str] = {
            "name": toml_text("Ollama"),
            "base_url": toml_text(f"{model.base_url}/v1"),
            "wire_api": toml_text("responses"),
            "request_max_retries": "1",
            "stream_max_retries": "1",
            "stream_idle_timeout_ms": str(int((task.stall_timeout_s or 300) * 1000)),
        }
        if model.headers:
            pairs = model.headers.items()
            rows = (f"{toml_text(name)} = {toml_text(value)}" for name, value in pairs)
            provider["http_headers"] = "{" + ", ".join(rows) + "}"
        settings = [f"model_providers.local.{key}={value}" for key, value in provider.items()]
        settings.append('model_provider="local"')
        settings += _SWITCHED_OFF
        if model.num_ctx:
            settings += [f"model_context_window={model.num_ctx}"]
        sandbox = "workspace-write" if task.mode == "edit" else "read-only"
        if task.stands_in:
            sandbox = "danger-full-access"
        argv = [*task.program.argv, "exec", "--json", "--ephemeral", "--skip-git-repo-check"]
        argv += ["-s", sandbox, "-m", model.name]
        for setting in settings:
            argv += ["-c", setting]
        argv += [*task.extra_args, "-"]
        folder = folder_of(task, self.name)
        return Command(
            argv=tuple(argv),
            cwd=task.workdir,
            env={**isolated(task, folder), "CODEX_HOME": str(folder / "home")},
            stdin=whole_prompt(task).encode("utf-8", "replace"),
            stall_timeout_s=task.stall_timeout_s,
            deadline_s=task.deadline_s,
        )

    def files(self, task: Task) -> Mapping[str, str]:
        """Its home has to be there; what is in it is the run's alone."""
        return {"home/config.toml": ""}

    def open(self, task: Task) -> CodexRun:
        return CodexRun(self.name, mode=task.mode, folder=str(task.workdir))


class CodexRun(JsonRun):
    """Rows: thread.started, turn.started, item.started, item.completed, turn.completed,
    turn.failed, error."""

    def error_text(self, stderr: str) -> Iterator[Event]:
        """Of a patch that would leave the worktree nothing but this tells (0.169.0)."""
        if "patch rejected" in stderr and not self.told.refused:
            asked = self.told.answers
            where = "only an answer was asked for" if asked else "outside of the project"
            self.told.refuse(f"a file ({where})")
        yield from ()

    def row(self, row: Mapping[str, Any]) -> Iterator[Event]:
        told = self.told
        told.has_end = True
        match row.get("type"):
            case "item.started" | "item.completed" as kind:
                yield from self._item(mapping(row.get("item")), kind == "item.completed")
            case "turn.completed":
                usage = mapping(row.get("usage"))
                told.used(usage.get("input_tokens"), usage.get("output_tokens"), summed=True)
                told.finished = True
            case "turn.failed":
                told.error = _message(mapping(row.get("error")))
                yield Permanent(told.error)
            case "error":
                # While it tries again: the last one stands if nothing follows.
                told.last_error = _message(row)

    def _item(self, item: Mapping[str, Any], completed: bool) -> Iterator[Event]:
        told = self.told
        match item.get("type"):
            case "agent_message" if completed:
                yield from self.says(str(item.get("text") or ""))
            case "command_execution" if not completed:
                yield self.uses("shell", str(item.get("command") or ""))
            case "file_change" if completed:
                done = item.get("status") == "completed"
                for change in item.get("changes") or ():
                    path = str(mapping(change).get("path") or "")
                    yield self.uses("edit", path)
                    if done:
                        told.edited.append(path)
                        yield Edited(path)
                    else:
                        told.refuse(path)


def _message(row: Mapping[str, Any]) -> str:
    return plain_words(str(row.get("message") or "an error without words"))
