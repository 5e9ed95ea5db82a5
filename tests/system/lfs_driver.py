"""A small stand-in of git-lfs: its clean and smudge with the real form of a pointer, its objects
in a folder beside. Started by git as ``python lfs_driver.py clean|smudge FOLDER``."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

HEAD = b"version https://git-lfs.github.com/spec/v1\n"


def pointer(data: bytes) -> bytes:
    """https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md"""
    oid = hashlib.sha256(data).hexdigest().encode()
    return HEAD + b"oid sha256:" + oid + b"\nsize %d\n" % len(data)


def clean(data: bytes, objects: Path) -> bytes:
    if data.startswith(HEAD):
        return data
    objects.mkdir(exist_ok=True)
    (objects / hashlib.sha256(data).hexdigest()).write_bytes(data)
    return pointer(data)


def smudge(data: bytes, objects: Path) -> bytes:
    oid = data.split(b"sha256:")[1].split(b"\n")[0].decode()
    return (objects / oid).read_bytes()


if __name__ == "__main__":
    name, folder = sys.argv[1:]
    with Path(folder, "ran").open("a") as log:
        log.write(f"{name}\n")
    work = {"clean": clean, "smudge": smudge}[name]
    sys.stdout.buffer.write(work(sys.stdin.buffer.read(), Path(folder, "objects")))
