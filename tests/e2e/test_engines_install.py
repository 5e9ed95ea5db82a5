"""Engines installed and removed, with a small script in npm's place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.world import World, ended

NPM = """\
#!/bin/sh
[ "$1" = --version ] && echo 10.0.0 && exit
mkdir -p "$3/node_modules/.bin"
{rest}
"""
GOOD = """\
printf '#!/bin/sh\\necho 0.74.2\\n' >"$3/node_modules/.bin/pi"
chmod +x "$3/node_modules/.bin/pi"
"""
BAD = """\
echo 'npm error network is down' >&2
exit 1
"""


@pytest.fixture
def below(world: World) -> Path:
    world.script("node", "#!/bin/sh\necho v22.0.0\n")
    return world.home / ".local/share/ai-code"


def test_installed_and_removed(world: World, below: Path) -> None:
    world.script("npm", NPM.format(rest=GOOD))
    run = world.run("engines", "install", "pi", "--yes")
    assert run.code == 0 and "installing pi…\n" in run.stderr, run
    assert (below / "engines/pi").is_dir() and (below / "bin/pi").is_symlink()
    run = world.run("engines", "remove", "pi")
    assert run.code == 2 and run.hint == "ai-code engines remove pi --yes", run
    child = world.terminal("engines", "remove", "pi")
    child.expect_exact(b"engines/pi")
    child.sendline(b"n")
    assert ended(child, child.read()).code == 1
    assert (below / "engines/pi").is_dir() and (below / "bin/pi").is_symlink()
    run = world.run("engines", "remove", "pi", "--yes")
    assert run.code == 0 and "pi is removed" in run.stderr, run
    assert not (below / "engines").exists() and not (below / "bin/pi").is_symlink()
    run = world.run("engines", "remove", "pi")
    assert run.code == 0 and "was not installed by ai-code" in run.stderr, run


def test_a_failed_one_leaves_nothing(world: World, below: Path) -> None:
    world.script("npm", NPM.format(rest=BAD))
    run = world.run("engines", "install", "pi", "--yes")
    assert run.code == 1 and "could not be installed: network is down" in run.stderr, run
    assert not (below / "engines").exists()


def test_what_claude_reads_itself_is_told_in_words(world: World) -> None:
    shown = world.run("engines", "show", "claude-local").stdout
    told = " ".join(shown.split())
    assert "CLAUDE.md, and what these import (@path)" in told, shown
    assert ", @," not in told and " @, " not in told
