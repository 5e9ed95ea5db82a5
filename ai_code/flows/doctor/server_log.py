"""What Ollama's log says since the server's last start. Pure.

The lines are those of Ollama 0.5 to 0.13: ``msg="server config" env="map[…]"`` at the start, then
``msg="inference compute"`` for each GPU (or one for the CPU), warnings and errors later.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from ai_code.core.text import one_line

Trouble = Literal["libraries", "memory", "timeout", "truncated", "space", "digest"]

_START = 'msg="server config"'
_VARIABLE = re.compile(
    r"\b((?:OLLAMA|CUDA|HIP|ROCR|HSA|GGML|GPU)_[A-Z0-9_]+):(\[[^\]]*\]|[^\s\]]*)"
)
_COMPUTE = re.compile(
    r'msg="inference compute".*?\blibrary=(?P<library>\S+)'
    r'(?:.*?\bdescription=(?P<name>"[^"]*"|\S+))?'
)
_NO_GPU = ("no compatible GPUs were discovered", "no GPU detected", "entering low vram mode")
_TROUBLES: Mapping[Trouble, re.Pattern[str]] = {
    "libraries": re.compile(
        r"error while loading shared libraries: |"
        r"\blib\w+\.so[.\d]*: cannot open shared object file"
    ),
    "memory": re.compile(
        r"model requires more system memory|cudaMalloc failed: out of memory|"
        r"CUDA error: out of memory|hipErrorOutOfMemory|unable to allocate \w+ buffer|"
        r"model request too large for system"
    ),
    "timeout": re.compile(
        r"timed out waiting for llama runner|client connection closed before server finished"
    ),
    "truncated": re.compile(r"truncating input (?:prompt|messages)|input truncated"),
    "space": re.compile(r"no space left on device"),
    "digest": re.compile(r"digest mismatch"),
}
_LIBRARY = re.compile(r"\b(lib[\w+-]+\.so[.\d]*)")
_LIMITS = re.compile(r"\blimit=(\d+) prompt=(\d+)")


class ServerLog(NamedTuple):
    """``found`` False: there was no log to read. ``compute`` is what the server calculates on, a
    library (CUDA, ROCm, Metal, Vulkan, cpu) and its name; ``config`` the variables in effect;
    ``troubles`` the last line of each kind."""

    found: bool = False
    compute: tuple[tuple[str, str], ...] = ()
    config: Mapping[str, str] = MappingProxyType({})
    troubles: Mapping[Trouble, str] = MappingProxyType({})

    @property
    def cpu_only(self) -> bool:
        """The server said what it calculates on, and it is no GPU."""
        return bool(self.compute) and all(library == "cpu" for library, _ in self.compute)

    @property
    def missing_library(self) -> str:
        """As ``libgomp.so.1``; empty where none is missing."""
        found = _LIBRARY.search(self.troubles.get("libraries", ""))
        return found[1] if found else ""

    @property
    def cut(self) -> tuple[int, int] | None:
        """Tokens that were taken, and that a prompt had, where one was cut."""
        found = _LIMITS.search(self.troubles.get("truncated", ""))
        return (int(found[1]), int(found[2])) if found else None


def parse_log(text: str) -> ServerLog:
    """All that a log says from the server's last start on; of a log without a start, all of it."""
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if _START in line]
    lines = lines[starts[-1] :] if starts else lines
    compute: list[tuple[str, str]] = []
    config: dict[str, str] = {}
    troubles: dict[Trouble, str] = {}
    for line in lines:
        if _START in line:
            config = {name: value for name, value in _VARIABLE.findall(line) if value}
        elif found := _COMPUTE.search(line):
            compute.append((found["library"], (found["name"] or "").strip('"')))
        elif any(words in line for words in _NO_GPU):
            compute.append(("cpu", "cpu"))
        for kind, pattern in _TROUBLES.items():
            if pattern.search(line):
                troubles[kind] = one_line(line, 400)
    if any(library != "cpu" for library, _ in compute):
        compute = [row for row in compute if row[0] != "cpu"]
    return ServerLog(bool(lines), tuple(compute), config, troubles)
