"""Which model is named where none will do: everywhere the one that ``models recommend`` gives."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from ai_code.core.disk import DiskRoom
from ai_code.core.machine import Gpu, Machine
from ai_code.core.memory import GIB
from ai_code.core.policy import Policy
from ai_code.core.recommend import Wishes, recommend
from ai_code.flows.first_model import RECOMMEND, RULES, FirstModel, Suggestion
from ai_code.system.catalogue_files import load_catalogue

CATALOGUE = load_catalogue(Path("/nowhere/models.yaml"))
CARD = Gpu("RTX 3060", "nvidia", 12 * GIB, 11 * GIB)
MACHINES = {
    "8 GB": Machine(8 * GIB, 6 * GIB),
    "32 GB": Machine(32 * GIB, 24 * GIB),
    "12 GB of VRAM": Machine(32 * GIB, 24 * GIB, (CARD,)),
}
NO_CHINA = Policy(exclude_countries=("CN",))


def models(
    machine: Machine | None,
    policy: Policy | None = None,
    installed: Sequence[str] = (),
    free: float | None = None,
) -> FirstModel:
    """``free`` GB of the disk; None: it is not known."""
    room = None if free is None else DiskRoom(int(free * 1e9), "/models", "/")
    wishes = Wishes(policy or Policy(), installed=installed, room=room)
    return FirstModel(CATALOGUE, wishes, lambda: machine)


@pytest.mark.parametrize("policy", [Policy(), NO_CHINA])
@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_the_first_is_that_of_recommend(machine: Machine, policy: Policy) -> None:
    found, _ = recommend(CATALOGUE, machine, Wishes(policy))
    judged = models(machine, policy)
    assert judged.first() == Suggestion(found[0].name)
    assert judged.hint(judged.first()) == f"ai-code models pull {found[0].name}"


def test_a_machine_that_cannot_be_read_in_time_gets_a_small_one_and_why() -> None:
    def hangs() -> Machine:
        raise TimeoutError

    judged = FirstModel(CATALOGUE, Wishes(NO_CHINA), hangs)
    small, _ = recommend(CATALOGUE, Machine(8 * GIB, 8 * GIB), Wishes(NO_CHINA))
    assert judged.hint(judged.first()) == (
        f"ai-code models pull {small[0].name}   "
        "(fits 8 GB; this machine's memory could not be read in time)"
    )


def test_where_nothing_suits_it_is_shown_why_not() -> None:
    everybody = models(MACHINES["32 GB"], Policy(deny=("*",)))
    assert everybody.hint(everybody.first()) == RULES
    tiny = models(Machine(GIB, GIB // 2))
    assert tiny.hint(tiny.first()) == RECOMMEND


def test_what_has_no_room_on_the_disk_is_never_named() -> None:
    machine = MACHINES["12 GB of VRAM"]
    judged = models(machine, free=5.3)
    assert judged.hint(judged.first()) == (
        "ai-code models pull qwen2.5-coder:7b   "
        "(qwen2.5-coder:14b would be better, and needs 9.0 GB of disk; 5.3 GB are free in /models)"
    )
    for found in (judged.other("deepseek-coder:6.7b"), judged.lighter("qwen2.5-coder:14b")):
        assert found is not None and CATALOGUE.download_bytes(found.name) <= 4.8e9


def test_a_full_disk_is_told_with_what_makes_room() -> None:
    full, there = (models(MACHINES["32 GB"], free=0.2, installed=n) for n in ((), ("mine:1b",)))
    about = "   (make room: "
    hint, told = full.hint(full.first()).split(about)
    assert hint == "df -h /" and told.endswith(" of disk, 200 MB are free in /models)")
    assert there.hint(there.first()).split(about)[0] == "ai-code models list"


def test_another_one_is_better_and_rather_one_that_is_there() -> None:
    machine = MACHINES["12 GB of VRAM"]
    found, _ = recommend(CATALOGUE, machine, Wishes(Policy()))
    judged = models(machine)
    assert judged.other("deepseek-coder:6.7b") == Suggestion(found[0].name)
    assert judged.other(found[0].name) != Suggestion(found[0].name)
    there = models(machine, installed=["codellama:7b", "qwen2.5-coder:7b"])
    assert there.other("deepseek-coder:6.7b") == Suggestion("qwen2.5-coder:7b", installed=True)


def test_a_lighter_one_fits_and_is_lighter() -> None:
    machine = MACHINES["32 GB"]
    lighter = models(machine).lighter("qwen2.5-coder:7b", room=3 * GIB)
    assert lighter is not None and lighter.name == "qwen2.5-coder:3b"
    there = models(machine, NO_CHINA, ["llama3.2:3b"]).lighter("codellama:7b")
    assert there == Suggestion("llama3.2:3b", installed=True)
    assert models(machine).lighter("deepseek-coder:1.3b", room=GIB) is None
