"""Work beside the main thread: one thread each, never waited for at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def start(work: Callable[[], T]) -> Callable[[], T]:
    """Runs ``work`` in a daemon thread; the returned function gives its value or raises what it
    raised. Nobody has to ask."""
    values: list[T] = []
    errors: list[BaseException] = []

    def carry_out() -> None:
        try:
            values.append(work())
        except BaseException as error:  # noqa: BLE001  it is raised again where it is asked for
            errors.append(error)

    thread = threading.Thread(target=carry_out, daemon=True)
    thread.start()

    def wait() -> T:
        thread.join()
        if errors:
            raise errors[0]
        return values[0]

    return wait
