"""qwen-code on a local model: Claude Code's shape of events, its own tools and instructions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ai_code.core.about import YES, About, Can, Install
from ai_code.core.command import Command
from ai_code.core.events import Edited, Event, Refused
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

_WRITING = frozenset({"write_file", "edit", "notebook_edit", "replace"})
_NOT_FOR_IT = (
    "web_fetch,save_memory,agent,skill,cron_create,cron_delete,cron_list,loop_wakeup,task_stop,"
    "enter_worktree,exit_worktree,send_message,list_agents,update_goal,get_goal,tool_search,"
    "tool_call,read_mcp_resource,record_artifact,report_findings,zoom_image,notebook_edit"
)
"""Tools that need a network, work beside the run, or fill a small model's context."""


_SETTINGS = {
    "memory": {
        "enableManagedAutoMemory": False,
        "enableManagedAutoDream": False,
        "enableAutoSkill": False,
    },
    # No such file: those that there are it would read whole, with all that they import by @. They
    # come with the prompt.
    "context": {"fileName": "none-of-qwens-own.md"},
    "general": {"disableAutoUpdate": True, "disableUpdateNag": True, "enableAutoUpdate": False},
    "privacy": {"usageStatisticsEnabled": False},
    "telemetry": {"enabled": False},
    "hooksConfig": {"enabled": False},
    "disableAllHooks": True,
    # Behind the fence there is no terminal: a pseudo one neither.
    "tools": {"useRipgrep": False, "shell": {"enableInteractiveShell": False}},
}


class QwenEngine(LocalBase):
    """See ``registry.LocalEngine``."""

    name = "qwen"
    about = About(
        program="qwen",
        version="0.24.4",
        homepage="https://github.com/QwenLM/qwen-code",
        licence="Apache-2.0",
        install=Install("npm", "@qwen-code/qwen-code", "Node 22 (20 works too)", node=22),
        can={
            "edit": YES,
            "run": Can("yes", "when allowed", tested=True),
            "search": Can("yes"),
            "subagents": Can("no", "left out"),
            "memory": Can("yes", "AGENTS.md, QWEN.md", tested=True),
            "plan": YES,
            "mcp": Can("no", "left out"),
            "git": Can("part", "by commands"),
            "sandbox": Can("part", "containers"),
        },
        wire="chat",
        memory_files=("QWEN.md",),
        least_context=24576,
    )

    def command(self, task: Task) -> Command:
        """The prompt on standard input, rows of JSON on standard output."""
        model, folder = model_of(task), folder_of(task, self.name)
        mode = "plan" if task.mode != "edit" else "yolo" if task.commands else "auto-edit"
        argv = [*task.program.argv, "--auth-type", "openai", "--model", model.name]
        argv += ["--approval-mode", mode, "-o", "stream-json", "--chat-recording", "false"]
        argv += [
            "--extensions",
            "none",
            "--allowed-mcp-server-names",
            "none",
            "--exclude-tools",
            _NOT_FOR_IT,
            *task.extra_args,
        ]
        own: dict[str, str | None] = {
            name: None for name in task.environ if name.startswith(("QWEN_", "OPENAI_"))
        }
        return Command(
            argv=tuple(argv),
            cwd=task.workdir,
            env={
                **own,
                **isolated(task, folder),
                "OPENAI_API_KEY": "ollama",
                "OPENAI_BASE_URL": f"{model.base_url}/v1",
                "QWEN_HOME": str(folder / "home"),
                "QWEN_RUNTIME_DIR": str(folder / "home"),
                # Above what a project's own file says.
                "QWEN_CODE_SYSTEM_SETTINGS_PATH": str(folder / "system.json"),
                "QWEN_CODE_NO_RELAUNCH": "true",
                "QWEN_TELEMETRY_ENABLED": "false",
            },
            stdin=whole_prompt(task).encode("utf-8", "replace"),
            stall_timeout_s=task.stall_timeout_s,
            deadline_s=task.deadline_s,
        )

    def files(self, task: Task) -> Mapping[str, str]:
        """Settings of its own: no second agent that keeps a memory beside the run."""
        sampling = {"samplingParams": {"temperature": task.temperature}}
        return {"system.json": json.dumps({**_SETTINGS, "model": {"generationConfig": sampling}})}

    def open(self, task: Task) -> QwenRun:
        return QwenRun(self.name, mode=task.mode, folder=str(task.workdir))


class QwenRun(JsonRun):
    """Rows: system, assistant, user (results of tools), stream_event, result."""

    def __init__(self, name: str, *, mode: str, folder: str) -> None:
        super().__init__(name, mode=mode, folder=folder)
        self._calls: dict[str, str] = {}

    def row(self, row: Mapping[str, Any]) -> Iterator[Event]:
        told = self.told
        told.has_end = True
        message = mapping(row.get("message"))
        match row.get("type"):
            case "assistant":
                usage = mapping(message.get("usage"))
                told.used(usage.get("input_tokens"), usage.get("output_tokens"))
                for block in listed(message.get("content")):
                    yield from self._block(block)
            case "user":
                for block in listed(message.get("content")):
                    yield from self._result(block)
            case "result":
                yield from self._end(row)

    def _block(self, block: Mapping[str, Any]) -> Iterator[Event]:
        match block.get("type"):
            case "text":
                yield from self.says(str(block.get("text") or ""))
            case "tool_use":
                name = str(block.get("name"))
                what = path_in(
                    mapping(block.get("input")), "file_path", "absolute_path", "path", "command",
                    "pattern",
                )  # fmt: skip
                if name in _WRITING:
                    self._calls[str(block.get("id"))] = what
                yield self.uses(name, what)

    def _result(self, block: Mapping[str, Any]) -> Iterator[Event]:
        path = self._calls.pop(str(block.get("tool_use_id")), None)
        if path is None:
            return
        if block.get("is_error"):
            self.told.refuse(path, str(block.get("content") or ""))
        else:
            self.told.edited.append(path)
            yield Edited(path)

    def _end(self, row: Mapping[str, Any]) -> Iterator[Event]:
        self.told.finished = True
        denied: list[Refused] = []
        for denial in listed(row.get("permission_denials")):
            given, tool = mapping(denial.get("tool_input")), str(denial.get("tool_name"))
            if tool in _WRITING:
                self.told.refuse(path_in(given, "file_path", "absolute_path", "path") or tool)
            else:
                denied.append(Refused(tool, path_in(given, "command")))
        error = mapping(row.get("error"))
        if row.get("is_error") or error:
            words = error.get("message") or row.get("result") or "it failed without a word"
            self.told.error = one_line(str(words), 300)
        # A command that is not run is nothing that the model was to write: its answer counts.
        yield from dict.fromkeys(denied)
