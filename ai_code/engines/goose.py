"""goose on a local model. It ends with 0 whatever happened: its errors are texts in the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ai_code.core.about import NO, YES, About, Can, Install
from ai_code.core.answer_end import CUT_OFF
from ai_code.core.command import Command
from ai_code.core.events import Edited, Event, Permanent, Text
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

_FAILED = ("Ran into this error:", "Network error:", "Error:", "Error executing", "The model ")
"""What its own message begins with where the model or the server failed (1.50.0)."""


class GooseEngine(LocalBase):
    """See ``registry.LocalEngine``."""

    name = "goose"
    about = About(
        program="goose",
        version="1.50.0",
        homepage="https://goose-docs.ai",
        licence="Apache-2.0",
        install=Install("npm", "@aaif/goose-acp"),
        can={
            "edit": YES,
            "run": Can("yes", "fenced", tested=True),
            "search": Can("part", "tree, commands"),
            "subagents": Can("no", "left out"),
            "memory": Can("yes", "AGENTS.md, CLAUDE.md", tested=True),
            "plan": Can("part", "no editing tools", tested=True),
            "mcp": Can("no", "left out"),
            "git": Can("yes"),
            "sandbox": NO,
        },
        wire="chat",
        least_context=8192,
    )

    def prepare(self, task: Task) -> str:
        """Its tool for editing comes with one for commands, and no option parts them."""
        if task.mode == "edit" and not (task.fenced or task.commands):
            return (
                "goose always lets its model run commands, and on this system no fence holds them "
                "(fallback.commands: allow lets it)"
            )
        return ""

    def command(self, task: Task) -> Command:
        """The prompt on standard input; what it may use on the command line."""
        argv = [*task.program.argv, "run", "--no-session", "--no-profile", "-q"]
        argv += ["--output-format", "stream-json", "-i", "-"]
        if task.mode == "edit":
            argv += ["--with-builtin", "developer"]
        argv += task.extra_args
        model, folder = model_of(task), folder_of(task, self.name)
        own: dict[str, str | None] = {
            name: None for name in task.environ if name.startswith("GOOSE_")
        }
        return Command(
            argv=tuple(argv),
            cwd=task.workdir,
            env={
                **own,
                **isolated(task, folder),
                "GOOSE_PROVIDER": "ollama",
                "GOOSE_MODEL": model.name,
                "OLLAMA_HOST": model.base_url,
                "GOOSE_MODE": "auto" if task.mode == "edit" else "chat",
                "GOOSE_PROVIDER_SKIP_BACKOFF": "true",
                "GOOSE_PATH_ROOT": str(folder / "root"),
                "GOOSE_DISABLE_KEYRING": "1",
                "GOOSE_TELEMETRY_ENABLED": "false",
                "GOOSE_TELEMETRY_OFF": "1",
                "GOOSE_DISABLE_SESSION_NAMING": "true",
                "GOOSE_CONTEXT_LIMIT": str(model.num_ctx) if model.num_ctx else None,
                "GOOSE_INPUT_LIMIT": str(model.num_ctx) if model.num_ctx else None,
                "GOOSE_TEMPERATURE": f"{task.temperature:g}",
                # Else it reads memory files whole, with all that they import by @: they come
                # with the prompt.
                "CONTEXT_FILE_NAMES": "[]",
            },
            stdin=whole_prompt(task).encode("utf-8", "replace"),
            stall_timeout_s=task.stall_timeout_s,
            deadline_s=task.deadline_s,
        )

    def open(self, task: Task) -> GooseRun:
        return GooseRun(self.name, mode=task.mode, folder=str(task.workdir))


class GooseRun(JsonRun):
    """Rows: message (one for each piece of a text, a call of a tool or its result), error,
    complete."""

    def __init__(self, name: str, *, mode: str, folder: str) -> None:
        super().__init__(name, mode=mode, folder=folder)
        self._paths: dict[str, str] = {}
        self._message = ""
        self._said = ""

    def row(self, row: Mapping[str, Any]) -> Iterator[Event]:
        told = self.told
        told.has_end = True
        match row.get("type"):
            case "message":
                message = mapping(row.get("message"))
                if mapping(message.get("metadata")).get("outputTokenLimitReached"):
                    told.error = CUT_OFF
                own = "inference" not in mapping(message.get("metadata"))
                for block in listed(message.get("content")):
                    if own and block.get("type") == "text" and message.get("role") == "assistant":
                        self._failed(str(block.get("text") or ""))
                    else:
                        yield from self._block(block, str(message.get("id")), message.get("role"))
            case "error":
                told.error = one_line(str(row.get("error") or row.get("message")), 300)
                yield Permanent(told.error)
            case "complete":
                told.used(row.get("input_tokens"), row.get("output_tokens"), summed=True)
                told.finished = True

    def _block(self, block: Mapping[str, Any], message: str, role: object) -> Iterator[Event]:
        match block.get("type"):
            case "text" if role == "assistant":
                yield from self._text(str(block.get("text") or ""), message)
            case "toolRequest":
                call = mapping(mapping(block.get("toolCall")).get("value"))
                name = str(call.get("name") or "").rpartition("__")[2]
                what = path_in(mapping(call.get("arguments")), "path", "command")
                if name in ("write", "edit", "text_editor"):
                    self._paths[str(block.get("id"))] = what
                yield self.uses(name, what)
            case "toolResponse":
                path = self._paths.pop(str(block.get("id")), None)
                if path is not None:
                    yield from self._edited(path, mapping(block.get("toolResult")))

    def _failed(self, text: str) -> None:
        """Words of goose's own, which the model's have ``inference`` beside: an error, or that the
        answer was empty (1.50.0)."""
        if text.lstrip().startswith(_FAILED):
            self.told.error = one_line(text, 300)

    def _text(self, text: str, message: str) -> Iterator[Event]:
        """Pieces of one message share its id."""
        if message != self._message:
            if self._said and not self._said.endswith("\n"):
                yield Text("\n")
            self._message, self._said = message, ""
        self._said += text
        yield from self.says(text, whole=self._said)

    def _edited(self, path: str, result: Mapping[str, Any]) -> Iterator[Event]:
        value = mapping(result.get("value"))
        if result.get("status") == "error" or value.get("isError"):
            content = listed(value.get("content"))
            words = str(content[0].get("text") or "") if content else str(result.get("error"))
            self.told.refuse(path, words)
        else:
            self.told.edited.append(path)
            yield Edited(path)
