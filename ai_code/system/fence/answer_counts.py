"""What the model's server counted, noted down as it answers; loaded by the fence, in aider.

With streaming aider estimates tokens by itself, and Ollama's own figures (``prompt_eval_count``
in the last line of an answer) are dropped by litellm (1.81, aider 0.86). Whether a prompt was cut
shows in nothing else. Where litellm looks otherwise nothing is noted, and nothing breaks.
"""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import sys
from typing import Any

_MODULE = "litellm.llms.ollama.chat.transformation"
_CLASS = "OllamaChatCompletionResponseIterator"
_FIELDS = ("prompt_eval_count", "eval_count", "eval_duration")


def note_counts(file: int) -> None:
    """From now on each answer adds a line to the open file ``file``."""
    if _MODULE in sys.modules:
        _watch(sys.modules[_MODULE], file)
    else:
        sys.meta_path.insert(0, _Finder(file))


class _Finder(importlib.abc.MetaPathFinder):
    """Waits for the one module to be imported, and goes away."""

    def __init__(self, file: int) -> None:
        self._file = file

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        if fullname != _MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return None
        spec.loader = _Loader(spec.loader, self._file)
        return spec


class _Loader(importlib.abc.Loader):
    """The module's own loader, and a look at what it made."""

    def __init__(self, loader: Any, file: int) -> None:
        self._loader = loader
        self._file = file

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        self._loader.exec_module(module)
        _watch(module, self._file)


def _watch(module: Any, file: int) -> None:
    kind = getattr(module, _CLASS, None)
    parse = getattr(kind, "chunk_parser", None)
    if kind is None or parse is None:
        return

    def noting(self: Any, chunk: Any, *more: Any, **named: Any) -> Any:
        if isinstance(chunk, dict) and chunk.get("done") is True:
            counts = [chunk.get(field) for field in _FIELDS]
            with contextlib.suppress(OSError):
                os.write(file, json.dumps(counts).encode() + b"\n")
        return parse(self, chunk, *more, **named)

    kind.chunk_parser = noting
