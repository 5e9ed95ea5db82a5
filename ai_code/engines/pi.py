"""pi on a local model: four tools and few instructions, which small models like."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ai_code.core.about import NO, YES, About, Can, Install
from ai_code.core.answer_end import CUT_OFF
from ai_code.core.command import Command
from ai_code.core.events import Edited, Event
from ai_code.core.text import one_line
from ai_code.engines.local import (
    JsonRun,
    LocalBase,
    folder_of,
    isolated,
    listed,
    mapping,
    model_of,
    path_in,
    whole_prompt,
)

if TYPE_CHECKING:
    from ai_code.core.task import Task

_READING = "read,grep,find,ls"


class PiEngine(LocalBase):
    """See ``registry.LocalEngine``."""

    name = "pi"
    about = About(
        program="pi",
        version="0.74.2",
        homepage="https://github.com/earendil-works/pi",
        licence="MIT",
        install=Install("npm", "@earendil-works/pi-coding-agent"),
        can={
            "edit": YES,
            "run": Can("yes", "when allowed", tested=True),
            "search": Can("yes"),
            "subagents": NO,
            "memory": Can("yes", "AGENTS.md", tested=True),
            "plan": Can("part", "read-only tools", tested=True),
            "mcp": NO,
            "git": Can("part", "by commands"),
            "sandbox": NO,
        },
        wire="chat",
        least_context=8192,
    )

    def command(self, task: Task) -> Command:
        """The prompt on standard input; the server in a file of its own folder."""
        tools = "read,edit,write,grep,find,ls" + (",bash" if task.commands else "")
        argv = [*task.program.argv, "-p", "--offline", "--no-session", "--mode", "json"]
        argv += ["--provider", "ollama", "--model", model_of(task).name, "--thinking", "off"]
        argv += ["--tools", tools if task.mode == "edit" else _READING]
        argv += [
            "--no-extensions",
            "--no-skills",
            "--no-prompt-templates",
            "--no-themes",
            # It would read AGENTS.md or CLAUDE.md of the worktree, however long they are, and of
            # each folder above it, up to the home and beyond: they come with the prompt.
            "--no-context-files",
            *task.extra_args,
        ]
        folder = folder_of(task, self.name)
        return Command(
            argv=tuple(argv),
            cwd=task.workdir,
            env={
                **isolated(task, folder),
                "PI_CODING_AGENT_DIR": str(folder / "agent"),
                "PI_OFFLINE": "1",
                "PI_TELEMETRY": "0",
            },
            stdin=whole_prompt(task).encode("utf-8", "replace"),
            stall_timeout_s=task.stall_timeout_s,
            deadline_s=task.deadline_s,
        )

    def files(self, task: Task) -> Mapping[str, str]:
        """See ``registry.LocalEngine``."""
        model = model_of(task)
        row: dict[str, object] = {"id": model.name}
        if model.num_ctx:
            row |= {"contextWindow": model.num_ctx, "maxTokens": min(8192, model.num_ctx // 4)}
        provider: dict[str, object] = {
            "baseUrl": f"{model.base_url}/v1",
            "api": "openai-completions",
            "apiKey": "ollama",
            "compat": {"supportsDeveloperRole": False, "supportsReasoningEffort": False},
            "models": [row],
        }
        if model.headers:
            provider["headers"] = dict(model.headers)
        return {
            "agent/models.json": json.dumps({"providers": {"ollama": provider}}),
            "agent/settings.json": json.dumps(_settings(model.num_ctx)),
        }

    def open(self, task: Task) -> PiRun:
        return PiRun(self.name, mode=task.mode, folder=str(task.workdir))


def _settings(num_ctx: int) -> Mapping[str, object]:
    """Its own reserve for a summary is larger than many local contexts: it would summarise after
    every turn (0.74.2)."""
    kept = {"reserveTokens": max(1024, num_ctx // 8), "keepRecentTokens": max(1024, num_ctx // 2)}
    compaction = {"enabled": bool(num_ctx), **kept}
    return {"retry": {"enabled": True, "maxRetries": 1}, "compaction": compaction}


class PiRun(JsonRun):
    """Rows: session, agent_start, turn_start, message_start, message_update, message_end,
    tool_execution_start, tool_execution_end, turn_end, agent_end."""

    def __init__(self, name: str, *, mode: str, folder: str) -> None:
        super().__init__(name, mode=mode, folder=folder)
        self._paths: dict[str, str] = {}

    def row(self, row: Mapping[str, Any]) -> Iterator[Event]:
        told = self.told
        told.has_end = True
        match row.get("type"):
            case "message_end":
                yield from self._message(mapping(row.get("message")))
            case "tool_execution_start":
                name, given = str(row.get("toolName")), mapping(row.get("args"))
                what = path_in(given, "path", "command", "pattern")
                self._paths[str(row.get("toolCallId"))] = what
                yield self.uses(name, what)
            case "tool_execution_end":
                yield from self._ended(row)
            case "agent_end":
                told.finished = True

    def _message(self, message: Mapping[str, Any]) -> Iterator[Event]:
        if message.get("role") != "assistant":
            return
        usage = mapping(message.get("usage"))
        self.told.used(usage.get("input"), usage.get("output"))
        # It tries again by itself: an answer after an error clears it.
        failed = message.get("stopReason") in ("error", "aborted")
        words = one_line(str(message.get("errorMessage") or "the model's answer failed"), 300)
        self.told.error = words if failed else ""
        if message.get("stopReason") == "length":
            self.told.error = CUT_OFF
        for block in listed(message.get("content")):
            if block.get("type") == "text":
                yield from self.says(str(block.get("text") or ""))

    def _ended(self, row: Mapping[str, Any]) -> Iterator[Event]:
        name, path = row.get("toolName"), self._paths.pop(str(row.get("toolCallId")), "")
        if name not in ("write", "edit"):
            return
        if row.get("isError"):
            content = listed(mapping(row.get("result")).get("content"))
            self.told.refuse(path, str(content[0].get("text") or "") if content else "")
        else:
            self.told.edited.append(path)
            yield Edited(path)
