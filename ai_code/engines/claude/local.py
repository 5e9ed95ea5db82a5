"""The Claude Code harness on a local model: Ollama's Anthropic API in the place of Anthropic's.

It has a configuration folder of its own below the run's folder, so that nothing of the person's
login, settings, hooks or gateways counts and nothing can be billed: the environment alone would be
beaten by the ``env`` of a settings file (2.1.329), and ``--settings`` by managed ones. What is the
person's own and harmless (agents, skills, commands) is linked into it, MCP servers are named."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.core.about import NO, YES, About, Can, Install
from ai_code.core.claude_folders import sessions_folder
from ai_code.core.command import Command
from ai_code.core.context_parts import IMPORTS
from ai_code.core.events import Answer, Event, RawEvent
from ai_code.core.exits import EndedBy, Exit
from ai_code.core.text import one_line
from ai_code.core.verdict import (
    Done,
    Failed,
    Interrupted,
    LimitReached,
    Unavailable,
    Verdict,
)
from ai_code.engines.claude.command import GO_ON, WRITING_TOOLS
from ai_code.engines.claude.judge import judge
from ai_code.engines.claude.local_env import environment, redirection
from ai_code.engines.claude.reader import ClaudeReader
from ai_code.engines.local import LocalBase, folder_of, memory_of, model_of, whole_prompt
from ai_code.engines.local_judge import Told
from ai_code.engines.local_judge import judge as judge_told

if TYPE_CHECKING:
    from ai_code.core.ports import OutputChannel
    from ai_code.core.task import Task

_LEAN_TOOLS = "Bash,Edit,Glob,Grep,Read,Write"
"""Requests begin at 22 KB with these instead of 34 KB (2.1.329)."""
_READING_TOOLS = "Glob,Grep,Read"
_OF_NO_USE = (
    *("CronCreate", "CronDelete", "CronList", "EnterWorktree", "ExitWorktree", "ListAgents"),
    *("ReportFindings", "ScheduleWakeup", "SendMessage", "TaskStop", "WebFetch", "WebSearch"),
    "Workflow",
)
"""They need Anthropic's services, the network, or a session that lasts; 30 KB of each request."""
_LEAN_BELOW = 49_152
"""Tokens of context. The whole set of tools takes 9,000 of them before a word is said, and a small
model chooses better among few."""
_THEIRS = ("agents", "skills", "commands", "output-styles")
"""Of the person's configuration folder: texts, no settings. What is memory comes with the prompt,
within its budget."""
_MEMORY = "{CLAUDE.md,CLAUDE.local.md,AGENTS.md,.claude/CLAUDE.md,.claude/rules/**}"
_MEANS_MORE = re.compile(r'[][{}()!*+@?|,\\"]|(?<=\.)\.')
"""In a pattern; two dots are a range in one of braces."""

ABOUT = About(
    program="claude",
    version="2.1.329",
    homepage="https://claude.com/claude-code",
    licence="Anthropic's commercial terms",
    install=Install("claude", "@anthropic-ai/claude-code"),
    can={
        "edit": YES,
        "run": Can("yes", "when allowed", tested=True),
        "search": YES,
        "subagents": YES,
        "memory": Can("yes", "CLAUDE.md", tested=True),
        "plan": YES,
        "mcp": Can("yes", "when allowed", tested=True),
        "git": Can("yes", "when allowed", tested=True),
        "sandbox": NO,
    },
    wire="messages",
    loads=frozenset({"CLAUDE.md", ".claude/CLAUDE.md", ".claude/rules/", IMPORTS}),
    chats=True,
    chat_note='"API Usage Billing" on its screen was about the local model: nothing is billed. The '
    "session to resume that it names is gone with the worktree.",
    resumes=True,
)


class ClaudeLocalEngine(LocalBase):
    """See ``registry.LocalEngine``."""

    name = "claude-local"
    title = "Ollama + Claude Code"
    about = ABOUT

    def command(self, task: Task) -> Command:
        """Print mode, the prompt on standard input, events on standard output."""
        argv = [*task.program.argv, "-p", "--output-format", "stream-json", "--verbose"]
        if task.request.deltas:
            argv.append("--include-partial-messages")
        resume = ["--resume", task.resume.id] if task.resume else []
        argv += [*self._options(task), *resume, *task.extra_args]
        return Command(
            argv=tuple(argv),
            cwd=task.workdir,
            env=environment(task, folder_of(task, self.name)),
            stdin=self._prompt(task).encode("utf-8", "replace"),
            stall_timeout_s=task.stall_timeout_s,
            deadline_s=task.deadline_s,
        )

    def chat_command(self, task: Task) -> Command:
        """Claude Code's own screen; the brief is told before the person's first words."""
        argv = [*task.program.argv, *self._options(task, person=True), *task.extra_args]
        if self._told_first(task):
            argv += ["--append-system-prompt-file", str(folder_of(task, self.name) / "brief.md")]
        return Command(
            argv=tuple(argv), cwd=task.workdir, env=environment(task, folder_of(task, self.name))
        )

    def chat_files(self, task: Task) -> Mapping[str, str]:
        """See ``registry.LocalEngine``."""
        return {**self.files(task), "brief.md": self._told_first(task)}

    def _told_first(self, task: Task) -> str:
        """In a chat: the brief, or the memory alone where it must not read it by itself."""
        brief, loads = task.brief, self._loads(task)
        if brief is not None and brief.task:
            return whole_prompt(task, loads)
        return memory_of(brief) if brief and not loads else ""

    def _prompt(self, task: Task) -> str:
        """A session that goes on has it all in its history, checks and single steps aside; but
        not the project's memory: Claude Code adds that to each request anew."""
        brief, loads = task.brief, self._loads(task)
        if task.resume is None or (brief and (brief.failed or brief.step)):
            return whole_prompt(task, loads)
        go_on = f"{GO_ON} The files are now in {task.workdir}: use paths below it."
        memory = memory_of(brief, loads) if brief else ""
        return f"{go_on}\n\n{memory}" if memory else go_on

    def _loads(self, task: Task) -> frozenset[str]:
        """What it reads by itself: the project's where its sources have it."""
        return frozenset() if task.guard_folder else self.loads(task.brief)

    def _options(self, task: Task, *, person: bool = False) -> list[str]:
        """``person``: one sits before it, and is asked before each command."""
        folder, model = folder_of(task, self.name), model_of(task)
        argv = ["--model", model.name, "--settings", str(folder / "settings.json")]
        # The worktree has no settings of the project's; its CLAUDE.md, agents and skills count
        # where they do for Claude itself, and where the memory among it fits.
        sources = "user,project" if self._loads(task) else "user"
        argv += ["--setting-sources", sources, "--strict-mcp-config"]
        match task.mode:
            case "plan":
                argv += ["--permission-mode", "plan"]
            case "ask":
                argv += ["--permission-mode", "default"]
            case "edit":
                argv += ["--permission-mode", "acceptEdits"]
        if task.mode != "edit":
            return [*argv, "--tools", _READING_TOOLS]
        if is_lean(task):
            argv += ["--tools", _LEAN_TOOLS]
        # With acceptEdits it would run commands that only touch its folder.
        denied = list(_OF_NO_USE) if not is_lean(task) else []
        if task.commands:
            argv += ["--allowedTools", ",".join(["Bash", *_allowed_servers(task)])]
        elif not person:
            denied.append("Bash")
        if _servers(task):
            argv += ["--mcp-config", str(folder / "mcp.json")]
        return [*argv, "--disallowedTools", ",".join(denied)] if denied else argv

    def files(self, task: Task) -> Mapping[str, str]:
        """See ``registry.LocalEngine``."""
        model = model_of(task)
        settings = {
            "env": redirection(model),
            "apiKeyHelper": "",
            "claudeMdExcludes": _not_to_read(task.workdir),
        }
        files = {
            "settings.json": json.dumps(settings),
            "config/.claude.json": json.dumps(_known_folder(task)),
            "mcp.json": json.dumps({"mcpServers": _servers(task)}),
        }
        if task.resume is not None:
            place = sessions_folder(str(task.request.cwd))
            files[f"config/projects/{place}/{task.resume.id}.jsonl"] = task.resume.rows
        return files

    def links(self, task: Task) -> Mapping[str, Path]:
        """See ``registry.LocalEngine``."""
        if task.claude_dir is None or is_lean(task):
            return {}
        return {f"config/{name}": task.claude_dir / name for name in _THEIRS}

    def open(self, task: Task) -> ClaudeLocalRun:
        return ClaudeLocalRun(answers=task.mode != "edit", folder=str(task.workdir))


def _not_to_read(workdir: Path) -> list[str]:
    """What comes with the prompt. It looks in every folder above the worktree, and there lies the
    home; and at the worktree's root it takes AGENTS.md where there is no CLAUDE.md (2.1.329, not
    2.0.77). In one pattern: Claude Code matches each with each file, and 50 take it 70 ms."""
    above = [f"{_as_pattern(folder).rstrip('/')}/" for folder in workdir.parents]
    # Braces around a single one would be letters.
    any_above = f"{{{','.join(above)}}}" if len(above) > 1 else "".join(above)
    return [f"{_as_pattern(workdir)}/AGENTS.md", f"{any_above}{_MEMORY}"]


def _as_pattern(folder: Path) -> str:
    """A path in a pattern, which a ``[`` or a comma in it must not change."""
    return _MEANS_MORE.sub("?", str(folder))


def _servers(task: Task) -> Mapping[str, object]:
    """The person's MCP servers. What they do is no less than what a command does: they count
    where commands may be run, behind the same fence."""
    wanted = task.commands and task.mode == "edit" and not is_lean(task)
    servers = json.loads(task.mcp_servers or "{}") if wanted else {}
    return servers if isinstance(servers, dict) else {}


def _allowed_servers(task: Task) -> list[str]:
    """All tools of each server, named as Claude Code names them."""
    return [f"mcp__{re.sub('[^a-zA-Z0-9_-]', '_', name)}" for name in _servers(task)]


def is_lean(task: Task) -> bool:
    """A model with little context: few tools, nothing of the person's beside."""
    return task.lean or 0 < model_of(task).num_ctx < _LEAN_BELOW


def _known_folder(task: Task) -> Mapping[str, object]:
    """Claude's own record, so that its screen asks for no login, theme or trust. Nor does it look
    for what older versions left in a folder that is new: 12 ms of each start (2.1.329)."""
    trusted = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}
    folders = dict.fromkeys((str(task.workdir), str(task.request.cwd)), trusted)
    return {"hasCompletedOnboarding": True, "migrationVersion": 15, "projects": folders}


class ClaudeLocalRun:
    """Reader and judge of one attempt."""

    def __init__(self, *, answers: bool, folder: str) -> None:
        self._reader = ClaudeReader(folder=folder)
        self._answers = answers
        self._answer = ""
        self._used = (0, 0)
        self._begun = False
        self._server_error = ""

    def server_failed(self, words: str) -> None:
        """See ``registry.LocalRun``."""
        self._server_error = words

    @property
    def begun(self) -> bool:
        """See ``registry.EngineRun``."""
        return self._begun

    @property
    def session_id(self) -> str:
        """A session of the run's own: nobody can go on with it."""
        return ""

    @property
    def answer(self) -> str:
        return self._answer

    @property
    def longest_prompt(self) -> int:
        """Not told: of a turn only the sum is."""
        return 0

    @property
    def refused(self) -> Sequence[str]:
        """The path of each refused call, once; of a command ``Bash(make)``."""
        seen = self._reader.observed.denials
        denials = [each for each in seen if each.tool in WRITING_TOOLS]
        return tuple(dict.fromkeys(each.written for each in denials))

    @property
    def tokens(self) -> tuple[int, int]:
        """See ``registry.LocalRun``."""
        return self._used

    def feed(self, channel: OutputChannel, data: bytes) -> Sequence[Event]:
        return self._noted(self._reader.feed(channel, data))

    def finish(self) -> Sequence[Event]:
        return self._noted(self._reader.finish())

    def _noted(self, events: Sequence[Event]) -> Sequence[Event]:
        kept: list[Event] = []
        for event in events:
            self._begun = True
            match event:
                case RawEvent(line=line, final=True):
                    self._used = _usage(line)
                case RawEvent():
                    # Rows of another program than the person asked: what is told is our own.
                    pass
                case Answer(text=text):
                    self._answer = text
                    kept.append(event)
                case _:
                    kept.append(event)
        return kept

    def judge(self, exit_: Exit, *, now: int, tz: tzinfo, changed: bool) -> Verdict:
        """By Claude's judge; but here a failure before any change lets the next engine try, and
        nothing is a limit: there is none on a local model."""
        observed = self._reader.observed
        verdict = judge(observed, exit_, now=now, tz=tz)
        told = Told(
            begun=True,
            answer=self._answer,
            edited=list(observed.edited),
            refused=list(self.refused),
            answers=self._answers,
            server_error=self._server_error,
        )
        match verdict:
            case Done():
                return judge_told("claude-local", told, exit_, changed=changed)
            case Interrupted() if exit_.ended_by is EndedBy.PERSON:
                return verdict
            case Interrupted():
                told.has_end = True
            case LimitReached() | Failed() | Unavailable():
                told.error = one_line(verdict.message, 300) or "it failed without a word"
        return judge_told("claude-local", told, exit_, changed=changed)


def _usage(line: bytes) -> tuple[int, int]:
    try:
        usage = json.loads(line).get("usage") or {}
    except (ValueError, AttributeError):
        return 0, 0
    sent = sum(
        value
        for name in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
        if isinstance(value := usage.get(name), int)
    )
    received = usage.get("output_tokens")
    return sent, received if isinstance(received, int) else 0
