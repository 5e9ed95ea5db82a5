"""What is known of models: maker, country, licence, sizes, context. Values and their parser.

The catalogue that comes with the program is ``ai_code/catalogue.yaml``; a file of the same form
in the person's configuration folder (``models.yaml``) adds to it and overrules it by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, Literal, cast, get_args

from ai_code.core.countries import country_code, no_country
from ai_code.core.memory import CONTEXTS, Shape, uniform_shape
from ai_code.core.models import same_model

ToolUse = Literal["yes", "weak", "no"]
EditFormat = Literal["diff", "whole", "udiff"]
Role = Literal["edit", "ask", "draft", "review"]
ROLES: tuple[Role, ...] = get_args(Role)


class CatalogueError(ValueError):
    """The text is no catalogue: ``place`` is the entry or key that is wrong."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place


@dataclass(frozen=True, slots=True)
class Maker:
    """Who made models. ``country`` is ISO 3166 alpha-2; ``names`` are patterns (``qwen*``) of
    model names and of their family names, lower case; ``families`` of architectures."""

    name: str
    country: str
    names: tuple[str, ...] = ()
    families: tuple[str, ...] = ()


UNKNOWN = Maker("", "")


@dataclass(frozen=True, slots=True)
class Quantisation:
    """One download of a model: ``tag`` is the name to pull, ``size`` its file in bytes."""

    name: str
    tag: str
    size: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of one size.

    ``parameters`` and ``active`` (of a mixture of experts: those that work on one token) are
    counts; ``context`` in tokens; ``rank`` orders by how well it edits code (higher is better);
    ``quantisations`` begins with the one that the plain name pulls. ``lean``, ``temperature`` and
    ``num_ctx`` (tokens that a run loads it with where there is room; 0: as with any model) say
    how it is worked with.
    """

    name: str
    maker: Maker
    licence: str
    parameters: int
    active: int
    context: int
    tools: ToolUse
    edit_format: EditFormat
    rank: int
    shape: Shape
    quantisations: tuple[Quantisation, ...]
    languages: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    note: str = ""
    sources: tuple[str, ...] = ()
    lean: bool = False
    temperature: float = 0.0
    num_ctx: int = 0

    def quantisation(self, name: str) -> Quantisation | None:
        """The download of that quantisation."""
        return next((each for each in self.quantisations if each.name == name), None)

    def lacks(self, tools: bool, context: int) -> str:
        """What it has not of what an engine needs, in words; empty where it will do."""
        if tools and self.tools == "no":
            return "does not call tools"
        return f"made for {self.context} tokens of context" if self.context < context else ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that is known; makers in the order in which they are tried."""

    makers: tuple[Maker, ...] = ()
    entries: tuple[Entry, ...] = ()

    def entry(self, name: str) -> Entry | None:
        """The entry that a model's name means, a download's own tag included."""
        for entry in self.entries:
            tags = (entry.name, *(each.tag for each in entry.quantisations))
            if any(same_model(name, tag) for tag in tags):
                return entry
        for entry in self.entries:
            if ":" in entry.name and name.startswith(entry.name + "-"):
                return entry
        return None

    def download_bytes(self, name: str) -> int:
        """How much pulling that name downloads; 0 where nobody knows."""
        downloads = (each for entry in self.entries for each in entry.quantisations)
        return next((each.size for each in downloads if same_model(each.tag, name)), 0)

    def maker(self, name: str, show: Mapping[str, Any] | None = None) -> Maker:
        """Who made the model: by the catalogue's entry, else by its name, else by what
        /api/show tells of its origin, else by its architecture. ``UNKNOWN`` where none tells."""
        if (entry := self.entry(name)) is not None:
            return entry.maker
        for told in _names(name, show):
            for maker in self.makers:
                if any(fnmatchcase(told, pattern) for pattern in maker.names):
                    return maker
        family = _architecture(show)
        for maker in self.makers:
            if family and any(fnmatchcase(family, each) for each in maker.families):
                return maker
        return UNKNOWN

    def with_more(self, makers: Sequence[Maker], entries: Sequence[Entry]) -> Catalogue:
        """This catalogue with a person's own: theirs come first and replace by name."""
        own = {maker.name for maker in makers}
        names = {entry.name for entry in entries}
        kept = tuple(each for each in self.entries if each.name not in names)
        changed = {maker.name: maker for maker in makers}
        kept = tuple(replace(e, maker=changed.get(e.maker.name, e.maker)) for e in kept)
        others = tuple(maker for maker in self.makers if maker.name not in own)
        return Catalogue((*makers, *others), (*entries, *kept))


def _names(name: str, show: Mapping[str, Any] | None) -> list[str]:
    """What a model may go by, most telling first: the last part of its name (a model from
    elsewhere is ``hf.co/maker/Name-GGUF:Q4_K_M``), then what its file says of itself."""
    found = [name.rsplit("/", 1)[-1].split(":", 1)[0]]
    info = (show or {}).get("model_info")
    if isinstance(info, Mapping):
        keys = ("general.basename", "general.name", "general.base_model.0.name")
        found += [value for key in keys if isinstance(value := info.get(key), str)]
    return [each.lower().replace(" ", "-") for each in found if each]


def _architecture(show: Mapping[str, Any] | None) -> str:
    info = (show or {}).get("model_info")
    value = info.get("general.architecture") if isinstance(info, Mapping) else None
    return value.lower() if isinstance(value, str) else ""


def parse_catalogue(
    raw: object, *, known: Sequence[Maker] = ()
) -> tuple[tuple[Maker, ...], tuple[Entry, ...]]:
    """Makers and entries of a catalogue file's content, as YAML gave it. ``known`` are makers
    that entries may name besides. Raises CatalogueError, naming the entry and the key."""
    top = _mapping(raw if raw is not None else {}, "the file", {"makers", "models"})
    makers = tuple(
        _maker(each, f"makers[{i}]") for i, each in enumerate(_sequence(top, "makers", "the file"))
    )
    by_name = {maker.name: maker for maker in (*known, *makers)}
    entries = tuple(
        _entry(each, by_name, f"models[{i}]")
        for i, each in enumerate(_sequence(top, "models", "the file"))
    )
    names = [entry.name for entry in entries]
    for name in names:
        if names.count(name) > 1:
            raise CatalogueError(name, "it stands there twice")
    return makers, entries


_MAKER_KEYS = {"name", "country", "names", "families"}
_ENTRY_KEYS = {
    "name", "maker", "licence", "parameters", "active", "context", "tools", "edit-format", "rank",
    "layers", "kv-heads", "key-length", "window", "window-period", "quantisations", "languages",
    "roles", "note", "sources", "lean-tools", "temperature", "num-ctx",
}  # fmt: skip
_UNITS = {"K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}


def _maker(raw: object, place: str) -> Maker:
    row = _mapping(raw, place, _MAKER_KEYS)
    name = _text(row, "name", place)
    country = _text(row, "country", name)
    if not country_code(country):
        raise CatalogueError(name, f"country {country!r} {no_country(country)}")
    names, families = (_texts(row, key, name) for key in ("names", "families"))
    return Maker(name, country_code(country), _lower(names), _lower(families))


def _entry(raw: object, makers: Mapping[str, Maker], place: str) -> Entry:
    row = _mapping(raw, place, _ENTRY_KEYS)
    name = _text(row, "name", place)
    maker = _text(row, "maker", name)
    if maker not in makers:
        raise CatalogueError(name, f"maker {maker!r} is not among the makers")
    context = _count(row, "context", name)
    tools = _choice(row, "tools", name, get_args(ToolUse), "no")
    # Who is weak at calling tools is not offered twenty of them.
    lean = _choice(row, "lean-tools", name, ("yes", "no"), "yes" if tools == "weak" else "no")
    parameters = _count(row, "parameters", name)
    return Entry(
        name=name,
        maker=makers[maker],
        licence=_text(row, "licence", name),
        parameters=parameters,
        active=_count(row, "active", name, default=parameters),
        context=context,
        tools=cast("ToolUse", tools),
        edit_format=cast(
            "EditFormat", _choice(row, "edit-format", name, get_args(EditFormat), "diff")
        ),
        rank=_count(row, "rank", name, default=0),
        shape=uniform_shape(
            _count(row, "layers", name),
            _count(row, "kv-heads", name),
            _count(row, "key-length", name),
            context,
            window=_count(row, "window", name, default=0),
            period=_count(row, "window-period", name, default=0),
        ),
        quantisations=_quantisations(row, name),
        languages=_texts(row, "languages", name),
        roles=cast("tuple[Role, ...]", _known(_texts(row, "roles", name), ROLES, name)),
        note=str(row.get("note", "")),
        sources=_texts(row, "sources", name),
        lean=lean == "yes",
        temperature=_temperature(row, name),
        num_ctx=_num_ctx(row, name, context),
    )


def _temperature(row: Mapping[str, Any], place: str) -> float:
    value = row.get("temperature", 0)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 2:
        raise CatalogueError(place, f"temperature {value!r} is no number from 0 to 2")
    return float(value)


def _num_ctx(row: Mapping[str, Any], place: str, context: int) -> int:
    value = _count(row, "num-ctx", place, default=0)
    if value and not CONTEXTS[-1] <= value <= context:
        raise CatalogueError(place, f"num-ctx {value} is not between {CONTEXTS[-1]} and {context}")
    return value


def _quantisations(row: Mapping[str, Any], name: str) -> tuple[Quantisation, ...]:
    """``{q4_K_M: 4.7G}`` or ``{q8_0: {size: 8.1G, tag: qwen2.5-coder:7b-instruct-q8_0}}``. A
    size is that of the file, in units of 1000 as Ollama's library shows it."""
    found = []
    value = row.get("quantisations")
    if not isinstance(value, Mapping) or not value:
        raise CatalogueError(name, "quantisations is missing: as in {q4_K_M: 4.7G}")
    for quantisation, told in value.items():
        place = f"{name}: {quantisation}"
        detail = told if isinstance(told, Mapping) else {"size": told}
        _mapping(detail, place, {"size", "tag"})
        tag = str(detail.get("tag", name))
        found.append(Quantisation(str(quantisation), tag, _count(detail, "size", place)))
    return tuple(found)


def _mapping(raw: object, place: str, keys: set[str]) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise CatalogueError(place, "it is not a mapping")
    for key in raw:
        if key not in keys:
            raise CatalogueError(place, f"unknown key {key!r}; known are {', '.join(sorted(keys))}")
    return raw


def _sequence(row: Mapping[str, Any], key: str, place: str) -> Sequence[object]:
    value = row.get(key) or []
    if not isinstance(value, list):
        raise CatalogueError(place, f"{key} is not a list")
    return value


def _text(row: Mapping[str, Any], key: str, place: str) -> str:
    value = row.get(key)
    # YAML 1.1 reads the country NO (Norway) as false.
    if key == "country" and value is False:
        return "NO"
    if not isinstance(value, str) or not value:
        raise CatalogueError(place, f"{key} is missing, or no text")
    return value


def _texts(row: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
    value = _sequence(row, key, place)
    # "no" as a language is Norwegian too.
    texts = ["no" if each is False else each for each in value]
    if not all(isinstance(each, str) for each in texts):
        raise CatalogueError(place, f"{key} is not a list of texts")
    return tuple(cast("list[str]", texts))


def _lower(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(text.lower() for text in texts)


def _count(row: Mapping[str, Any], key: str, place: str, default: int | None = None) -> int:
    """A whole number, also as 4.7G or 7.6B (units of 1000)."""
    value = row.get(key, default)
    if isinstance(value, str) and value[-1:].upper() in _UNITS:
        try:
            return round(float(value[:-1]) * _UNITS[value[-1:].upper()])
        except (ValueError, OverflowError):
            value = None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise CatalogueError(place, f"{key} is missing, or no number (as 32768, 7.6B or 4.7G)")
    return value


def _choice(
    row: Mapping[str, Any], key: str, place: str, choices: Sequence[str], default: str
) -> str:
    value = row.get(key, default)
    # YAML 1.1 reads an unquoted yes and no as true and false.
    value = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
    if value not in choices:
        raise CatalogueError(place, f"{key} {value!r} is none of {', '.join(choices)}")
    return str(value)


def _known(texts: Sequence[str], known: Sequence[str], place: str) -> tuple[str, ...]:
    for text in texts:
        if text not in known:
            raise CatalogueError(place, f"{text!r} is none of {', '.join(known)}")
    return tuple(texts)
