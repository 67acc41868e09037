"""Names of messages in a folder two bases exchange through, and folders written as addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.onec.exchange_folder import MARK, SharedFolder, folder_of, is_marked, is_message_of, message_name

GUID = "7e3e0ef4-8295-11f1-8af8-04ecd881cf77"


@pytest.mark.parametrize(
    ("sender", "receiver", "prefix", "name"),
    [
        ("ТЗ", "БП", "ТЗ", "Message_ТЗ_БП"),
        (GUID, "БП", "ТЗ", f"Message_ТЗ_{GUID}_БП"),
        (GUID, "БП", "", f"Message_{GUID}_БП"),
    ],
)
def test_names(sender: str, receiver: str, prefix: str, name: str) -> None:
    assert message_name(sender, receiver, prefix) == name
    assert is_message_of(f"{name}.xml", sender, receiver)
    assert is_message_of(f"{name}.zip", sender, receiver)


@pytest.mark.parametrize(
    "name",
    ["Message_БП_ТЗ.xml", "Message_ТЗ_БП", "message_ТЗ_БП.xml", "Message_ТЗ_БП_2.xml", "Message_X_ТЗ_БП.xml", ""],
)
def test_names_of_others(name: str) -> None:
    assert not is_message_of(name, "ТЗ", "БП")


def test_folders_as_addresses(tmp_path: Path) -> None:
    place = tmp_path / "каталог обмена"
    assert folder_of(place.as_uri()) == place
    assert folder_of("http://127.0.0.1:80/x") is None
    assert folder_of("http://[::1") is None
    assert folder_of("") is None
    far = folder_of("file://files.example.org/obmen")
    assert far is not None
    assert far.as_posix().startswith("//files.example.org/")


def test_a_mark_makes_a_folder_the_stand_s_own(tmp_path: Path) -> None:
    assert not is_marked(tmp_path)
    (tmp_path / MARK).touch()
    assert is_marked(tmp_path)
    assert not is_marked(Path())


@pytest.mark.parametrize(
    ("seen_as", "address"),
    [
        ("/exchange", "file:///exchange/%D1%82%D0%B7/in"),
        (r"\\server\share", "file://server/share/%D1%82%D0%B7/in"),
        (r"D:\обмен", "file:///D:/%D0%BE%D0%B1%D0%BC%D0%B5%D0%BD/%D1%82%D0%B7/in"),
    ],
)
def test_a_base_elsewhere_is_told_its_own_name_of_a_folder(tmp_path: Path, seen_as: str, address: str) -> None:
    shared = SharedFolder.checked(tmp_path, seen_as)
    assert shared.seen((tmp_path / "тз" / "in").as_uri()) == address
    for other in ("http://127.0.0.1:80/x", tmp_path.parent.as_uri(), ""):
        assert shared.seen(other) == other


@pytest.mark.parametrize(("here", "seen_as", "said"), [("", "exchange", "от корня"), ("нет", "/exchange", "не папка")])
def test_names_that_are_none(tmp_path: Path, here: str, seen_as: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        SharedFolder.checked(tmp_path / here, seen_as)
