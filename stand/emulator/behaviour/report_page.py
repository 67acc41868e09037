"""A report as a page of HTML: what a user would print. Everything is escaped: it is data of a base."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stand.emulator.behaviour.reporting import ReportResult

__all__ = ["page_of"]

_PAGE = """<!doctype html>
<html lang="ru"><head><meta charset="utf-8"><title>{title}</title>
<style>body{{font:14px/1.4 Arial,sans-serif;margin:24px}}table{{border-collapse:collapse}}
th,td{{border:1px solid #b0b0b0;padding:3px 8px;text-align:left;vertical-align:top}}th{{background:#f2f2f2}}
td.n{{text-align:right;white-space:nowrap}}tfoot td{{font-weight:bold}}</style></head>
<body><h1>{title}</h1><p>Период: {start} – {end}. Вариант: {variant}.</p>
<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody><tfoot>{foot}</tfoot></table></body></html>
"""


def page_of(result: ReportResult) -> str:
    """The page."""
    head = "".join(f"<th>{escape(column.title)}</th>" for column in result.columns)
    body = "".join(f"<tr>{''.join(_cell(row[column.name]) for column in result.columns)}</tr>\n" for row in result.rows)
    foot = "".join(_cell(result.totals.get(column.name, "")) for column in result.columns) if result.totals else ""
    return _PAGE.format(
        title=escape(result.title),
        start=f"{result.start:%d.%m.%Y}",
        end=f"{result.end:%d.%m.%Y}",
        variant=escape(result.variant),
        head=head,
        body=body,
        foot=f"<tr>{foot}</tr>" if foot else "",
    )


def _cell(value: Any) -> str:
    if isinstance(value, Decimal):
        text = f"{value:,.2f}" if value != value.to_integral_value() else f"{value:,.0f}"
        return f'<td class="n">{text.replace(",", " ").replace(".", ",")}</td>'
    if isinstance(value, bool):
        return f"<td>{'Да' if value else 'Нет'}</td>"
    if isinstance(value, datetime):
        return f"<td>{value:%d.%m.%Y %H:%M:%S}</td>"
    return f"<td>{escape(str(value))}</td>"
