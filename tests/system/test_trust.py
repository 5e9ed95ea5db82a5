"""The store of trust: bound to path and content, whole or not at all, closed when in doubt."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ai_code.core.errors import ConfigError
from ai_code.system.trust import TrustStore

FILE = Path("/p/.ai-code.yaml")


@pytest.fixture
def store(tmp_path: Path) -> TrustStore:
    return TrustStore(tmp_path / "state/ai-code/trust.json")


def test_nothing_is_trusted_at_first_and_asking_writes_nothing(store: TrustStore) -> None:
    assert not store.is_trusted(FILE, b"")
    assert store.entries() == {}
    assert not store.path.parent.exists()


def test_trust_is_for_this_path_with_this_content(store: TrustStore) -> None:
    store.trust(FILE, b"a: 1")
    assert store.is_trusted(FILE, b"a: 1")
    assert not store.is_trusted(FILE, b"a: 2")
    assert not store.is_trusted(Path("/q/.ai-code.yaml"), b"a: 1")
    assert TrustStore(store.path).is_trusted(FILE, b"a: 1")


def test_new_content_replaces_the_old(store: TrustStore) -> None:
    store.trust(FILE, b"a: 1")
    store.trust(FILE, b"a: 2")
    assert not store.is_trusted(FILE, b"a: 1")
    assert list(store.entries()) == [str(FILE)]


def test_revoke(store: TrustStore) -> None:
    store.trust(FILE, b"a")
    store.trust(Path("/q"), b"b")
    assert store.revoke(FILE)
    assert not store.revoke(FILE)
    assert not store.is_trusted(FILE, b"a")
    assert store.is_trusted(Path("/q"), b"b")


def test_modes_and_no_droppings(store: TrustStore) -> None:
    old = os.umask(0)
    try:
        store.trust(FILE, b"a")
    finally:
        os.umask(old)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700
    assert {path.name for path in store.path.parent.iterdir()} == {"trust.json", "trust.json.lock"}


def test_a_name_that_is_not_utf8(store: TrustStore) -> None:
    odd = Path(os.fsdecode(b"/p/\xff\n/.ai-code.yaml"))
    store.trust(odd, b"a")
    assert store.is_trusted(odd, b"a")
    assert list(store.entries()) == [str(odd)]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"version": 1}', '{"version": 1, "files": []}', "[" * 100_000,
     '{"version": 1, "files": {"/p/.ai-code.yaml": null}}',
     '{"version": 1, "files": {"/p/.ai-code.yaml": "\\ud800"}}',
     '{"version": 2, "files": {"/p/.ai-code.yaml": "x"}}'],
)  # fmt: skip
def test_a_broken_file_trusts_nothing_and_is_mended_by_the_next_trust(store, text) -> None:
    store.path.parent.mkdir(parents=True)
    store.path.write_text(text)
    assert not store.is_trusted(FILE, b"")
    store.trust(FILE, b"a")
    assert store.is_trusted(FILE, b"a")


def test_a_file_that_others_could_write_or_a_link_trusts_nothing(store: TrustStore) -> None:
    store.trust(FILE, b"a")
    store.path.chmod(0o666)
    assert not store.is_trusted(FILE, b"a")
    store.path.chmod(0o600)
    assert store.is_trusted(FILE, b"a")
    moved = store.path.with_name("elsewhere.json")
    store.path.rename(moved)
    store.path.symlink_to(moved)
    assert not store.is_trusted(FILE, b"a")


@pytest.mark.timeout(10)
def test_a_fifo_is_not_waited_for(store: TrustStore) -> None:
    store.path.parent.mkdir(parents=True)
    os.mkfifo(store.path)
    assert not store.is_trusted(FILE, b"a")


def test_a_state_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot write"):
        TrustStore(tmp_path / "file/ai-code/trust.json").trust(FILE, b"a")


def test_several_writers_lose_nothing(store: TrustStore) -> None:
    def write(number: int) -> None:
        TrustStore(store.path).trust(Path(f"/p{number}"), b"a")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.entries()) == 12
    assert json.loads(store.path.read_text())["version"] == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.binary(), st.binary())
def test_other_content_is_never_trusted(store: TrustStore, content: bytes, other: bytes) -> None:
    store.trust(FILE, content)
    assert store.is_trusted(FILE, other) == (content == other)
