"""What is recommended for each tier of the facts file, without a policy and with one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.catalogue import ROLES
from ai_code.core.disk import DiskRoom
from ai_code.core.machine import Gpu, Machine
from ai_code.core.memory import GIB, need_bytes
from ai_code.core.model_notes import ExamResult
from ai_code.core.policy import Policy
from ai_code.core.recommend import (
    GOOD_CONTEXT,
    LEAST_SPEED,
    Recommendation,
    Wishes,
    better_with_room,
    budget_of,
    least_with_room,
    recommend,
)
from ai_code.system.catalogue_files import load_catalogue
from tests.machines import MACHINES, machine

CATALOGUE = load_catalogue(Path("/nowhere/models.yaml"))
FREE = Policy()
NO_CN = Policy(exclude_countries=("CN",))

TIERS = [
    # machine, best without a policy, best with exclude-countries: [CN]; each as
    # name @ context in units of 1024, and where it lies
    ("ram-8", "qwen2.5-coder:7b @12 cpu", "gemma3:4b @16 cpu"),
    ("ram-16", "qwen2.5-coder:7b @16 cpu", "llama3.1:8b @16 cpu"),
    ("ram-32", "qwen3-coder:30b @16 cpu", "gpt-oss:20b @16 cpu"),
    ("vram-6", "qwen2.5-coder:7b @8 gpu", "gemma3:4b @32 gpu"),
    ("vram-8", "qwen2.5-coder:7b @32 gpu", "llama3.1:8b @16 gpu"),
    ("vram-12", "qwen2.5-coder:14b @8 gpu", "phi4:14b @8 gpu"),
    ("vram-16", "gpt-oss:20b @32 gpu", "gpt-oss:20b @32 gpu"),
    ("vram-24", "devstral-small-2:24b @32 gpu", "devstral-small-2:24b @32 gpu"),
    ("vram-32", "devstral-small-2:24b @32 gpu", "devstral-small-2:24b @32 gpu"),
    ("vram-48", "devstral-small-2:24b @32 gpu", "devstral-small-2:24b @32 gpu"),
    ("vram-2x24", "devstral-small-2:24b @32 gpu", "devstral-small-2:24b @32 gpu"),
    ("mac-16", "qwen2.5-coder:14b @8 gpu", "phi4:14b @8 gpu"),
    ("mac-32", "devstral-small-2:24b @32 gpu", "devstral-small-2:24b @32 gpu"),
    ("mac-64-wired", "devstral-small-2:24b-instruct-2512-q8_0 @32 gpu",
     "devstral-small-2:24b-instruct-2512-q8_0 @32 gpu"),
    ("gb10", "qwen3-coder:30b-a3b-q8_0 @32 gpu", "devstral-small-2:24b @32 gpu"),
    ("amd-16", "gpt-oss:20b @32 gpu", "gpt-oss:20b @32 gpu"),
    ("amd-apu", "qwen2.5-coder:7b @16 cpu", "llama3.1:8b @16 cpu"),
    ("container-8", "qwen2.5-coder:7b @16 cpu", "llama3.1:8b @8 cpu"),
]  # fmt: skip


def best(on: Machine, policy: Policy = FREE, **wishes: object) -> list[Recommendation]:
    good, _ = recommend(CATALOGUE, on, replace(Wishes(policy), **wishes))  # type: ignore[arg-type]
    return list(good)


def told(row: Recommendation) -> str:
    return f"{row.name} @{row.fit.context // 1024} {row.fit.placement}"


def test_the_table_has_every_machine() -> None:
    assert sorted(name for name, *_ in TIERS) == MACHINES


@pytest.mark.parametrize(("name", "free", "policed"), TIERS, ids=[row[0] for row in TIERS])
def test_the_best_for_each_tier(name: str, free: str, policed: str) -> None:
    assert told(best(machine(name))[0]) == free
    assert told(best(machine(name), NO_CN)[0]) == policed


@pytest.mark.parametrize("name", MACHINES)
@pytest.mark.parametrize("role", ROLES)
def test_each_machine_and_role_gets_something_that_holds(name: str, role: str) -> None:
    on = machine(name)
    for policy in (FREE, NO_CN):
        found = best(on, policy, role=role)
        assert found
        for row in found:
            assert role in row.entry.roles
            assert row.fit.need <= budget_of(on).total
            assert row.fit.tokens_per_s >= LEAST_SPEED
            assert not policy.refusal(row.entry.name, row.entry.maker)
        assert found[0].fit.context >= GOOD_CONTEXT


@pytest.mark.parametrize("name", MACHINES)
def test_what_is_free_at_the_moment_does_not_matter(name: str) -> None:
    on = machine(name)
    busy = replace(
        on, ram_available=0, gpus=tuple(replace(gpu, vram_free=0) for gpu in on.gpus)
    )  # fmt: skip
    assert best(on) == best(busy)


def test_what_is_left_out_says_why() -> None:
    _, left = recommend(CATALOGUE, machine("ram-8"), Wishes(NO_CN))
    why = {each.entry.name: each.why for each in left}
    assert why["qwen2.5-coder:7b"] == "not allowed: models.exclude-countries has CN (Alibaba)"
    assert why["llama3.3:70b"].startswith("needs ")
    assert why["starcoder2:3b"] == "completes code and takes no instructions"
    assert {each.rule for each in left if each.entry.name == "deepseek-coder:6.7b"} == {
        "models.exclude-countries has CN (DeepSeek)"
    }


def test_too_slow_is_never_recommended() -> None:
    """32 GB of RAM hold a dense 32B model, and it would answer one word a second."""
    _, left = recommend(CATALOGUE, machine("ram-32"), Wishes(FREE))
    why = {each.entry.name: each.why for each in left}
    # 25 GB/s · / 20 GB read for each token
    assert why["qwen2.5-coder:32b"] == "would answer with 1.2 tokens/s here: too slow"


def test_partly_on_the_cpu_only_where_that_is_allowed() -> None:
    on = machine("vram-6")
    assert best(on, NO_CN)[0].fit.placement == "gpu"
    assert best(on, NO_CN, allow_split=True)[0].entry.name == "gpt-oss:20b"


def exam(name: str, passed: int, tokens_per_s: float = 30.0) -> dict[str, ExamResult]:
    return {name: ExamResult("d", name, "diff", 6, passed, passed, 60.0, tokens_per_s, 1)}


def test_an_exam_counts() -> None:
    on = machine("vram-16")
    names = ["gpt-oss:20b", "qwen2.5-coder:14b-instruct-q4_K_M"]
    # 72 + 25 - 50 for an exam of which nothing was right
    failed = best(on, installed=names, exams=exam("gpt-oss:20b", 0))
    assert failed[0].name == "qwen2.5-coder:14b-instruct-q4_K_M"
    # 68 + 25 + 12 for one that was all right, against 97
    passed = best(on, installed=names, exams=exam(names[1], 6))
    assert (passed[0].name, passed[0].installed) == (names[1], names[1])
    assert "exam: 6 of 6" in passed[0].reasons
    # What was measured counts, not what was estimated.
    slow = recommend(
        CATALOGUE, on, Wishes(FREE, installed=names, exams=exam("gpt-oss:20b", 6, 2.5))
    )[1]
    assert "answers with 2.5 tokens/s here: too slow" in [each.why for each in slow]


def test_a_draft_is_quick() -> None:
    on = machine("ram-32")
    assert best(on, role="draft")[0].fit.tokens_per_s >= 10


def test_cards_of_two_makers_are_not_added_up() -> None:
    cards = (
        Gpu("a", "nvidia", 8 * GIB, 0),
        Gpu("b", "nvidia", 8 * GIB, 0),
        Gpu("c", "amd", 12 * GIB, 0),
    )
    assert budget_of(Machine(64 * GIB, 0, cards)).gpu == 2 * int(8 * GIB * 0.9)


def test_a_finer_quantisation_where_there_is_room() -> None:
    assert best(machine("vram-12"))[1].name == "qwen2.5-coder:7b-instruct-q8_0"
    assert best(machine("vram-8"))[0].name == "qwen2.5-coder:7b"


def test_a_coarser_one_where_only_that_fits() -> None:
    on = Machine(64 * GIB, 0, (Gpu("x", "nvidia", 44 * GIB, 0),))
    found = {row.entry.name: row.name for row in best(on)}
    assert found["llama3.3:70b"] == "llama3.3:70b-instruct-q3_K_M"


def disk(free: float) -> DiskRoom:
    return DiskRoom(int(free * 1e9), "/models", "/")


def test_what_has_no_room_on_the_disk_is_left_out() -> None:
    """And what it would be is kept, so that it can be told."""
    on = machine("vram-24")
    everything, _ = recommend(CATALOGUE, on, Wishes(FREE))
    assert everything[0].name == "devstral-small-2:24b"
    found, left = recommend(CATALOGUE, on, Wishes(FREE, room=disk(12)))
    assert found and all(each.fit.quantisation.size <= 11.5e9 for each in found)
    better = better_with_room(found, left)
    assert better == everything[0]
    why = {each.entry.name: each.why for each in left}
    assert why["devstral-small-2:24b"] == "needs 15.0 GB of disk, 12.0 GB are free in /models"
    assert better_with_room(everything, ()) is None


def test_a_coarser_download_where_the_disk_has_no_room_for_the_usual() -> None:
    on = Machine(128 * GIB, 0, (Gpu("x", "nvidia", 80 * GIB, 0),))
    found, _ = recommend(CATALOGUE, on, Wishes(FREE, room=disk(38)))
    names = {row.entry.name: row.name for row in found}
    assert names["llama3.3:70b"] == "llama3.3:70b-instruct-q3_K_M"


def test_what_is_installed_needs_no_room() -> None:
    on = machine("vram-24")
    found, left = recommend(
        CATALOGUE, on, Wishes(FREE, installed=["devstral-small-2:24b"], room=disk(0))
    )
    assert [each.name for each in found] == ["devstral-small-2:24b"]
    assert better_with_room(found, left) is None
    smallest = least_with_room(left)
    assert smallest is not None and smallest.fit.quantisation.size < 2e9


def test_a_disk_that_is_not_known_is_not_judged() -> None:
    assert best(machine("ram-32"), room=None) == best(machine("ram-32"), room=disk(10_000))


@given(
    ram=st.integers(0, 1 << 38),
    cards=st.lists(st.integers(0, 1 << 37), max_size=4),
    unified=st.booleans(),
)
def test_any_machine(ram: int, cards: list[int], unified: bool) -> None:
    gpus = tuple(Gpu("x", "nvidia", size, 0, unified) for size in cards)
    on = Machine(ram, 0, gpus)
    for row in best(on):
        q, fit = row.fit.quantisation, row.fit
        assert fit.need == need_bytes(q.size, row.entry.shape, fit.context)
        assert fit.need <= budget_of(on).total
