"""Nix for the tests, from the machine's own Debian or Ubuntu packages: unpacked into a folder,
nothing is installed, no root is needed. Enough to parse our files and to evaluate plain functions.
"""

from __future__ import annotations

import platform
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

from making import Environment, SetUpError, Work

PACKAGE = "nix-bin"


def nix(tools: Path, again: Callable[[], str]) -> Environment:
    """``.tools/nix``: its ``bin/nix-instantiate`` runs from anywhere."""

    def install(work: Work) -> None:
        folder = work.folder
        lists, cache, root = folder / "lists", folder / "cache", folder / "root"
        for made in (lists / "partial", cache / "archives" / "partial", root, folder / "bin"):
            made.mkdir(parents=True)
        # As if nothing were installed: all that it needs is fetched, the system's libraries too.
        (folder / "status").write_text("")
        options = [
            "-qq",
            *("-o", f"Dir::State::lists={lists}"),
            *("-o", f"Dir::State::status={folder / 'status'}"),
            *("-o", f"Dir::Cache={cache}"),
            *("-o", "APT::Sandbox::User="),
        ]
        work.run(["apt-get", *options, "update"], doing="reading the package lists")
        fetch = ["-y", "--no-install-recommends", "--download-only", "install", PACKAGE]
        work.run(["apt-get", *options, *fetch], doing="fetching")
        for package in sorted((cache / "archives").glob("*.deb")):
            work.run(["dpkg-deb", "-x", package, root], doing=f"unpacking {package.name}")
        for folder_ in (lists, cache):
            shutil.rmtree(folder_)
        _write_command(folder, root.resolve())

    return Environment(
        tools / "nix", "Nix for the tests", "170 MB, some seconds", 400,
        f"{PACKAGE}, own store and settings", again, install,
    )  # fmt: skip


def _write_command(folder: Path, root: Path) -> None:
    """Nix with the libraries that came with it, whatever the system has."""
    loaders = sorted(root.glob("lib*/ld-linux*.so*")) + sorted(root.glob("usr/lib*/ld-linux*.so*"))
    libraries = {path.parent for path in root.rglob("libnixexpr.so*")}
    libraries |= {path.parent for path in root.rglob("libc.so.6")}
    libraries |= {path.parent for path in root.rglob("libstdc++.so.6")}
    if not loaders or not libraries:
        raise SetUpError(
            f"{PACKAGE} of this system cannot be used ({platform.machine()})",
            "nix-instantiate --version",
        )
    path = ":".join(sorted(map(str, libraries)))
    command = [loaders[0], "--argv0", "nix-instantiate", "--library-path", path]
    words = " ".join(shlex.quote(str(word)) for word in [*command, root / "usr/bin/nix"])
    # A store of its own: root would make /nix on this machine, and nobody else could.
    names = ("STORE", "STATE", "LOCALSTATE", "LOG", "CONF", "DATA")
    own = root.parent / "own"
    places = " ".join(f"NIX_{name}_DIR={shlex.quote(str(own / name.lower()))}" for name in names)
    # It is nobody's service: root needs no group of users that build.
    places += " NIX_CONFIG='build-users-group ='"
    program = folder / "bin" / "nix-instantiate"
    program.write_text(f'#!/bin/sh\n{places} exec {words} "$@"\n')
    program.chmod(0o755)
