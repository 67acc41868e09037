"""A web shop that speaks the site protocol of CommerceML as sites implement it (facts/exchanges.md 3.2).

Two dialects: a lenient one answers as the recorded access log shows, a strict one demands `sessid`, names its version, wants zipped files in
pieces and ends a load with `deactivate` and `complete`.
"""

from __future__ import annotations

import hmac
import io
import secrets
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import Response

from harness.errors import DocumentError
from harness.exchange import commerceml
from harness.exchange.directbank_dialogue import basic
from harness.exchange.peers.server import LIMIT, Asked, Peer
from harness.exchange.peers.shop_store import ShopStore

if TYPE_CHECKING:
    from pathlib import Path

COOKIE = "PHPSESSID"
PATH = "/1c"
_UNPACKED = 256 * 1024 * 1024
_NO_SESSID = "Ошибка проверки источника запроса. Обновите модуль обмена"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a site speaks.

    Attributes:
        sessid: every request after `checkauth` must carry it.
        zipped: files come in a zip.
        file_limit: bytes of a piece.
        version: line `version=` of `init`, "" for none: the old dialect.
        timestamp: the site wants `deactivate` and `complete` at the end.
        progress: how often an import answers "progress" before it is done; -1: always.
        decimal_comma: prices with a comma are read; otherwise the file is refused.
    """

    sessid: bool = False
    zipped: bool = False
    file_limit: int = 10 * 1024 * 1024
    version: str = ""
    timestamp: bool = False
    progress: int = 0
    decimal_comma: bool = False
    namespaces: tuple[str, ...] = ("", "urn:1C.ru:commerceml_2", "urn:1C.ru:commerceml_210", "urn:1C.ru:commerceml_3")


LENIENT = Dialect()
STRICT = Dialect(
    sessid=True, zipped=True, file_limit=1024, version="2.09", timestamp=True, progress=1,
    namespaces=("urn:1C.ru:commerceml_2",),
)  # fmt: skip


class Shop(Peer):
    """The shop. `address` is what the base is told; user and password are made anew for each shop.

    Args:
        dialect: how it speaks.
        tls: see `Peer`.
    """

    name = "интернет-магазин"

    def __init__(self, dialect: Dialect = LENIENT, *, tls: Path | None = None) -> None:
        super().__init__(tls=tls)
        self.dialect = dialect
        self.store = ShopStore()
        self.user, self.password = "1c-exchange", secrets.token_urlsafe(12)
        self.refusals: list[str] = []
        self._cookie, self._sessid = "", ""
        self._files: dict[str, bytes] = {}
        self._progress: dict[str, int] = {}
        self._asked: list[str] = []
        self._timestamp = "1767225600"

    @property
    def address(self) -> str:
        """Address of the exchange."""
        return f"{self.url}{PATH}"

    def close(self) -> None:
        """Stops and forgets its data."""
        super().close()
        self.store.close()

    def step_of(self, method: str, path: str, query: dict[str, str]) -> str:
        """Type and mode of a request of the protocol, "catalog init"; method and path of any other."""
        if "type" not in query or "mode" not in query:
            return f"{method} {path}"
        return f"{query['type']} {query['mode']}"

    def failed(self, kind: str, asked: Asked) -> Response:
        """As sites fail: with status 200 and the word "failure", or with a page."""
        if kind == "error-200":
            return _text("failure\nВнутренняя ошибка сайта: превышен лимит времени")
        if kind == "garbage":
            return Response("<html>Технические работы</html>", 200, media_type="text/html; charset=utf-8")
        return super().failed(kind, asked)

    def answer(self, asked: Asked) -> Response:
        """One request of the protocol."""
        kind, mode = asked.query.get("type", ""), asked.query.get("mode", "")
        if asked.path != PATH or kind not in ("catalog", "sale"):
            return _failure("Неизвестный тип обмена")
        if mode == "checkauth":
            return self._checkauth(asked)
        if f"{COOKIE}={self._cookie}" not in asked.headers.get("cookie", "") or not self._cookie:
            return _failure("Не выполнен вход: нет куки сеанса")
        if self.dialect.sessid and asked.query.get("sessid") != self._sessid:
            return _failure(_NO_SESSID)
        handlers = {
            "init": self._init,
            "file": self._file,
            "import": self._import,
            "query": self._query,
            "success": self._success,
            "deactivate": lambda _asked: _text("success"),
            "complete": lambda _asked: _text("success"),
            "info": self._info,
        }
        handler = handlers.get(mode)
        return handler(asked) if handler else _failure(f"Неизвестный режим {mode}")

    def _checkauth(self, asked: Asked) -> Response:
        user, password = basic(asked.headers.get("authorization", ""))
        if user != self.user or not hmac.compare_digest(password.encode(), self.password.encode()):
            return _failure("Неверный логин или пароль")
        self._cookie, self._sessid = secrets.token_hex(13), secrets.token_hex(16)
        lines = ["success", COOKIE, self._cookie]
        lines += [f"sessid={self._sessid}"] if self.dialect.sessid else []
        lines += [f"timestamp={self._timestamp}"] if self.dialect.timestamp else []
        return _text("\n".join(lines))

    def _init(self, asked: Asked) -> Response:
        self._files.clear()
        self._progress.clear()
        if asked.query["type"] == "catalog":
            self.store.begin()
        lines = [f"zip={'yes' if self.dialect.zipped else 'no'}", f"file_limit={self.dialect.file_limit}"]
        if self.dialect.sessid:
            lines.append(f"sessid={self._sessid}")
        if self.dialect.version:
            lines.append(f"version={self.dialect.version}")
        return _text("\n".join(lines))

    def _file(self, asked: Asked) -> Response:
        name = asked.query.get("filename", "")
        if not name or ".." in name.split("/") or name.startswith("/") or "\\" in name:
            return _failure("Недопустимое имя файла")
        if len(asked.body) > self.dialect.file_limit:
            return _failure(f"Часть файла больше допустимого: {len(asked.body)} байт из {self.dialect.file_limit}")
        if self.dialect.zipped != name.endswith(".zip") and name.endswith((".xml", ".zip")):
            return _failure("Файл должен быть в архиве zip" if self.dialect.zipped else "Архивы не принимаются")
        if sum(map(len, self._files.values())) + len(asked.body) > LIMIT:
            return _failure("Слишком большой файл")
        self._files[name] = self._files.get(name, b"") + asked.body
        return _text("success")

    def _import(self, asked: Asked) -> Response:
        name = asked.query.get("filename", "")
        met = self._progress.get(name, 0)
        self._progress[name] = met + 1
        if self.dialect.progress < 0 or met < self.dialect.progress:
            return _text(f"progress\nОбработано {met}")
        try:
            content = self._content(name)
            self._take(asked.query["type"], content)
        except (DocumentError, zipfile.BadZipFile, zlib.error, ValueError) as error:
            reason = error.message if isinstance(error, DocumentError) else str(error)
            self.refusals.append(f"{name}: {reason}")
            return _failure(reason)
        return _text("success")

    def _content(self, name: str) -> bytes:
        if name in self._files:
            return self._files[name]
        for packed in [item for item in self._files if item.endswith(".zip")]:
            with zipfile.ZipFile(io.BytesIO(self._files[packed])) as archive:
                for info in archive.infolist():
                    if info.filename == name and info.file_size <= _UNPACKED:
                        return archive.read(info)
        raise ValueError(f"Файл {name} не передан")

    def _take(self, kind: str, content: bytes) -> None:
        if kind == "sale":
            self.store.put_states(commerceml.read_orders(content))
            return
        head = next((item for item in commerceml.stream(content) if isinstance(item, commerceml.Head)), None)
        if head and head.namespace not in self.dialect.namespaces:
            raise ValueError(f"Пространство имён файла «{head.namespace}» сайту не известно")
        if head and self.dialect.version and head.schema != self.dialect.version:
            raise ValueError(f"Версия схемы {head.schema} не поддерживается, сайт понимает {self.dialect.version}")
        if "ПакетПредложений".encode() in content:
            package = commerceml.read_offers(content)
            if package.problems and not self.dialect.decimal_comma:
                raise ValueError(package.problems[0])
            strangers = self.store.put_offers(package.offers, full=package.changes_only is not True)
            if strangers:
                self.refusals.append(f"предложения без товара: {', '.join(strangers[:5])}")
        else:
            catalogue = commerceml.read_catalogue(content)
            self.store.put_goods(catalogue.items, full=catalogue.changes_only is not True)

    def _query(self, _asked: Asked) -> Response:
        waiting = self.store.unexported()
        self._asked = [ident for ident, _content in waiting]
        body = "".join(content.decode("cp1251") for _ident, content in waiting)
        text = (
            '<?xml version="1.0" encoding="windows-1251"?>\n<КоммерческаяИнформация ВерсияСхемы="2.09"'
            f' ДатаФормирования="2026-03-31T10:00:00">{body}</КоммерческаяИнформация>'
        )
        return Response(text.encode("cp1251"), media_type="application/xml; charset=windows-1251")

    def _success(self, _asked: Asked) -> Response:
        self.store.confirm(self._asked)
        return _text("success")

    def _info(self, _asked: Asked) -> Response:
        names = ("Принят", "Выполняется", "Выполнен", "Отменён")
        states = "".join(f"<Элемент><Ид>{name}</Ид><Название>{name}</Название></Элемент>" for name in names)
        text = f'<?xml version="1.0" encoding="UTF-8"?><Справочник><Cтатусы>{states}</Cтатусы></Справочник>'
        return Response(text.encode(), media_type="application/xml; charset=utf-8")


def order_content(data: bytes) -> bytes:
    """The `Документ` elements of a file of orders (windows-1251), as the shop keeps them."""
    text = data.decode("cp1251")
    return text[text.index("<Документ>") : text.rindex("</Документ>") + len("</Документ>")].encode("cp1251")


def _text(text: str) -> Response:
    return Response(text, media_type="text/plain; charset=utf-8")


def _failure(reason: str) -> Response:
    return _text(f"failure\n{reason}")
