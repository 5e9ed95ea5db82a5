"""A terminal lent to a small program in Claude's place: keys, stops, resizes, crashes, hang-ups.

That nothing runs on is checked at the end of each test (see ``conftest``)."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.screen import Screen
from tests.e2e.world import World, ended, wait_for

_SCREEN = r"\033[?1049h\033[?1000h\033[?1006h\033[?2004h\033[?25l"


def claude(body: str) -> str:
    """A claude with a screen: ``told`` writes to ``~/told``, ``raw`` takes the terminal's modes."""
    return (
        f"#!{sys.executable} -S\n"
        "import os, signal, sys, time, tty\n"
        "if '--version' in sys.argv: print('2.1.329 (Claude Code)'); sys.exit()\n"
        "def told(text):\n"
        "    with open(os.path.expanduser('~/told'), 'a') as file: file.write(text + '\\n')\n"
        "def on(name):\n"
        "    signal.signal(getattr(signal, name), lambda *_: told(name))\n"
        "def raw(): tty.setraw(0)\n"
        "told('pid %d' % os.getpid())\n"
        f"{body}\n"
    )


@pytest.fixture
def told(bare: World) -> Callable[[], list[str]]:
    path = bare.home / "told"
    return lambda: path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def screen(bare: World) -> Iterator[Screen]:
    made = Screen(bare)
    yield made
    made.close()


def test_claude_has_the_terminal_itself(bare: World, screen: Screen) -> None:
    bare.script("claude", claude(
        "told('tty %s' % os.ttyname(0)); told('front %s' % (os.tcgetpgrp(0) == os.getpgrp()))\n"
        "told(' '.join(sys.argv[1:]))\nprint('CLAUDE')"
    ))  # fmt: skip
    tty = screen.run("tty").strip()
    screen.say("ai-code")
    screen.shows("CLAUDE")
    assert screen.prompt() == 0
    lines = (bare.home / "told").read_text().splitlines()
    assert lines[1:3] == [f"tty {tty}", "front True"]
    assert lines[3].startswith("--session-id ")


def test_ctrl_c_is_claudes_alone(
    bare: World, screen: Screen, told: Callable[[], list[str]]
) -> None:
    bare.script("claude", claude("on('SIGINT'); told('ready'); input(); print('DONE')"))
    screen.say("ai-code")
    screen.holds(lambda: "ready" in told())
    screen.type("\x03")
    screen.holds(lambda: "SIGINT" in told())
    screen.type("\r")
    screen.shows("DONE")
    assert screen.prompt() == 0


def test_a_resize_reaches_claude(
    bare: World, screen: Screen, told: Callable[[], list[str]]
) -> None:
    bare.script("claude", claude(
        "signal.signal(signal.SIGWINCH, lambda *_: told('%dx%d' % os.get_terminal_size(0)))\n"
        "told('ready'); input()"
    ))  # fmt: skip
    screen.say("ai-code")
    screen.holds(lambda: "ready" in told())
    screen.resize(20, 70)
    screen.holds(lambda: "70x20" in told())
    screen.type("\r")
    screen.prompt()


def test_stopped_the_shell_has_the_terminal_and_fg_gives_it_back(
    bare: World, screen: Screen, told: Callable[[], list[str]]
) -> None:
    bare.script("claude", claude(
        "on('SIGCONT'); raw(); told('ready')\n"
        "assert sys.stdin.read(1) == 'z'; os.kill(os.getpid(), signal.SIGTSTP)\n"
        "import termios; told('raw again %s' % (not termios.tcgetattr(0)[3] & termios.ICANON))\n"
        "told('key ' + sys.stdin.read(1))\nprint('DONE')"
    ))  # fmt: skip
    before = screen.modes()
    screen.say("ai-code")
    screen.holds(lambda: "ready" in told())
    screen.type("z")
    screen.shows("Stopped")
    assert "ai-code" in screen.run("jobs")
    assert screen.modes() == before
    screen.say("fg")
    screen.holds(lambda: "SIGCONT" in told())
    screen.type("k")
    screen.holds(lambda: "key k" in told())
    screen.shows("DONE")
    assert "raw again True" in told()
    assert screen.modes() == before


def test_in_the_background_it_stops_when_it_wants_the_terminal(
    bare: World, screen: Screen, told: Callable[[], list[str]]
) -> None:
    bare.script("claude", claude("told('ready'); told('read ' + input()); print('DONE')"))
    screen.say("ai-code")
    screen.holds(lambda: "ready" in told())
    screen.type("\x1a")
    screen.shows("Stopped")
    screen.run("bg")
    screen.holds(lambda: "Stopped" in screen.run("sleep 0.2; jobs"))
    screen.say("fg")
    screen.say("words")
    screen.shows("DONE")
    assert "read words" in told()


def test_where_no_shell_could_wake_it_it_does_not_stop(
    bare: World, told: Callable[[], list[str]]
) -> None:
    """ai-code is the terminal's first program, as in a container."""
    bare.script("claude", claude(
        "on('SIGCONT'); os.kill(os.getpid(), signal.SIGSTOP); told('on'); input(); print('DONE')"
    ))  # fmt: skip
    terminal = bare.terminal()
    wait_for(lambda: "on" in told())
    terminal.send("\r")
    terminal.expect_exact("DONE")
    assert ended(terminal, terminal.read()).code == 0
    assert "SIGCONT" in told()


def test_begun_in_the_background_it_waits_for_fg(
    bare: World, screen: Screen, told: Callable[[], list[str]]
) -> None:
    bare.script("claude", claude("told('read ' + input()); print('DONE')"))
    screen.run("ai-code 2>/dev/null & true")
    screen.holds(lambda: "Stopped" in screen.run("sleep 0.2; jobs"))
    assert not [line for line in told() if line.startswith("pid")]
    screen.say("fg")
    screen.holds(lambda: [line for line in told() if line.startswith("pid")])
    screen.say("words")
    screen.shows("DONE")


@pytest.mark.parametrize("how", ["os.kill(os.getpid(), 9)", "os._exit(3)"])
def test_a_crash_leaves_a_sane_terminal(bare: World, screen: Screen, how: str) -> None:
    bare.script("claude", claude(f'raw(); print("{_SCREEN}DRAWN", flush=True); {how}'))
    before = screen.modes()
    screen.type("ai-code\r")
    screen.shows("DRAWN")
    assert screen.prompt() == 1
    for switched_off in (b"\x1b[?1049l", b"\x1b[?1000l", b"\x1b[?2004l", b"\x1b[?25h"):
        screen.sent(switched_off)
    assert screen.modes() == before
    if "kill" in how:
        assert "Claude Code ended by signal 9" in screen.text
        assert "ai-code chat --resume" in screen.text
        assert bare.verdicts() == ["claude failed crash"]


def test_what_ended_well_is_not_tidied_after(bare: World, screen: Screen) -> None:
    """But for the modes, which are as they were: a program may forget them."""
    bare.script("claude", claude("raw(); print('LAST WORDS', flush=True)"))
    before = screen.modes()
    screen.type("ai-code\r")
    screen.shows("LAST WORDS")
    assert screen.modes() == before
    assert b"\x1b[?1049l" not in screen.raw


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_to_ai_code_ends_claude_too(
    bare: World, screen: Screen, told: Callable[[], list[str]], signum: int
) -> None:
    bare.script("claude", claude("raw(); told('parent %d' % os.getppid()); time.sleep(600)"))
    before = screen.modes()
    screen.type("ai-code\r")
    screen.holds(lambda: [line for line in told() if line.startswith("parent")])
    os.kill(int(told()[1].split()[1]), signum)
    assert screen.prompt() == 128 + signum
    assert screen.modes() == before
    assert bare.verdicts() == ["claude interrupted"]


def test_killed_itself_ai_code_takes_claude_with_it(
    bare: World, screen: Screen, told: Callable[[], list[str]]
) -> None:
    bare.script("claude", claude("raw(); told('parent %d' % os.getppid()); time.sleep(600)"))
    screen.type("ai-code\r")
    screen.holds(lambda: [line for line in told() if line.startswith("parent")])
    pid, parent = (int(line.split()[1]) for line in told()[:2])
    os.kill(parent, signal.SIGKILL)
    screen.shows("Killed")
    wait_for(lambda: pid not in [each.pid for each in bare.processes()])


def test_a_closed_window_leaves_no_orphan(
    bare: World, screen: Screen, told: Callable[[], list[str]]
) -> None:
    """Claude ignores the hang-up, and so does a child of its in a session of its own."""
    bare.script("claude", claude(
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "signal.signal(signal.SIGTERM, lambda *_: 0)\n"
        "if not os.fork(): os.setsid()\n"
        "told('ready')\nwhile True: time.sleep(600)"
    ))  # fmt: skip
    screen.type("ai-code\r")
    screen.holds(lambda: told().count("ready") == 2)
    screen.hang_up()
    wait_for(lambda: not bare.processes())
    assert bare.verdicts() == ["claude interrupted"]


def test_without_claude_the_install_command_is_told(bare: World, screen: Screen) -> None:
    screen.type("ai-code\r")
    screen.shows("hint: ai-code setup claude")
    assert "ai-code chat --local" in screen.text
    assert screen.prompt() == 127


def test_without_a_terminal_there_is_no_chat(bare: World) -> None:
    result = bare.run("chat")
    assert result.code == 2 and "a chat needs a terminal" in result.stderr


def test_in_tmux_a_crash_leaves_the_alternate_screen(bare: World, screen: Screen) -> None:
    """In a whole terminal, which knows in which state it is."""
    tmux = shutil.which("tmux")
    if tmux is None:
        pytest.skip("tmux is not installed")
    bare.script("claude", claude(f'raw(); print("{_SCREEN}DRAWN", flush=True); sys.stdin.read(1)\n'
                                 "os.kill(os.getpid(), 9)"))  # fmt: skip

    def ask(*words: str) -> str:
        done = subprocess.run(
            [tmux, "-S", str(bare.base / "tmux"), *words], env=bare.env, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        return done.stdout.strip()

    state = "#{alternate_on} #{cursor_flag} #{mouse_any_flag}"
    shell = "exec bash --norc --noprofile -i"
    ask("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "-c", str(bare.project),
        shell)  # fmt: skip
    try:
        ask("send-keys", "echo above; ai-code", "Enter")
        wait_for(lambda: "DRAWN" in ask("capture-pane", "-p"))
        assert ask("display", "-p", state) == "1 0 1"
        ask("send-keys", "x")
        wait_for(lambda: "signal 9" in ask("capture-pane", "-p"))
        assert ask("display", "-p", state) == "0 1 0"
        shown = ask("capture-pane", "-p")
        assert "above" in shown and "DRAWN" not in shown
    finally:
        ask("kill-server")
