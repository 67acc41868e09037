"""Control digits of Russian payment details: ИНН (order of the tax service), КПП, БИК and the key of an account (Bank of Russia)."""

from __future__ import annotations

import re

_KPP = re.compile(r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}", re.ASCII)


def inn_is_valid(inn: str) -> bool:
    """ИНН of 10 or 12 digits with right control digits."""
    if not (inn.isascii() and inn.isdigit() and len(inn) in (10, 12)):
        return False
    digits = [int(sign) for sign in inn]
    weights = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
    checked = (9,) if len(inn) == 10 else (10, 11)
    return all(
        digits[place] == sum(weight * digit for weight, digit in zip(weights[-place:], digits, strict=False)) % 11 % 10
        for place in checked
    )


def kpp_is_valid(kpp: str) -> bool:
    """КПП: four digits, two digits or Latin capitals, three digits. It carries no control digit."""
    return bool(_KPP.fullmatch(kpp))


def bik_is_valid(bik: str) -> bool:
    """БИК of Russia: nine digits, the first two are 04, or 00-02 of the treasury and its bodies."""
    return len(bik) == 9 and bik.isascii() and bik.isdigit() and bik[:2] in ("00", "01", "02", "04")


def account_is_valid(account: str, bik: str) -> bool:
    """An account of 20 digits whose control key fits the БИК.

    For a bank the last three digits of the БИК stand before the account; for a settlement centre (last three digits 000…002)
    and for accounts of correspondents and of the treasury it is "0" and the fifth and sixth digits. Accounts "03…" of the
    treasury carry no key.
    """
    if not (account.isascii() and account.isdigit() and len(account) == 20 and len(bik) == 9):
        return False
    if not (bik.isascii() and bik.isdigit()):
        return False
    if account.startswith("03"):
        return True
    centre = bik[6:] in ("000", "001", "002") or account.startswith(("301", "40102"))
    prefix = f"0{bik[4:6]}" if centre else bik[6:]
    weights = (7, 1, 3) * 8
    return sum(int(sign) * weight for sign, weight in zip(prefix + account, weights, strict=False)) % 10 == 0
