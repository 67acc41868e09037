"""The harness's side of a folder two bases exchange through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import DocumentError
from harness.exchange.peers.folder import ExchangeFolder
from harness.onec.exchange_folder import folder_of, is_marked

if TYPE_CHECKING:
    from pathlib import Path


def test_it_is_the_stand_s_own_and_keeps_messages_by_direction(tmp_path: Path) -> None:
    with ExchangeFolder(tmp_path / "new" / "exchange") as folder:
        assert folder_of(folder.address) == folder.path
        assert is_marked(folder.path)
        assert folder.names() == []
        assert folder.take("БП", "ТЗ") == b""
        folder.put("БП", "ТЗ", b"<first/>")
        folder.put("ТЗ", "БП", b"<other/>")
        folder.put("БП", "ТЗ", b"<second/>", packed=True)
        assert folder.names() == ["Message_БП_ТЗ.xml", "Message_БП_ТЗ.zip", "Message_ТЗ_БП.xml"]
        assert folder.take("БП", "ТЗ") == b"<second/>"
        folder.put("БП", "ТЗ", b"<first/>")
        assert folder.take("БП", "ТЗ") == b"<first/>"
        assert "положен Message_БП_ТЗ.zip" in folder.log()


def test_half_a_file(tmp_path: Path) -> None:
    with ExchangeFolder(tmp_path) as folder:
        folder.put_half("БП", "ТЗ", b"<message>all of it</message>")
        assert folder.take("БП", "ТЗ") == b"<message>all o"
        folder.put_half("БП", "ТЗ", b"<message>all of it</message>", packed=True)
        with pytest.raises(DocumentError):
            folder.take("БП", "ТЗ")
