"""A session's rows for another folder: whose paths are moved, and what is not counted any more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ai_code.engines.claude.resume import moved

TO = Path("/run/w t\\1/プロ")


def after(text: str, root: str, *, ascii_only: bool) -> str:
    row = {"type": "user", "message": {"role": "user", "content": text}}
    line = json.dumps(row, ensure_ascii=ascii_only).encode()
    told = json.loads(moved([line], [Path(root)], TO))
    return str(told["message"]["content"])


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("root", ["/home/u/app", "/home/日本/app", '/home/"q"/a\\b'])
def test_paths_of_the_tree_lead_into_the_worktree(root: str, ascii_only: bool) -> None:
    for tail in ("/x.py", "", ": gone", '"', ". Then", "\n", ")"):
        assert after(f"see {root}{tail}", root, ascii_only=ascii_only) == f"see {TO}{tail}"


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("tail", ["-old/x.py", "2/x.py", ".bak/x", "日/x", "_a"])
def test_a_folder_beside_it_is_another_one(tail: str, ascii_only: bool) -> None:
    text = f"see /home/u/app{tail}"
    assert after(text, "/home/u/app", ascii_only=ascii_only) == text


def test_what_the_first_server_counted_is_left_out() -> None:
    message = {"role": "assistant", "content": "Hi.", "usage": {"input_tokens": 70_000}}
    rows = [json.dumps({"type": "assistant", "message": message}).encode(), b'no "usage" of ours']
    first, second = moved(rows, [Path("/p")], TO).splitlines()
    assert json.loads(first)["message"] == {
        **message, "usage": {"input_tokens": 0, "output_tokens": 0},
    }  # fmt: skip
    assert second == 'no "usage" of ours'
