"""Requisites of fictional companies and people with valid check digits: ИНН, ОГРН, СНИЛС, bank accounts, EAN-13.

Rules: ИНН by ФНС order (weights 2-4-10-3-5-9-4-6-8 and its longer kin), ОГРН modulo 11, СНИЛС modulo 101, the key of an account by
Банк России 515 (weights 7-1-3 over the last three digits of the БИК and the account), EAN-13 by GS1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

__all__ = ["account_number", "digits", "ean13", "inn_company", "inn_person", "is_inn", "kpp", "ogrn", "snils"]

_INN10 = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN11 = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN12 = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)


def digits(rng: Random, count: int) -> str:
    """So many random digits."""
    return str(rng.randrange(10**count)).zfill(count)


def _check(number: str, weights: tuple[int, ...]) -> str:
    return str(sum(int(digit) * weight for digit, weight in zip(number, weights, strict=True)) % 11 % 10)


def inn_company(rng: Random, region: str) -> str:
    """ИНН of a company: region, inspection, number, check digit."""
    body = region + digits(rng, 7)
    return body + _check(body, _INN10)


def inn_person(rng: Random, region: str) -> str:
    """ИНН of a person: twelve digits, two of them check digits."""
    body = region + digits(rng, 8)
    body += _check(body, _INN11)
    return body + _check(body, _INN12)


def is_inn(text: str) -> bool:
    """Whether the check digits of an ИНН of a company or a person are right."""
    if not text.isascii() or not text.isdigit():
        return False
    if len(text) == 10:
        return _check(text[:9], _INN10) == text[9]
    return len(text) == 12 and _check(text[:10], _INN11) == text[10] and _check(text[:11], _INN12) == text[11]


def kpp(inn: str) -> str:
    """КПП of the head office: inspection of the ИНН, reason 01, first."""
    return f"{inn[:4]}01001"


def ogrn(rng: Random, region: str) -> str:
    """ОГРН of a company."""
    body = f"1{rng.randrange(2, 25):02d}{region}{digits(rng, 7)}"
    return body + str(int(body) % 11 % 10)


def snils(rng: Random) -> str:
    """СНИЛС, "123-456-789 12"."""
    body = digits(rng, 9)
    total = sum(int(digit) * (9 - index) for index, digit in enumerate(body)) % 101 % 100
    return f"{body[:3]}-{body[3:6]}-{body[6:]} {total:02d}"


def account_number(rng: Random, bik: str, *, balance_account: str = "40702") -> str:
    """A current account in roubles with the key right for the bank."""
    branch, own = "0000", digits(rng, 7)
    text = f"{bik[-3:]}{balance_account}8100{branch}{own}"
    total = sum(int(digit) * (7, 1, 3)[index % 3] for index, digit in enumerate(text))
    key = total % 10 * 3 % 10
    return f"{balance_account}810{key}{branch}{own}"


def ean13(rng: Random) -> str:
    """A barcode of the range for use inside a company (20…29)."""
    body = "2" + digits(rng, 11)
    total = sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(body))
    return body + str(-total % 10)
