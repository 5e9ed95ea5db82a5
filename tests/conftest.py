"""What all tests share: the real programs, an environment of their own, a small project."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

STRICT = bool(os.environ.get("CI") or os.environ.get("AI_CODE_TEST_STRICT"))
"""Where a whole run has to pass, as ./test and CI have it."""
# A busy machine is no failure. The whole run finds the same on one commit as on the day before;
# pytest by hand looks for what nobody has seen yet.
settings.register_profile(
    "ours", deadline=None, derandomize=STRICT, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ours")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what it runs in the background so, and all below it would be deaf to Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)

TOOLS = Path(__file__).resolve().parent.parent / ".tools"
PROGRAMS = {
    "claude 2.1.329": ("AI_CODE_TEST_CLAUDE", "claude-2.1.329/node_modules/.bin/claude"),
    "claude 2.0.77": ("AI_CODE_TEST_CLAUDE_OLD", "claude-2.0.77/node_modules/.bin/claude"),
    "aider": ("AI_CODE_TEST_AIDER", "aider/bin/aider"),
}
OTHERS = ("opencode", "codex", "goose", "qwen", "pi", "vibe")
"""Engines of other makers."""
HELLO = 'def hello():\n    print("hello")\n'


def real_program(name: str) -> Path:
    """The path of a real program; without it the test is skipped, or fails where all must run."""
    variable, place = PROGRAMS[name]
    path = Path(os.environ.get(variable) or TOOLS / place)
    if not os.access(path, os.X_OK):
        _missing(f"needs the real {name}: run ./test")
    return path


def _missing(message: str, *, may_lack: bool = False) -> NoReturn:
    """Skips; where all must run it fails, but for what a machine ``may_lack``."""
    if STRICT and not may_lack:
        pytest.fail(message)
    pytest.skip(message)


def engine_program(name: str) -> Path:
    """The path of an engine's real program; without it the test is skipped, or fails where all
    must run. vibe alone may be lacking there too: it wants a Python that not every machine has."""
    if name not in OTHERS:
        return real_program({"claude-local": "claude 2.1.329"}.get(name, name))
    place = os.environ.get(f"AI_CODE_TEST_{name.upper()}") or TOOLS / f"engine-{name}/bin/{name}"
    if not os.access(place, os.X_OK):
        made_by = f"python3 tools/environments.py engine {name}"
        _missing(f"needs the real {name}: {made_by}", may_lack=name == "vibe")
    return Path(place)


@pytest.fixture
def engine_bin() -> Callable[[str], Path]:
    """``engine_bin(name)``: the real program of an engine."""
    return engine_program


@pytest.fixture
def claude_bin(request: pytest.FixtureRequest) -> Path:
    """The real Claude Code: 2.1.329, or by indirect parametrization "old" for 2.0.77."""
    which = getattr(request, "param", "new")
    return real_program({"new": "claude 2.1.329", "old": "claude 2.0.77"}[which])


@pytest.fixture
def aider_bin() -> Path:
    """The real aider."""
    return real_program("aider")


@pytest.fixture
def clean_env(tmp_path: Path) -> dict[str, str]:
    """A whole environment that holds nothing of the machine's user: for ``env=`` of a process."""
    home = tmp_path / "home"
    programs = tmp_path / "bin"
    for folder in (home, programs):
        folder.mkdir()
    # Linked one by one: a folder of the machine's PATH could hold a real claude or aider.
    for name in ("node", "git"):
        found = shutil.which(name)
        if found is not None:
            (programs / name).symlink_to(Path(found).resolve())
    xdg = {
        f"XDG_{kind}_HOME": str(home / folder)
        for kind, folder in {
            "CONFIG": ".config",
            "DATA": ".local/share",
            "STATE": ".local/state",
            "CACHE": ".cache",
        }.items()
    }
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    return {
        "HOME": str(home),
        "PATH": f"{programs}:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TERM": "dumb",
        "XDG_RUNTIME_DIR": str(runtime),
        **xdg,
        "GIT_CONFIG_NOSYSTEM": "1",
        "DISABLE_TELEMETRY": "1",
        "DISABLE_AUTOUPDATER": "1",
        "DISABLE_ERROR_REPORTING": "1",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }


@pytest.fixture
def git_project(tmp_path: Path, clean_env: dict[str, str]) -> Path:
    """A git repository with one commit: hello.py, README.md, CLAUDE.md."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "hello.py").write_text(HELLO)
    (project / "README.md").write_text("# Hello\n\nPrints a greeting.\n")
    (project / "CLAUDE.md").write_text("Write docstrings in the imperative.\n")
    for arguments in (
        ("init", "--quiet", "--initial-branch=main"),
        ("config", "user.name", "Test Person"),
        ("config", "user.email", "person@example.invalid"),
        ("add", "--all"),
        ("commit", "--quiet", "--message=First"),
    ):
        subprocess.run(["git", *arguments], cwd=project, env=clean_env, check=True)
    return project


@pytest.fixture(scope="session")
def nix_instantiate() -> Path:
    """The one that ./test unpacked, else the machine's own."""
    ours = TOOLS / "nix" / "bin" / "nix-instantiate"
    if ours.is_file():
        return ours
    found = shutil.which("nix-instantiate")
    if found is None:
        pytest.skip("nix-instantiate is not on this machine (./test makes it on Debian)")
    return Path(found)
