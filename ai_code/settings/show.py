"""Settings as text: YAML for ``config show``, Nix for Home Manager."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ai_code.core.text import visible
from ai_code.settings.keys import KEYS, Key, Value
from ai_code.settings.typed import Loaded

MASK = "****"


def as_yaml(loaded: Loaded, *, with_origin: bool = False) -> str:
    """All settings as a settings file: reading it again gives the same values, but secrets are
    masked. ``with_origin`` adds a comment to each line that says where its value came from."""
    lines: list[str] = []
    for name, key in KEYS.items():
        line = f"{name}: {as_scalar(plain(key, loaded.values[name]))}"
        if with_origin:
            line += f"  # {_comment(str(loaded.origins[name]))}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def as_data(loaded: Loaded) -> dict[str, object]:
    """For JSON: each key's value (secrets masked) and origin."""
    data: dict[str, object] = {}
    for name, key in KEYS.items():
        origin = loaded.origins[name]
        data[name] = {
            "value": plain(key, loaded.values[name]),
            "origin": {
                "layer": origin.layer,
                "name": origin.name or None,
                "path": _comment(str(origin.path)) if origin.path else None,
                "line": origin.line,
            },
        }
    return data


def plain(key: Key, value: Value) -> object:
    """A value as a file would have it: durations as text, secrets masked."""
    if isinstance(value, Mapping):
        if key.secret:
            return dict.fromkeys(value, MASK)
        return {k: list(v) if isinstance(v, tuple) else v for k, v in value.items()}
    if isinstance(value, tuple):
        return list(value)
    return duration(value) if key.type == "duration" and isinstance(value, float) else value


def duration(seconds: float) -> str | float:
    """``5m``, ``1h30m``, ``20s``; 0 and fractions stay numbers."""
    whole = int(seconds)
    if whole != seconds or whole == 0:
        return whole if whole == seconds else round(seconds, 6)
    hours, rest = divmod(whole, 3600)
    parts = ((hours, "h"), (rest // 60, "m"), (rest % 60, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number)


def nix_line(name: str, value: object) -> str:
    """The line of a Home Manager configuration that sets this key."""
    return f"programs.ai-code.settings.{name} = {_nix(value)};"


def as_scalar(value: object) -> str:
    """``value`` as YAML on one line, safe to show and read back as the same value."""
    text = _dumped(value, allow_unicode=True)
    if "\n" in text:
        text = _dumped(value, allow_unicode=True, default_style='"')
    return text if visible(text) == text else _dumped(value, default_style='"')


def _dumped(value: object, *, allow_unicode: bool = False, default_style: str | None = None) -> str:
    import yaml

    dumped: str = yaml.safe_dump(
        value,
        default_flow_style=True,
        default_style=default_style,
        allow_unicode=allow_unicode,
        width=float("inf"),
        sort_keys=False,
    )
    return dumped.removesuffix("...\n").rstrip("\n")


def _comment(text: str) -> str:
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def _nix(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return "{ " + "".join(f"{_nix(k)} = {_nix(v)}; " for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[ " + "".join(f"{_nix(item)} " for item in value) + "]"
    return json.dumps(value, ensure_ascii=False).replace("${", "\\${")
