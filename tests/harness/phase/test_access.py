"""OData is asked whether it answers until it has answered once; a refusal is asked again for every scenario."""

from __future__ import annotations

from harness.basefile import BaseFile, Credentials
from harness.phase.access import Bases
from tests.harness.onec.serving import Reply, Request, json_reply, odata_error, serving


def test_odata_is_asked_until_it_has_answered() -> None:
    closed = [True]

    def answer(_request: Request) -> Reply:
        return odata_error(403, "20", "Начало сеанса запрещено") if closed[0] else json_reply({"value": []})

    with serving(answer) as server:
        bases = Bases(BaseFile(publication=server.url, user=Credentials(name="Админ", password="")))
        try:
            assert "Начало сеанса запрещено" in bases.odata_refusal()
            assert bases.odata_refusal()
            closed[0] = False
            assert bases.odata_refusal() == ""
            asked = len(server.requests)
            assert bases.odata_refusal() == ""
            assert len(server.requests) == asked
        finally:
            bases.close()
