"""The step of the model, and the unit that fetches models, where the disk is too small."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_code.core.columns import width
from ai_code.core.machine import Machine
from tests.flows.fake_world import FakeWorld
from tests.setup.bare import Bare, Talk
from tests.setup.scripted import Elsewhere, elsewhere

GB = 1_000_000_000
UNIT = "ai-code-models.service"


@pytest.fixture
def there(git_project: Path, tmp_path: Path, clean_env: dict[str, str]) -> Iterator[Elsewhere]:
    """16 GB of RAM, an Ollama that answers and has no model."""
    state = tmp_path / "fake-state"
    state.mkdir()
    world = FakeWorld(git_project, state, clean_env)
    made = elsewhere(world, tmp_path, clean_env)
    world.server.error, world.server.served = None, []
    world.hardware.machine = Machine(16 << 30, 12 << 30)
    world.server.version = lambda: "0.13.5"  # type: ignore[method-assign]
    yield made
    assert not world.console.answers, "questions that were never asked"
    shown = [line for _, text in world.console.shown for line in text.splitlines()]
    # A path is as long as it is, the program's own in the shown unit too.
    paths = ("/fake-state", "ExecStart=")
    assert [each for each in shown if width(each) > 80 and not any(p in each for p in paths)] == []


def settings(there: Elsewhere, text: str) -> None:
    there.config_file.parent.mkdir(parents=True, exist_ok=True)
    there.config_file.write_text(text)


def installed(there: Elsewhere) -> list[str]:
    return [each.name for each in there.world.server.served]


# The step of the model ---------------------------------------------------------------------------


def test_only_what_has_room_is_offered(there: Elsewhere) -> None:
    there.world.disk_free = 3 * GB
    there.answers("1")
    assert there.step("model").state == "done"
    assert installed(there) == ["qwen2.5-coder:3b"]
    assert "qwen2.5-coder:7b would be better, and needs 4.7 GB of disk; 3.0 GB are free" in (
        there.told
    )


def test_a_choice_without_room_is_asked_again(there: Elsewhere) -> None:
    there.world.disk_free = 3 * GB
    there.answers("o", "qwen2.5-coder:14b", "1")
    result = there.step("model")
    assert (result.state, installed(there)) == ("done", ["qwen2.5-coder:3b"])
    told = "There is no room for qwen2.5-coder:14b: it needs 9.0 GB of disk; 3.0 GB are free in"
    assert told in there.told
    assert "ai-code models pull" not in there.told, "what has room stands among the choices"
    assert [each.name for each in there.log.changes()] == ["qwen2.5-coder:3b"]


def test_a_named_one_without_room_is_not_asked_about(there: Elsewhere) -> None:
    settings(there, "model: qwen2.5-coder:14b\n")
    there.world.disk_free = 3 * GB
    there.answers()
    result = there.step("model")
    assert result.state == "failed" and "there is no room for qwen2.5-coder:14b" in result.told
    assert result.mend == ("ai-code models pull qwen2.5-coder:3b   (there is room for it)",)
    assert there.log.changes() == [] and installed(there) == []


def test_nothing_has_room(there: Elsewhere) -> None:
    there.world.disk_free = GB // 5
    for options in ({}, {"yes": True}):
        result = there.step("model", **options)
        assert result.state == "missing" and "200 MB are free in" in result.told
        assert result.mend[0].startswith("df -h ")
        assert "OLLAMA_MODELS" in result.mend[0]


def test_who_wants_none_gets_a_command_that_works(there: Elsewhere) -> None:
    there.world.disk_free = 3 * GB
    there.answers("n")
    assert there.step("model").mend == ("ai-code models pull qwen2.5-coder:3b",)


@pytest.mark.parametrize(
    "options", [{"pull_error": "no space left on device"}, {"pullable": []}, {"pull_dies": True}]
)
def test_a_download_that_failed_leaves_nothing_to_take_back(
    bare: Bare, options: dict[str, object]
) -> None:
    bare.ollama(**{"models": [], **options})
    bare.settings("model: codellama:7b\n")
    assert bare.states("--yes", "model") == {"model": "failed"}
    assert bare.log() == []


# The unit of the models --------------------------------------------------------------------------


def linux(there: Elsewhere) -> Elsewhere:
    """A user service runs Ollama; there is no unit of the models yet."""
    there.programs.add("ollama")
    there.programs.add(
        "systemctl",
        **{"--user_cat": (1, ""), "--user_show": (0, "ActiveState=active\n"), "cat": (1, "")},
    )
    return there


def test_the_unit_is_not_started_for_a_model_without_room(there: Elsewhere) -> None:
    linux(there)
    settings(there, "model: qwen2.5-coder:14b\n")
    there.world.disk_free = 3 * GB
    result = there.step("service", yes=True)
    assert "Now that is qwen2.5-coder:14b (9.0 GB), and there is no room: 3.0 GB are" in there.told
    assert result.state == "failed" and "no room for qwen2.5-coder:14b" in result.told
    assert result.mend[0].startswith("df -h ")
    assert f"systemctl --user enable {UNIT}" in there.programs.ran
    assert not any(UNIT in line and " start " in line for line in there.programs.ran)
    # Asked again it is said again, and once there is room nothing is wrong.
    assert there.step("service", yes=True).state == "failed"
    there.world.disk_free = 30 * GB
    assert there.step("service", yes=True).fine


def test_the_recommended_one_of_the_unit_has_room(there: Elsewhere) -> None:
    linux(there)
    there.world.disk_free = 3 * GB
    assert there.step("service", yes=True).state == "done"
    assert "Now that is qwen2.5-coder:3b (1.9 GB)." in there.told
    assert f"systemctl --user start --no-block {UNIT}" in there.programs.ran


def test_the_disk_does_not_change_the_context_of_the_server(there: Elsewhere) -> None:
    linux(there)
    there.programs.there["systemctl"]["--user show"] = (0, "ActiveState=inactive\n")
    there.comes_up_after("systemctl --user enable --now ollama.service")
    there.setup("service", yes=True)
    unit = there.site.user_units / "ollama.service"
    wide = unit.read_text()
    there.world.disk_free = GB // 5
    there.setup("service", yes=True)
    assert unit.read_text() == wide and "CONTEXT_LENGTH=16384" in wide


def test_the_screen_asks_again_on_a_terminal(bare: Bare) -> None:
    """With the real program: a model of a catalogue of one's own that no disk holds."""
    bare.ollama(models=[])
    models = bare.home / ".config/ai-code/models.yaml"
    models.parent.mkdir(parents=True, exist_ok=True)
    models.write_text(
        "models:\n  - {name: 'huge:1b', maker: Meta, licence: MIT, parameters: 1B, context: 8192,\n"
        "     layers: 2, kv-heads: 2, key-length: 64, quantisations: {q4_K_M: 900T}}\n"
    )
    talk = Talk(bare.terminal("setup", "model"))
    talk.answer("Which?", "o")
    talk.answer("Its name", "huge:1b")
    talk.answer("Which?", "n")
    assert talk.end() == 1
    assert "There is no room for huge:1b" in " ".join(talk.raw.split())
    assert all(len(line) <= 80 for line in talk.lines if str(bare.base) not in line)
