"""Mistral's vibe on a local model. A dead server it would wait for over five minutes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ai_code.core.about import NO, YES, About, Can, Install
from ai_code.core.command import Command
from ai_code.core.events import Edited, Event
from ai_code.engines.local import (
    JsonRun,
    LocalBase,
    folder_of,
    isolated,
    listed,
    mapping,
    model_of,
    path_in,
    toml_text,
    whole_prompt,
)

if TYPE_CHECKING:
    from ai_code.core.task import Task

_WRITING = frozenset({"write_file", "edit", "search_replace"})
_PROMPT = "prompt.md"


class VibeEngine(LocalBase):
    """See ``registry.LocalEngine``."""

    name = "vibe"
    about = About(
        program="vibe",
        version="3.0.2",
        homepage="https://github.com/mistralai/mistral-vibe",
        licence="Apache-2.0",
        install=Install("pypi", "mistral-vibe", "Python 3.12", python=(3, 12)),
        can={
            "edit": YES,
            "run": Can("yes", "when allowed", tested=True),
            "search": Can("yes", "by commands"),
            "subagents": Can("no", "left out"),
            "memory": Can("yes", "AGENTS.md", tested=True),
            "plan": Can("part", "ask agent", tested=True),
            "mcp": Can("no", "left out"),
            "git": Can("yes"),
            "sandbox": NO,
        },
        wire="chat",
    )

    def command(self, task: Task) -> Command:
        """The prompt in a file, rows of JSON on standard output."""
        folder = folder_of(task, self.name)
        edits = "auto-approve" if task.commands else "accept-edits"
        agent = edits if task.mode == "edit" else "ask"
        # Trust would have a project's own .vibe lead the requests elsewhere: AGENTS.md comes with
        # the prompt instead.
        argv = [*task.program.argv, "--agent", agent, "--output", "streaming"]
        argv += ["--prompt-file", str(folder / _PROMPT)]
        if task.deadline_s:
            argv += ["--time-limit", str(max(1, int(task.deadline_s)))]
        argv += task.extra_args
        own: dict[str, str | None] = {
            name: None for name in task.environ if name.startswith(("VIBE_", "MISTRAL_"))
        }
        return Command(
            argv=tuple(argv),
            cwd=task.workdir,
            env={
                **own,
                **isolated(task, folder),
                "VIBE_HOME": str(folder / "home"),
                # With none it looks into the keyring.
                "MISTRAL_API_KEY": "none",
            },
            stall_timeout_s=task.stall_timeout_s,
            deadline_s=task.deadline_s,
        )

    def files(self, task: Task) -> Mapping[str, str]:
        """See ``registry.LocalEngine``."""
        model = model_of(task)
        config = [
            'active_model = "local"',
            "enable_telemetry = false",
            "enable_update_checks = false",
            "enable_auto_update = false",
            "api_retry_max_elapsed_time = 5.0",
            "[[providers]]",
            'name = "ollama"',
            f"api_base = {toml_text(model.base_url + '/v1')}",
            'api_key_env_var = ""',
            'api_style = "openai"',
            'backend = "generic"',
            "[[models]]",
            f"name = {toml_text(model.name)}",
            'provider = "ollama"',
            'alias = "local"',
            f"temperature = {task.temperature}",
            "input_price = 0.0",
            "output_price = 0.0",
            "[session_logging]",
            "enabled = false",
        ]
        if model.num_ctx:
            threshold = f"auto_compact_threshold = {int(model.num_ctx * 0.8)}"
            config.insert(config.index("[session_logging]"), threshold)
        prompt = whole_prompt(task)
        return {"home/config.toml": "\n".join(config) + "\n", _PROMPT: prompt}

    def open(self, task: Task) -> VibeRun:
        return VibeRun(self.name, mode=task.mode, folder=str(task.workdir))


class VibeRun(JsonRun):
    """Rows: message, effect (a tool, once it has ended), callback (an approval)."""

    def row(self, row: Mapping[str, Any]) -> Iterator[Event]:
        match row.get("type"):
            case "message" if row.get("role") == "assistant":
                for block in listed(row.get("content")):
                    if block.get("type") == "text":
                        yield from self.says(str(block.get("text") or ""))
            case "effect":
                yield from self._effect(mapping(row.get("detail")), mapping(row.get("state")))

    def _effect(self, detail: Mapping[str, Any], state: Mapping[str, Any]) -> Iterator[Event]:
        given = mapping(detail.get("input"))
        what = path_in(given, "filePath", "path", "command", "pattern")
        name = str(detail.get("toolName") or "").rpartition(".")[2]
        yield self.uses(name, what)
        if name not in _WRITING:
            return
        if state.get("status") == "completed":
            self.told.edited.append(what)
            yield Edited(what)
        else:
            output = mapping(state.get("output"))
            approval = mapping(mapping(output.get("_meta")).get("approval"))
            skipped = approval.get("decision") == "skip"
            self.told.refuse(what, "denied" if skipped else str(output.get("error") or ""))
