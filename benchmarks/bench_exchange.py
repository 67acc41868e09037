"""A CommerceML catalogue of half a gigabyte, read as a stream: time and peak memory, each check in a process of its own.

The file is generated once: goods with properties, details and pictures, as 1C writes them. Three things are measured: records counted
(`stream`), the whole check (`readiness exchange validate`), and the comparison of the file with itself (`readiness exchange compare`) of a tenth
of its size. The limit is 200 MB of memory for the first two.
usage: python benchmarks/bench_exchange.py [MEGABYTES]
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

LIMIT = 200
"""Megabytes a reader may need."""
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<КоммерческаяИнформация xmlns="urn:1C.ru:commerceml_2" ВерсияСхемы="2.08" ДатаФормирования="2026-01-01T00:00:00">
<Классификатор><Ид>main</Ид><Наименование>Каталог</Наименование>
<Группы><Группа><Ид>goods</Ид><Наименование>Товары</Наименование></Группа></Группы></Классификатор>
<Каталог СодержитТолькоИзменения="false"><Ид>main</Ид><ИдКлассификатора>main</ИдКлассификатора><Наименование>Каталог</Наименование><Товары>
"""
ITEM = """<Товар><Ид>00000000-0000-4000-8000-{n:012d}</Ид><Артикул>А-{n}</Артикул><Наименование>Стол письменный № {n}</Наименование>
<БазоваяЕдиница Код="796" НаименованиеПолное="Штука">шт</БазоваяЕдиница><Группы><Ид>goods</Ид></Группы>
<Описание>{text}</Описание><Картинка>import_files/00/{n}.jpg</Картинка>
<ЗначенияРеквизитов><ЗначениеРеквизита><Наименование>ВидНоменклатуры</Наименование><Значение>Товар</Значение></ЗначениеРеквизита>
<ЗначениеРеквизита><Наименование>Полное наименование</Наименование><Значение>Стол письменный № {n}, массив дуба</Значение></ЗначениеРеквизита>
</ЗначенияРеквизитов></Товар>
"""
TAIL = "</Товары></Каталог></КоммерческаяИнформация>\n"
TEXT = "Стол из массива дуба с двумя тумбами, покрытие — масло. " * 12


def generate(path: Path, megabytes: int) -> int:
    """Writes a catalogue of a size and returns how many goods it has."""
    goods = 0
    with path.open("wb") as file:
        file.write(HEAD.encode())
        while file.tell() < megabytes * 2**20:
            for _each in range(200):
                goods += 1
                file.write(ITEM.format(n=goods, text=TEXT).encode())
        file.write(TAIL.encode())
    return goods


def count(path: Path) -> int:
    """Goods of a file."""
    from harness.exchange.commerceml import Item, stream

    return sum(isinstance(record, Item) for record in stream(path))


def check(path: Path) -> int:
    """Goods of a file that was checked."""
    from harness.exchange.inspection import inspect

    found = inspect(path, path.name)
    assert found.problems == (), found.problems[:3]
    return int(found.facts["item"])


def compare(path: Path) -> int:
    """Differences of a file with itself."""
    from harness.exchange.comparison import compare as compared

    return len(compared(path, path))


def measured(work: Callable[[Path], int], path: Path) -> tuple[int, float, float]:
    """Result, seconds and peak megabytes of a function in a fresh process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_measure, args=(theirs, work, path))
    process.start()
    result, seconds, memory = ours.recv()
    process.join()
    return int(result), float(seconds), float(memory)


def _measure(pipe: Connection, work: Callable[[Path], int], path: Path) -> None:
    started = time.perf_counter()
    result = work(path)
    pipe.send((result, time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def main() -> int:
    """Measures and prints; 1 when a reader needs more memory than it may."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "import.xml"
        goods = generate(path, megabytes)
        size = path.stat().st_size / 2**20
        print(f"{size:.0f} MB, {goods} goods")
        worst = 0.0
        for title, work in (("stream", count), ("validate", check)):
            result, seconds, memory = measured(work, path)
            assert result == goods
            worst = max(worst, memory)
            print(f"{title}: {seconds:.1f} s, {size / seconds:.0f} MB/s, peak {memory:.0f} MB")
        generate(path, max(1, megabytes // 10))
        differences, seconds, memory = measured(compare, path)
        print(
            f"compare {path.stat().st_size / 2**20:.0f} MB: {seconds:.1f} s, {differences} differences, peak {memory:.0f} MB"
        )
    print(f"limit {LIMIT} MB: {'kept' if worst < LIMIT else 'BROKEN'}")
    return 0 if worst < LIMIT else 1


if __name__ == "__main__":
    raise SystemExit(main())
