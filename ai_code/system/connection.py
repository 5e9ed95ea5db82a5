"""A connection to a model's server: http, or https against the system's or a person's own
certificates. No proxies: http.client knows none."""

from __future__ import annotations

import socket
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult

if TYPE_CHECKING:
    import ssl

_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""Where Debian and NixOS, Fedora, openSUSE, and macOS and Alpine keep theirs."""


def connect(parts: SplitResult, timeout_s: float, ca_file: str = "") -> HTTPConnection:
    """Not connected yet. Raises OSError where ``ca_file`` cannot be read."""
    host = parts.hostname or "127.0.0.1"
    if parts.scheme != "https":
        return _Plain(host, parts.port, timeout=timeout_s)
    return HTTPSConnection(host, parts.port, timeout=timeout_s, context=_context(ca_file))


class _Plain(HTTPConnection):
    """The name of an ASCII host is looked up as bytes: for a str Python loads its tables of
    international names first (6 ms, a tenth of ``ai-code status``)."""

    def connect(self) -> None:
        # typeshed knows no bytes here; socket.getaddrinfo, which gets them, takes both.
        host: Any = self.host.encode() if self.host.isascii() else self.host
        self.sock = socket.create_connection((host, self.port), self.timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def system_bundle() -> Path | None:
    """The certificates that Python checks against, as one file, for programs that want one."""
    import ssl

    known = ssl.get_default_verify_paths()
    for name in (known.cafile, *_BUNDLES):
        if name and Path(name).is_file():
            return Path(name)
    return None


def _context(ca_file: str) -> ssl.SSLContext:
    import ssl

    if not ca_file:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        is_pem = not isinstance(error, ssl.SSLError)
        why = error.strerror if is_pem else "it holds no certificates (PEM)"
        raise OSError(error.errno or 0, why, ca_file) from error


def refusal_of_certificate(error: OSError, ca_file: str) -> str:
    """Why a certificate was not accepted, or the file for it not read; empty where that is not
    what went wrong."""
    import ssl

    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message or "it cannot be verified"
    if ca_file and error.filename == ca_file:
        return f"{ca_file}: {error.strerror}"
    return ""
