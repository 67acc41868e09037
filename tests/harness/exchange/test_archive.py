from __future__ import annotations

import io
import zipfile

import pytest

from harness.errors import DocumentError
from harness.exchange import archive


def packed(*entries: tuple[str, bytes], mode: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(info, data)
    return buffer.getvalue()


def test_files_come_in_their_order_without_folders() -> None:
    data = packed(("import_files/", b""), ("import_files/a.jpg", b"1"), ("import.xml", b"<a/>"))

    assert list(archive.files(data, "v8.zip")) == [("import_files/a.jpg", b"1"), ("import.xml", b"<a/>")]
    assert archive.is_archive(data)


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/x", "C:/x", "..\\x", "a/..", "\\\\host\\x"])
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    with pytest.raises(DocumentError, match="за пределы"):
        list(archive.files(packed((name, b"x")), "v8.zip"))


def test_a_link_is_refused() -> None:
    with pytest.raises(DocumentError, match="за пределы"):
        list(archive.files(packed(("x", b"/etc/passwd"), mode=0o120777), "v8.zip"))


def test_a_bomb_does_not_unfold() -> None:
    bomb = packed(("a.xml", b"\0" * (64 * 2**20)))
    assert len(bomb) < 2**17

    with pytest.raises(DocumentError, match="бомбу"):
        list(archive.files(bomb, "v8.zip"))


def test_a_bomb_that_lies_about_its_size_does_not_either() -> None:
    bomb = bytearray(packed(("a.xml", b"\0" * (64 * 2**20))))
    size = (64 * 2**20).to_bytes(4, "little")
    lying = bytes(bomb.replace(size, (10).to_bytes(4, "little")))

    with pytest.raises(DocumentError):
        list(archive.files(lying, "v8.zip"))


def test_all_files_together_have_a_limit() -> None:
    data = packed(*((f"{n}.xml", bytes(range(256)) * 100) for n in range(10)))

    with pytest.raises(DocumentError, match="бомбу"):
        list(archive.files(data, "v8.zip", limit=100_000))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18, b"not a zip"])
def test_what_is_no_archive_is_refused_or_empty(data: bytes) -> None:
    if data[:4] == b"PK\x05\x06":
        assert list(archive.files(data, "x")) == []
        return
    with pytest.raises(DocumentError):
        list(archive.files(data, "x"))


def test_a_single_file_is_single() -> None:
    assert archive.single_file(packed(("m.xml", b"<a/>")), "x") == b"<a/>"
    with pytest.raises(DocumentError, match="2 файлов"):
        archive.single_file(packed(("a", b""), ("b", b"")), "x")
