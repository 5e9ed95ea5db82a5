"""What ``ai-code setup`` changed: ``setup.json`` in the state folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from ai_code.core.errors import ConfigError
from ai_code.core.setup import Change, ChangeKind
from ai_code.system.files import write_whole
from ai_code.system.locks import file_lock

_VERSION = 1
_LARGEST = 1 << 20


class FileSetupLog:
    """See ``ai_code.core.ports_setup.SetupLog``. A file that is not understood is never written
    over: without it nothing could be taken back."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def changes(self) -> Sequence[Change]:
        try:
            with self._path.open("rb") as file:
                content = json.loads(file.read(_LARGEST))
            return [_change(row) for row in content["changes"]]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise self._unusable("it does not have the form that setup writes") from error

    def add(self, change: Change) -> None:
        self._write(change, keep=True)

    def drop(self, change: Change) -> None:
        self._write(change, keep=False)

    def _write(self, change: Change, *, keep: bool) -> None:
        with file_lock(self._path):
            rows = list(self.changes())
            place = next((n for n, each in enumerate(rows) if each.same(change)), len(rows))
            rows[place : place + 1] = [change] if keep else []
            if not rows:
                self._path.unlink(missing_ok=True)
                return
            value = {
                "version": _VERSION,
                "changes": [{**each._asdict(), "facts": dict(each.facts)} for each in rows],
            }
            text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
            write_whole(self._path, text.encode("utf-8", "surrogateescape"))

    def _unusable(self, why: str) -> ConfigError:
        return ConfigError(
            f"{self._path} cannot be read, and says what setup changed",
            why=why,
            hint=f"mv {self._path} {self._path}.old   (setup then forgets what it made)",
        )


def _change(row: dict[str, object]) -> Change:
    kind, name, facts = row["kind"], row["name"], row["facts"]
    known: dict[object, ChangeKind] = {each: each for each in get_args(ChangeKind)}
    if kind not in known or not isinstance(name, str):
        raise ValueError("an unknown change")
    if not isinstance(facts, dict) or not isinstance(row["made_at"], int):
        raise TypeError("facts")
    plain = {str(key): str(value) for key, value in facts.items()}
    return Change(known[kind], name, plain, row["made_at"])
