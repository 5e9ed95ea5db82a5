"""Engines installed and removed, with a small script in npm's place."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from ai_code.drill.replies import Hang
from tests.e2e.test_engines import install, serve
from tests.e2e.world import World, ended, wait_for

NPM = """\
#!/bin/sh
[ "$1" = --version ] && echo 10.0.0 && exit
echo "$*" >>"$HOME/npm-ran"
mkdir -p "$3/node_modules/.bin"
{rest}
"""
GOOD = """\
printf '#!/bin/sh\\necho 0.74.2\\n' >"$3/node_modules/.bin/pi"
chmod +x "$3/node_modules/.bin/pi"
"""
OLDER = GOOD.replace("0.74.2", "0.70.0")
BAD = """\
echo 'npm error code ECONNREFUSED' >&2
echo 'npm error syscall connect' >&2
echo 'npm error FetchError: request to http://h/pi failed, reason: connect ECONNREFUSED h' >&2
exit 1
"""
BROKEN = """\
printf '#!/bin/sh\\necho "Error: no such module" >&2; exit 1\\n' >"$3/node_modules/.bin/pi"
chmod +x "$3/node_modules/.bin/pi"
"""

PYTHON = """\
#!/bin/sh
case "$*" in
  "-m venv"*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
  "-m pip"*) printf '#!/bin/sh\\necho vibe 3.0.2\\n' >"${0%/*}/vibe"; chmod +x "${0%/*}/vibe" ;;
  *) echo '["'"$0"'", [3, 12], true]' ;;
esac
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
    assert "ai-code: engines remove pi needs a yes\n" in run.stderr, run
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


def starts(below: Path) -> str:
    """What the pi that runs find says of itself."""
    told = subprocess.run([str(below / "bin/pi"), "--version"], capture_output=True, check=True)
    return told.stdout.decode().strip()


def times(world: World) -> int:
    """How often npm was asked to install."""
    return len((world.home / "npm-ran").read_text().splitlines())


def test_a_failed_one_leaves_nothing(world: World, below: Path) -> None:
    world.script("npm", NPM.format(rest=BAD))
    run = world.run("engines", "install", "pi", "--yes")
    assert run.code == 1 and "nothing of it is left" in run.stderr, run
    assert "could not be installed: no network (connect ECONNREFUSED h)\n" in run.stderr, run
    assert not (below / "engines").exists()
    assert run.hint == "ai-code engines install pi --yes", "what the person typed, and npm alone"
    world.script("npm", NPM.format(rest=GOOD))
    assert world.run(*run.hint.split()[1:]).code == 0
    assert starts(below) == "0.74.2"


def test_one_that_is_there_is_said_and_not_fetched_again(world: World, below: Path) -> None:
    world.script("npm", NPM.format(rest=GOOD))
    world.run("engines", "install", "pi", "--yes")
    run = world.run("engines", "install", "pi")
    assert run.code == 0 and "pi 0.74.2 is installed already\nin ~/.local/" in run.stderr, run
    assert times(world) == 1
    run = world.run("engines", "install", "pi", "--again", "--yes")
    assert run.code == 0 and "installed: pi 0.74.2\n" in run.stderr, run
    assert times(world) == 2
    assert starts(below) == "0.74.2"
    assert len(list((below / "engines").iterdir())) == 1, "the one before is gone"
    assert max(map(len, run.stderr.rpartition("installed:")[2].splitlines())) < 80


@pytest.mark.parametrize("how", [BAD, BROKEN])
def test_what_works_is_not_taken_away_for_what_does_not(
    world: World, below: Path, how: str
) -> None:
    world.script("npm", NPM.format(rest=OLDER))
    # Nothing that starts, in the version that is wanted: the first one is an older one.
    assert world.run("engines", "install", "pi", "--yes").code == 0
    world.script("npm", NPM.format(rest=how))
    run = world.run("engines", "install", "pi", "--yes")
    assert run.code == 1 and "the one that you have (0.70.0) is as it was\n" in run.stderr, run
    assert starts(below) == "0.70.0"
    assert len(list((below / "engines").iterdir())) == 1
    world.script("npm", NPM.format(rest=GOOD))
    run = world.run("engines", "install", "pi", "--yes")
    assert run.code == 0 and "in the place of 0.70.0" in run.stderr, run
    assert starts(below) == "0.74.2"
    assert len(list((below / "engines").iterdir())) == 1


def test_one_of_pypi_is_swapped_too(world: World, below: Path) -> None:
    """Its environment knows its own path: nothing is moved."""
    world.script("python3.12", PYTHON)
    for times, folder in enumerate(("vibe", "vibe-2", "vibe")):
        run = world.run("engines", "install", "vibe", "--again", "--yes")
        assert run.code == 0 and "installed: vibe 3.0.2\n" in run.stderr, (times, run)
        assert [each.name for each in (below / "engines").iterdir()] == [folder]
        assert (below / "bin/vibe").resolve() == below / f"engines/{folder}/bin/vibe"
    assert world.run("engines", "remove", "vibe", "--yes").code == 0
    assert not (below / "engines").exists() and not (below / "bin/vibe").is_symlink()


def test_one_that_does_not_start_says_why_and_is_no_installation(world: World, below: Path) -> None:
    world.script("npm", NPM.format(rest=BROKEN))
    run = world.run("engines", "install", "pi", "--yes")
    assert run.code == 1 and "does not start: no such module\nnothing of it" in run.stderr, run
    assert not (below / "bin/pi").is_symlink() and not (below / "engines").exists()


def test_one_of_the_persons_own_is_named(world: World, below: Path) -> None:
    world.script("npm", NPM.format(rest=GOOD))
    own = world.script("pi", "#!/bin/sh\necho 0.60.1\n")
    run = world.run("engines", "install", "pi", "--yes")
    assert f"{own} 0.60.1 is on your PATH, and runs take that one first" in run.stderr, run


def test_a_node_older_than_its_makers_ask_for_is_said(world: World, below: Path) -> None:
    world.script("node", "#!/bin/sh\necho v20.1.0\n")
    world.script("npm", NPM.format(rest=GOOD.replace("bin/pi", "bin/qwen")))
    run = world.run("engines", "install", "qwen", "--yes")
    assert run.code == 0 and "ask for Node.js 22; it was seen to work on 20" in run.stderr, run
    assert "Node 22 (20 works too)" in world.run("engines", "show", "qwen").stdout
    world.script("node", "#!/bin/sh\necho v18.1.0\n")
    run = world.run("engines", "install", "qwen", "--again", "--yes")
    assert run.code == 127 and "needs Node.js 22, and this is 18" in run.stderr, run


def test_what_claude_reads_itself_is_told_in_words(world: World) -> None:
    shown = world.run("engines", "show", "claude-local").stdout
    told = " ".join(shown.split())
    assert "CLAUDE.md, and what these import (@path)" in told, shown
    assert ", @," not in told and " @, " not in told


def test_what_a_run_works_with_stays(world: World) -> None:
    """It loads parts of itself late: neither a newer one nor a removal takes them away."""
    install(world, "pi")
    made = world.home / ".local/share/ai-code"
    folder = made / "engines" / "pi" / "node_modules" / ".bin"
    folder.mkdir(parents=True)
    (folder / "pi").symlink_to((world.bin / "pi").resolve())
    (made / "bin").mkdir()
    (made / "bin" / "pi").symlink_to(folder / "pi")
    (world.bin / "pi").unlink()
    world.settings("fallback.chain: [pi]\nengine: pi\n")
    server = serve(world, Hang())
    running = world.start("write made.py")
    wait_for(lambda: server.chats)
    run = world.run("engines", "remove", "pi", "--yes")
    assert run.code == 75 and "a run of ai-code is working, and may need pi" in run.stderr, run
    assert folder.exists() and run.hint.startswith("ai-code engines remove pi")
    running.signal(signal.SIGTERM)
    running.wait()
    assert world.run("engines", "remove", "pi", "--yes").code == 0 and not folder.exists()
