"""Names in a plugin's source, by its imports."""

import ast
from collections.abc import Iterator, Mapping


def imported_names(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield each name that an import binds, with the full name of the imported object."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (top, top)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def full_name(node: ast.expr | None, imported: Mapping[str, str]) -> str:
    """Return the full name of what an expression names, such as ``urllib.request.urlopen``.

    It is empty for what is no name.
    """
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([imported.get(node.id, node.id), *reversed(parts)])
