"""The catalogue: what comes with the program is right in itself, a person's own adds to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ai_code.core.catalogue import UNKNOWN, Catalogue, CatalogueError, parse_catalogue
from ai_code.core.errors import ConfigError
from ai_code.core.memory import GIB
from ai_code.system.catalogue_files import load_catalogue

OURS = load_catalogue(Path("/nowhere/models.yaml"))

MAKER = {"name": "Maker", "country": "de", "names": ["thing*"], "families": ["thingarch"]}
MODEL: dict[str, Any] = {
    "name": "thing:7b",
    "maker": "Maker",
    "licence": "MIT",
    "parameters": "7.6B",
    "context": 32768,
    "layers": 28,
    "kv-heads": 4,
    "key-length": 128,
    "quantisations": {"q4_K_M": "4.7G", "q8_0": {"size": "8.1G", "tag": "thing:7b-q8_0"}},
}


def parsed(**changes: Any) -> Catalogue:
    raw = {"makers": [MAKER], "models": [{**MODEL, **changes}]}
    return Catalogue(*parse_catalogue(raw))


def test_an_entry() -> None:
    entry = parsed(tools=False, languages=["ja", False]).entries[0]
    assert (entry.parameters, entry.active, entry.context) == (7_600_000_000, 7_600_000_000, 32768)
    assert entry.maker.country == "DE"
    # YAML reads an unquoted no as false, as an answer and as a language (Norwegian).
    assert entry.tools == "no"
    assert entry.languages == ("ja", "no")
    assert [(q.name, q.tag, q.size) for q in entry.quantisations] == [
        ("q4_K_M", "thing:7b", 4_700_000_000),
        ("q8_0", "thing:7b-q8_0", 8_100_000_000),
    ]
    # 28 layers · 4 heads · (128 + 128) · 32,768 tokens · 2 bytes
    assert entry.shape.kv_bytes(32768) == pytest.approx(1.75 * GIB)


@pytest.mark.parametrize(
    "name", ["thing:7b", "thing:7b-q8_0", "thing:7b-instruct-q4_K_M"], ids=["name", "tag", "suffix"]
)
def test_names_that_mean_an_entry(name: str) -> None:
    entry = parsed().entry(name)
    assert entry
    assert entry.name == "thing:7b"


@pytest.mark.parametrize("name", ["thing:70b", "thing", "other:7b", "thing:7bx"])
def test_names_that_mean_another(name: str) -> None:
    assert parsed().entry(name) is None


@pytest.mark.parametrize(
    ("name", "show", "maker"),
    [
        ("qwen3:8b", None, "Alibaba"),
        ("hf.co/somebody/Qwen2.5-Coder-7B-GGUF:Q4_K_M", None, "Alibaba"),
        ("deepseek-r1:8b", {"model_info": {"general.architecture": "llama"}}, "DeepSeek"),
        ("my-model", {"model_info": {"general.basename": "Devstral"}}, "Mistral"),
        ("my-model", {"model_info": {"general.architecture": "qwen2"}}, "Alibaba"),
        ("my-model", {"model_info": {"general.basename": 7}}, ""),
        ("my-model", {"model_info": "?"}, ""),
        ("my-model", None, ""),
    ],
)
def test_who_made_it(name: str, show: Any, maker: str) -> None:
    found = OURS.maker(name, show)
    assert found.name == maker
    assert bool(found.name) == (found != UNKNOWN)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"maker": "Nobody"}, "thing:7b: maker 'Nobody'"),
        ({"context": "long"}, "thing:7b: context"),
        ({"context": True}, "thing:7b: context"),
        ({"parameters": "xB"}, "thing:7b: parameters"),
        ({"tools": "maybe"}, "thing:7b: tools 'maybe'"),
        ({"quantisations": {}}, "quantisations"),
        ({"quantisations": {"q4": {"size": "1G", "tgs": "x"}}}, "unknown key 'tgs'"),
        ({"contxt": 1}, "unknown key 'contxt'"),
        ({"languages": "en"}, "languages is not a list"),
        ({"roles": ["cook"]}, "'cook' is none of"),
        ({"temperature": 3}, "temperature 3 is no number from 0 to 2"),
        ({"temperature": "hot"}, "temperature 'hot'"),
        ({"lean-tools": "few"}, "lean-tools 'few' is none of yes, no"),
        ({"num-ctx": 1024}, "num-ctx 1024 is not between 4096 and"),
        ({"num-ctx": "10M"}, "num-ctx 10000000 is not between"),
        ({"name": None}, "models[0]: name"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        parsed(**changes)
    assert told in str(caught.value)


def test_twice_the_same() -> None:
    with pytest.raises(CatalogueError, match="twice"):
        parse_catalogue({"makers": [MAKER], "models": [MODEL, MODEL]})


def test_a_persons_own_adds_and_overrules(tmp_path: Path) -> None:
    own = tmp_path / "models.yaml"
    own.write_text(
        "makers:\n"
        "  - {name: Alibaba, country: SG, names: [qwen*]}\n"
        "  - {name: Ours, country: JP, names: [ours*]}\n"
        "models:\n"
        "  - {name: 'codellama:7b', maker: Meta, licence: x, parameters: 1B, context: 99,\n"
        "     layers: 1, kv-heads: 1, key-length: 1, quantisations: {q4_0: 1G}}\n"
    )
    catalogue = load_catalogue(own)
    assert catalogue.maker("ours:1b").country == "JP"
    changed = catalogue.entry("codellama:7b")
    assert changed
    assert changed.context == 99
    qwen = catalogue.entry("qwen2.5-coder:7b")
    assert qwen
    assert qwen.maker.country == "SG"
    assert len(catalogue.entries) == len(OURS.entries)


@pytest.mark.parametrize("text", ["models: {", "- 1", "models: [{name: x}]", "\x00"])
def test_a_broken_file_of_the_persons(tmp_path: Path, text: str) -> None:
    own = tmp_path / "models.yaml"
    own.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_catalogue(own)
    assert str(own) in caught.value.what + caught.value.hint
    assert caught.value.why


def test_ours_is_consistent() -> None:
    """Each entry has a source, and its file is about as large as its parameters say: 4 to 8 bits
    and a half each."""
    assert OURS.entries
    for entry in OURS.entries:
        assert entry.sources, entry.name
        assert OURS.maker(entry.name) == entry.maker
        assert entry.active <= entry.parameters
        for quantisation in entry.quantisations:
            bits = 8 * quantisation.size / entry.parameters
            assert 3.4 <= bits <= 17, (entry.name, quantisation.name, bits)


def test_how_much_a_name_downloads() -> None:
    """The plain name, one of its downloads, a missing tag; nothing where nobody knows."""
    known = load_catalogue(Path("/nowhere/models.yaml"))
    entry = known.entry("qwen2.5-coder:7b")
    assert entry is not None
    for each in entry.quantisations:
        assert known.download_bytes(each.tag) == each.size
    assert known.download_bytes("qwen2.5-coder:7b-instruct-fp16") == 0
    assert known.download_bytes("nobody-knows") == 0
