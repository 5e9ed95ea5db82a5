"""A server that is not there until something that setup runs has started it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ai_code.drill.ollama import OllamaStandIn
from tests.setup.bare import Bare


@contextmanager
def served_when_started(bare: Bare, *, server: OllamaStandIn | None = None) -> Iterator[None]:
    """It answers as soon as the file ``started`` is there; without ``server``, one that has no
    model and the address of OLLAMA_HOST."""
    port = int(bare.env["OLLAMA_HOST"].rsplit(":", 1)[1])
    over = threading.Event()
    running: list[OllamaStandIn] = []

    def serve() -> None:
        while not (bare.base / "started").exists():
            if over.wait(0.02):
                return
        running.append((server or OllamaStandIn([], port=port)).__enter__())

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        for each in running:
            each.__exit__(None, None, None)
