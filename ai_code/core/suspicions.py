"""What makes an edit of a weak or interrupted model suspicious. Named, never guessed away."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ai_code.core.changes import EXECUTABLE, LINK, Change, is_binary, link_leaves

_PARSE_LIMIT = 1024 * 1024
_YAML_LIMIT, _YAML_DEPTH = 256 * 1024, 200
_LOST_SHARE, _LOST_LINES = 0.3, 5


@dataclass(frozen=True, slots=True)
class Suspicion:
    """``reason`` in words for people, ``detail`` the line or the error that shows it."""

    reason: str
    detail: str = ""


def suspicions(change: Change, *, whole_files: bool = False) -> list[Suspicion]:
    """Everything about ``change`` that a person should see before it is kept. ``whole_files``:
    the model had to write the whole file anew, and may have stopped before its end."""
    found = list(_of_modes(change))
    before, after = change.before, change.after
    if after is None or change.new_mode == LINK or change.big:
        return found
    if is_binary(after):
        if before is not None and not is_binary(before):
            found.append(Suspicion("it became a binary file"))
        return found
    if before is not None and not is_binary(before) and change.old_mode != LINK:
        losses = list(_losses(before, after))
        found += losses or (_lost_end(before, after) if whole_files else [])
        found += _parse_loss(change.path, before, after)
    found += _foreign_lines(before or b"", after, change.path)
    return found


def _of_modes(change: Change) -> Iterator[Suspicion]:
    if change.new_mode == EXECUTABLE and change.old_mode != EXECUTABLE:
        yield Suspicion("it became executable")
    if change.new_mode == LINK and change.after is not None:
        target = change.after.decode("utf-8", "surrogateescape")
        if link_leaves(change.path, target):
            yield Suspicion("it is a link out of the tree", target)


def _lost_end(before: bytes, after: bytes) -> list[Suspicion]:
    """The last lines are gone, and nothing stands in their place."""
    old = [line for line in before.splitlines() if line.strip()]
    new = [line for line in after.splitlines() if line.strip()]
    known = set(new)
    gone = 0
    while gone < len(old) and old[-1 - gone] not in known:
        gone += 1
    added = sum((Counter(new) - Counter(old)).values())
    if gone < _LOST_LINES or gone == len(old) or added > gone // 2:
        return []
    return [Suspicion("its end is missing", f"{gone} lines are gone")]


def _losses(before: bytes, after: bytes) -> Iterator[Suspicion]:
    if before.strip() and not after.strip():
        yield Suspicion("it was emptied")
        return
    old, new = before.splitlines(), after.splitlines()
    if not before.rstrip():
        return
    if before.startswith(after.rstrip()) and after.rstrip() != before.rstrip():
        yield Suspicion("it was cut to a fragment", f"{len(new)} of {len(old)} lines are left")
        return
    lost = sum((Counter(old) - Counter(new)).values())
    added = sum((Counter(new) - Counter(old)).values())
    share = lost / max(1, len(old))
    if share >= _LOST_SHARE and lost >= _LOST_LINES and added <= lost // 4:
        yield Suspicion("it lost much of its text", f"{lost} of {len(old)} lines are gone")
    elif lost >= 2 and old[-1] not in new and _ends_whole(before) and not _ends_whole(after):
        yield Suspicion("its end is missing", f"{lost} lines are gone")


def _ends_whole(data: bytes) -> bool:
    return data.endswith((b"\n", b"\r"))


# --- lines that only a model writes -------------------------------------------------------

_WORD = r"(?:rest|remaining|remainder|existing|previous|other|original|unchanged|same)"
_SAME = r"(?:unchanged|same|omitted|not shown|as before|as is|as above|goes here|as it was)"
_LEADER = re.compile(
    r"^\s*(?:\{/\*|/\*+|<!--|<%--|\"\"\"|'''|//+!?|#+!?|--+|;+|%+|\(\*|\*|REM\b|'|\")\s*", re.I
)
_TRAILER = re.compile(r"\s*(?:\*/\}?|-->|--%>|\"\"\"|'''|\*\))?\s*$")
_DOTTED = re.compile(
    rf"^[\[(<]?\s*(?:\.{{3,}}|…+)\s*[\[(]?\s*(?:the |your |all |any )*"
    rf"(?:{_WORD}|more|omitted|snip\w*|truncated|keep|no change)\b",
    re.I,
)
_COMMENTED = re.compile(
    rf"""^[\[(<]?\s*(?:
        (?:\.{{3,}}|…+)$
      | (?:the\ )?(?:all\ )?{_WORD}\b.{{0,60}}(?:\.{{3,}}|…)[\])>]?$
      | (?:the\ )?(?:rest|remaining|remainder|other)\b.{{0,60}}\b{_SAME}\b
      | (?:the\ )?(?:all\ )?(?:existing|previous|original|other)\ (?:code|content|implementation
          |logic|methods?|functions?|imports?|tests?)(?:\ (?:here|unchanged|goes\ here|omitted
          |remains?.*|stays?.*))?[.:\])>]?$
      | (?:unchanged|no\ changes?)(?:\ (?:code|content|below|above|here|needed|from\ here)
          .*)?[.\])>]?$
      | (?:code|file|content|lines?|methods?|functions?)\ (?:remains?\ |is\ |are\ )?
          (?:unchanged|omitted|truncated)\b
      | (?:keep|leave)\ (?:the\ )?(?:rest|existing|remaining|other)\b
      | (?:snip(?:ped)?|truncated|omitted(?:\ for\ brevity)?)[.\])>]?$
    )""",
    re.I | re.X,
)
_JAPANESE = re.compile(
    r"""^[(（\[【<＜]?\s*(?:\.{3,}|…+|・{3,})?\s*[(（]?(?:
        (?:以下|以降|以上|前後|後|前|中)(?:の(?:コード|処理|部分|内容))?[、は]?\s*
          (?:省略|略|同様|同じ|変更なし|変更無し|変更ありません|そのまま)
      | (?:残り|他|その他|それ以外|これ以降|ほか)(?:の.{0,20}?)?(?:部分|コード|処理)?[はも、]?\s*
          (?:省略|略|同様|同じ|変更なし|変更無し|変更ありません|そのまま|変わらず)
      | (?:既存|元|従来|以前|元々)の(?:コード|実装|処理|内容|関数|メソッド|部分).{0,12}$
      | (?:変更なし|変更無し|変更ありません|省略)(?:です)?[)）\]】。]?$
      | (?:コード|実装|処理|内容)(?:は|を)?省略
    )""",
    re.X,
)
_INLINE = re.compile(r"(?:#|//|/\*|--|<!--|;)\s*((?:\.{3}|…).*)$")
_MARKER = re.compile(r"^(?:<{7}|>{7})(?: |$)|^<{5,9} ?SEARCH\b|^>{5,9} ?REPLACE\b|^\|{7} ")


def _foreign_lines(before: bytes, after: bytes, path: str) -> Iterator[Suspicion]:
    known = {line.strip() for line in before.splitlines()}
    lost = sum((Counter(before.splitlines()) - Counter(after.splitlines())).values())
    placeholder = marker = ""
    for raw in after.splitlines():
        if raw.strip() in known or len(raw) > 400:
            continue
        line = raw.decode("utf-8", "replace")
        if not placeholder and (_is_placeholder(line) or (lost >= 2 and _is_dots(line, path))):
            placeholder = line.strip()
        if not marker and _MARKER.match(line):
            marker = line.strip()
    if placeholder:
        yield Suspicion("a placeholder stands where code was", placeholder)
    if marker:
        yield Suspicion("conflict or edit markers were left in it", marker)


def _is_dots(line: str, path: str) -> bool:
    """Dots alone on a line. In Python an indented ``...`` is a body that says nothing."""
    if line.strip() not in ("...", "....", "…", "……"):
        return False
    return not (path.endswith((".py", ".pyi")) and line[:1].isspace())


def _is_placeholder(line: str) -> bool:
    bare = line.strip()
    leader = _LEADER.match(bare)
    body = _TRAILER.sub("", bare[leader.end() :] if leader else bare)
    if _DOTTED.match(body) or _JAPANESE.match(body):
        return True
    if leader:
        return bool(_COMMENTED.match(body))
    inline = _INLINE.search(bare)
    return bool(inline and _DOTTED.match(_TRAILER.sub("", inline.group(1))))


# --- files that parsed and no longer do ---------------------------------------------------


def _parse_loss(path: str, before: bytes, after: bytes) -> Iterator[Suspicion]:
    parse = _PARSERS.get(path.rpartition(".")[2].lower())
    if parse is None or "." not in path or max(len(before), len(after)) > _PARSE_LIMIT:
        return
    error = _parse_error(parse, after)
    if error and not _parse_error(parse, before):
        yield Suspicion("it parsed before and no longer does", error)


def _parse_error(parse: Callable[[bytes], None], data: bytes) -> str:
    try:
        parse(data)
    except SyntaxError as error:
        return f"{error.msg}, line {error.lineno}" if error.lineno else error.msg
    except (ValueError, RecursionError, MemoryError) as error:
        return f"{type(error).__name__}: {error}".splitlines()[0][:200]
    return ""


def _python(data: bytes) -> None:
    import ast
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ast.parse(data)


def _json(data: bytes) -> None:
    import json

    json.loads(data)


def _toml(data: bytes) -> None:
    import tomllib

    tomllib.loads(data.decode("utf-8"))


def _yaml(data: bytes) -> None:
    """Syntax only, by events: tags of an application are none of our business, and anchors
    are not expanded. libyaml's time grows with the square of the depth (measured: minutes for
    200,000 brackets), so both size and depth are bounded."""
    import yaml

    if len(data) > _YAML_LIMIT:
        return
    depth = 0

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for event in yaml.parse(data, Loader=loader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > _YAML_DEPTH:
                raise ValueError("nested too deeply")
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


_PARSERS: dict[str, Callable[[bytes], None]] = {
    "py": _python,
    "pyi": _python,
    "json": _json,
    "toml": _toml,
    "yaml": _yaml,
    "yml": _yaml,
}
