"""Nobody is handed more than seven others: whoever needs more hides a concept without a name."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[3]
MOST: Final = 7
# What a parameter of such a type holds is a value, and nobody to work with.
_VALUES: Final = {"str", "int", "float", "bool", "bytes", "None", "Path", "datetime", "timedelta"}


def collaborators(function: ast.FunctionDef) -> list[str]:
    """Return the parameters that must be given, and are no plain values nor collections of them."""
    given = function.args
    required = [*given.posonlyargs, *given.args]
    required = required[: len(required) - len(given.defaults)]
    keywords = zip(given.kwonlyargs, given.kw_defaults, strict=True)
    required += [argument for argument, default in keywords if default is None]
    return [each.arg for each in required if each.arg != "self" and not _is_value(each)]


def _is_value(argument: ast.arg) -> bool:
    if argument.annotation is None:
        return False
    names = {each.id for each in ast.walk(argument.annotation) if isinstance(each, ast.Name)}
    return names - {"Collection", "Sequence", "Mapping", "tuple", "list", "dict"} <= _VALUES


def constructors(room: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield constructors, and the functions of the wiring, which put several together."""
    for path in sorted((ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and _puts_together(path, node):
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node


def _puts_together(path: Path, function: ast.FunctionDef) -> bool:
    is_wiring = path.parent.name == "wiring" and function.name.startswith(("wire_", "make_"))
    return function.name == "__init__" or is_wiring


@pytest.mark.parametrize("room", ["adapters", "domain", "entrypoints", "plugins"])
def test_no_constructor_has_more_than_seven_collaborators(room: str) -> None:
    counted = {name: collaborators(node) for name, node in constructors(room)}
    assert counted
    assert {name: given for name, given in counted.items() if len(given) > MOST} == {}


def test_what_counts_is_who_works() -> None:
    text = (
        "def __init__(self, a: Clock, *, b: str | None, c: tuple[int, ...], d: Callable, e=1): ..."
    )
    (function,) = ast.parse(text).body
    assert isinstance(function, ast.FunctionDef)
    assert collaborators(function) == ["a", "d"]
