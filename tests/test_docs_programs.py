"""Commands of others in the documents: known ones, with options that they have; and the files
that the documents show. What cannot be tried here is skipped with the reason."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from tests.test_docs import (
    OURS,
    PAGES,
    ROOT,
    blocks,
    command_lines,
    inline_commands,
    known_messages,
    name_of,
)

HELP, VERBS, RUN, CHECKOUT, SCRIPT = "help", "verbs", "run", "checkout", "script"
"""How a command is tried: its own help has all its options; its help has the verb; it is run in
a clean home, in a project or in this checkout; it names a file or module of this repository."""

KNOWN: dict[tuple[str, str], str] = {
    ("npm", "install"): HELP,
    ("uv", "tool"): HELP,
    ("pipx", "install"): HELP,
    ("pipx", "ensurepath"): HELP,
    ("pip", "install"): HELP,
    ("git", "diff"): RUN,
    ("brew", "install"): HELP,
    ("ollama", "serve"): HELP,
    ("ollama", "list"): HELP,
    ("ollama", "ps"): HELP,
    ("docker", "run"): HELP,
    ("docker", "ps"): HELP,
    ("docker", "info"): HELP,
    ("docker", "start"): HELP,
    ("pip", "uninstall"): HELP,
    ("pipx", "uninstall"): HELP,
    ("git", "apply"): HELP,
    ("git", "clone"): HELP,
    ("cd", "ai-code"): "the checkout is the person's",
    ("git", "init"): RUN,
    ("git", "worktree"): HELP,
    ("git", "sparse-checkout"): HELP,
    ("git", "gc"): HELP,
    ("man", "-l"): SCRIPT,
    ("man", "ai-code"): "the manual is not installed here; man -l shows it",
    ("chmod", "+x"): HELP,
    ("echo", "$OLLAMA_KEEP_ALIVE"): RUN,
    ("install", "-D"): CHECKOUT,
    ("df", "-h"): HELP,
    ("ls", "-ld"): RUN,
    ("command", "-v"): "what it looks for is not here",
    ("unset", "ANTHROPIC_API_KEY"): RUN,
    ("unset", "OLLAMA_HOST"): RUN,
    ("rm", "-r"): HELP,
    ("kill", "-9"): "it ends something",
    ("claude", "--continue"): "Claude Code is not on the path of these tests",
    ("claude", "--version"): "Claude Code is not on the path of these tests",
    ("claude", "-p"): "Claude Code is not on the path of these tests",
    ("claude", "auth"): "it would log in",
    ("systemctl", "--user"): VERBS,
    ("loginctl", "enable-linger"): VERBS,
    ("journalctl", "--user"): VERBS,
    ("nix", "run"): "it fetches nixpkgs; the flake is built in tests/nix",
    ("nix", "flake"): "it fetches nixpkgs; the flake is built in tests/nix",
    ("home-manager", "switch"): "it changes the person's home",
    ("test", "$?"): "its operand is another command's exit status",
    ("sudo", "apt"): "it would install packages of the system",
    ("./test", ""): "it is what runs this test",
    ("./test", "-k"): "it is what runs this test",
    ("tools/record-demo", ""): "it would write the demo anew",
    ("tools/record-demo", "--draw"): HELP,
    (".venv/bin/python", ""): SCRIPT,
    (".tools/dev/bin/python", ""): SCRIPT,
}
"""Program and first argument → how the command is tried, or why it is not. For Python the first
argument is left open."""

_PACKAGES = {
    "npm": {"@anthropic-ai/claude-code"},
    "uv": {".", "aider-chat", "ai-code"},
    "pipx": {".", "ai-code", "uv"},
    "pip": {".", "ai-code"},
    "brew": {"python", "git", "node", "ollama", "uv", "pipx"},
}
"""What the documents may tell people to install: a slip here is somebody else's package."""


def commands() -> list[tuple[str, ...]]:
    """Of sh blocks all; of running text those whose program is known, unless it is a message."""
    programs = {program for program, _ in KNOWN}
    found = [tuple(words) for page in PAGES for words in command_lines(page)]
    running_text = [tuple(words) for page in PAGES for words in inline_commands(page, programs)]
    found += [each for each in running_text
              if key_of(each) in KNOWN or " ".join(each) not in known_messages()]  # fmt: skip
    return list(dict.fromkeys(words for words in found if words[0] not in OURS))


def key_of(words: tuple[str, ...]) -> tuple[str, str]:
    open_ended = words[0].endswith("/python")
    return words[0], "" if open_ended or len(words) == 1 else words[1]


def test_there_are_commands_of_others() -> None:
    assert len(commands()) > 20


def test_no_known_command_outlives_its_document() -> None:
    assert {key_of(words) for words in commands()} == set(KNOWN)


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_a_command_of_others_is_known_and_tried(
    words: tuple[str, ...], git_project: Path, clean_env: dict[str, str]
) -> None:
    assert key_of(words) in KNOWN, "a new command: say in KNOWN how it is tried"
    how = KNOWN[key_of(words)]
    if words[0] in _PACKAGES:
        named = [word for word in packages_of(words) if not word.startswith("-")]
        assert set(named) <= _PACKAGES[words[0]]
    if how == SCRIPT:
        assert is_here(words[1:])
        return
    if how not in (HELP, VERBS, RUN, CHECKOUT):
        pytest.skip(f"{' '.join(words)}: {how}")
    if how in (RUN, CHECKOUT):
        where = git_project if how == RUN else ROOT
        done = subprocess.run(["bash", "-c", " ".join(words)], cwd=where, env=clean_env,
                              stdin=subprocess.DEVNULL, capture_output=True)  # fmt: skip
        assert done.returncode == 0, done.stderr
        return
    told = help_of(words, how, clean_env)
    wanted = [word for word in words[1:] if word.startswith("-") or how == VERBS]
    for word in wanted:
        # A unit's name, a property's: neither is an option.
        named = word.endswith(".service") or word in (
            "ollama",
            "ai-code-models",
            "Environment",
            "Restart",
        )
        assert named or re.search(rf"{re.escape(word)}\b", told), word


def help_of(words: tuple[str, ...], how: str, env: dict[str, str]) -> str:
    """The help of a program, or of its subcommand; skips where the program is not there."""
    path = f"{env['PATH']}:{Path(shutil.which('npm') or '/').parent}"
    program = shutil.which(words[0], path=path)
    if program is None:
        pytest.skip(f"{words[0]} is not on this machine: only name and first word were looked at")
    count = 2 if words[0] == "uv" else 1
    has_verb = re.fullmatch(r"[a-z]+(-[a-z]+)*", words[1], re.I)
    sub = words[1 : 1 + count] if how == HELP and has_verb else ()
    flag = "-h" if words[0] == "git" else "--help"
    done = subprocess.run([program, *sub, flag], env={**env, "PATH": path},
                          stdin=subprocess.DEVNULL, capture_output=True)  # fmt: skip
    assert done.returncode in ((129,) if words[0] == "git" else (0,)), done.stderr
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def packages_of(words: tuple[str, ...]) -> list[str]:
    """What an install command installs: no subcommands, no options, no values of options."""
    kept: list[str] = []
    for before, word in pairwise(words):
        if word not in ("install", "uninstall", "tool", "ensurepath") and before != "--python":
            kept.append(word)
    return kept


def is_here(arguments: tuple[str, ...]) -> bool:
    if arguments[0] == "-l":
        return (ROOT / arguments[1]).is_file()
    if arguments[0] == "-m":
        return importlib.util.find_spec(arguments[1]) is not None
    return (ROOT / arguments[0]).is_file()


def test_the_packages_are_those_that_the_tests_install() -> None:
    text = (ROOT / "tools" / "environments.py").read_text(encoding="utf-8")
    assert "@anthropic-ai/claude-code@" in text
    assert "aider-chat==" in text


def shown(language: str) -> list[tuple[str, str]]:
    rows = [(name_of(page), block) for page in PAGES for block in blocks(page, language)]
    return [(f"{name}-{number}", block) for number, (name, block) in enumerate(rows)]


@pytest.mark.parametrize(("name", "text"), shown("sh"), ids=[row[0] for row in shown("sh")])
def test_a_shell_reads_it(name: str, text: str) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    done = subprocess.run([bash, "-n"], input=text.encode(), capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(("name", "text"), shown("nix"), ids=[row[0] for row in shown("nix")])
def test_nix_reads_it(
    name: str, text: str, nix_instantiate: Path, clean_env: dict[str, str]
) -> None:
    argv = [str(nix_instantiate), "--parse", "-"]
    done = subprocess.run(argv, input=text.encode(), capture_output=True, env=clean_env)
    assert done.returncode == 0, done.stderr
