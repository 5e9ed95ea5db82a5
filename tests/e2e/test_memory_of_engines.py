"""Every part of the memory reaches every engine, and once: at the root what it reads by itself
too, in the folder where the person stands what it would not find."""

from __future__ import annotations

import json

import pytest

from tests.e2e.test_engines import EDITS, OTHERS, install, serve
from tests.e2e.world import World

WORDS = {
    "CLAUDE.md": "apricot",
    "AGENTS.md": "blueberry",
    "README.md": "cherry",
    "src/CLAUDE.md": "damson\n@style.md",
    "src/style.md": "elderberry",
    "src/deep/AGENTS.md": "figwort",
    "src/deep/CLAUDE.md": "gooseberry",
}
OF_PERSON, NOTE = "huckleberry", "jackfruit"


@pytest.mark.parametrize("names", [tuple(WORDS), ("CLAUDE.md",), ("AGENTS.md", "src/CLAUDE.md")])
@pytest.mark.parametrize("engine", OTHERS)
def test_each_part_reaches_the_model_once(
    world: World, engine: str, names: tuple[str, ...]
) -> None:
    install(world, engine)
    world.settings(f"fallback.chain: [{engine}]\nengine: {engine}\n")
    for name, text in WORDS.items():
        if name in names or name == "src/style.md":
            world.write(name, f"Say {text}\n")
        elif (world.project / name).exists():
            (world.project / name).unlink()
    deep = world.project / "src" / "deep"
    deep.mkdir(parents=True, exist_ok=True)
    world.write("src/deep/a.py", "x = 1\n")
    world.git("add", "-A")
    world.git("commit", "-qm", "memory")
    (world.home / ".claude").mkdir()
    (world.home / ".claude" / "CLAUDE.md").write_text(f"Say {OF_PERSON}.\n")
    assert world.run("remember", f"Say {NOTE}.").code == 0
    server = serve(world, EDITS)
    assert world.run("write made.py", cwd=deep).code == 0
    sent = json.dumps(server.chats[0].json)
    wanted = [word for name in names for word in WORDS[name].split("\n")[:1]]
    if "src/CLAUDE.md" in names:
        wanted.append("elderberry")
    counts = {word: sent.count(word) for word in (*wanted, OF_PERSON, NOTE)}
    assert counts == dict.fromkeys(counts, 1)


@pytest.mark.parametrize("engine", OTHERS)
def test_what_lies_above_the_worktree_is_not_read(world: World, engine: str) -> None:
    """Also where a folder's name would mean something in a pattern."""
    odd = world.home / "a [b], {c,d} (e)! x..y 日本*"
    (odd / ".claude" / "rules").mkdir(parents=True)
    for name in ("CLAUDE.md", "CLAUDE.local.md", "AGENTS.md", "QWEN.md", ".claude/CLAUDE.md"):
        (odd / name).write_text("Say kumquat.\n")
    (odd / ".claude" / "rules" / "fruit.md").write_text("Say kumquat.\n")
    install(world, engine)
    world.settings(f"engine: {engine}\nfallback.chain: [{engine}]\n")
    world.env["XDG_STATE_HOME"] = str(odd / "state")
    server = serve(world, EDITS)
    assert world.run("write made.py").code == 0
    assert "kumquat" not in json.dumps(server.chats[0].json)


def test_a_file_that_only_qwen_reads_comes_with_its_prompt(world: World) -> None:
    install(world, "qwen")
    world.settings("engine: qwen\nfallback.chain: [qwen]\n")
    world.write("QWEN.md", "Say kumquat.\n")
    server = serve(world, EDITS)
    assert "QWEN.md (project)" in world.run("--dry-run", "write made.py").stdout
    assert world.run("write made.py").code == 0
    assert json.dumps(server.chats[0].json).count("kumquat") == 1
