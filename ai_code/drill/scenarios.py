"""Days in the life of Claude Code, by name: what the API does, request after request.

``file`` and ``content`` are what Claude writes where the scenario writes, ``resets_at`` (Unix
epoch in seconds) is when the limit ends where there is one. The scenario ``network-down`` has no
steps, it is an address where nobody listens: see ``closed_url``.
"""

from __future__ import annotations

import socket
import time

from ai_code.drill.steps import (
    AuthFailed,
    CutStream,
    LimitHit,
    Overloaded,
    RateLimited,
    Say,
    Step,
    UseTool,
    UseTools,
)

FILE = "hello.py"
CONTENT = 'def hello():\n    """Print a greeting."""\n    print("hello")\n'
TALK = (
    "You've hit your weekly limit · resets Nov 24, 8pm (UTC)\n\n"
    "That is what Claude Code prints on HTTP 429 (rate_limit_error). "
    "API Error: 529 Overloaded reads much the same."
)
NETWORK_DOWN = "network-down"
_HOUR_S = 3600


def _write(file: str, content: str) -> Step:
    """Reads and writes ``file``: 2.0.77 refuses to write over a file that it has not read. For a
    file that is not there yet the reading fails, and the writing goes well all the same."""
    path = "{cwd}/" + file
    return UseTools(
        (
            UseTool("Read", {"file_path": path}),
            UseTool("Write", {"file_path": path, "content": content}),
        )
    )


def _ahead(given: int | None, hours: int) -> int:
    return int(time.time()) + hours * _HOUR_S if given is None else given


def normal_day(file: str = FILE, content: str = CONTENT) -> list[Step]:
    """Claude writes the file and says so."""
    return [_write(file, content), Say(f"I've updated {file}.")]


def session(resets_at: int | None = None) -> list[Step]:
    """The 5-hour limit, at once. Without ``resets_at`` in two hours."""
    return [LimitHit("five_hour", _ahead(resets_at, 2))]


def weekly(resets_at: int | None = None) -> list[Step]:
    """The weekly limit, at once. Without ``resets_at`` in three days."""
    return [LimitHit("seven_day", _ahead(resets_at, 72))]


def model(resets_at: int | None = None) -> list[Step]:
    """The weekly limit of one model. Without ``resets_at`` in three days."""
    return [LimitHit("seven_day_opus", _ahead(resets_at, 72))]


def credit(resets_at: int | None = None) -> list[Step]:
    """The plan is used up, and so are the credits for extra usage."""
    return [LimitHit("overage", _ahead(resets_at, 2), overage="out_of_credits")]


def passing_429(file: str = FILE, content: str = CONTENT) -> list[Step]:
    """Two plain 429, then Claude writes the file."""
    return [RateLimited(), RateLimited(), *normal_day(file, content)]


def rate_stays() -> list[Step]:
    """A plain 429 for ever."""
    return [RateLimited()]


def overloaded() -> list[Step]:
    """529 for ever."""
    return [Overloaded()]


def overloaded_passes(file: str = FILE, content: str = CONTENT) -> list[Step]:
    """One 529, then Claude writes the file."""
    return [Overloaded(), *normal_day(file, content)]


def mid_task(file: str = FILE, content: str = CONTENT, resets_at: int | None = None) -> list[Step]:
    """Claude writes the file; the request that carries the result meets the 5-hour limit."""
    return [_write(file, content), *session(resets_at)]


def talks_about_limits() -> list[Step]:
    """A success whose answer begins with a limit's text, and quotes errors."""
    return [Say(TALK)]


def auth() -> list[Step]:
    """The login has expired."""
    return [AuthFailed()]


def cut_stream() -> list[Step]:
    """Every answer drops in the middle."""
    return [CutStream("Half an answer,")]


def scenarios(
    *, file: str = FILE, content: str = CONTENT, resets_at: int | None = None
) -> dict[str, list[Step]]:
    """All scenarios that a server can play, by name."""
    return {
        "normal-day": normal_day(file, content),
        "session": session(resets_at),
        "weekly": weekly(resets_at),
        "model": model(resets_at),
        "credit": credit(resets_at),
        "passing-429": passing_429(file, content),
        "rate-stays": rate_stays(),
        "overloaded": overloaded(),
        "overloaded-passes": overloaded_passes(file, content),
        "mid-task": mid_task(file, content, resets_at),
        "talks-about-limits": talks_about_limits(),
        "auth": auth(),
        "cut-stream": cut_stream(),
    }


NAMES = tuple(scenarios())


def by_name(
    name: str, *, file: str = FILE, content: str = CONTENT, resets_at: int | None = None
) -> list[Step]:
    """The steps of one scenario. KeyError for a name that is not in ``NAMES``."""
    return scenarios(file=file, content=content, resets_at=resets_at)[name]


def closed_url() -> str:
    """An address on loopback where nobody listens (now): the network is down."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"
