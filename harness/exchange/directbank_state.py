"""State of a bank's side of DirectBank, and what passes between it and a client: values only (`harness.exchange.directbank_dialogue`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.exchange import directbank as db


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent.

    Attributes:
        operation: last part of the address: "Logon", "LogonOTP", "GetSettings", "SendPack", "GetPackList", "GetPack".
        headers: header names in any case.
        now: moment, YYYY-MM-DDThh:mm:ss.
        fresh: a new identifier, for a session or a packet this step makes.
    """

    operation: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    now: str = "2026-01-01T00:00:00"
    fresh: str = ""

    def header(self, name: str) -> str:
        """Value of a header, "" when it is absent."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), "")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bank answers.

    Attributes:
        error: code of the standard, "" for a success.
    """

    body: bytes
    error: str = ""
    status: int = 200


@dataclass(frozen=True, slots=True)
class Session:
    """A client that logged on; `confirmed` is False while the bank waits for a one-time password."""

    sid: str
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A packet that waits for the client."""

    id: str
    moment: str
    packet: db.Packet


@dataclass(frozen=True, slots=True)
class Bank:
    """State of the bank's side of an exchange with one customer.

    Attributes:
        otp: one-time password the bank demands after a logon, "" for none.
        settings: document of kind 06, b"" when settings are not given automatically.
        versions: format versions the bank takes.
        kinds: kinds of documents the bank takes.
        traces: whether a packet must say where it was sent from (SenderFootprint, standard 2.3.2).
        received: packets of the client by their id, in the order of arrival: a repeated one is refused and never executed twice.
        outgoing: packets for the client.
    """

    party: db.Party
    customer: db.Party
    user: str
    password: str = field(repr=False)
    otp: str = field(default="", repr=False)
    settings: bytes = b""
    versions: tuple[str, ...] = ("2.1.1", "2.1.2", "2.2.1", "2.2.2", "2.3.1", "2.3.2")
    kinds: tuple[str, ...] = ("03", "04", "05", "10", "11", "14")
    traces: bool = False
    sessions: tuple[Session, ...] = ()
    received: tuple[db.Packet, ...] = ()
    outgoing: tuple[Outgoing, ...] = ()

    @property
    def documents(self) -> dict[str, db.Document]:
        """Documents that were taken, by their id."""
        return {item.id: item for packet in self.received for item in packet.documents}
