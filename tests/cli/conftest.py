"""Commands run in the flows' fake world."""

from tests.flows.conftest import world

__all__ = ["world"]
