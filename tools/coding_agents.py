"""The other coding agents that a local model can play in: one folder each, below ``.tools``.

``.tools/engine-NAME/bin/NAME`` starts it. Versions are pinned: what an engine prints differs
from one version to the next.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from making import Environment, SetUpError, Work, need
from pythons import Pythons, fitting_python, pip, venv

NODE = "node@22.23.3"
"""Node from npm, for what the system's is too old for."""
_NPM = ("npm", "install", "--no-audit", "--no-fund", "--loglevel=error")
_STARTER = '#!/bin/sh\nexec "{node}" "{script}" "$@"\n'


@dataclass(frozen=True)
class Agent:
    """``package`` is npm's, or PyPI's where ``pythons`` says for which. ``script``: its own
    installation step, without which it does not start; nobody else's is run."""

    package: str
    size: str
    needs_mb: int
    node: int = 0
    """The first Node that it runs on; 0: it is a program of its own."""
    script: str = ""
    pythons: Pythons | None = None


AGENTS = {
    "opencode": Agent(
        "opencode-ai@1.18.33", "350 MB", 500,
        script="node_modules/opencode-ai/postinstall.mjs",
    ),
    "codex": Agent("@openai/codex@0.169.0", "400 MB", 600),
    "goose": Agent("@aaif/goose-acp@1.50.0", "300 MB", 450),
    "qwen": Agent("@qwen-code/qwen-code@0.24.4", "330 MB with Node 22", 500, node=22),
    "pi": Agent("@earendil-works/pi-coding-agent@0.74.2", "200 MB", 300, node=20),
    "vibe": Agent(
        "mistral-vibe==3.0.2", "400 MB", 600,
        pythons=Pythons("vibe needs Python 3.12 or 3.13, this is", (3, 12), (3, 13)),
    ),
}  # fmt: skip
"""In the order in which they are needed."""


class NoPythonError(SetUpError):
    """This machine has no Python that the agent runs on: no fault of anything here."""


def agent(name: str, tools: Path, again: Callable[[], str]) -> Environment:
    """``.tools/engine-NAME``, with ``bin/NAME`` to start it."""
    wanted = AGENTS[name]
    # What is installed names its place, and .tools may be a link to another checkout's.
    tools = tools.resolve()

    def install(work: Work) -> None:
        if wanted.pythons:
            _from_pypi(wanted.package, wanted.pythons, tools, work)
        else:
            _from_npm(name, wanted, work)

    def finish(work: Work) -> None:
        # A folder of its own: some write one on the first start.
        home = work.folder / "home"
        home.mkdir(exist_ok=True)
        start = [work.folder / "bin" / name, "--version"]
        work.run(start, env={"HOME": str(home)}, doing="the first start")
        shutil.rmtree(home)

    return Environment(
        tools / f"engine-{name}", f"{name} ({wanted.package})", wanted.size, wanted.needs_mb,
        f"{wanted.package} {NODE if wanted.node else ''}", again, install, finish,
    )  # fmt: skip


def _from_pypi(package: str, pythons: Pythons, tools: Path, work: Work) -> None:
    try:
        python = fitting_python(pythons, tools, work)
    except SetUpError as error:
        raise NoPythonError(error.what, error.hint, error.why) from error
    venv(work.folder, work, python)
    pip(work.folder, work, "--prefer-binary", package)


def _from_npm(name: str, wanted: Agent, work: Work) -> None:
    need("npm", "npm")
    folder, node = work.folder, shutil.which("node")
    (folder / "bin").mkdir(parents=True)
    install = [*_NPM, "--prefix", folder]
    work.run([*install, "--ignore-scripts", wanted.package], doing="npm install")
    program = folder / "node_modules" / ".bin" / name
    start = folder / "bin" / name
    if wanted.script:
        work.run([node or "node", folder / wanted.script], doing="its installation step")
    if _node_version(node) >= wanted.node:
        start.symlink_to(Path("..", "node_modules", ".bin", name))
        return
    # npm's package of Node brings the binary by its installation step.
    work.run([*install, NODE], doing="npm install node")
    own = folder / "node_modules" / "node" / "bin" / "node"
    start.write_text(_STARTER.format(node=own, script=program.resolve()))
    start.chmod(0o755)


def _node_version(node: str | None) -> int:
    """The major version of a Node; 0 where there is none."""
    if node is None or not os.access(node, os.X_OK):
        return 0
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)", told.stdout)
    return int(found.group(1)) if found else 0
