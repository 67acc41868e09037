"""Print forms as pages, by description (`print_forms` of the behaviour; the head of behaviour/print_forms.toml tells how to read one).

What a site shows its customers as «Счёт на оплату» is such a page: `GET /hs/print/v1/{form}/{id of the document}`. Everything is escaped: it
is data of a base.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from stand.emulator.auth import may
from stand.emulator.behaviour.expressions import compiled
from stand.emulator.behaviour.lookups import Lookup

if TYPE_CHECKING:
    from starlette.requests import Request

    from stand.emulator.database.infobase import Infobase
    from stand.emulator.rows import Row

__all__ = ["print_page", "print_routes"]

_ADDRESS = "/hs/print/v1/{form}/{ident}"
_PAGE = """<!doctype html>
<html lang="ru"><head><meta charset="utf-8"><title>{title}</title>
<style>body{{font:14px/1.4 Arial,sans-serif;margin:32px;width:900px}}h1{{font-size:22px;border-bottom:2px solid #000;padding-bottom:8px}}
dl{{display:grid;grid-template-columns:120px 1fr;gap:6px}}dd{{margin:0;font-weight:bold}}
table{{border-collapse:collapse;width:100%;margin-top:16px}}th,td{{border:1px solid #000;padding:3px 8px;text-align:left}}
.n{{text-align:right;white-space:nowrap}}.totals td{{border:0;font-weight:bold}}</style></head>
<body>{logo}<h1>{heading}</h1><dl>{head}</dl>
<table><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table>
<table class="totals">{totals}</table></body></html>
"""
_LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="48"><rect width="120" height="48" rx="6" fill="{colour}"/>'
    '<text x="60" y="33" font-family="Arial" font-size="26" fill="#fff" text-anchor="middle">{letters}</text></svg>'
)


def print_routes(infobase: Infobase) -> list[Route]:
    """Routes below a publication."""

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(_answer, infobase, request)

    return [Route(_ADDRESS, endpoint, methods=["GET"])]


def _answer(infobase: Infobase, request: Request) -> Response:
    configuration, user = infobase.configuration, request.state.user
    form = _mapping(_mapping(configuration.behaviour.get("print_forms")).get(request.path_params["form"]))
    if not form:
        return PlainTextResponse("Печатная форма не найдена", 404)
    document = str(form["document"])
    if not may(infobase, user, document, "read"):
        return PlainTextResponse("Недостаточно прав", 403)
    with infobase.reading(user.name) as session:
        row = session.get(document, request.path_params["ident"])
        if row is None:
            return PlainTextResponse("Документ не найден", 404)
        return HTMLResponse(print_page(form, row, Lookup(session, configuration)))


def print_page(form: Mapping[str, Any], document: Row, lookup: Lookup) -> str:
    """A document's page by the description of a form.

    Raises:
        ConfigError: an expression that makes no sense.
    """
    rows = document[str(form["section"])]
    scope = lookup.scope({"doc": document, "rows": rows})

    def value(source: object, **more: object) -> Any:
        return compiled(str(source), "print_forms")({**scope, **more})

    columns = _mapping(form.get("columns"))
    lines = ["".join(_cell(value(source, row=row)) for source in columns.values()) for row in rows]
    totals = [(name, value(source)) for name, source in _mapping(form.get("totals")).items()]
    return _PAGE.format(
        title=escape(str(form["title"])),
        heading=escape(str(value(form["heading"]))),
        logo=_logo(_mapping(form.get("logo"))),
        head="".join(
            f"<dt>{escape(name)}:</dt><dd>{escape(str(value(source)))}</dd>"
            for name, source in _mapping(form.get("head")).items()
        ),
        columns="".join(f"<th>{escape(name)}</th>" for name in columns),
        body="".join(f"<tr>{line}</tr>\n" for line in lines),
        totals="".join(f'<tr><td class="n">{escape(name)}:</td>{_cell(total)}</tr>' for name, total in totals),
    )


def _cell(value: Any) -> str:
    if isinstance(value, Decimal):
        whole = value == value.to_integral_value() and value.as_tuple().exponent == 0
        text = f"{value:,.0f}" if whole else f"{value:,.2f}"
        return f'<td class="n">{text.replace(",", " ").replace(".", ",")}</td>'
    return f"<td>{escape(str(value))}</td>"


def _logo(logo: Mapping[str, Any]) -> str:
    if not logo:
        return ""
    drawn = _LOGO.format(colour=escape(str(logo["colour"])), letters=escape(str(logo["letters"])))
    return f'<img alt="Логотип" src="data:image/svg+xml;base64,{b64encode(drawn.encode()).decode()}">'


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
