"""Static analysis of a plugin's source.

It finds blocking calls, swallowed cancellation, changes of the process, and errors that are not
kept.
"""

import ast
from pathlib import Path
from typing import Final

from plugins.checking.error_calls import check_error_calls
from plugins.checking.findings import Finding, Level, SourcePlace
from plugins.checking.names import full_name, imported_names
from plugins.checking.process_calls import check_process_calls

_THREAD: Final = "make the function a plain `def`: it then runs in a thread of its own"
_BLOCKING: Final = {
    "time.sleep": "await asyncio.sleep(...)",
    "input": "a tool cannot ask at a terminal: let the model ask",
    "os.system": "await asyncio.create_subprocess_exec(...)",
    "os.popen": "await asyncio.create_subprocess_exec(...)",
    "socket.create_connection": "await asyncio.open_connection(...)",
    "sqlite3.connect": _THREAD,
    "urllib.request.urlopen": "await context.http.get(...)",
}
_BLOCKING_MODULES: Final = {
    "requests": "await context.http.get(...)",
    "httpx": "await context.http.get(...)",
    "httpx2": "await context.http.get(...)",
    "subprocess": "await asyncio.create_subprocess_exec(...)",
}
_HARMLESS: Final = {"AsyncClient", "Timeout", "Limits", "PIPE", "DEVNULL"}
_FILES: Final = {"open", "io.open"}
_FILE_METHODS: Final = {"read_text", "read_bytes", "write_text", "write_bytes"}
_CANCELS: Final = {"BaseException", "asyncio.CancelledError"}
_SUPPRESS: Final = "contextlib.suppress"


def read_source(path: Path) -> list[Finding]:
    """Return the findings of a source file; none if it cannot be read or parsed."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return []
    file, imported = str(path), dict(imported_names(tree))
    reader = _Reader(file, imported)
    reader.visit(tree)
    return [
        *reader.findings,
        *check_process_calls(tree, file, imported),
        *check_error_calls(tree, file, imported),
    ]


class _Reader(ast.NodeVisitor):
    """AST visitor of a module that checks the bodies of ``async def``."""

    def __init__(self, file: str, imported: dict[str, str]) -> None:
        self.findings: list[Finding] = []
        self._file = file
        self._imported = imported
        self._function = ""  # the name of the innermost function, if it is async

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """Check the body."""
        self._enter(node, node.name)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Check nested async functions only: a plain function may be meant for a thread."""
        self._enter(node, "")

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Check nested async functions only."""
        self._enter(node, "")

    def _enter(self, node: ast.AST, name: str) -> None:
        outside, self._function = self._function, name
        self.generic_visit(node)
        self._function = outside

    def visit_Call(self, node: ast.Call) -> None:
        """Report calls that block the event loop, and `suppress` of a cancellation."""
        if self._function:
            name = self._name(node.func)
            if advice := _alternative(name):
                self._add(node, "blocking", Level.ERROR, f"{name} blocks the event loop", advice)
            elif name in _FILES or _is_file_method(node.func):
                message = f"{name or ast.unparse(node.func)} waits for the disk in the event loop"
                advice = f"if the file may be large or far away, {_THREAD}"
                self._add(node, "blocking", Level.WARNING, message, advice)
            elif name == _SUPPRESS and any(self._name(each) in _CANCELS for each in node.args):
                self._add_swallowed(node)
        self.generic_visit(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        """Report handlers that catch a cancellation and do not raise it again."""
        if self._function and self._catches_cancel(node) and not _raises(node):
            self._add_swallowed(node)
        self.generic_visit(node)

    def _catches_cancel(self, node: ast.ExceptHandler) -> bool:
        caught = node.type
        kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
        return any(kind is None or self._name(kind) in _CANCELS for kind in kinds)

    def _add_swallowed(self, node: ast.ExceptHandler | ast.expr) -> None:
        self._add(
            node,
            "cancellation",
            Level.WARNING,
            "asyncio.CancelledError is swallowed here: the call goes on though it was cancelled",
            "catch Exception instead, or raise it again",
        )

    def _name(self, node: ast.expr | None) -> str:
        return full_name(node, self._imported)

    def _add(
        self,
        node: ast.ExceptHandler | ast.expr,
        rule: str,
        level: Level,
        message: str,
        advice: str,
    ) -> None:
        place = SourcePlace(self._file, node.lineno)
        self.findings.append(Finding(level, rule, self._function, message, advice, place))


def _alternative(name: str) -> str:
    """Return what to call instead of a function that blocks; empty if it does not block."""
    module, _, function = name.partition(".")
    if module in _BLOCKING_MODULES and function and function.split(".")[0] not in _HARMLESS:
        is_class = function[0].isupper()
        return "" if is_class and module != "subprocess" else _BLOCKING_MODULES[module]
    return _BLOCKING.get(name, "")


def _is_file_method(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in _FILE_METHODS


def _raises(node: ast.ExceptHandler) -> bool:
    return any(isinstance(each, ast.Raise) for part in node.body for each in ast.walk(part))
