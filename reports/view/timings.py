"""Times of key operations before and after the update, on a common scale for each operation."""

from __future__ import annotations

from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING

import msgspec

from harness.record.models import ObservationKind, Phase
from reports.view.model import Samples, TimingView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.record.models import Decision, Observation
    from harness.record.reader import Record
    from reports.i18n import Translator


def timing_views(tr: Translator, record: Record, decision: Decision) -> tuple[TimingView, ...]:
    """Every timing that was observed, slowest growth first; nothing is dropped when one phase is missing."""
    slow = {(finding.scenario, finding.object) for finding in decision.findings if finding.code == "SLOWER"}
    series: dict[tuple[str, str], dict[Phase, list[float]]] = {}
    titles: dict[tuple[str, str], str] = {}
    for one in record.observations:
        if one.kind is ObservationKind.TIMING:
            key = (one.scenario, one.name)
            titles[key] = titles.get(key) or tr.name(one.title) or one.name
            series.setdefault(key, {})[one.phase] = samples_of(record, one)
    views = [_view(tr, key, titles[key], phases, slow) for key, phases in series.items()]
    return tuple(view for _, view in sorted(views, key=lambda pair: (-pair[0], pair[1].scenario, pair[1].title)))


def samples_of(record: Record, observation: Observation) -> list[float]:
    """Samples of a timing in seconds, as the observation's file has them; none when the file is no timing."""
    try:
        stored = msgspec.json.decode((record.path / observation.file).read_bytes(), type=_Timing)
    except (OSError, msgspec.DecodeError):
        return []
    return stored.seconds


class _Timing(msgspec.Struct):
    seconds: list[float]


def _view(
    tr: Translator,
    key: tuple[str, str],
    title: str,
    phases: dict[Phase, list[float]],
    slow: set[tuple[str, str]],
) -> tuple[float, TimingView]:
    before, after = phases.get(Phase.BEFORE, []), phases.get(Phase.AFTER, [])
    top = max([*before, *after], default=0.0)
    ratio = median(after) / median(before) if before and after and median(before) > 0 else 0.0
    return ratio, TimingView(
        scenario=key[0],
        title=title,
        before=_samples(tr, before, top),
        after=_samples(tr, after, top),
        ratio=f"×{tr.number(Decimal(ratio).quantize(Decimal('0.1')))}" if ratio else "—",
        slower=any(scenario == key[0] and (what in {key[1], title}) for scenario, what in slow),
        samples=f"{len(before)} / {len(after)}",
    )


def _samples(tr: Translator, values: Sequence[float], top: float) -> Samples | None:
    if not values:
        return None
    middle = median(values)
    return Samples(tr.seconds(middle), place(middle, top), tuple(place(value, top) for value in sorted(values)))


def place(value: float, top: float) -> str:
    """A value on a scale of 0 to 100, as SVG wants it."""
    return f"{100 * value / top:.2f}" if top > 0 else "0"
