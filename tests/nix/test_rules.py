"""What always holds of the Nix side: every file parses, and the module's own logic is right.

Covered here: parsing, and home-modules/rules.nix evaluated with a little lib of our own. The
module in a real Home Manager: test_home_manager.py.
"""

from __future__ import annotations

import json
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ai_code
from ai_code.core.countries import country_code
from ai_code.core.errors import ConfigError
from ai_code.core.models import is_model_name
from ai_code.core.policy import Policy
from ai_code.flows.models.idle_rules import idle_rules
from ai_code.settings import Layers, load
from ai_code.system.catalogue_files import load_catalogue
from tests.nix.conftest import ROOT

Evaluate = Callable[[str], Any]
FILES = sorted(
    path
    for folder in (".", "nix", "home-modules", "tests/nix")
    for path in (ROOT / folder).glob("*.nix")
)
CATALOGUE = load_catalogue(Path("/nowhere"))
MAKERS = ROOT / "home-modules" / "makers.json"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_it_parses(path: Path, nix_instantiate: Path, clean_env: dict[str, str]) -> None:
    argv = [str(nix_instantiate), "--parse", str(path)]
    done = subprocess.run(argv, env=clean_env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_times(evaluate: Evaluate) -> None:
    right = ["5m", "24h", "1h30m", "1.5h", "90", "0", "-1", "300ms"]
    wrong = ["", "5 m", "5d", "m", "-5m", "5m;", "5m\nX=1", "%h", "ever"]
    told = evaluate(f"map rules.isDuration {_list(right + wrong)}")
    assert told == [True] * len(right) + [False] * len(wrong)


def test_values_that_systemd_passes_on_as_they_are(evaluate: Evaluate) -> None:
    right = ["", "5m", "0,1", "http://a:1", "cuda_v12", "-1"]
    wrong = ["a b", "%h", "50%", "a\tb", "a\nb", 'a"b', "a'b", "a\\b"]
    told = evaluate(f"map rules.isEnvironmentValue {_list(right + wrong)}")
    assert told == [True] * len(right) + [False] * len(wrong)


def test_names_of_models(evaluate: Evaluate) -> None:
    right = ["mistral", "qwen2.5-coder:7b", "hf.co/a/B-GGUF:Q4_K_M", "_x", "host:5000/a/b:c"]
    wrong = ["", "-x", "a b", "a;b", "$(x)", "a'b", "--help"]
    wrong += ["モデル", "a\n", " a"]
    assert [is_model_name(name) for name in right + wrong] == [
        *[True] * len(right),
        *[False] * len(wrong),
    ]
    told = evaluate(f"map rules.isModelName {_list(right + wrong)}")
    assert told == [True] * len(right) + [False] * len(wrong)


@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"exclude-countries": ["CN"]},
        {"exclude-countries": ["cn"], "exclude-makers": ["mistral"]},
        {"deny": ["qwen*"]},
        {"deny": ["mistral"]},
        {"allow": ["*:7b"]},
        {"allow": ["unheard-of*", "mistral*"], "exclude-countries": ["FR"]},
        {"deny": ["q?en*", "codellama:7b"]},
    ],
    ids=str,
)
def test_the_policy_is_the_programs_own(rules: dict[str, Any], evaluate: Evaluate) -> None:
    """What the switch refuses is what a run would refuse, for each model of the catalogue and
    some that nobody knows."""
    names = [entry.name for entry in CATALOGUE.entries]
    names += [
        "unheard-of:7b",
        "mistral",
        "hf.co/x/Qwen2.5-7B-GGUF:Q4_K_M",
        "registry/a/codellama:7b",
    ]
    policy = Policy(**{key.replace("-", "_"): tuple(value) for key, value in rules.items()})
    makers = f"(builtins.fromJSON (builtins.readFile {MAKERS}))"
    given = "{ " + " ".join(f'"{key}" = {_list(value)};' for key, value in rules.items()) + " }"
    told = evaluate(f"map (rules.refusal {makers} {given}) {_list(names)}")
    refused = {name: bool(why) for name, why in zip(names, told, strict=True)}
    expected = {name: bool(policy.refusal(name, CATALOGUE.maker(name))) for name in names}
    assert refused == expected


def test_the_makers_are_the_catalogues() -> None:
    """home-modules/makers.json is made of ai_code/catalogue.yaml by tools/write_docs.py."""
    told = [
        (each["name"], each["country"], each["names"]) for each in json.loads(MAKERS.read_text())
    ]
    assert told == [(each.name, each.country, list(each.names)) for each in CATALOGUE.makers]


def test_a_country_or_a_maker_that_is_none_is_told(evaluate: Evaluate) -> None:
    """What the switch refuses is what `ai-code config check` would, and so with its warnings."""
    countries = f"(builtins.fromJSON (builtins.readFile {MAKERS.with_name('countries.json')}))"
    codes = ["CN", "cn", "no", "XX", "China", "uk", "", " US", "中国"]
    told = evaluate(f"rules.unknownCountries {countries} {{ exclude-countries = {_list(codes)}; }}")
    assert told == [code for code in codes if not country_code(code)]
    for code in codes:
        layers = Layers(environ={"AI_CODE_MODELS_EXCLUDE_COUNTRIES": json.dumps([code])})
        if code in told:
            with pytest.raises(ConfigError, match="is no country code"):
                load(layers)
        else:
            assert load(layers).settings.models_exclude_countries == (code.upper(),)
    makers = f"(builtins.fromJSON (builtins.readFile {MAKERS}))"
    names = ["Alibaba", "alibaba", "Alibba", "qwen", "Stability AI"]
    told = evaluate(f"rules.unknownMakers {makers} {{ exclude-makers = {_list(names)}; }}")
    loaded = load(Layers(environ={"AI_CODE_MODELS_EXCLUDE_MAKERS": json.dumps(names)}))
    assert told == ["Alibba", "qwen"]
    assert len(idle_rules(loaded, CATALOGUE)) == len(told)
    assert evaluate(f"rules.unknownMakers {makers} {{ }}") == []


def test_hardening_has_no_directive_without_effect_in_a_user_unit(evaluate: Evaluate) -> None:
    """Measured: these are ignored, or fatal, in a unit of an unprivileged manager."""
    told = evaluate('map rules.hardening [ false true "strict" ]')
    assert told[0] == {}
    assert set(told[1]) < set(told[2])
    for level in told:
        assert not set(level) & {
            "PrivateTmp", "ProtectSystem", "ProtectHome", "PrivateDevices", "ProtectClock",
            "CapabilityBoundingSet", "ProtectKernelModules", "ProtectKernelLogs", "IPAddressDeny",
        }  # fmt: skip


def test_one_version() -> None:
    """pyproject.toml says it; the flake reads it there, and so does whoever writes
    ai_code/__init__.py."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == ai_code.__version__


def test_the_lock_is_that_of_the_inputs() -> None:
    lock = json.loads((ROOT / "flake.lock").read_text())
    flake = (ROOT / "flake.nix").read_text()
    for name in lock["nodes"]["root"]["inputs"]:
        original = lock["nodes"][name]["original"]
        url = f"github:{original['owner']}/{original['repo']}"
        assert f'{name}.url = "{url}{"/" + original["ref"] if "ref" in original else ""}"' in flake
        assert lock["nodes"][name]["locked"]["narHash"].startswith("sha256-")


def _list(values: list[str]) -> str:
    """A Nix list of texts."""
    escaped = [json.dumps(value, ensure_ascii=False).replace("${", "\\${") for value in values]
    return f"[ {' '.join(escaped)} ]"
