"""A certificate of our own for a stand-in on loopback, made by openssl."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest


class Certificate(NamedTuple):
    """``authority`` is what a client trusts, ``server`` what the stand-in speaks with (PEM)."""

    authority: Path
    server: Path


def own_certificate(folder: Path) -> Certificate:
    """For 127.0.0.1. Without openssl the test is skipped."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl, to make a certificate")
    key, authority, server = (folder / name for name in ("key.pem", "ca.pem", "server.pem"))
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-keyout", str(key), "-out", str(authority)),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    server.write_bytes(key.read_bytes() + authority.read_bytes())
    return Certificate(authority, server)
