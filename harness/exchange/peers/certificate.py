"""A self-signed certificate made at run time, with the standard library alone: what a bank or shop with an untrusted certificate shows.

ECDSA on P-256, X.509 v3 with the loopback address, valid for a day around now. It protects nothing and is thrown away with its folder: a base
that accepts it is what the scenario looks for.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# P-256 (FIPS 186-4): field, order, the point everybody starts from.
_FIELD = 2**256 - 2**224 + 2**192 + 2**96 - 1
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_BASE = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
_SIZE = 32
_EC_KEY, _P256, _ECDSA_SHA256 = (1, 2, 840, 10045, 2, 1), (1, 2, 840, 10045, 3, 1, 7), (1, 2, 840, 10045, 4, 3, 2)
_COMMON_NAME, _ALTERNATIVE_NAME = (2, 5, 4, 3), (2, 5, 29, 17)
_Point = tuple[int, int] | None


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Writes `peer.crt` and `peer.key` into a folder and returns their paths; what is there already is used again."""
    certificate, key = folder / "peer.crt", folder / "peer.key"
    if not (certificate.is_file() and key.is_file()):
        folder.mkdir(parents=True, exist_ok=True)
        shown, private = _made()
        certificate.write_text(shown, encoding="ascii")
        key.touch(mode=0o600)
        key.write_text(private, encoding="ascii")
    return certificate, key


@cache
def _made() -> tuple[str, str]:
    """Certificate and key of this process: the arithmetic takes longer than an exchange."""
    private = secrets.randbelow(_ORDER - 1) + 1
    return _pem("CERTIFICATE", _certificate(private)), _pem("EC PRIVATE KEY", _private_key(private))


def _add(first: _Point, second: _Point) -> _Point:
    """Sum of two points of the curve; None is the point at infinity."""
    if first is None or second is None:
        return first or second
    (x1, y1), (x2, y2) = first, second
    if x1 == x2:
        if (y1 + y2) % _FIELD == 0:
            return None
        slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, _FIELD)
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, _FIELD)
    x = (slope * slope - x1 - x2) % _FIELD
    return x, (slope * (x1 - x) - y1) % _FIELD


def _times(factor: int, point: _Point = _BASE) -> tuple[int, int]:
    result: _Point = None
    while factor:
        if factor & 1:
            result = _add(result, point)
        point = _add(point, point)
        factor >>= 1
    assert result is not None  # a factor below the order never leads to infinity
    return result


def _signature(private: int, content: bytes) -> bytes:
    digest = int.from_bytes(hashlib.sha256(content).digest(), "big")
    once = secrets.randbelow(_ORDER - 1) + 1
    r = _times(once)[0] % _ORDER
    s = pow(once, -1, _ORDER) * (digest + r * private) % _ORDER
    return _sequence(_integer(r), _integer(s))


def _public(private: int) -> bytes:
    x, y = _times(private)
    return b"\4" + x.to_bytes(_SIZE, "big") + y.to_bytes(_SIZE, "big")


def _private_key(private: int) -> bytes:
    """RFC 5915."""
    return _sequence(
        _integer(1),
        _tagged(0x04, private.to_bytes(_SIZE, "big")),
        _tagged(0xA0, _oid(_P256)),
        _tagged(0xA1, _bits(_public(private))),
    )


def _certificate(private: int) -> bytes:
    """RFC 5280; issuer and subject are one."""
    algorithm = _sequence(_oid(_ECDSA_SHA256))
    name = _sequence(_tagged(0x31, _sequence(_oid(_COMMON_NAME), _tagged(0x0C, b"127.0.0.1"))))
    now = datetime.now(UTC)
    moments = (now - timedelta(days=1), now + timedelta(days=1))
    addresses = _sequence(_tagged(0x87, bytes((127, 0, 0, 1))))
    body = _sequence(
        _tagged(0xA0, _integer(2)),
        _integer(secrets.randbits(63) + 1),
        algorithm,
        name,
        _sequence(*(_tagged(0x17, f"{moment:%y%m%d%H%M%SZ}".encode()) for moment in moments)),
        name,
        _sequence(_sequence(_oid(_EC_KEY), _oid(_P256)), _bits(_public(private))),
        _tagged(0xA3, _sequence(_sequence(_oid(_ALTERNATIVE_NAME), _tagged(0x04, addresses)))),
    )
    return _sequence(body, algorithm, _bits(_signature(private, body)))


def _tagged(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size + content


def _sequence(*parts: bytes) -> bytes:
    return _tagged(0x30, b"".join(parts))


def _bits(content: bytes) -> bytes:
    return _tagged(0x03, b"\0" + content)


def _integer(value: int) -> bytes:
    return _tagged(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _oid(numbers: tuple[int, ...]) -> bytes:
    content = bytearray((numbers[0] * 40 + numbers[1],))
    for number in numbers[2:]:
        part, rest = [number & 0x7F], number >> 7
        while rest:
            part.insert(0, 0x80 | (rest & 0x7F))
            rest >>= 7
        content += bytes(part)
    return _tagged(0x06, bytes(content))


def _pem(label: str, content: bytes) -> str:
    text = base64.b64encode(content).decode("ascii")
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""))
