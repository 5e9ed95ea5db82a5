"""The catalogue of models: the one that comes with the program and the person's own."""

from __future__ import annotations

import json
from pathlib import Path

from ai_code.core.catalogue import Catalogue, CatalogueError, parse_catalogue
from ai_code.core.errors import ConfigError

_OURS = Path(__file__).parent.parent / "catalogue.json"
"""Made of catalogue.yaml by tools/write_docs.py: to read that one would be a third of ``ai-code
status``."""
_MOST_BYTES = 1 << 20


def load_catalogue(own: Path) -> Catalogue:
    """Ours, with what ``own`` (``models.yaml``) adds where it is there. Raises ConfigError,
    naming the entry that is wrong."""
    makers, entries = parse_catalogue(json.loads(_OURS.read_bytes()))
    catalogue = Catalogue(makers, entries)
    if not own.is_file():
        return catalogue
    try:
        return catalogue.with_more(*parse_catalogue(_yaml(own), known=makers))
    except CatalogueError as error:
        raise ConfigError(
            f"{own} is not a catalogue of models", why=str(error), hint=f'"$EDITOR" {own}'
        ) from error


def _loaded(text: str) -> object:
    """``yaml.safe_load``, with libyaml's loader where PyYAML was built with it: ten times as
    fast."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def _yaml(path: Path) -> object:
    import yaml

    try:
        if path.stat().st_size > _MOST_BYTES:
            raise CatalogueError(path.name, "it is larger than 1 MiB")
        return _loaded(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read", why=str(error)) from error
    except yaml.YAMLError as error:
        raise CatalogueError(path.name, str(error).replace("\n", " ")) from error
