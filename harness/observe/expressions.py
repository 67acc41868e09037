"""Small safe expressions of scenarios and acceptances, read by Python's parser and allowed only what is listed here.

The names in them are columns, in Russian as the base has them: `sum(Дебет) == sum(Кредит)`, `before == 20 and after == 22`.
A column that is no identifier is written `col("Сумма, руб")`.
"""

from __future__ import annotations

import ast

from harness.errors import ConfigError

_ALLOWED = (
    ast.Expression,
    ast.BoolOp,
    ast.And,
    ast.Or,
    ast.UnaryOp,
    ast.Not,
    ast.USub,
    ast.BinOp,
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.Div,
    ast.Compare,
    ast.Eq,
    ast.NotEq,
    ast.Lt,
    ast.LtE,
    ast.Gt,
    ast.GtE,
    ast.In,
    ast.NotIn,
    ast.Call,
    ast.Name,
    ast.Load,
    ast.Constant,
    ast.Tuple,
)


def parse(text: str, *, functions: frozenset[str], place: str) -> ast.expr:
    """Reads an expression.

    Args:
        text: the expression.
        functions: names that may be called.
        place: where it stands, for the error.

    Raises:
        ConfigError: not an expression, or one that says more than is allowed.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError) as error:
        raise ConfigError(
            f"Выражение не разбирается: {text}",
            place=place,
            hint='Пример: sum(Дебет) == sum(Кредит); имя с пробелами — col("Имя")',
        ) from error
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED):
            raise ConfigError(f"В выражении нельзя использовать {type(node).__name__}: {text}", place=place)
        if isinstance(node, ast.Call) and (
            not isinstance(node.func, ast.Name) or node.func.id not in functions or node.keywords
        ):
            known = ", ".join(sorted(functions))
            raise ConfigError(f"Неизвестная функция в выражении: {text}", place=place, hint=f"Есть функции: {known}")
    return tree.body


def column_name(node: ast.expr) -> str | None:
    """Column an expression's node names: `Сумма` or `col("Сумма, руб")`; None when it is something else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "col" and len(node.args) == 1:
        argument = node.args[0]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            return argument.value
    return None
