"""list, recommend, show, rm, use, verify, preload and unload, and the policy in each of them."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ai_code.core.columns import plain, width
from ai_code.core.errors import AiCodeError, ConfigError, UsageError
from ai_code.core.machine import Gpu, Machine
from ai_code.core.model_notes import ExamResult, MeasuredNeed
from ai_code.drill.ollama import DEEPSEEK_CODER, GPT_OSS, QWEN_CODER, FakeModel
from ai_code.flows.models import screens
from ai_code.flows.models.choosing import use
from ai_code.flows.models.inventory import Inventory, Row
from ai_code.flows.models.memory import preload, unload
from ai_code.flows.models.recommending import advise
from ai_code.flows.models.removing import remove
from ai_code.flows.models.showing import lines_of, show, value_of
from ai_code.flows.why_not_ready import serve
from ai_code.system.config_files import ConfigStore, Places
from tests.flows.models.conftest import ModelsWorld

GIB = 1 << 30
SWALLOW = "hf.co/mmnga/Llama-3.1-Swallow-8B-Instruct-v0.5-gguf:Q4_K_M"
BIG_CARD = (Gpu("NVIDIA GeForce RTX 4090", "nvidia", 24 * GIB, 23 * GIB),)


def rows(here: ModelsWorld) -> list[Row]:
    return Inventory(here.world, here.world.settings).rows()


def screen(lines: Any) -> list[str]:
    shown = [plain(line) for line in lines]
    assert all(width(line) <= 80 for line in shown), shown
    return shown


def test_list(here: ModelsWorld) -> None:
    here.world.hardware.machine = Machine(32 * GIB, 20 * GIB, BIG_CARD)
    here.ollama.loaded[QWEN_CODER.tag] = 8192
    shown = screen(screens.listing(rows(here)))
    assert shown == [
        "deepseek-coder:6.7b                              DeepSeek (CN), DeepSeek License",
        "    3.8 GB   Q4_0    16k   tools: no    needs about 12.0 GiB  fits the GPU",
        "qwen2.5-coder:7b                                        Alibaba (CN), Apache-2.0",
        "    4.7 GB   Q4_K_M  32k   tools: weak  needs about 5.6 GiB   fits the GPU",
        "    loaded at 8k: 5.1 GiB, 0 % on the GPU",
        "gpt-oss:20b                                              OpenAI (US), Apache-2.0",
        "    13.8 GB  MXFP4   128k  tools: yes   needs about 13.6 GiB  fits the GPU",
    ]


def test_what_was_measured_counts(here: ModelsWorld) -> None:
    note = MeasuredNeed(QWEN_CODER.digest, 16384, "f16", 6 * GIB, 6 * GIB, 1)
    here.world.model_notes.remember_need(note)
    row = rows(here)[1]
    assert (row.need, row.measured) == (6 * GIB, True)
    assert "needs 6.0 GiB" in screen(screens.listing([row]))[1]


def test_the_policy_names_its_rule_in_the_list(here: ModelsWorld) -> None:
    here.serve([QWEN_CODER, FakeModel("nobody:1b")])
    here.world.set(models_exclude_countries=("CN",))
    shown = screen(screens.listing(rows(here)))
    assert "    not allowed: models.exclude-countries has CN (Alibaba)" in shown
    assert "    not allowed: its maker is not known, and models.exclude-countries is set" in shown
    values = [screens.row_value(row) for row in rows(here)]
    assert [value["allowed"] for value in values] == [False, False]
    json.dumps(values)


def test_japanese_is_aligned(here: ModelsWorld) -> None:
    (here.world.state / "models.yaml").write_text(
        "makers: [{name: 東京の会社, country: JP, names: [ours*]}]\nmodels: []\n"
    )
    from ai_code.system.catalogue_files import load_catalogue

    here.world.catalogue = load_catalogue(here.world.state / "models.yaml")
    here.serve([FakeModel("ours:7b"), FakeModel("日本語モデル:7b")])
    shown = screen(screens.listing(rows(here)))
    heads = [line for line in shown if not line.startswith("    ")]
    assert [width(line) for line in heads] == [80, 80]
    assert heads[0].endswith("東京の会社 (JP)")


def test_a_long_name_is_whole(here: ModelsWorld) -> None:
    here.serve([FakeModel(SWALLOW)])
    shown = screen(screens.listing(rows(here)))
    assert shown[0].rstrip() == SWALLOW
    assert shown[1] == "    Swallow (Tokyo Tech) (JP), Llama 3.3 Community License"


def test_a_server_elsewhere_has_a_memory_of_its_own(
    here: ModelsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ai_code.flows.models.inventory.is_local", lambda _: False)
    assert {row.placement_known for row in rows(here)} == {False}
    assert "elsewhere" in screen(screens.listing(rows(here)))[1]


def test_the_catalogues_others(here: ModelsWorld) -> None:
    rest = Inventory(here.world, here.world.settings).rest()
    names = [row.name for row in rest]
    assert "gemma3:12b" in names
    assert "gpt-oss:20b" not in names
    screen(screens.listing(rest))


def test_the_catalogue_is_told_without_a_server(here: ModelsWorld) -> None:
    here.close()
    there = Inventory(here.world, here.world.settings, needed=False)
    assert there.unknown.startswith("Ollama is not running at http://127.0.0.1:")
    assert there.unknown.endswith(": what is installed is not known")
    assert there.mend == "ollama serve"
    assert there.rows() == []
    rest = there.rest()
    assert len(rest) == len(here.world.catalogue.entries)
    assert {screens.row_value(row)["installed"] for row in rest} == {None}
    with pytest.raises(AiCodeError, match="Ollama is not running"):
        Inventory(here.world, here.world.settings)


def test_where_there_is_no_ollama_the_hint_gets_it(here: ModelsWorld) -> None:
    here.close()
    here.world.processes.missing.add("ollama")
    with pytest.raises(AiCodeError) as caught:
        Inventory(here.world, here.world.settings)
    assert caught.value.hint == "ai-code setup   (gets Ollama and starts it)"


@pytest.mark.parametrize(
    ("macos", "nix", "program"), [(False, "", "docker"), (True, "", "brew"), (False, "nixos", "")]
)
def test_the_hint_promises_no_more_than_setup_does_here(
    here: ModelsWorld, macos: bool, nix: str, program: str
) -> None:
    """Without Docker or Homebrew its makers' installer is left, which wants root."""
    here.world.processes.missing |= {"ollama", program}
    here.world.site = SimpleNamespace(macos=macos, nix=nix)
    assert serve(here.world) == "ai-code setup   (how to get Ollama, step by step)"
    if program:
        here.world.processes.missing.remove(program)
        assert serve(here.world) == "ai-code setup   (gets Ollama and starts it)"


# recommend ------------------------------------------------------------------------------------


def test_recommend_knows_what_is_installed_and_tested(here: ModelsWorld) -> None:
    here.world.hardware.machine = Machine(32 * GIB, 20 * GIB, BIG_CARD)
    result = ExamResult(GPT_OSS.digest, GPT_OSS.name, "diff", 6, 6, 6, 60.0, 80.0, 1)
    here.world.model_notes.remember_exam(result)
    advice = advise(here.world, here.world.settings)
    shown = screen(screens.recommendations(advice.found, 3))
    # 85 + 25 of devstral, 72 + 25 + 12 of gpt-oss
    assert shown[0].startswith("1. devstral-small-2:24b ")
    assert shown[2].startswith("2. gpt-oss:20b (installed) ")
    assert shown[3:5] == [
        "   mxfp4; fits the GPU, 14.0 GiB at 32k; 80 tokens/s measured; few active",
        "   parameters; exam: 6 of 6",
    ]
    json.dumps([screens.recommendation_value(each) for each in advice.found])
    json.dumps([screens.left_value(each) for each in advice.left])
    json.dumps(screens.machine_value(advice.machine))


def test_recommend_works_without_a_server(here: ModelsWorld) -> None:
    here.close()
    advice = advise(here.world, here.world.settings)
    assert advice.note.startswith("Ollama is not running at http://127.0.0.1:")
    assert advice.note.endswith(": what is installed is not known")
    assert advice.found


# show -----------------------------------------------------------------------------------------


def test_show_one_of_the_catalogue_without_a_server(here: ModelsWorld) -> None:
    here.close()
    found = show(here.world, here.world.settings, "qwen2.5-coder:7b")
    shown = screen(lines_of(found))
    assert shown[1].startswith("  state:        Ollama is not running at http://127.0.0.1:")
    told = value_of(found)
    assert told["installed"] is None and told["note"].endswith("what is installed is not known")
    with pytest.raises(AiCodeError, match="Ollama is not running"):
        show(here.world, here.world.settings, "nobody-knows:1b")


def test_show_an_installed_one(here: ModelsWorld) -> None:
    here.ollama.loaded[QWEN_CODER.tag] = 8192
    found = show(here.world, here.world.settings, "qwen2.5-coder:7b")
    shown = screen(lines_of(found))
    assert "  at 8k:        about 5.2 GiB, fits the RAM" in shown
    assert "  exam:         not taken: ai-code models test qwen2.5-coder:7b" in shown
    assert "  loaded:       at 8k: 5.1 GiB, 0 % on the GPU" in shown
    assert value_of(found)["needs"][0]["context"] == 4096
    json.dumps(value_of(found))


def test_show_one_of_the_catalogue(here: ModelsWorld) -> None:
    here.world.set(models_exclude_makers=("Swallow (Tokyo Tech)",))
    shown = screen(lines_of(show(here.world, here.world.settings, SWALLOW)))
    assert "  state:        not installed" in shown
    assert "  not allowed: models.exclude-makers has Swallow (Tokyo Tech)" in shown
    assert f"    q4_K_M  4.9 GB  {SWALLOW}" in shown


def test_show_nobody_knows(here: ModelsWorld) -> None:
    with pytest.raises(UsageError, match="nothing is known of the model nope"):
        show(here.world, here.world.settings, "nope")


# rm -------------------------------------------------------------------------------------------


def test_rm_asks(here: ModelsWorld) -> None:
    here.world.console.terminal()
    here.world.console.answers.extend(["n", "y"])
    name = DEEPSEEK_CODER.name
    assert not remove(here.world, here.world.settings, name, yes=False)
    assert name in here.ollama.models
    assert remove(here.world, here.world.settings, name, yes=False)
    assert name not in here.ollama.models
    with pytest.raises(UsageError, match="not installed"):
        remove(here.world, here.world.settings, name, yes=True)


def test_rm_of_what_the_policy_forbids_is_allowed(here: ModelsWorld) -> None:
    here.world.set(models_deny=("*",))
    assert remove(here.world, here.world.settings, DEEPSEEK_CODER.name, yes=True)


def test_rm_needs_a_yes(here: ModelsWorld) -> None:
    with pytest.raises(UsageError) as caught:
        remove(here.world, here.world.settings, DEEPSEEK_CODER.name, yes=False)
    assert caught.value.hint == f"ai-code models rm {DEEPSEEK_CODER.name} --yes"


# use ------------------------------------------------------------------------------------------


@pytest.fixture
def config(here: ModelsWorld, tmp_path: Path) -> ConfigStore:
    places = Places(tmp_path / "config.yaml", tmp_path / "own", tmp_path, tmp_path)
    environ = {"AI_CODE_OLLAMA_API": here.ollama.url}
    return ConfigStore(places, environ, tmp_path)


def test_use(here: ModelsWorld, config: ConfigStore) -> None:
    use(here.world, config, config.load({}), "gpt-oss:20b", None)
    now = config.load({})
    assert now.settings.model == "gpt-oss:20b"
    assert now.origins["model"].layer == "command"
    use(here.world, config, now, "auto", None)
    assert config.load({}).origins["model"].layer == "default"
    assert here.world.console.of("note")[-1] == "the choice of model (gpt-oss:20b) is taken back"
    use(here.world, config, now, "auto", None)
    assert here.world.console.of("note")[-1] == "there was no choice of model to take back"


def test_use_says_what_counts_more(here: ModelsWorld, tmp_path: Path) -> None:
    environ = {"AI_CODE_OLLAMA_API": here.ollama.url, "AI_CODE_MODEL": "qwen2.5-coder:7b"}
    places = Places(tmp_path / "config.yaml", tmp_path / "own", tmp_path, tmp_path)
    config = ConfigStore(places, environ, tmp_path)
    use(here.world, config, config.load({}), "gpt-oss:20b", None)
    assert here.world.console.of("important") == [
        "env AI_CODE_MODEL says qwen2.5-coder:7b, and counts more"
    ]


def test_use_of_what_is_forbidden_or_missing(here: ModelsWorld, config: ConfigStore) -> None:
    loaded = config.load({})
    with pytest.raises(UsageError, match="not installed"):
        use(here.world, config, loaded, "gemma3:12b", None)
    denied = loaded._replace(settings=loaded.settings._replace(models_deny=("gpt-oss*",)))
    with pytest.raises(ConfigError) as caught:
        use(here.world, config, denied, "gpt-oss:20b", None)
    assert caught.value.why == "models.deny has gpt-oss*"
    assert config.choices() is None


# preload, unload ------------------------------------------------------------------------------


def test_preload_and_unload(here: ModelsWorld) -> None:
    preload(here.world, here.world.settings, QWEN_CODER.name)
    assert here.ollama.loaded == {QWEN_CODER.tag: 16384}
    assert f"{QWEN_CODER.name} is loaded:\n" in here.told
    note = here.world.model_notes.need(QWEN_CODER.digest, 16384, "f16")
    assert note
    assert note.size == QWEN_CODER.ps_row(16384, "")["size"]
    unload(here.world, here.world.settings, None)
    assert here.ollama.loaded == {}
    unload(here.world, here.world.settings, None)
    assert "no model is loaded" in here.told


def test_preload_never_puts_others_out(here: ModelsWorld) -> None:
    here.ollama.loaded[QWEN_CODER.tag] = 8192
    here.world.hardware.machine = Machine(16 * GIB, 9 * GIB)
    with pytest.raises(AiCodeError) as caught:
        preload(here.world, here.world.settings, GPT_OSS.name)
    assert "no room for gpt-oss:20b beside what is loaded" in caught.value.what
    assert caught.value.hint == f"ai-code models unload {QWEN_CODER.name}"
    assert here.ollama.loaded == {QWEN_CODER.tag: 8192}


def test_preload_of_what_is_forbidden(here: ModelsWorld) -> None:
    here.world.set(models_exclude_countries=("CN",))
    with pytest.raises(ConfigError) as caught:
        preload(here.world, here.world.settings, QWEN_CODER.name)
    assert caught.value.why == "models.exclude-countries has CN (Alibaba)"
    assert here.ollama.loaded == {}


@pytest.mark.parametrize("loaded", [(), (QWEN_CODER.tag,)], ids=["none", "another"])
def test_unload_of_what_is_not_installed(here: ModelsWorld, loaded: tuple[str, ...]) -> None:
    here.ollama.loaded.update(dict.fromkeys(loaded, 8192))
    with pytest.raises(UsageError, match="the model nope is not installed") as caught:
        unload(here.world, here.world.settings, "nope")
    assert caught.value.hint == "ai-code models list"
    assert set(here.ollama.loaded) == set(loaded)
    unload(here.world, here.world.settings, GPT_OSS.name)
    assert f"{GPT_OSS.name} is not loaded" in here.told or "no model is loaded" in here.told


def test_unload_of_several_needs_a_name(here: ModelsWorld) -> None:
    here.ollama.loaded.update({QWEN_CODER.tag: 8192, GPT_OSS.tag: 8192})
    with pytest.raises(AiCodeError, match="several models are loaded"):
        unload(here.world, here.world.settings, None)
    unload(here.world, here.world.settings, GPT_OSS.name)
    assert here.ollama.loaded == {QWEN_CODER.tag: 8192}
