"""Looks at a file of any known format: what it is, what it holds, what is wrong with it. What `readiness exchange validate` shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.exchange import (
    archive,
    bank,
    bank_rules,
    capabilities,
    commerceml_rules,
    directbank,
    directbank_rules,
    distributed,
    enterprise_data,
    exchange_plans,
    golden,
    httpservice,
    wsdl,
    xdto,
    xsd,
)
from harness.exchange.facts import FACTS
from harness.exchange.markup import LIMIT, local
from harness.exchange.problems import FormatError, Problem
from harness.exchange.problems import mark as _
from harness.exchange.recognise import Kind, recognise

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_ARCHIVE = 512 * 2**20


@dataclass(frozen=True, slots=True)
class Means:
    """What a check may use besides the file.

    Attributes:
        package: XDTO package for the objects of EnterpriseData messages.
        schema: XSD for CommerceML and DirectBank.
        direction: who wrote a bank's file; None lets the file say.
    """

    package: xdto.Package | None = None
    schema: xsd.Schema | None = None
    direction: bank_rules.Direction | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found.

    Attributes:
        name: name inside an archive, "" for a file by itself.
        facts: short facts by name: version, encoding, counts.
        inner: files of an archive.
    """

    kind: Kind
    facts: dict[str, str]
    problems: tuple[Problem, ...]
    name: str = ""
    inner: tuple[Inspection, ...] = ()

    @property
    def all_problems(self) -> tuple[Problem, ...]:
        """Problems of the file and of the files inside."""
        return (*self.problems, *(item for one in self.inner for item in one.all_problems))


def inspect(source: bytes | Path, place: str, kind: Kind | None = None, means: Means | None = None) -> Inspection:
    """Reads a file and checks it.

    Args:
        source: bytes or a path; a path lets a catalogue of any size be read as a stream.
        place: what to name in an error.
        kind: the format when it is known; None lets the content say.
        means: package, schema, direction.

    Raises:
        DocumentError: it is not that format, or none that is known.
        UsageError: a means that does not go with the format.
    """
    chosen = kind or recognise(source, place)
    used = means or Means()
    if used.schema is not None and chosen not in (Kind.COMMERCEML, Kind.DIRECTBANK, Kind.ARCHIVE):
        raise UsageError("--xsd применяется к CommerceML и DirectBank", place="--xsd")
    if used.package is not None and chosen not in (Kind.ENTERPRISE_DATA, Kind.ARCHIVE):
        raise UsageError("--package применяется к сообщениям EnterpriseData", place="--package")
    return _CHECKS[chosen](source, place, used)


def content(source: bytes | Path, place: str, limit: int = LIMIT) -> bytes:
    """All bytes of a source that is held in memory as a whole.

    Raises:
        DocumentError: larger than the limit.
    """
    if isinstance(source, bytes):
        return source
    if source.stat().st_size > limit:
        raise FormatError(_("файл больше {limit} МБ: целиком такой не читается"), place=place, limit=limit // 2**20)
    return source.read_bytes()


def _bank(source: bytes | Path, place: str, means: Means) -> Inspection:
    file = bank.read(content(source, place), place)
    direction = means.direction or bank_rules.guess_direction(file)
    facts = {
        "version": file.version,
        "encoding": file.encoding,
        "direction": direction.value,
        "accounts": str(len(file.own_accounts)),
        "documents": str(len(file.documents)),
    }
    return Inspection(Kind.BANK, facts, tuple(bank_rules.validate(file, direction)))


def _commerceml(source: bytes | Path, place: str, means: Means) -> Inspection:
    checker = commerceml_rules.check(source, place)
    counted = {name.lower(): str(count) for name, count in sorted(checker.counts.items())}
    facts = checker.facts | {name: count for name, count in counted.items() if name in FACTS}
    problems = list(checker.problems)
    if means.schema is not None:
        problems += xsd.violations(content(source, place), means.schema, place).values()
    return Inspection(Kind.COMMERCEML, facts, tuple(problems))


def _enterprise_data(source: bytes | Path, place: str, means: Means) -> Inspection:
    message = enterprise_data.read(content(source, place).removeprefix(b"\xef\xbb\xbf"), place)
    seen = message.confirmation
    facts = {
        "version": message.version,
        "extension": message.extension,
        "objects": str(len(message.objects)),
        "message_no": str(seen.message_no) if seen else "",
        "received_no": str(seen.received_no) if seen else "",
    }
    problems = enterprise_data.check(message)
    if means.package is not None:
        problems += means.package.validate(message)
    return Inspection(Kind.ENTERPRISE_DATA, facts, tuple(problems))


def _branch(source: bytes | Path, place: str, means: Means) -> Inspection:
    del means
    message = distributed.read(content(source, place).removeprefix(b"\xef\xbb\xbf"), place)
    facts = {
        "message_no": str(message.message_no),
        "received_no": str(message.received_no),
        "configuration": str(len(message.metadata)),
        "objects": str(len(message.data)),
    }
    return Inspection(Kind.BRANCH, facts, tuple(distributed.check(message)))


def _directbank(source: bytes | Path, place: str, means: Means) -> Inspection:
    data = content(source, place)
    root = directbank.read_any(data, place)
    facts = {"document": local(root), "version": root.get("formatVersion", "")}
    if local(root) == "Packet":
        packet = directbank.packet_of(root, place)
        facts["documents"] = str(len(packet.documents))
        problems = directbank_rules.check_packet(packet)
    else:
        problems = directbank_rules.check_document(data) if local(root) != "ResultBank" else []
    if means.schema is not None:
        problems += xsd.violations(data.removeprefix(directbank.BOM), means.schema, place).values()
    return Inspection(Kind.DIRECTBANK, facts, tuple(problems))


def _changes(source: bytes | Path, place: str, means: Means) -> Inspection:
    del means
    found = exchange_plans.summary(source, place)
    facts = {
        **{name: str(count) for name, count in found.changed},
        "deleted": str(sum(n for _name, n in found.deleted)),
    }
    return Inspection(Kind.CHANGES, facts, ())


def _xdto(source: bytes | Path, place: str, means: Means) -> Inspection:
    del means
    package = xdto.load_package(content(source, place), place)
    facts = {
        "namespace": package.namespace,
        "version": package.version,
        "objects": str(len(package.objects)),
        "values": str(len(package.values)),
    }
    return Inspection(Kind.XDTO, facts, ())


def _wsdl(source: bytes | Path, place: str, means: Means) -> Inspection:
    del means
    service = wsdl.read(content(source, place), place)
    facts = {"name": service.name, "namespace": service.namespace, "operations": str(len(service.operations))}
    return Inspection(Kind.WSDL, facts, ())


def _http_service(source: bytes | Path, place: str, means: Means) -> Inspection:
    del means
    service = httpservice.read(content(source, place), place)
    facts = {"name": service.name, "root": service.root_url, "routes": str(len(service.routes))}
    return Inspection(Kind.HTTP_SERVICE, facts, tuple(httpservice.check(service)))


def _capabilities(source: bytes | Path, place: str, means: Means) -> Inspection:
    del means
    found = capabilities.read(content(source, place), place)
    facts = {
        "configuration": found.configuration,
        "versions": ", ".join(sorted(found.versions, key=enterprise_data.version_key)),
        "objects": str(len(found.objects)),
    }
    return Inspection(Kind.CAPABILITIES, facts, tuple(capabilities.check(found)))


def _golden(source: bytes | Path, place: str, means: Means) -> Inspection:
    del means
    found = golden.read(content(source, place), place)
    facts = {
        "name": found.name,
        "request": f"{found.request.method} {found.request.path}",
        "status": str(found.answer.status),
    }
    return Inspection(Kind.GOLDEN, facts, ())


def _archive(source: bytes | Path, place: str, means: Means) -> Inspection:
    """Files of exchanges inside; pictures and what else travels with a catalogue are counted."""
    inner = []
    others = 0
    for name, data in archive.files(content(source, place, _ARCHIVE), place):
        if not name.lower().endswith((".xml", ".txt", ".json")):
            others += 1
            continue
        here = f"{place}/{name}"
        chosen = recognise(data, here)
        if chosen is Kind.ARCHIVE:
            raise FormatError(_("архив в архиве не читается"), place=here)
        found = _CHECKS[chosen](data, here, means)
        inner.append(Inspection(found.kind, found.facts, found.problems, name))
    if not inner:
        raise FormatError(_("в архиве нет файлов обмена"), place=place)
    return Inspection(Kind.ARCHIVE, {"files": str(len(inner) + others)}, (), "", tuple(inner))


_CHECKS: dict[Kind, Callable[[bytes | Path, str, Means], Inspection]] = {
    Kind.BANK: _bank,
    Kind.COMMERCEML: _commerceml,
    Kind.ENTERPRISE_DATA: _enterprise_data,
    Kind.BRANCH: _branch,
    Kind.DIRECTBANK: _directbank,
    Kind.CHANGES: _changes,
    Kind.XDTO: _xdto,
    Kind.WSDL: _wsdl,
    Kind.HTTP_SERVICE: _http_service,
    Kind.CAPABILITIES: _capabilities,
    Kind.GOLDEN: _golden,
    Kind.ARCHIVE: _archive,
}
