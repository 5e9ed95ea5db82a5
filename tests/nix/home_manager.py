"""Home Manager, for the tests that find it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
NEEDED = ("HOME_MANAGER", "NIXPKGS_LIB")
OLDEST = (2, 18)
"""What nixpkgs' lib of 2026 wants."""


class HomeManager:
    """Home Manager, as a command would use it."""

    def __init__(self, nix: str, home: Path) -> None:
        self._nix = nix
        self.home = home
        self.user = "root" if os.geteuid() == 0 else os.environ.get("USER", "someone")

    def _call(self, verb: str, extra: str, path: str, *flags: str, **given: str) -> Any:
        given = {"user": f'"{self.user}"', "home": f'"{self.home}"', **given}
        words = "".join(f" {name} = {value};" for name, value in given.items())
        expression = f"(import {ROOT}/tests/nix/home.nix {{ extra = {extra};{words} }}).{path}"
        features = ["--extra-experimental-features", "nix-command flakes"]
        argv = [self._nix, *features, verb, "--impure", *flags, "--expr", expression]
        return subprocess.run(argv, capture_output=True, text=True, timeout=600)

    def value(self, path: str, extra: str = "{ }", **given: str) -> Any:
        """Of the configuration."""
        done = self._call("eval", extra, f"config.{path}", "--json", **given)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def refusal(self, extra: str) -> str:
        """Why there is no such home."""
        done = self._call("eval", extra, "config.home.activationPackage.drvPath", "--raw")
        assert done.returncode != 0, done.stdout
        return str(done.stderr)

    def build(self, extra: str = "{ }", **given: str) -> Path:
        """The generation."""
        flags = ("--no-link", "--print-out-paths", "-L")
        done = self._call("build", extra, "activationPackage", *flags, **given)
        assert done.returncode == 0, done.stderr
        return Path(done.stdout.strip())

    def switch(self, generation: Path) -> str:
        """What ``home-manager switch`` does at its end; what it said."""
        self.home.mkdir(exist_ok=True)
        env = {"HOME": str(self.home), "USER": self.user, "PATH": os.environ["PATH"]}
        done = subprocess.run(
            [generation / "activate"], env=env, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


def found(home: Path) -> HomeManager:
    """With a home of the test's own. Skips, naming what is missing."""
    lacks = [name for name in NEEDED if not os.environ.get(name)]
    nix = shutil.which("nix")
    lacks += [] if nix else ["nix"]
    if lacks:
        pytest.skip(f"the module was not tried in Home Manager: there is no {', '.join(lacks)}")
    assert nix
    told = subprocess.run([nix, "--version"], capture_output=True, text=True, check=True).stdout
    version = tuple(map(int, re.findall(r"\d+", told)[:2]))
    if version < OLDEST:
        pytest.skip(f"the module was not tried in Home Manager: {told.strip()} is too old")
    return HomeManager(nix, home)
