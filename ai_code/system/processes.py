"""Programs, found and asked by one part, run by another."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ai_code.system.process import ProcessRoom
    from ai_code.system.programs import Programs


class SystemProcesses:
    """See ``core.ports.Processes``."""

    def __init__(self, programs: Programs, room: ProcessRoom) -> None:
        self.find = programs.find
        self.version = programs.version
        self.succeeds = programs.succeeds
        self.run = room.run
        self.standby = room.standby
