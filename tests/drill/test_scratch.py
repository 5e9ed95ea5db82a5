"""Where a drill makes its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_code.drill.scratch import room


@pytest.mark.parametrize("wanted", ["", "/proc", "/not/there", "/dev/null"])
def test_a_tmpdir_that_takes_no_folder_is_passed_over(wanted: str) -> None:
    assert room({"TMPDIR": wanted}) in (Path("/tmp"), Path("/var/tmp"))


def test_one_that_does_is_taken_and_left_as_it_was(tmp_path: Path) -> None:
    assert room({"TMPDIR": str(tmp_path)}) == tmp_path
    assert list(tmp_path.iterdir()) == []
