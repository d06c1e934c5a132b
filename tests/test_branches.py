"""No function branches more than can be held in mind.

Ruff's bound (`tool.ruff.lint.mccabe`) counts statements alone. Here conditions within expressions
count as well: each `and` and `or`, each loop and condition of a comprehension, each pattern.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("adapters", "clients", "domain", "entrypoints", "plugins", "puerto")
MOST = 15
_ONE_EACH = (
    *(ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While),
    *(ast.ExceptHandler, ast.Assert, ast.match_case),
)


def branches(function: ast.AST) -> int:
    return sum(map(_counted, ast.walk(function)))


def _counted(node: ast.AST) -> int:
    match node:
        case ast.BoolOp(values=parts) | ast.MatchOr(patterns=parts):
            return len(parts) - 1
        case ast.comprehension(ifs=conditions):
            return 1 + len(conditions)
        case _:
            return int(isinstance(node, _ONE_EACH))


def functions(room: str) -> Iterator[tuple[str, ast.AST]]:
    for path in sorted((ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node


@pytest.mark.parametrize("room", ROOMS)
def test_no_function_branches_too_much(room: str) -> None:
    counted = {name: branches(node) for name, node in functions(room)}
    assert counted
    assert {name: count for name, count in counted.items() if count > MOST} == {}


def test_every_kind_of_branch_counts() -> None:
    text = """
def f(a):
    if a and a or a: pass
    x = [b for b in a if b if not b] if a else 1
    while a: pass
    match a:
        case 1 | 2: pass
        case _: pass
    try: pass
    except ValueError: pass
"""
    assert branches(ast.parse(text)) == 3 + 4 + 1 + 3 + 1
