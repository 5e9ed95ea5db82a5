"""``ai-code models recommend``: for this machine, the policy and what exams told."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.catalogue import Role
from ai_code.core.errors import AiCodeError, NoDiskError
from ai_code.core.machine import Machine
from ai_code.core.ports import ModelServerError
from ai_code.core.recommend import LeftOut, Recommendation, least_with_room, recommend
from ai_code.flows.first_model import RECOMMEND as RECOMMEND_ALL
from ai_code.flows.first_model import better_than_found, wishes_of
from ai_code.flows.model_disk import disk_room
from ai_code.flows.models.server import model_server, not_known, own_models, server_error
from ai_code.flows.wanted import wanted_by

if TYPE_CHECKING:
    from ai_code.core.disk import DiskRoom
    from ai_code.core.ports import ServedModel
    from ai_code.flows.world import World
    from ai_code.settings import Settings


class Advice(NamedTuple):
    """``note`` says where the answer knows less than it could (no server). ``room`` is the disk
    of the server's models, None where it is not known; ``installed`` whether it has any."""

    machine: Machine
    found: tuple[Recommendation, ...]
    left: tuple[LeftOut, ...]
    note: str = ""
    room: DiskRoom | None = None
    installed: bool = False

    @property
    def better(self) -> str:
        """What the disk alone keeps from being the first, in words."""
        return better_than_found(self.found, self.left, self.room)

    def nothing(self) -> AiCodeError:
        """Why none is recommended, and what helps."""
        least = least_with_room(self.left)
        if least is not None and self.room is not None:
            return NoDiskError(
                "no model that suits this machine has room on the disk",
                why=f"the smallest, {least.name}, needs {least.of_disk}; {self.room.told}",
                hint=self.room.mend(installed=self.installed),
            )
        rules = sorted({each.rule for each in self.left if each.rule})
        return AiCodeError(
            "no model of the catalogue suits this machine",
            why="; ".join(rules) or "nothing fits its memory",
            hint=RECOMMEND_ALL,
        )


def advise(
    world: World, settings: Settings, role: Role = "edit", *, by_disk: bool = True
) -> Advice:
    """Best first. Works without a server too: then nothing counts as installed. Not ``by_disk``:
    as if there were room for all."""
    server = model_server(world, settings)
    models: list[ServedModel] = []
    note = ""
    try:
        models = list(own_models(server))
    except ModelServerError as error:
        note = not_known(server_error(server.base_url, error))
    machine = world.hardware.memory()
    names = [each.name for each in models]
    room = disk_room(world, server.base_url, names) if by_disk else None
    wishes = wishes_of(wanted_by(world, settings, role), models, world.model_notes, room)
    found, left = recommend(world.catalogue, machine, wishes)
    return Advice(machine, found, left, note, room, bool(models))


def best(
    world: World, settings: Settings, role: Role = "edit", *, by_disk: bool = True
) -> Recommendation:
    """The first of them. Raises AiCodeError where nothing suits, NoDiskError where that is for
    want of disk."""
    advice = advise(world, settings, role, by_disk=by_disk)
    if advice.found:
        return advice.found[0]
    raise advice.nothing()
