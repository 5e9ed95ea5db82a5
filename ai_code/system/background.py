"""Work beside the main thread: one thread each, never waited for at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T", covariant=True)


class Waiting(Protocol[T]):
    """Gives the value of the work, or raises what it raised; TimeoutError where it is not there
    within ``seconds``."""

    def __call__(self, seconds: float | None = None) -> T: ...


def start(work: Callable[[], T]) -> Waiting[T]:
    """Runs ``work`` in a daemon thread; the returned function waits for it. Nobody has to ask."""
    values: list[T] = []
    errors: list[BaseException] = []

    def carry_out() -> None:
        try:
            values.append(work())
        except BaseException as error:  # noqa: BLE001  it is raised again where it is asked for
            errors.append(error)

    thread = threading.Thread(target=carry_out, daemon=True)
    thread.start()

    def wait(seconds: float | None = None) -> T:
        thread.join(seconds)
        if thread.is_alive():
            raise TimeoutError
        if errors:
            raise errors[0]
        return values[0]

    return wait
