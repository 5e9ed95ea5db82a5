"""What ai-code itself says on a terminal of 80 columns: no line is wider, Japanese counted as two
columns a character, no word is broken, and a command can be copied whole."""

from __future__ import annotations

import re
import shlex

from ai_code.core.text import columns
from tests.e2e.fakes import DOCUMENTED, aider_writes, claude_at_its_limit
from tests.e2e.world import World

CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
NOTE = (
    "コミットする前に必ずテストを実行し、関数には日本語の説明を付け、変更の理由を"
    "README.mdにも書いてください。"
)


def lines(raw: bytes) -> list[str]:
    """What stood there at the end: a status line was taken away again."""
    said = raw.decode().replace("\r\n", "\n")
    return [CODES.sub("", line.rsplit("\x1b[K", 1)[-1]).strip("\r") for line in said.split("\n")]


def too_wide(shown: list[str]) -> list[str]:
    """A path that no line could hold stays whole: it has to be copied."""
    return [line for line in shown if columns(line) > 80 and max(map(columns, line.split())) < 70]


def test_a_run_that_goes_on_locally(world: World) -> None:
    world.ollama()
    world.script("claude", claude_at_its_limit())
    name = "あいさつの説明をとても詳しく書いた長い名前のファイル" * 2
    writes = aider_writes(hello__py=DOCUMENTED)
    world.script("aider", writes + f"open({name!r}, 'w').write('x')\n")
    world.write("CLAUDE.md", NOTE)
    run = world.on_terminal("関数helloに説明を付けてください")
    shown = lines(run.raw)
    assert run.code == 0, run
    assert any(name[:10] in line for line in shown), shown
    assert too_wide(shown) == []
    assert any(line.startswith("[AI: Ollama + Aider (fallback") for line in shown)


def test_an_error_and_its_reason(world: World) -> None:
    folder = "とても長い名前のフォルダーの中の" * 4
    shown = lines(world.on_terminal("--file", f"{folder}/無い.py", "直して").raw)
    assert too_wide(shown) == []
    told = " ".join(shown)
    assert shlex.split(told.partition("hint: ")[2].replace("\\ ", "")) == ["ls", folder]


def test_a_question(world: World) -> None:
    world.ollama()
    shown = lines(world.on_terminal("remember", "--project", "--yes", NOTE).raw)
    assert too_wide([line for line in shown if not line.startswith("+")]) == []


def test_a_warning(world: World) -> None:
    world.write(".ai-code.yaml", "modle: x\nとても長い日本語の名前の設定項目を書いてしまった: y\n")
    shown = lines(world.on_terminal("status").raw)
    assert any(line.startswith("warning:") for line in shown) and too_wide(shown) == []
