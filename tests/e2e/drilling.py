"""What tests of ``ai-code drill`` read of its report."""

from __future__ import annotations

import json
from typing import Any

from ai_code.drill.replies import edit_block
from tests.e2e.world import Result

BOTH = (
    edit_block("hello.py", "def hello():\n", 'def hello():\n    """Print a greeting."""\n')
    + edit_block("hello.py", "def goodbye():\n", 'def goodbye():\n    """Print a farewell."""\n')
)  # fmt: skip


def report(run: Result) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(run.stdout)
    return value


def rows(run: Result) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in report(run)["scenarios"][0]["parts"]}
