"""One look at a model's server and the machine's memory for several engines: each would ask the
same, and each would wait for a server that hangs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ai_code.core.ports import ModelServerError

if TYPE_CHECKING:
    from ai_code.core.machine import Machine
    from ai_code.core.ports import LoadedModel, ModelServer, ServedModel
    from ai_code.flows.world import World

T = TypeVar("T")


class AskedOnce:
    """For the length of one look. It is ``Hardware`` too, read when that is first needed."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._servers: dict[object, _Kept] = {}
        self._machine: Machine | None = None

    def memory(self) -> Machine:
        """See ``core.ports.Hardware``."""
        self._machine = self._machine or self._world.hardware.memory()
        return self._machine

    def server(self, base_url: str, headers: Mapping[str, str], ca_file: str = "") -> _Kept:
        """The one that everybody asks who asks for it with the same headers."""

        def anew() -> ModelServer:
            return self._world.model_server(base_url, headers, ca_file)

        key = (base_url.rstrip("/"), tuple(sorted(headers.items())), ca_file)
        return self._servers.setdefault(key, _Kept(base_url, anew))


class _Kept:
    """What a server told, or the error that came instead; see ``core.ports.AskedServer``. Each
    question has the time of a first one (``anew``): between two of them the machine is looked at.
    One that was silent about a model is asked about no other."""

    def __init__(self, base_url: str, anew: Callable[[], ModelServer]) -> None:
        self.base_url = base_url.rstrip("/")
        self._anew = anew
        self._told: dict[str, object] = {}
        self._silent: ModelServerError | None = None

    def version(self) -> str:
        return self._once("version", lambda: self._anew().version())

    def models(self) -> Sequence[ServedModel]:
        return self._once("models", lambda: self._anew().models())

    def loaded(self) -> Sequence[LoadedModel]:
        return self._once("loaded", lambda: self._anew().loaded())

    def show(self, name: str) -> Mapping[str, Any]:
        return self._once(f"show {name}", lambda: self._show(name))

    def _show(self, name: str) -> Mapping[str, Any]:
        if self._silent is not None:
            raise self._silent
        try:
            return self._anew().show(name)
        except ModelServerError as error:
            if error.kind != "http":
                self._silent = error
            raise

    def _once(self, question: str, ask: Callable[[], T]) -> T:
        if question not in self._told:
            try:
                self._told[question] = ask()
            except ModelServerError as error:
                self._told[question] = error
        told = self._told[question]
        if isinstance(told, ModelServerError):
            raise told
        return cast("T", told)
