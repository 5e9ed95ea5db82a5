from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ai_code.core.errors import TryLaterError
from ai_code.system.locks import tree_lock


def test_one_run_at_a_time_per_tree(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
sys.path[:0] = {sys.path!r}
from ai_code.system.locks import tree_lock
with tree_lock(Path({str(tmp_path)!r}), Path("/tree"), run_id="the-run", wait_s=0):
    print("held", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        with tree_lock(tmp_path, Path("/other"), run_id="b", wait_s=0):
            pass
        with (
            pytest.raises(TryLaterError) as caught,
            tree_lock(tmp_path, Path("/tree"), run_id="b", wait_s=0.1),
        ):
            pass
        assert str(other.pid) in caught.value.why and "the-run" in caught.value.why
        other.kill()
        other.wait()
        with tree_lock(tmp_path, Path("/tree"), run_id="b", wait_s=5):
            pass
