"""Comparing two tables of 8 columns: this project, the same join typed by hand in DuckDB, and datacompy, each in a process of its own.

The pair has a GUID and a line number as its key; of a million rows 500 are added, 500 removed and 1,500 changed, and the second table lies
in another order. Time is that of the work alone (imports and reading the interpreter apart), memory is the process' peak.
usage: python benchmarks/bench_compare.py [MILLIONS [RUNS [MILLIONS_FOR_DATACOMPY]]]; 0 for the last: without datacompy
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

KEY = ("Документ", "НомерСтроки")
VALUES = ("Период", "Счет", "Количество", "Сумма", "Содержание", "Активность")
MEMORY = "1GB"
"""Limit of both ways that have one."""


def generate(folder: Path, millions: float) -> None:
    """Writes both sides as observations lie in a record: typed Parquet with the kind of each column."""
    import base64

    import duckdb
    import pyarrow as pa

    from harness.observe.columns import METADATA_KEY

    rows = int(millions * 1_000_000)
    kinds = {
        KEY[0]: (pa.uuid(), b"text"),
        KEY[1]: (pa.decimal128(18, 0), b"number"),
        VALUES[0]: (pa.timestamp("us"), b"datetime"),
        VALUES[1]: (pa.string(), b"text"),
        VALUES[2]: (pa.decimal128(18, 3), b"number"),
        VALUES[3]: (pa.decimal128(18, 2), b"number"),
        VALUES[4]: (pa.string(), b"text"),
        VALUES[5]: (pa.bool_(), b"boolean"),
    }
    schema = pa.schema([pa.field(name, kind, metadata={METADATA_KEY: tag}) for name, (kind, tag) in kinds.items()])
    # The kinds of columns lie where the engine of a run finds them: in the schema that Arrow keeps in a file's footer.
    footer = base64.b64encode(schema.serialize().to_pybytes()).decode()
    connection = duckdb.connect(config={"memory_limit": "4GB", "preserve_insertion_order": True})
    connection.execute("SET enable_progress_bar = false")
    for name, after in (("before", False), ("after", True)):
        low, high = (rows // 2000, rows + rows // 2000) if after else (0, rows)
        # Rows i % 667 == 5 carry another sum in the second table.
        change = "CASE WHEN i % 667 = 5 THEN 1 ELSE 0 END" if after else "0"
        # Another order, as a base gives after an update: blocks of a hundred rows, shuffled.
        order = "ORDER BY hash(i // 100)" if after else ""
        connection.execute(f"""
            COPY (
                SELECT CAST(md5(CAST(i // 10 AS VARCHAR)) AS UUID) AS "{KEY[0]}", CAST(i % 10 AS DECIMAL(18, 0)) AS "{KEY[1]}",
                       TIMESTAMP '2026-01-01' + INTERVAL (i % 7776000) SECOND AS "{VALUES[0]}", '60.' || (i % 97) AS "{VALUES[1]}",
                       CAST(i % 1009 AS DECIMAL(18, 3)) AS "{VALUES[2]}", CAST(i % 99991 + {change} AS DECIMAL(18, 2)) AS "{VALUES[3]}",
                       'Поступление товаров ' || (i % 4999) AS "{VALUES[4]}", i % 11 <> 0 AS "{VALUES[5]}"
                FROM (SELECT range AS i FROM range({low}, {high}) {order.replace("i //", "range //")})
            ) TO '{folder / f"{name}.parquet"}' (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{'ARROW:schema': '{footer}'}})
        """)  # noqa: S608 - numbers and names of this file


def ours(folder: Path) -> dict[str, int]:
    """The comparison as a run makes it: structure, duplicates, rows, causes, examples."""
    from harness.observe.compare_tables import compare_tables
    from harness.record.models import DifferenceClass, Observation, ObservationKind, Phase

    definition = {
        "key": list(KEY), "tolerance": {}, "ordered": False, "mask": [], "personal": [], "control": [], "growing": [],
        "may_be_empty": False,
    }  # fmt: skip
    before, after = (
        Observation(
            scenario="B", name="t", kind=ObservationKind.TABLE, phase=phase, file=f"{phase.value}.parquet",
            digest=phase.value, title="t", definition=definition,
        )
        for phase in Phase
    )  # fmt: skip
    found = [item for item in compare_tables(folder, before, after) if item.cls is DifferenceClass.UNEXPLAINED]
    return {"added": found[0].added, "removed": found[0].removed, "changed": found[0].changed}


def by_hand(folder: Path) -> dict[str, int]:
    """What somebody who knows SQL types: one full join, differing rows kept in a file, counted."""
    import duckdb

    with tempfile.TemporaryDirectory() as spill:
        connection = duckdb.connect(
            config={
                "memory_limit": MEMORY,
                "threads": 2,
                "temp_directory": spill,
                "preserve_insertion_order": False,
            }
        )
        connection.execute("SET enable_progress_bar = false")
        on = " AND ".join(f'b."{name}" = a."{name}"' for name in KEY)
        differs = " OR ".join(f'b."{name}" IS DISTINCT FROM a."{name}"' for name in VALUES)
        output = folder / "hand.parquet"
        connection.execute(f"""
            COPY (
                SELECT CASE WHEN b."{KEY[0]}" IS NULL THEN 'added' WHEN a."{KEY[0]}" IS NULL THEN 'removed' ELSE 'changed' END AS change,
                       b.*, a.* FROM read_parquet('{folder / "before.parquet"}') b
                FULL OUTER JOIN read_parquet('{folder / "after.parquet"}') a ON {on}
                WHERE b."{KEY[0]}" IS NULL OR a."{KEY[0]}" IS NULL OR {differs}
            ) TO '{output}' (FORMAT parquet)
        """)  # noqa: S608 - names of this file
        counted = connection.execute(
            f"SELECT change, count(*) FROM read_parquet('{output}') GROUP BY change"  # noqa: S608 - a path of ours
        ).fetchall()
    return {str(name): int(count) for name, count in counted}


def datacompy(folder: Path) -> dict[str, int]:
    """The usual tool, on its faster engine."""
    import datacompy as tool
    import polars as pl

    left, right = (pl.read_parquet(folder / f"{name}.parquet") for name in ("before", "after"))
    compared = tool.PolarsCompare(left, right, join_columns=list(KEY), cast_column_names_lower=False)
    both = compared.intersect_rows
    equal = both.select(pl.all_horizontal(pl.col([f"{name}_match" for name in VALUES]))).to_series()
    return {
        "added": len(compared.df2_unq_rows),
        "removed": len(compared.df1_unq_rows),
        "changed": int((~equal).sum()),
    }


WAYS = {"ours": ours, "by hand": by_hand, "datacompy": datacompy}


def measured(way: str, folder: Path) -> dict[str, Any]:
    """One run in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--one", way, str(folder)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{way}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _one(way: str, folder: Path) -> None:
    import duckdb  # noqa: F401 - imports are not measured
    import pyarrow.parquet  # noqa: F401

    if way == "datacompy":
        import datacompy as _  # noqa: F401
    else:
        import harness.observe.compare_tables  # noqa: F401
    started, spent = time.perf_counter(), time.process_time()
    found = WAYS[way](folder)
    seconds, cpu = time.perf_counter() - started, time.process_time() - spent
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak(), "found": found}))


def peak() -> float:
    """Peak resident memory of this process, MB; 0 where the system does not tell.

    Linux hands `ru_maxrss` of whoever started a process down to it, so the process' own high-water mark is read there.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1024
    try:
        import resource
    except ImportError:
        return 0.0
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (1024 * 1024 if sys.platform == "darwin" else 1024)


def compare(millions: float, ways: tuple[str, ...], runs: int) -> dict[str, tuple[float, float, float]]:
    """Median seconds, median seconds of the processor, peak memory of each way; all must find the same."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder, millions)
        results: dict[str, list[dict[str, Any]]] = {way: [] for way in ways}
        for _ in range(runs):
            for way in ways:
                results[way].append(measured(way, folder))
    expected = results[ways[0]][0]["found"]
    for way, found in results.items():
        for one in found:
            if one["found"] != expected:
                raise SystemExit(f"{way} found {one['found']}, {ways[0]} found {expected}")
    print(f"{millions:g} million rows a side, {runs} run(s); {expected}")
    medians = {}
    for way, found in results.items():
        seconds, cpu = (statistics.median(one[name] for one in found) for name in ("seconds", "cpu"))
        medians[way] = seconds, cpu, max(one["peak"] for one in found)
        print(f"  {way:10} median {seconds:7.2f} s ({cpu:6.2f} s of processor)   peak {medians[way][2]:7.0f} MB")
    return medians


def main(millions: float, runs: int, millions_for_datacompy: float) -> None:
    """Prints both comparisons and their ratios."""
    large = compare(millions, ("ours", "by hand"), runs)
    wall, cpu = (large["ours"][place] / large["by hand"][place] for place in (0, 1))
    print(f"  ours / by hand: {wall:.2f} x the time, {cpu:.2f} x the processor")
    if millions_for_datacompy:
        pair = compare(millions_for_datacompy, ("ours", "datacompy"), 1)
        wall, cpu, memory = (pair["datacompy"][place] / max(pair["ours"][place], 0.001) for place in range(3))
        print(f"  datacompy / ours: {wall:.1f} x the time, {cpu:.1f} x the processor, {memory:.1f} x the memory")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        _one(sys.argv[2], Path(sys.argv[3]))
    else:
        given = [float(word) for word in sys.argv[1:]]
        defaults = (10.0, 2.0, 5.0)
        numbers = [*given, *defaults[len(given) :]]
        main(numbers[0], int(numbers[1]), numbers[2])
