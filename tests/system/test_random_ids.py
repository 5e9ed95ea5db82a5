"""UUIDs of our own are what the library's are."""

from __future__ import annotations

import uuid

from ai_code.system.random_ids import random_uuid


def test_it_is_a_random_uuid_and_never_the_same() -> None:
    made = [random_uuid() for _ in range(500)]
    assert len(set(made)) == 500
    for text in made:
        read = uuid.UUID(text)
        assert (str(read), read.version, read.variant) == (text, 4, uuid.RFC_4122)
