"""An engine's program, and what a fence has to do with it."""

from __future__ import annotations

import pytest

from ai_code.cli.engines_screen import detail
from ai_code.core.task import Program
from ai_code.core.verdict import Unavailable
from ai_code.engines.registry import local_engine
from ai_code.flows.engine_program import find_program, stands_in
from ai_code.flows.engines import engine_rows
from tests.flows.fake_world import FakeWorld


@pytest.mark.parametrize(
    ("managed", "files", "network", "switched", "starts"),
    [
        (True, True, True, "auto", True),
        (True, True, False, "auto", False),
        (True, False, False, "auto", False),
        (True, True, True, "off", False),
        (False, False, False, "auto", True),
    ],
)
def test_claude_is_led_away_where_no_fence_holds_its_network(
    world: FakeWorld, managed: bool, files: bool, network: bool, switched: str, starts: bool
) -> None:
    world.claude_home.is_managed = managed
    world.has_kernel_fence, world.has_network_fence = files, network
    settings = world.settings._replace(fallback_fence=switched)  # type: ignore[arg-type]
    found = find_program(world, settings, local_engine("claude-local"))
    assert isinstance(found, Program if starts else Unavailable)


@pytest.mark.parametrize(
    ("files", "network", "told"),
    [
        (True, True, "reaches the model's server only (the kernel)"),
        (True, False, "Whom it reaches is not held here"),
        (False, False, "this system has no fence"),
    ],
)
def test_what_holds_it_is_told_as_it_is_here(
    world: FakeWorld, files: bool, network: bool, told: str
) -> None:
    world.has_kernel_fence, world.has_network_fence = files, network
    (row,) = engine_rows(world, world.settings, ["goose"])
    assert (row.fenced, row.network_fenced) == (files, network)
    assert told in " ".join(" ".join(detail(row, 80, "ai-code")).split())


def test_a_command_of_ones_own_under_either_of_its_names(world: FakeWorld) -> None:
    custom = local_engine("custom")
    assert isinstance(find_program(world, world.settings, custom), Unavailable)
    for named in ({"custom_command": ("mine", "-x")}, {"engines_command": {"custom": ("mine",)}}):
        found = find_program(world, world.settings._replace(**named), custom)
        assert isinstance(found, Program), named


def test_one_that_nothing_would_hold_is_not_started(world: FakeWorld) -> None:
    required = world.settings._replace(fallback_fence="require")
    assert isinstance(find_program(world, required, local_engine("goose")), Program)
    world.has_kernel_fence = False
    found = find_program(world, required, local_engine("goose"))
    assert isinstance(found, Unavailable) and "fallback.fence is require" in found.message
    assert isinstance(find_program(world, required, local_engine("aider")), Program)
    assert isinstance(find_program(world, world.settings, local_engine("goose")), Program)


@pytest.mark.parametrize(
    ("works", "files", "network", "switched", "held"),
    [
        (True, True, True, "auto", "own"),
        (True, False, False, "require", "own"),
        (False, True, True, "auto", "kernel"),
        (False, True, False, "auto", None),
        (False, False, False, "auto", None),
        (False, True, True, "off", None),
    ],
)
def test_the_kernel_holds_one_whose_own_sandbox_cannot_be_made(
    world: FakeWorld, works: bool, files: bool, network: bool, switched: str, held: str | None
) -> None:
    world.has_kernel_fence, world.has_network_fence = files, network
    if not works:
        world.processes.failing.add("codex")
    settings = world.settings._replace(fallback_fence=switched)  # type: ignore[arg-type]
    codex = local_engine("codex")
    found = find_program(world, settings, codex)
    assert isinstance(found, Program) == (held is not None)
    assert stands_in(world, settings, codex) == (held == "kernel")
    if held is not None:
        (row,) = engine_rows(world, settings, ["codex"])
        assert row.fence == held
