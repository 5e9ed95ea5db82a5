"""Settings: one table of keys; layered texts in, typed settings that know their origin out.

Pure. Here is what every run needs. What only files, ``config`` and the docs need is imported
from its own module: ``sources`` (parse a file), ``values`` and ``api`` (convert what is set),
``show`` (as YAML, reference), ``ports``."""

from __future__ import annotations

from ai_code.settings.keys import DEFAULT_API, KEYS, Key, Value
from ai_code.settings.load import Layers, load, problem_error
from ai_code.settings.typed import Loaded, Notice, Origin, Settings, SourceFile, typed_settings

__all__ = [
    "DEFAULT_API",
    "KEYS",
    "Key",
    "Layers",
    "Loaded",
    "Notice",
    "Origin",
    "Settings",
    "SourceFile",
    "Value",
    "load",
    "problem_error",
    "typed_settings",
]
