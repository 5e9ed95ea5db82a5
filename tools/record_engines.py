"""Records what the real engines do against the stand-in of Ollama.

    .tools/dev/bin/python tools/record_engines.py ENGINE… [--case NAME]…

Writes tests/recordings/ENGINE/VERSION/CASE.json. Paths of this machine, ids of processes and the
port are replaced: the project is /home/user/project, what the engine writes for itself /run/own.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from engine_cases import CASES, HELLO, LONG, OUTSIDE, Case  # noqa: E402
from engine_runs import ENGINES, Setting, Start, start  # noqa: E402

from ai_code.drill import asked  # noqa: E402
from ai_code.drill.ollama import (  # noqa: E402
    DEEPSEEK_CODER,
    QWEN_CODER,
    Agent,
    OllamaStandIn,
    Reply,
)

RECORDINGS = ROOT / "tests" / "recordings"
_CLAUDE = "claude-2.1.329/node_modules/.bin/claude"
_POLL_S = 0.05
_GRACE_S = 8.0
"""How long the leader may take to end after a TERM."""
_LINGER_S = 1.0
"""After its end: what is still there then was left behind."""
_PATHS = "/usr/local/bin:/usr/bin:/bin"
_OF_MODELS = ("/v1/chat/completions", "/v1/responses", "/v1/messages", "/api/chat")


def program(engine: str) -> Path:
    place = _CLAUDE if engine == "claude-local" else f"engine-{engine}/bin/{engine}"
    return (ROOT / ".tools").resolve() / place


def version(engine: str, home: Path) -> str:
    told = subprocess.run(
        [program(engine), "--version"], env={"HOME": str(home), "PATH": _PATHS},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = re.search(r"\d+\.\d+\.\d+", told.stdout + told.stderr)
    if found is None:
        raise SystemExit(f"{engine} does not start: {told.stdout}{told.stderr}")
    return found.group()


def record(engine: str, name: str, case: Case, base: Path) -> dict[str, Any]:
    """Runs one case; what was seen."""
    shutil.rmtree(base, ignore_errors=True)
    home, project, own, outside = (base / part for part in ("home", "project", "own", "outside"))
    for folder in (home, project, own / "tmp", outside):
        folder.mkdir(parents=True)
    environ = {
        "HOME": str(home), "PATH": _PATHS, "LANG": "C.UTF-8", "TERM": "dumb", "TZ": "UTC",
        "TMPDIR": str(own / "tmp"), "GIT_CONFIG_NOSYSTEM": "1",
    }  # fmt: skip
    more = {path: text.replace("{outside}", str(outside)) for path, text in case.more.items()}
    _project(project, more, environ)
    before = _files(project)
    models = [QWEN_CODER, DEEPSEEK_CODER]
    with OllamaStandIn(models, [_placed(reply, outside) for reply in case.replies]) as server:
        if case.down:
            server.die()
        setting = Setting(
            program(engine), server.url, case.model, case.prompt, project, own, case.ask,
            hostile=name == "hostile",
        )  # fmt: skip
        started = start(engine, setting)
        seen = _run(started, case, project, started.environ(environ), server)
        requests = [row for row in server.requests if row.path in _OF_MODELS]
        places = {
            str(program(engine)): engine, str(project): "/home/user/project", str(own): "/run/own",
            str(home): "/home/user", str(base): "/run", f":{server.port}": ":11434",
            str(ROOT): "/opt/ai-code", str((ROOT / ".tools").resolve()): "/opt/engines",
        }  # fmt: skip
    after = _files(project)
    changed = {
        path: after.get(path) for path in sorted({*before, *after})
        if before.get(path) != after.get(path)
    }  # fmt: skip
    main = next((row for row in requests if row.json.get("tools")), None)
    told = {
        "engine": engine,
        "case": name,
        "prompt": case.prompt,
        "argv": started.argv,
        "env": dict(started.env),
        "stdin": started.stdin,
        "files": dict(started.files),
        **seen,
        "changed": changed,
        "outside": sorted(path.name for path in outside.iterdir()),
        "home": sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()),
        "requests": [[row.path, len(row.raw)] for row in requests],
        "tools": [tool.name for tool in asked.tools(main.json)] if main else [],
    }
    return json.loads(_without(json.dumps(told, ensure_ascii=False), places))


def _run(
    started: Start, case: Case, project: Path, env: Mapping[str, str], server: OllamaStandIn
) -> dict[str, Any]:
    began = time.monotonic()
    child = subprocess.Popen(
        started.argv, cwd=project, env=dict(env), start_new_session=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdin and child.stdout and child.stderr
    texts: dict[str, bytes] = {}
    first: list[float] = []
    readers = [
        threading.Thread(target=_read, args=(stream, name, texts, first, began), daemon=True)
        for name, stream in (("stdout", child.stdout), ("stderr", child.stderr))
    ]
    for reader in readers:
        reader.start()
    _say(child.stdin, started.stdin, close=not case.open_stdin)
    known: set[int] = set()
    ended_by, termed_at = "", 0.0
    while child.poll() is None:
        time.sleep(_POLL_S)
        known |= _descendants(child.pid)
        now = time.monotonic()
        if case.term_at and not termed_at and _is_time(case.term_at, server, known):
            time.sleep(0.5)
            child.send_signal(signal.SIGTERM)
            ended_by, termed_at = "TERM", time.monotonic()
        elif (termed_at and now - termed_at > _GRACE_S) or now - began > case.limit_s:
            ended_by = f"{ended_by}, then KILL to the group" if ended_by else "KILL after the limit"
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    wall_s = time.monotonic() - began
    time.sleep(_LINGER_S if ended_by else 0.0)
    left = [
        f"{row} ({_group(pid, child.pid)})"
        for pid in sorted(known - {child.pid})
        if (row := _command(pid))
    ]
    for pid in known:
        _kill(pid)
    for reader in readers:
        reader.join(5)
    return {
        "exit_code": child.returncode if child.returncode >= 0 else None,
        "signal": -child.returncode if child.returncode < 0 else None,
        "ended_by": ended_by,
        "wall_s": round(wall_s, 1),
        "ends_after_term_s": round(began + wall_s - termed_at, 1) if termed_at else None,
        "first_output_s": round(first[0], 1) if first else None,
        "left_running": left,
        "stdout": texts.get("stdout", b"").decode("utf-8", "replace"),
        "stderr": texts.get("stderr", b"").decode("utf-8", "replace"),
    }


def _placed(reply: Reply, outside: Path) -> Reply:
    if not isinstance(reply, Agent):
        return reply
    place = OUTSIDE.format(outside=outside)
    return replace(reply, edits={place if k == OUTSIDE else k: v for k, v in reply.edits.items()})


def _project(folder: Path, more: Mapping[str, str], env: Mapping[str, str]) -> None:
    notes = {"CLAUDE.md": "Write docstrings in the imperative.\n", "AGENTS.md": "Be brief.\n"}
    for path, text in {"hello.py": HELLO, **notes, **more}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    for words in (
        ("init", "-q", "-b", "main"),
        ("config", "user.name", "ai-code"),
        ("config", "user.email", "ai-code@localhost"),
        ("add", "-A"),
        ("commit", "-qm", "First"),
    ):
        subprocess.run(["git", *words], cwd=folder, env=dict(env), check=True)


def _files(folder: Path) -> dict[str, str]:
    """Texts of the work tree, and of what git would run."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    inner = [(path, path.relative_to(folder)) for path in found]
    return {
        str(short): path.read_text("utf-8", "replace")
        for path, short in inner
        if short.parts[0] != ".git" or short.parts[1] in ("hooks", "config")
    }


def _is_time(term_at: int, server: OllamaStandIn, known: set[int]) -> bool:
    if term_at > 0:
        return len(server.chats) >= term_at
    return any(LONG in _command(pid) for pid in known)


def _read(
    stream: IO[bytes], name: str, texts: dict[str, bytes], first: list[float], began: float
) -> None:
    while data := os.read(stream.fileno(), 65536):
        first.append(time.monotonic() - began)
        texts[name] = texts.get(name, b"") + data


def _say(stream: IO[bytes], text: str, *, close: bool) -> None:
    with contextlib.suppress(BrokenPipeError):
        stream.write(text.encode())
        stream.flush()
        if close:
            stream.close()


def _descendants(pid: int) -> set[int]:
    """It and all that it started, also in other groups."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int(
                    (entry / "stat").read_text().rpartition(")")[2].split()[1]
                )
            except (OSError, IndexError):
                continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _command(pid: int) -> str:
    """The command line of a process that lives; empty for one that has ended."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""
    return "" if state == "Z" else raw.replace(b"\0", b" ").decode("utf-8", "replace").strip()


def _group(pid: int, leader: int) -> str:
    with contextlib.suppress(ProcessLookupError):
        return "the leader's group" if os.getpgid(pid) == leader else "another group"
    return "gone"


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _without(text: str, places: Mapping[str, str]) -> str:
    for place in sorted(places, key=len, reverse=True):
        text = text.replace(place, places[place])
        # As Claude and qwen write it in the names of their folders.
        dashed = re.sub(r"[^A-Za-z0-9]", "-", place)
        if place.startswith("/"):
            text = text.replace(dashed, re.sub(r"[^A-Za-z0-9]", "-", places[place]))
    # What a cut, or a stream in pieces, left of such a path.
    return re.sub(r"/var/tmp(?:/[\w-]*(?:/r\b)?)?", "/run", text)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("engines", nargs="+", choices=[*ENGINES, "all"])
    parser.add_argument("--case", action="append", choices=list(CASES))
    chosen = parser.parse_args()
    engines = list(ENGINES) if "all" in chosen.engines else chosen.engines
    # Not below /tmp: some engines allow writes there whatever their settings are.
    with tempfile.TemporaryDirectory(prefix="recording-", dir="/var/tmp") as folder:
        for engine in engines:
            home = Path(folder) / "home"
            home.mkdir(exist_ok=True)
            place = RECORDINGS / engine / version(engine, home)
            place.mkdir(parents=True, exist_ok=True)
            for name in chosen.case or CASES:
                seen = record(engine, name, CASES[name], Path(folder).resolve() / "r")
                text = json.dumps(seen, indent=1, ensure_ascii=False)
                (place / f"{name}.json").write_text(text + "\n")
                told = {key: seen[key] for key in _TOLD}
                print(engine, name, json.dumps(told, ensure_ascii=False)[:600], flush=True)


_TOLD = (
    *("exit_code", "signal", "ended_by", "wall_s", "changed", "outside", "left_running"),
    "requests",
)

if __name__ == "__main__":
    main()
