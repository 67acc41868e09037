"""Hostile files: whatever the bytes, a reader answers or refuses with DocumentError; nothing else, and soon."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import DocumentError, UsageError
from harness.exchange import bank, directbank_answers, golden, shapes, xdto
from harness.exchange.comparison import compare
from harness.exchange.inspection import Means, inspect
from harness.exchange.recognise import Kind
from tests.harness.exchange.samples import samples
from tests.harness.exchange.test_archive import packed

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

FILES = samples() | {Kind.ARCHIVE: packed(("import.xml", samples()[Kind.COMMERCEML]), ("kl.txt", samples()[Kind.BANK]))}
MEANS = Means(package=xdto.load_package(FILES[Kind.XDTO]))
QUICK = settings(max_examples=60, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
PIECES = st.sampled_from(
    [
        b"",
        b"<",
        b">",
        b"&x;",
        b"<!DOCTYPE a []>",
        b"\x00",
        b"\xff\xfe",
        b"=",
        b"\r\n",
        b"-",
        b"9" * 40,
        b"1e9",
        "Ж".encode("cp1251"),
        b"<a>" * 300,
        b"]]>",
        b'"',
        b"{",
        b"[" * 300,
    ]
)


@st.composite
def mutated(draw: st.DrawFn, data: bytes) -> bytes:
    """A right file with some of its bytes replaced, removed, repeated."""
    for _each in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        piece = draw(st.one_of(PIECES, st.just(data[start:end] * 3), st.binary(max_size=8)))
        data = data[:start] + piece + data[end:]
    return data


def answers(data: bytes, kind: Kind | None) -> None:
    means = MEANS if kind in (None, Kind.ENTERPRISE_DATA) else None
    with suppress(DocumentError, UsageError):
        for item in inspect(data, "file", kind, means).all_problems:
            assert item.text
            assert item.told()


@pytest.mark.parametrize("kind", FILES)
@QUICK
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(kind: Kind, data: st.DataObject) -> None:
    made = data.draw(mutated(FILES[kind]))

    answers(made, None)
    answers(made, kind)


@QUICK
@given(st.binary(max_size=200), st.sampled_from(Kind))
def test_any_bytes_are_read_or_refused(data: bytes, kind: Kind) -> None:
    answers(data, None)
    answers(data, kind)


def elements() -> SearchStrategy[bytes]:
    """Well-formed XML of the formats' own names in any order and nesting."""
    names = st.sampled_from(
        [
            "КоммерческаяИнформация",
            "Каталог",
            "Товары",
            "Товар",
            "Ид",
            "Цена",
            "Группа",
            "Группы",
            "Message",
            "Header",
            "Body",
            "Документ",
            "Склад",
            "Остаток",
        ]
    )
    texts = st.text(alphabet="1.,-Жx ", max_size=6).map(str.encode)

    def wrap(inner: SearchStrategy[bytes]) -> SearchStrategy[bytes]:
        return st.tuples(names, st.lists(inner, max_size=4)).map(
            lambda pair: f"<{pair[0]}>".encode() + b"".join(pair[1]) + f"</{pair[0]}>".encode()
        )

    return wrap(st.recursive(texts, wrap, max_leaves=25))


@QUICK
@given(elements(), st.sampled_from([Kind.COMMERCEML, Kind.ENTERPRISE_DATA, Kind.BRANCH, Kind.CHANGES]))
def test_right_xml_of_wrong_structure_is_read_or_refused(data: bytes, kind: Kind) -> None:
    answers(data, kind)


@QUICK
@given(st.data())
def test_a_damaged_file_is_compared_or_refused(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([one for one in FILES if one is not Kind.ARCHIVE]))
    made = data.draw(mutated(FILES[kind]))
    with suppress(UsageError):
        assert all(change.told() for change in compare(FILES[kind], made))


@QUICK
@given(st.data())
def test_what_is_read_of_a_bank_file_is_written_and_read_again(data: st.DataObject) -> None:
    made = data.draw(mutated(FILES[Kind.BANK]))
    try:
        file = bank.read(made)
        again = bank.read(bank.write(file))
    except DocumentError:
        return
    assert [(item.name, item.value) for item in again.header] == [(item.name, item.value) for item in file.header]


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=4), inner, max_size=4)),
    max_leaves=15,
)


@QUICK
@given(JSON, JSON)
def test_a_shape_of_any_answer_is_derived_and_fits_itself(one: object, other: object) -> None:
    shape = shapes.derive([one])

    assert shapes.differences(shape, shapes.derive([one])) == []
    assert all(change.told() for change in shapes.differences(shape, shapes.derive([other])))


@QUICK
@given(st.binary(max_size=60))
def test_any_answer_is_flattened(body: bytes) -> None:
    assert golden.flat(body)
    with suppress(DocumentError):
        assert directbank_answers.read_answer(body).kind
