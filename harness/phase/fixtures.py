"""Small objects behind the `findings` and `facts` fixtures: what a scenario may say, and nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.observe.notes import Notes
    from harness.record.models import Fact, Finding, Severity


class FindingsFixture:
    """Notes what a decision maker must know; the verdict is the gate's."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    def add(
        self,
        code: str,
        *,
        object: str,  # noqa: A002 - the word of the record's model
        text: str,
        severity: Severity | str | None = None,
        before: str = "",
        after: str = "",
        advice: str = "",
        evidence: tuple[str, bytes] | None = None,
        **params: object,
    ) -> Finding:
        """Notes a finding.

        Args:
            code: stable machine name, upper case Latin.
            object: what it is about, in the words of the base.
            text: Russian template with places in braces, filled from `params`.
            severity: blocker, warning or info; the scenario's own when not given.
            before: the value of the phase before, for people, where the scenario knows it.
            after: the value that is wrong.
            advice: what to do, a template as `text`.
            evidence: name and content of a file to keep.
            **params: values of the places, already formatted for people.
        """
        kept = [self._notes.keep(*evidence)] if evidence else []
        return self._notes.finding(
            code,
            object=object,
            text=text,
            severity=severity,
            before=before,
            after=after,
            advice=advice,
            evidence=kept,
            **params,
        )

    def keep(self, name: str, content: bytes) -> str:
        """Keeps a file as evidence and returns its path inside the record."""
        return self._notes.keep(name, content)


class FactsFixture:
    """Notes measured or found facts."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    def add(self, name: str, value: object, *, unit: str = "", text: str = "", **params: object) -> Fact:
        """Notes a fact; numbers and booleans are written in their canonical form ("0.92", "true")."""
        return self._notes.fact(name, value, unit=unit, text=text, **params)
