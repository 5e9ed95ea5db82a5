"""A model that works with tools: it picks, among those that a request offers, the one that
writes, reads or runs, and ends with a sentence. What it does next is told by the request alone,
so one reply plays a whole task, for any engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ai_code.drill import asked
from ai_code.drill.asked import Tool
from ai_code.drill.replies import Agent, Call, ToolCalls

_PATHS = ("file_path", "filePath", "absolute_path", "path", "filename")
_CONTENTS = ("content", "contents", "file_text", "text")
_OLD = ("old_string", "oldString", "old_str", "before")
_NEW = ("new_string", "newString", "new_str", "after")
_COMMANDS = ("command", "cmd")
_MARK = "END_OF_FILE"
_ASIDE = "OK"


@dataclass(frozen=True, slots=True)
class _Step:
    call: Call
    counts: bool = True
    """Whether its failure is worth a word: a file that is not there yet cannot be read."""


def turn(agent: Agent, body: dict[str, Any]) -> ToolCalls | str:
    """What the agent answers to a request."""
    offered = asked.tools(body)
    if not offered:
        return agent.text or _ASIDE
    steps = list(_steps(agent, offered, body))
    seen = asked.results(body)
    if len(seen) < len(steps):
        call = steps[len(seen)].call
        return ToolCalls((_garbled(call) if agent.garbled else call,), agent.saying)
    for step, result in zip(steps, seen, strict=False):
        if step.counts and result.is_error:
            return f"That was refused: {result.text.strip()[:200]}"
    return agent.closing


def is_aside(agent: Agent, body: dict[str, Any]) -> bool:
    """A request without tools beside the task: a title for the session, say."""
    return not agent.text and not asked.tools(body)


def _steps(agent: Agent, offered: list[Tool], body: dict[str, Any]) -> Iterator[_Step]:
    folder = asked.folder(body)
    reads = _with(offered, "read", _PATHS)
    for path in agent.reads:
        if reads:
            yield _Step(_filled(reads, {_PATHS: _absolute(folder, path)}))
    # Read first: several refuse to write over a file that was not.
    for path, content in agent.edits.items():
        whole = _absolute(folder, path)
        if reads and agent.looks:
            yield _Step(_filled(reads, {_PATHS: whole}), counts=False)
        yield _Step(_write(offered, whole, content, body))
    for path, (old, new) in agent.changes.items():
        whole = _absolute(folder, path)
        if reads and agent.looks:
            yield _Step(_filled(reads, {_PATHS: whole}), counts=False)
        yield _Step(_change(offered, whole, old, new))
    if agent.runs:
        shell = _shell(offered)
        yield _Step(_filled(shell, {_COMMANDS: agent.runs}) if shell else _no_such_tool("bash"))


def _write(offered: list[Tool], path: str, content: str, body: dict[str, Any]) -> Call:
    writes = _with(offered, "write", _PATHS, _CONTENTS)
    if writes:
        return _filled(writes, {_PATHS: path, _CONTENTS: content})
    # An editor of many commands, as Anthropic's own tool has it.
    editor = _with(offered, "edit", _PATHS, ("file_text",), ("command",))
    if editor:
        told = {("command",): "write", _PATHS: path, ("file_text",): content}
        return _filled(editor, told)
    patch = next((tool for tool in offered if tool.name == "apply_patch"), None)
    if patch:
        text = _patch(path, content)
        return Call(patch.name, text, free=True) if patch.free else Call(
            patch.name, {next(iter(patch.types), "input"): text}
        )  # fmt: skip
    shell = _shell(offered)
    if shell is None:
        return _no_such_tool("write")
    if asked.mentions(body, "apply_patch"):
        command = f"apply_patch <<'{_MARK}'\n{_patch(path, content)}{_MARK}\n"
    else:
        command = f"cat > '{path}' <<'{_MARK}'\n{_ended(content)}{_MARK}\n"
    return _filled(shell, {_COMMANDS: command})


def _change(offered: list[Tool], path: str, old: str, new: str) -> Call:
    edits = _with(offered, "edit", _PATHS, _OLD, _NEW)
    if edits:
        return _filled(edits, {_PATHS: path, _OLD: old, _NEW: new})
    several = _with(offered, "edit", _PATHS, ("edits",))
    if several:
        each = {"oldText": old, "newText": new}
        return Call(several.name, {**_at(several, path), "edits": [each]})
    removed = "".join(f"-{line}\n" for line in old.splitlines())
    added = "".join(f"+{line}\n" for line in new.splitlines())
    patch = f"*** Begin Patch\n*** Update File: {path}\n@@\n{removed}{added}*** End Patch\n"
    shell = _shell(offered)
    if shell is None:
        return _no_such_tool("edit")
    return _filled(shell, {_COMMANDS: f"apply_patch <<'{_MARK}'\n{patch}{_MARK}\n"})


def _at(tool: Tool, path: str) -> dict[str, str]:
    return {next(name for name in _PATHS if name in tool.types): path}


def _shell(offered: list[Tool]) -> Tool | None:
    for word in ("bash", "shell", "exec", "command", "run"):
        found = _with(offered, word, _COMMANDS)
        if found:
            return found
    return None


def _with(offered: list[Tool], word: str, *arguments: tuple[str, ...]) -> Tool | None:
    """The first tool with a word in its name and, of each group, one of the arguments."""
    for tool in offered:
        has_all = all(any(name in tool.types for name in group) for group in arguments)
        if word in tool.name.lower() and has_all:
            return tool
    return None


def _filled(tool: Tool, told: dict[tuple[str, ...], str]) -> Call:
    arguments: dict[str, Any] = {}
    for names, value in told.items():
        name = next(name for name in names if name in tool.types)
        arguments[name] = ["bash", "-lc", value] if tool.types[name] == "array" else value
    for name in tool.required:
        arguments.setdefault(name, _default(tool.types.get(name, "")))
    return Call(tool.name, arguments)


def _default(kind: str) -> Any:
    empty: dict[str, Any] = {"boolean": False, "number": 0, "integer": 0, "array": [], "object": {}}
    return empty.get(kind, "as asked")


def _no_such_tool(name: str) -> Call:
    """What weak models do as well: they call a tool that was not offered."""
    return Call(name, {"command": "true"})


def _garbled(call: Call) -> Call:
    return Call(call.name, call.text[: len(call.text) * 2 // 3], free=call.free)


def _patch(path: str, content: str) -> str:
    added = "".join(f"+{line}\n" for line in content.splitlines())
    return f"*** Begin Patch\n*** Add File: {path}\n{added}*** End Patch\n"


def _ended(content: str) -> str:
    return content if content.endswith("\n") else f"{content}\n"


def _absolute(folder: str, path: str) -> str:
    return path if path.startswith("/") or not folder else f"{folder}/{path}"
