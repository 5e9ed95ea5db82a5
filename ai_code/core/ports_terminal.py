"""The port of the terminal where it is another program's for a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ai_code.core.command import Command
    from ai_code.core.exits import Exit


class Terminal(Protocol):
    """The person's terminal. There is nothing between it and the program that has it."""

    def lend(self, command: Command, beside: Callable[[int], None]) -> Exit:
        """Starts the program as the terminal's foreground and stays until it ended; then the
        terminal is ours again, and as it was before. Keys, signals of keys and resizes reach the
        program alone. When it stops (Ctrl-Z) we stop, and it goes on with us. ``beside`` is
        called about once a second with its process id. ``Exit`` has no tails: nobody reads what
        it prints. A signal to us ends its group and is told in the Exit. Raises AiCodeError where
        the terminal is not ours to lend."""

    def forget_typed(self) -> None:
        """What was typed and not read is no answer to the next question: it may be the reply of
        the terminal to a program that is gone."""
