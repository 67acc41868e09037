"""Control totals that go beyond one table of one phase: between observations of a scenario, and between before and after.

`sum(Сумма) == of("регистр", sum(Сумма))` holds within each phase; `after(sum(Начало)) == before(sum(Конец))` ties the phases together.
"""

from __future__ import annotations

import ast
import operator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from harness.errors import ConfigError
from harness.observe.changes import Change, Summary, difference_file, summed, write_changes
from harness.observe.controls import AGGREGATES, side_of
from harness.observe.expressions import parse
from harness.observe.people import number_of, shown
from harness.observe.wording import difference
from harness.record.models import Difference, DifferenceClass, ObservationKind, Phase, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from harness.record.models import Observation

FUNCTIONS = AGGREGATES | {"abs", "col", "before", "after", "of", "value"}
_BROKEN = "Контрольное равенство «{equation}» ({observation}) нарушено после обновления: слева {left}, справа {right}"
_STILL = "Контрольное равенство «{equation}» ({observation}) нарушено и до обновления: слева {left}, справа {right}"
_ACROSS = "Контрольное равенство «{equation}» ({observation}) между этапами нарушено: слева {left}, справа {right}"
_UNKNOWN = "Контрольное равенство «{equation}» ({observation}) вычислить нельзя: {why}"
_COMPARE: dict[type[ast.AST], Callable[[Decimal, Decimal], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def read(equation: str) -> ast.Compare:
    """An equation, read.

    Raises:
        ConfigError: it cannot be read, or compares nothing.
    """
    tree = parse(equation, functions=FUNCTIONS, place=f"across: {equation}")
    if not isinstance(tree, ast.Compare) or len(tree.ops) != 1 or type(tree.ops[0]) not in _COMPARE:
        raise ConfigError("Контрольное равенство должно сравнивать две величины", place=equation)
    return tree


def check_across(folder: Path, sides: Mapping[Phase, Mapping[str, Observation]], seen: Observation) -> list[Difference]:
    """Equations of a table that do not hold, one difference each.

    Args:
        folder: the record's folder.
        sides: every observation of the table's scenario.
        seen: the table after the update.
    """
    return [
        found
        for number, equation in enumerate(seen.definition.get("across", ()))
        if (found := _check(folder, sides, seen, equation, number)) is not None
    ]


def _check(
    folder: Path, sides: Mapping[Phase, Mapping[str, Observation]], seen: Observation, equation: str, number: int
) -> Difference | None:
    params = {"equation": equation, "observation": seen.title}
    try:
        tree = read(equation)
        across = any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"before", "after"}
            for node in ast.walk(tree)
        )
        left, right = _values(folder, sides, seen, tree, Phase.AFTER)
        if _holds(tree, left, right):
            return None
        still = not across and not _holds(tree, *_values(folder, sides, seen, tree, Phase.BEFORE))
    except (ConfigError, ArithmeticError) as error:
        why = error.message if isinstance(error, ConfigError) else "деление на ноль"
        text = Text(msgid=_UNKNOWN, params=params | {"why": why})
        return difference(seen, DifferenceClass.NO_TWIN, Summary(), file="", text=text)
    change = Change("changed", equation, "", left, right)
    file = write_changes(folder, difference_file(seen, f"equation-{number}.json"), [change])
    text = Text(
        msgid=_ACROSS if across else _STILL if still else _BROKEN,
        params=params | {"left": shown(left), "right": shown(right)},
    )
    found = difference(seen, DifferenceClass.UNEXPLAINED, summed([change]), file=file, text=text)
    return msgspec.structs.replace(found, code="CONTROL-TOTAL-BEFORE" if still else "CONTROL-TOTAL")


def _holds(tree: ast.Compare, left: Decimal, right: Decimal) -> bool:
    return bool(_COMPARE[type(tree.ops[0])](left, right))


def _values(
    folder: Path, sides: Mapping[Phase, Mapping[str, Observation]], seen: Observation, tree: ast.Compare, phase: Phase
) -> tuple[Decimal, Decimal]:
    one = _Evaluation(folder, sides, tree)
    return one.of(tree.left, phase, seen.name), one.of(tree.comparators[0], phase, seen.name)


class _Evaluation:
    def __init__(self, folder: Path, sides: Mapping[Phase, Mapping[str, Observation]], tree: ast.Compare) -> None:
        self._folder = folder
        self._sides = sides
        self._equation = ast.unparse(tree)

    def of(self, node: ast.expr, phase: Phase, name: str) -> Decimal:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return Decimal(str(node.value))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -self.of(node.operand, phase, name)
        if isinstance(node, ast.BinOp):
            return self._arithmetic(node, phase, name)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self._call(node.func.id, node, phase, name)
        raise ConfigError("В равенстве колонки стоят внутри sum, count, min или max", place=self._equation)

    def _arithmetic(self, node: ast.BinOp, phase: Phase, name: str) -> Decimal:
        left, right = self.of(node.left, phase, name), self.of(node.right, phase, name)
        operators = {ast.Add: left.__add__, ast.Sub: left.__sub__, ast.Mult: left.__mul__, ast.Div: left.__truediv__}
        return operators[type(node.op)](right)

    def _call(self, function: str, node: ast.Call, phase: Phase, name: str) -> Decimal:
        arguments = node.args
        if function in AGGREGATES:
            return self._aggregate(node, phase, name)
        if function in {"before", "after"} and len(arguments) == 1:
            return self.of(arguments[0], Phase(function), name)
        if function == "abs" and len(arguments) == 1:
            return abs(self.of(arguments[0], phase, name))
        named = arguments[0].value if arguments and isinstance(arguments[0], ast.Constant) else None
        if function == "of" and len(arguments) == 2 and isinstance(named, str):
            return self.of(arguments[1], phase, named)
        if function == "value" and len(arguments) == 1 and isinstance(named, str):
            return self._value(named, phase)
        raise ConfigError(f"У функции {function} другие аргументы", place=self._equation)

    def _observation(self, name: str, phase: Phase, kind: ObservationKind) -> Observation:
        found = self._sides.get(phase, {}).get(name)
        if found is None or found.kind is not kind:
            known = ", ".join(sorted(self._sides.get(phase, {})))
            raise ConfigError(f"нет наблюдения «{name}»", place=self._equation, hint=f"Есть: {known}")
        return found

    def _value(self, name: str, phase: Phase) -> Decimal:
        seen = self._observation(name, phase, ObservationKind.VALUE)
        stored: dict[str, Any] = msgspec.json.decode((self._folder / seen.file).read_bytes())
        number = number_of(stored["value"])
        if number is None:
            raise ConfigError(f"величина «{name}» — не число", place=self._equation)
        return number

    def _aggregate(self, node: ast.Call, phase: Phase, name: str) -> Decimal:
        seen = self._observation(name, phase, ObservationKind.TABLE)
        found = side_of(self._folder / seen.file, node, self._equation)
        number = Decimal(0) if found is None else number_of(found)
        if number is None:
            raise ConfigError(f"«{ast.unparse(node)}» — не число", place=self._equation)
        return number


def checked(equations: str | Sequence[str]) -> list[str]:
    """Equations as a definition keeps them.

    Raises:
        ConfigError: one that cannot be read.
    """
    known = [equations] if isinstance(equations, str) else list(equations)
    for equation in known:
        read(equation)
    return known
