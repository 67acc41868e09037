"""Names of the facts the gates look at, and of the thresholds they compare them with: the contract with the pipeline.

A fact that is absent, or whose value is "unknown", is not known, and its gate says so. Booleans are "true" or "false", counts and
seconds are digits. The pipeline gives all of these but `reports_*`, which scenarios give.
"""

from __future__ import annotations

UNKNOWN = "unknown"
"""Value of a fact nobody knows."""

BACKUP_PROVEN = "backup.proven"
"""Whether the backup, restored, equals the stand: false when it was compared and differs; unknown when nobody could compare."""
BACKUP_SECONDS = "backup.seconds"
"""Duration of taking the backup."""
RESTORE_SECONDS = "restore.seconds"
"""Duration of a restore: what a rollback will cost."""
UPDATE_SECONDS = "update.seconds"
"""Duration of the update itself."""

RESOURCES_BLOCKED = "isolation.external_resources_blocked"
"""Whether outward connections of the stand are blocked."""
JOBS_BLOCKED = "isolation.scheduled_jobs_blocked"
"""Whether scheduled jobs of the stand are blocked."""
STAND_MARKED = "stand.marked"
"""Whether the base carries the stand's mark."""
STAND_EMULATOR = "stand.emulator"
"""Whether the stand is the bundled emulator: the document says so."""

BASE_BEFORE, BASE_AFTER = "base.before", "base.after"
"""What the base calls itself in each phase: two names are two bases, and nothing can be compared."""
RELEASE_BEFORE, RELEASE_AFTER = "release.before", "release.after"
"""What the base says of its release before and after the update."""
HANDLERS_FAILED = "update.handlers_failed"
"""How many update handlers ended with an error; 0 for a stand that has none by nature."""
DEFERRED_LEFT = "update.deferred_left"
"""How many deferred update handlers are not finished; 0 for a stand that has none by nature."""
EXTENSIONS_REFUSED = "update.extensions_refused"
"""How many extensions were not applied after the update; 0 for a stand that has none by nature."""

REPORTS_CUSTOM = "reports_custom"
"""How many reports of the base are the organisation's own: what coverage is counted of."""
REPORTS_CUSTOM_NAMES = "reports_custom_names"
"""Their names, one a line: with them only covered reports of this list count."""
REPORTS_CHECKED = "reports_checked"
"""Computed by the gate: how many of them were checked in both phases."""

WINDOW_FITS = "window.fits"
"""Whether backup, update, check and restore fit into the maintenance window of production; absent when no window was set."""
ROLLBACK_DEADLINE = "rollback.deadline"
"""The last moment when a rollback still ends within the window."""

PROVE_NOTICED = "prove.noticed"
"""How many seeded defects this very suite noticed when it was proven; the text tells of how many. Absent: nobody proved it."""
PROVE_STALE = "prove.stale"
"""The suite was proven once and has changed since."""

T_REPORT_COVERAGE = "report_coverage"
"""Threshold: share of custom reports that must be checked."""
T_MAX_WARNINGS = "max_warnings"
"""Threshold: how many warnings GO bears."""
T_TIMING_RATIO = "timings.ratio"
"""Threshold: how many times slower the median may be."""
T_TIMING_FLOOR = "timings.floor_ms"
"""Threshold: a slowdown of fewer milliseconds does not count."""
P_BACKUP_UNPROVEN = "backup_unproven"
"""Policy when nobody could prove the backup."""
P_ISOLATION_UNKNOWN = "isolation_unknown"
"""Policy when the stand is not known to be isolated."""
P_NOT_CHECKED = "not_checked"
"""Policy when a scenario that could stop the update was not checked."""
P_UPDATE_UNKNOWN = "update_unknown"
"""Policy when the base cannot say how its update went (release, handlers, extensions)."""
P_REPORTS_UNKNOWN = "reports_unknown"
"""Policy when report scenarios ran but nobody knows which reports the base has."""
P_DEFERRED_LEFT = "deferred_left"
"""Policy when deferred update handlers are not finished."""
P_WINDOW = "window"
"""Policy when update and rollback do not fit into the window."""

DEFAULTS: dict[str, str] = {
    T_REPORT_COVERAGE: "0.8",
    T_MAX_WARNINGS: "0",
    T_TIMING_RATIO: "2.0",
    T_TIMING_FLOOR: "100",
    P_BACKUP_UNPROVEN: "conditions",
    P_ISOLATION_UNKNOWN: "conditions",
    P_NOT_CHECKED: "conditions",
    P_UPDATE_UNKNOWN: "conditions",
    P_REPORTS_UNKNOWN: "conditions",
    P_DEFERRED_LEFT: "conditions",
    P_WINDOW: "no-go",
}
"""What counts when the record's header names no threshold. Policies: ignore, conditions, incomplete, no-go."""
