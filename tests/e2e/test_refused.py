"""A file that the model may not edit, and the command that lets it."""

from __future__ import annotations

import pytest

from ai_code.drill.replies import edit_block
from tests.e2e.world import World


@pytest.mark.aider
def test_a_file_that_git_ignores_is_edited_once_it_is_named(world: World) -> None:
    world.write(".gitignore", "local.py\n")
    world.write("local.py", "x = 1\n")
    world.aider(edit_block("local.py", "x = 1\n", "x = 2\n"))
    run = world.run("--local", "set x to 2")
    assert run.code == 1 and "refused: the model's edit of local.py" in run.stderr, run
    assert run.hint.startswith("ai-code --file NAME …"), run
    assert world.run("--local", "--file", "local.py", "set x to 2").code == 0
    assert world.text("local.py") == "x = 2\n"
