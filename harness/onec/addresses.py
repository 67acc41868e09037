"""Addresses taken apart in one unambiguous way, for the write guard and the HTTP session.

Two parsers that disagree on what an address means are how guards get fooled. An address that could be read in two ways (control
characters, backslashes, several "@", a fragment, over-encoded dots) is therefore not an address here at all.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

import idna
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

PORTS = {"http": 80, "https": 443}
WEB_PORTS = frozenset(PORTS.values())

_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\\#]")
_NUMERIC_HOST = re.compile(r"[0-9a-fx.]+", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_MAX_DECODINGS = 4


@dataclass(frozen=True, slots=True)
class Address:
    """An address without user info and query.

    Attributes:
        host: lower case, IDNA in ASCII, an IP address in its shortest form, no dot at the end.
        port: the default of the scheme when none is written.
        explicit_port: whether the port was written.
        path: as written, percent-encoding and all; "" or beginning with "/".
    """

    scheme: str
    host: str
    port: int
    explicit_port: bool
    path: str

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = f":{self.port}" if self.explicit_port else ""
        return f"{self.scheme}://{host}{port}{self.path}"


def parse_address(url: str) -> Address:
    """Takes an absolute HTTP address apart.

    Raises:
        ValueError: no such address, or one that can be read in more than one way; the text says why.
    """
    if _UNSAFE.search(url):
        raise ValueError("в адресе есть пробелы, управляющие знаки, «\\» или «#»")
    # Both parsers end the path at the first "?": the same few paths are asked with ever new queries.
    return _parsed(url.partition("?")[0])


@lru_cache(maxsize=1024)
def _parsed(url: str) -> Address:
    try:
        parts = urlsplit(url)
        port = parts.port
        second = parse_url(url)
    except (ValueError, LocationParseError) as error:
        raise ValueError("адрес не разбирается") from error
    scheme = parts.scheme.lower()
    if scheme not in PORTS:
        raise ValueError("адрес должен начинаться с http:// или https://")
    if not parts.hostname or parts.netloc.count("@") > 1:
        raise ValueError("в адресе нет однозначного имени сервера")
    host = _host(parts.hostname)
    if host != _host((second.host or "").strip("[]")) or (port or PORTS[scheme]) != (second.port or PORTS[scheme]):
        raise ValueError("адрес можно прочитать по-разному")
    return Address(scheme, host, port or PORTS[scheme], port is not None, parts.path)


def _host(host: str) -> str:
    name = host
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode()
        except idna.IDNAError as error:
            raise ValueError("имя сервера записано недопустимыми буквами") from error
    name = name.lower().removesuffix(".")
    if ":" in name:
        return _ipv6(name)
    if _NUMERIC_HOST.fullmatch(name) and (number := _ipv4(name)):
        return number
    if not _HOST.fullmatch(name):
        raise ValueError("имя сервера записано недопустимыми знаками")
    return name


def _ipv6(name: str) -> str:
    try:
        address = ipaddress.IPv6Address(name.partition("%")[0])
    except ValueError as error:
        raise ValueError("адрес IPv6 не разбирается") from error
    return str(address.ipv4_mapped or address)


def _ipv4(name: str) -> str:
    # The resolver takes 127.1, 0x7f000001 and 017700000001 for 127.0.0.1, and so does this.
    try:
        return socket.inet_ntoa(socket.inet_aton(name))
    except (OSError, ValueError):
        return ""


@lru_cache(maxsize=1024)
def readings(path: str) -> tuple[tuple[str, ...], ...]:
    """Every way some server may read a path, as segments: decoded zero times, once, twice …, with dots resolved.

    Raises:
        ValueError: percent-encoded over and over: nobody writes such a path by accident.
    """
    found = []
    current = path
    for _ in range(_MAX_DECODINGS):
        found.append(_resolved(current))
        plain = unquote(current, errors="surrogateescape")
        if plain == current:
            return tuple(found)
        current = plain
    raise ValueError("путь закодирован многократно")


def _resolved(path: str) -> tuple[str, ...]:
    segments: list[str] = []
    for segment in path.replace("\\", "/").split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    return tuple(segments)


@lru_cache(maxsize=2048)
def decoded(segments: tuple[str, ...]) -> tuple[str, ...]:
    """Segments with every percent-encoding undone; a slash that was encoded stays inside its segment."""
    return tuple(_decoded(segment) for segment in segments)


def _decoded(segment: str) -> str:
    for _ in range(_MAX_DECODINGS):
        plain = unquote(segment, errors="surrogateescape")
        if plain == segment:
            break
        segment = plain
    return segment


def unresolved(path: str) -> tuple[str, ...]:
    """Segments of a path as they stand, for the case that a front end routes before it resolves dots."""
    return tuple(segment for segment in path.split("/") if segment)


@lru_cache(maxsize=2048)
def loose(segments: tuple[str, ...]) -> tuple[str, ...]:
    """Segments as the most forgiving web server compares them: case, width, `;parameters`, dots and spaces at the end."""
    forms = (unicodedata.normalize("NFKC", segment.partition(";")[0]).casefold() for segment in decoded(segments))
    return tuple(form.rstrip(". ") for form in forms)


def shown(url: str) -> str:
    """An address for messages and evidence: without user info, with or without a scheme."""
    scheme, mark, rest = url.partition("://") if "://" in url else ("", "", url)
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}"


def readable(url: str) -> str:
    """An address as a person reads it: no query (it may hold data), Cyrillic instead of %D0%…; as it is when that could not be printed."""
    path = url.partition("?")[0]
    plain = unquote(path, errors="replace")
    return plain if plain.isprintable() and "\N{REPLACEMENT CHARACTER}" not in plain else path
