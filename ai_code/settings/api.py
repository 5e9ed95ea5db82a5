"""Ollama's address in all the spellings people use, made into one base URL."""

from __future__ import annotations

import re

from ai_code.core.errors import ConfigError
from ai_code.core.text import one_line

OLLAMA_PORT = 11434
_LONGEST = 2000

_ENDPOINT = re.compile(
    r"/(?:api(?:/(?:chat|generate|tags|show|ps|pull|version|embed|embeddings))?"
    r"|v1(?:/(?:chat/completions|completions|models|responses|messages|embeddings))?)/*\Z"
)
_PATH = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*")
"""``pchar`` and slashes of RFC 3986, 3.3."""
_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?")
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!\Z)|\Z)){4}", re.ASCII)
_DEFAULT_PORT = {"http": 80, "https": 443}


def parse_api(text: str) -> str:
    """The base URL, without a slash or an API's path at its end, of what ``OLLAMA_HOST`` takes.

    ``host``, ``host:port``, ``:port``, ``http(s)://…`` and IPv6 with or without brackets;
    ``0.0.0.0`` and ``[::]`` become loopback; ``/api/chat``, ``/v1`` and the like are cut off,
    the path of a reverse proxy stays. Without a scheme the port is 11434, with one it is 80 or
    443 (Ollama, envconfig/config.go). Stable: its own answer gives itself.

    Raises ConfigError; a password in the address is neither taken nor printed."""
    text = text.strip().strip("\"'").strip()
    if len(text) > _LONGEST:
        raise _bad("the address of Ollama is too long", f"more than {_LONGEST} characters")
    if "@" in text:
        raise ConfigError(
            "the address of Ollama holds a user name or password",
            why="it would show in logs and process lists",
            hint="put it into ollama.headers, e.g. Authorization: Basic …",
        )
    if "?" in text or "#" in text:
        raise _bad("the address of Ollama has a query or a fragment", "only host, port and path")
    scheme, found, rest = text.partition("://")
    if not found:
        scheme, rest = "", text
    authority, slash, path = rest.partition("/")
    if not authority:
        raise _bad(f"no host in the address of Ollama: {_quoted(text)}", "expected host:port")
    return _scheme(scheme) + _authority(scheme.lower(), authority) + _path(slash + path)


def _scheme(scheme: str) -> str:
    if scheme.lower() not in ("", "http", "https"):
        raise _bad(f"unknown scheme in the address of Ollama: {_quoted(scheme)}", "http or https")
    return f"{scheme.lower() or 'http'}://"


def _authority(scheme: str, authority: str) -> str:
    host, port = _split(authority)
    number = _port(port) if port else _DEFAULT_PORT.get(scheme, OLLAMA_PORT)
    host = _host(host)
    return host if number == _DEFAULT_PORT[scheme or "http"] else f"{host}:{number}"


def _split(authority: str) -> tuple[str, str]:
    """Host and port (empty where not given); IPv6 without brackets has no port."""
    if authority.startswith("["):
        inside, closed, port = authority[1:].partition("]")
        if not closed or (port and not port.startswith(":")):
            raise _bad(f"not an address of Ollama: {_quoted(authority)}", "brackets do not close")
        return f"[{inside}]", port[1:]
    if authority.count(":") > 1:
        return f"[{authority}]", ""
    host, _, port = authority.partition(":")
    return host, port


def _port(port: str) -> int:
    if not re.fullmatch(r"\d{1,5}", port, re.ASCII) or not 0 < int(port) < 65536:
        raise _bad(f"not a port in the address of Ollama: {_quoted(port)}", "1 to 65535")
    return int(port)


def _host(host: str) -> str:
    if host in ("", "0.0.0.0"):  # noqa: S104  (to connect to "any" is to connect to loopback)
        return "127.0.0.1"
    if host.startswith("["):
        return _ipv6(host[1:-1])
    if host.isdigit():
        raise _bad(f"only a number in the address of Ollama: {_quoted(host)}", "a port is :PORT")
    if not _HOST.fullmatch(host):
        raise _bad(f"not a host name in the address of Ollama: {_quoted(host)}", "ASCII only")
    if re.fullmatch(r"[\d.]+", host, re.ASCII) and not _IPV4.fullmatch(host):
        raise _bad(f"not an IPv4 address of Ollama: {_quoted(host)}", "four numbers up to 255")
    return host.lower()


def _ipv6(text: str) -> str:
    import ipaddress

    try:
        address = ipaddress.IPv6Address(text)
    except ValueError as error:
        raise _bad(f"not an IPv6 address of Ollama: {_quoted(text)}", "e.g. [::1]:11434") from error
    if address.scope_id:
        raise _bad(f"an address with a zone is not taken: {_quoted(text)}", "leave out %zone")
    return "[::1]" if address.is_unspecified else f"[{address.compressed}]"


def _path(path: str) -> str:
    if not _PATH.fullmatch(path) or ".." in path.split("/"):
        raise _bad(f"not a path in the address of Ollama: {_quoted(path)}", "e.g. /ollama")
    path = re.sub(r"/{2,}", "/", path).rstrip("/")
    while match := _ENDPOINT.search(path):
        path = path[: match.start()].rstrip("/")
    return path


def _quoted(text: str) -> str:
    return f"'{one_line(text.encode('utf-8', 'replace').decode(), 60)}'"


def _bad(what: str, why: str) -> ConfigError:
    return ConfigError(what, why=why, hint="ai-code --api http://127.0.0.1:11434 …")
