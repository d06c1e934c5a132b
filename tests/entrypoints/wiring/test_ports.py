"""Whoever fulfils a port of the core says so: it inherits the port, and marks what it overrides."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
ROOMS: Final = ("adapters", "domain", "plugins")
FAKES: Final = "tests/fakes"
# Ports that stand with their records.
LONE: Final = ("audit.py", "clock.py", "idempotency.py", "unit_of_work.py", "http.py")


def classes(*folders: str) -> Iterator[tuple[Path, ast.ClassDef]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.ClassDef):
                    yield path, node


def bases(node: ast.ClassDef) -> set[str]:
    return {ast.unparse(base).partition("[")[0] for base in node.bases}


def methods(node: ast.ClassDef) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))


def ports() -> dict[str, set[str]]:
    """Return the methods of each port of the core."""
    return {
        node.name: {method.name for method in methods(node)}
        for path, node in classes("domain")
        if path.name in {"ports.py", *LONE} and "Protocol" in bases(node)
    }


def test_every_port_is_inherited_by_what_fulfils_it() -> None:
    inherited = {base for _, node in classes(*ROOMS) for base in bases(node)}
    assert ports()
    assert ports().keys() - inherited == set()


def test_what_fulfils_a_port_marks_what_it_overrides() -> None:
    """The core has the standard library alone, where `override` comes with Python 3.12."""
    known, unmarked = ports(), list[str]()
    for path, node in classes("adapters", "plugins", FAKES):
        expected = {name for base in bases(node) & known.keys() for name in known[base]}
        unmarked += [
            f"{path.relative_to(ROOT)} {node.name}.{method.name}"
            for method in methods(node)
            if method.name in expected and "override" not in map(ast.unparse, method.decorator_list)
        ]
    assert unmarked == []
