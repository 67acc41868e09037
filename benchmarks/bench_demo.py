"""How long the user waits: `readiness --help` and `readiness demo`, as whole processes, median of several runs.

The reference in the same run is `python -c pass`: what the interpreter itself costs on this machine at this moment.
usage: python benchmarks/bench_demo.py [RUNS]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OK = (0,)


def seconds(*arguments: str, codes: tuple[int, ...] = OK) -> float:
    """Wall time of one run of the interpreter with these arguments."""
    started = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, check=False)
    spent = time.perf_counter() - started
    if done.returncode not in codes:
        raise SystemExit(f"{arguments}: exit code {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return spent


def main(runs: int) -> None:
    """Prints medians and the ratio to the bare interpreter."""
    bare = statistics.median(seconds("-c", "pass") for _ in range(runs * 3))
    helped = statistics.median(seconds("-m", "harness.cli", "--help") for _ in range(runs * 3))
    with tempfile.TemporaryDirectory() as folder:
        demo = statistics.median(
            seconds("-m", "harness.cli", "demo", "--records", str(Path(folder) / str(run))) for run in range(runs)
        )
    print(f"python -c pass       median {bare:6.3f} s")
    print(f"readiness --help     median {helped:6.3f} s   {helped / bare:5.1f} x the bare interpreter")
    print(f"readiness demo       median {demo:6.1f} s   two rehearsals, PDF where a browser is found, {runs} runs")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
