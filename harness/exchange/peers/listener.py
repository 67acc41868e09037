"""A counterpart that answers nothing of use and remembers who came: where outward addresses are parked while nobody exchanges."""

from __future__ import annotations

from starlette.responses import Response

from harness.exchange.peers.server import Asked, Peer


class Listener(Peer):
    """Answers 503 to everything."""

    name = "заглушка"

    def answer(self, asked: Asked) -> Response:
        """Nobody exchanges here."""
        return Response(f"обмен не ведётся: {asked.step}", 503, media_type="text/plain; charset=utf-8")
