"""Numbers and acknowledgment as facts/exchanges.md 1.3 and 1.4 have them, and as a dialogue of two bases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.exchange import numbering as n
from harness.exchange.enterprise_data import FORMAT, Confirmation, Message

OURS = n.Node("Синхронизация", "A", "B", ("1.8", "1.10", "1.17"))
THEIRS = n.Node("Синхронизация", "B", "A", ("1.8", "1.10"))


def message(sender: n.Node, **changed: object) -> Message:
    seen = n.outgoing(sender)
    version = sender.speaks
    made = Message(FORMAT, version, versions=sender.versions, confirmation=seen, body_namespace=f"{FORMAT}/{version}")
    return replace(made, **changed)  # type: ignore[arg-type]


def confirm(message: Message, **changed: object) -> Message:
    assert message.confirmation is not None
    return replace(message, confirmation=replace(message.confirmation, **changed))  # type: ignore[arg-type]


def test_a_first_message_has_number_one_in_the_least_version() -> None:
    assert n.outgoing(OURS) == Confirmation("Синхронизация", "B", "A", 1, 0)
    assert OURS.speaks == "1.8"


def test_numbers_move_only_after_success() -> None:
    first = n.outgoing(OURS)
    assert n.outgoing(OURS) == first  # an export that failed is repeated under its number
    assert n.outgoing(n.sent(OURS, first)).message_no == 2
    failed = n.acknowledge(THEIRS, message(OURS))
    assert failed.received_no == 0  # the load failed: the number stays
    assert n.loaded(THEIRS, message(OURS)).received_no == 1


def test_a_message_is_loaded_once() -> None:
    sent = message(OURS)
    after = n.loaded(THEIRS, sent)

    verdict = n.examine(after, sent)

    assert (verdict.outcome, verdict.code) == (n.Outcome.ALREADY_RECEIVED, 174)
    assert verdict.reads_settings
    assert not verdict.loads
    assert n.loaded(after, sent) == after


def test_acknowledged_changes_are_forgotten_and_others_stay() -> None:
    ours = n.sent(n.register(OURS, ["Справочник.Контрагенты/1"]), n.outgoing(OURS))
    ours = n.register(ours, ["Справочник.Контрагенты/2"])
    theirs = n.loaded(THEIRS, message(n.register(OURS, [])))

    after = n.loaded(ours, message(theirs))

    assert [item.key for item in after.changes] == ["Справочник.Контрагенты/2"]
    assert after.received_no == 1


def test_an_object_changed_again_is_not_forgotten_with_its_old_message() -> None:
    ours = n.sent(n.register(OURS, ["x"]), n.outgoing(OURS))
    again = n.register(ours, ["x"])

    assert n.loaded(again, message(n.loaded(THEIRS, message(OURS)))).changes == (n.Change("x", 0),)


def test_a_restored_copy_forgets_nothing_and_raises_its_number() -> None:
    theirs = replace(THEIRS, received_no=7)
    ours = n.register(replace(OURS, sent_no=3), ["x"])

    verdict = n.examine(ours, message(theirs))
    after = n.loaded(ours, message(theirs))

    assert verdict.from_future
    assert verdict.loads
    assert (after.sent_no, after.changes) == (7, ours.changes)
    assert n.outgoing(after).message_no == 8
    assert [item.code for item in n.disagreements(ours, theirs)] == ["REFERENCE"]
    assert n.disagreements(after, replace(theirs, sent_no=1)) == []


@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        ({"confirmation": None}, 9, "Ошибка формата файла обмена"),
        ({"format_uri": "http://other"}, 0, "не соответствует формату плана обмена"),
        ({"version": "1.17"}, 0, 'Версия "1.17" формата сообщения обмена'),
        ({"confirmation": Confirmation("Синхронизация", "C", "A", 1, 0)}, 178, "другому узлу"),
        ({"confirmation": Confirmation("Синхронизация", "B", "X", 1, 0)}, 0, "Не найден узел обмена"),
    ],
)
def test_errors_of_1c_in_its_own_words(changed: dict[str, object], code: int, words: str) -> None:
    wrong = message(OURS, **changed)

    verdict = n.examine(THEIRS, wrong)

    assert (verdict.outcome, verdict.code) == (n.Outcome.REFUSED, code)
    assert words in verdict.text
    assert n.loaded(THEIRS, wrong) == THEIRS


def test_a_new_code_of_the_sender_and_an_alias_of_the_receiver_are_known() -> None:
    renamed = confirm(message(OURS, new_from="A"), sender="НФ", to="ДЗ")

    assert n.examine(replace(THEIRS, aliases=("ДЗ",)), renamed).loads
    assert not n.examine(THEIRS, renamed).loads


def test_another_plan_is_no_error() -> None:
    assert n.examine(THEIRS, confirm(message(OURS), plan="Другой")).loads


def test_a_handshake_gives_settings_and_moves_no_number() -> None:
    hello = confirm(message(OURS, version=""), message_no=0)

    after = n.loaded(THEIRS, hello)

    assert n.examine(THEIRS, hello).outcome is n.Outcome.SETTINGS
    assert (after.received_no, after.version) == (0, "1.10")


def test_versions_are_compared_as_numbers_and_no_common_one_is_said() -> None:
    assert n.loaded(THEIRS, message(OURS)).version == "1.10"
    lost = message(OURS, versions=("1.17",))
    assert n.negotiated(THEIRS, lost).version == n.NO_VERSION


def test_without_acknowledgment_both_numbers_are_zero_and_every_message_is_loaded() -> None:
    silent = replace(OURS, acknowledges=False)

    assert n.outgoing(silent) == Confirmation("Синхронизация", "B", "A", 0, 0)
    assert n.loaded(THEIRS, message(silent)).received_no == 0
    assert n.examine(THEIRS, message(silent)).loads


@given(st.lists(st.sampled_from(["send", "lose", "twice", "fail", "back", "change"]), max_size=40))
def test_no_order_of_events_breaks_the_numbers_or_loses_a_change(events: list[str]) -> None:
    ours, theirs = OURS, THEIRS
    delivered: set[str] = set()
    made = 0
    for event in events:
        if event == "change":
            made += 1
            ours = n.register(ours, [str(made)])
            continue
        if event == "back":
            answer = message(theirs)
            theirs = n.sent(theirs, n.outgoing(theirs))
            ours = n.loaded(ours, answer)
            continue
        content = {item.key for item in ours.changes}
        sent = message(ours, version="1.8", body_namespace=f"{FORMAT}/1.8")
        ours = n.sent(ours, n.outgoing(ours))
        if event == "fail":
            theirs = n.acknowledge(theirs, sent)
        for _time in range({"send": 1, "twice": 2}.get(event, 0)):
            if n.examine(theirs, sent).loads:
                delivered |= content
            theirs = n.loaded(theirs, sent)
    assert n.disagreements(replace(ours, version=""), replace(theirs, version="")) == []
    assert {str(number) for number in range(1, made + 1)} == delivered | {item.key for item in ours.changes}
