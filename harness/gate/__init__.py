"""Gates: findings and facts in, verdict out; pure functions over a run record."""

from __future__ import annotations

from harness.gate.findings import findings_of
from harness.gate.inputs import JudgeInput, PhaseInput, inputs_of
from harness.gate.judge import judge, judge_record, worst

__all__ = ["JudgeInput", "PhaseInput", "findings_of", "inputs_of", "judge", "judge_record", "worst"]
