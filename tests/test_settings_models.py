"""Settings of models and their servers: roles in three parts, hosts, certificates, flags."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ai_code.core.errors import ConfigError
from ai_code.settings import Layers, Settings, SourceFile, load
from ai_code.settings.keys import GROUP_NAMES
from ai_code.settings.show import as_yaml

USER = Path("/home/person/.config/ai-code/config.yaml")


def user(text: str) -> SourceFile:
    return SourceFile(USER, text.encode())


def settings(text: str, **layers: object) -> Settings:
    return load(Layers(user=user(text), **layers)).settings  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "models:\n  roles:\n    edit: a:1b\n",
        "models:\n  roles.edit: a:1b\n",
        "models.roles:\n  edit: a:1b\n",
        "models.roles.edit: a:1b\n",
        "models: {roles: {edit: a:1b}, deny: [x]}\n",
    ],
)
def test_a_key_of_three_parts_in_all_its_forms(text: str) -> None:
    loaded = load(Layers(user=user(text)))
    assert loaded.settings.models_roles_edit == "a:1b"
    assert str(loaded.origins["models.roles.edit"]).startswith(f"user {USER}:")


def test_in_the_environment_in_choices_and_shown() -> None:
    environ = {"AI_CODE_MODELS_ROLES_EDIT": "a:1b"}
    choices = SourceFile(Path("/c.json"), json.dumps({"models": {"roles": {"ask": "b"}}}).encode())
    loaded = load(Layers(environ=environ, choices=choices))
    assert (loaded.settings.models_roles_edit, loaded.settings.models_roles_ask) == ("a:1b", "b")
    assert str(loaded.origins["models.roles.edit"]) == "env AI_CODE_MODELS_ROLES_EDIT"
    assert "models.roles.edit: a:1b\n" in as_yaml(loaded)
    assert load(Layers(user=user(as_yaml(loaded)))).settings == loaded.settings


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("models:\n  roles:\n    edti: a\n", "unknown key models.roles.edti"),
        ("models:\n  roles: a:1b\n", "below models.roles"),
        ("models.roles.edit: a\nmodels: {roles: {edit: b}}\n", "is set twice"),
        ("ollama.ca-file: ca.pem\n", "an absolute path"),
        ("ollama.hosts: box\n", "a list of hosts"),
        ("ollama.hosts: ['http://a:b@box']\n", "user name or password"),
        ("models.exclude-countries: [China]\n", "'China' is no country code"),
        ("models.exclude-countries: [China]\n", "did you mean CN?"),
        ("models.exclude-countries: [中国]\n", "did you mean CN?"),
        ("models.exclude-countries: [CHN]\n", "did you mean CN?"),
        ("models.exclude-countries: [CN, uk]\n", "'uk' is no country code"),
        ("models.exclude-countries: [XX]\n", "makers are from AE, CA, CN, FR"),
        ("models.exclude-countries: ['']\n", "is no country code"),
        ("models.exclude-countries: [NO]\n", "put it in quotes"),
        ("models.exclude-countries: CN\n", "a list of country codes"),
    ],
)
def test_what_is_wrong_is_named(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=r"config\.yaml") as caught:
        load(Layers(user=user(text)))
    assert words in str(caught.value.what)


def test_countries_in_small_letters_are_the_same() -> None:
    told = settings("models.exclude-countries: [cn, 'no', CN]\n")
    assert told.models_exclude_countries == ("CN", "NO")


def test_a_wrong_country_in_a_variable_or_the_choices_is_told() -> None:
    variable = "AI_CODE_MODELS_EXCLUDE_COUNTRIES"
    with pytest.raises(ConfigError, match=rf"{variable}: 'China' .*did you mean CN\?"):
        load(Layers(environ={variable: "US,China"}))


def test_groups_are_all_that_stands_before_a_dot() -> None:
    assert {"models", "models.roles", "ollama"} <= GROUP_NAMES


def test_a_role_of_its_own_else_the_model() -> None:
    told = settings("model: a\nmodels.roles.review: b\n")
    assert [told.model_for(role) for role in ("edit", "ask", "draft", "review")] == [
        *("a", "a", "a"),
        "b",
    ]


@pytest.mark.parametrize(
    ("layers", "edit"),
    [
        ({}, "role"),
        ({"flags": {"model": "flag"}}, "flag"),
        ({"environ": {"AI_CODE_MODEL": "env"}}, "env"),
        ({"flags": {"model": "flag"}, "environ": {"AI_CODE_MODELS_ROLES_EDIT": "e"}}, "flag"),
        ({"environ": {"AI_CODE_MODEL": "env", "AI_CODE_MODELS_ROLES_EDIT": "e"}}, "e"),
    ],
)
def test_the_model_of_a_higher_layer_beats_a_role(layers: dict[str, object], edit: str) -> None:
    assert settings("model: a\nmodels.roles.edit: role\n", **layers).model_for("edit") == edit


def test_hosts_in_all_spellings_and_each_once() -> None:
    told = settings("ollama.hosts: [box, 'https://box/ollama/api/chat', ':11435', box:11434]\n")
    assert told.ollama_hosts == (
        "http://box:11434",
        "https://box/ollama",
        "http://127.0.0.1:11435",
    )
    environ = {"AI_CODE_OLLAMA_HOSTS": "one, two:1"}
    assert settings("", environ=environ).ollama_hosts == ("http://one:11434", "http://two:1")


def test_the_flags_of_one_run() -> None:
    told = settings("ollama.num-ctx: 4096\n", flags={"ollama.num-ctx": "8192"})
    assert told.ollama_num_ctx == 8192
