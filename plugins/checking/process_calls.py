"""Static analysis of a plugin's source: what changes the process that all plugins share."""

import ast
import builtins
import sys
from collections.abc import Iterator, Mapping
from typing import Final

from plugins.checking.findings import Finding, Level, SourcePlace
from plugins.checking.names import full_name

RULE: Final = "process"

_PATHS: Final = "use absolute paths, as Path(__file__).parent / ..."
_LOGGING: Final = "leave the log to the service: context.log, or logging.getLogger(__name__)"
_SIGNALS: Final = "leave signals to the service: a lifespan is left before it stops"
_ENVIRONMENT: Final = "declare settings, and give values to libraries as arguments"
_PER_USE: Final = "set it where you open the connection or the file, not for the whole process"
_SHARED: Final = "take it out: all plugins share this process"
_CALLS: Final = {
    "os.chdir": _PATHS,
    "os.fchdir": _PATHS,
    "signal.signal": _SIGNALS,
    "signal.alarm": _SIGNALS,
    "signal.setitimer": _SIGNALS,
    "logging.basicConfig": _LOGGING,
    "logging.disable": _LOGGING,
    "logging.config.dictConfig": _LOGGING,
    "logging.config.fileConfig": _LOGGING,
    "logging.setLoggerClass": _LOGGING,
    "os.putenv": _ENVIRONMENT,
    "os.unsetenv": _ENVIRONMENT,
    **{
        f"os.environ.{name}": _ENVIRONMENT
        for name in ("clear", "pop", "popitem", "setdefault", "update")
    },
    "socket.setdefaulttimeout": _PER_USE,
    "os.umask": _PER_USE,
    "locale.setlocale": "format with what a library such as babel is given",
    **dict.fromkeys(
        (
            *("asyncio.set_event_loop_policy", "faulthandler.enable", "resource.setrlimit"),
            *("sys.setrecursionlimit", "sys.setswitchinterval", "sys.setprofile", "sys.settrace"),
            *("threading.setprofile", "threading.settrace", "gc.disable", "gc.freeze"),
            *("os._exit", "os.abort", "os.fork", "importlib.reload"),
        ),
        _SHARED,
    ),
}
_THREAD: Final = "threading.Thread"


def check_process_calls(tree: ast.AST, file: str, imported: Mapping[str, str]) -> list[Finding]:
    """Return a finding for each statement that changes the process, with its line."""
    sets_daemon = any(
        isinstance(node, ast.Attribute) and node.attr == "daemon" and _is_stored(node)
        for node in ast.walk(tree)
    )
    as_program = {id(node) for part in ast.walk(tree) if _is_main(part) for node in ast.walk(part)}
    return [
        Finding(Level.WARNING, RULE, "", message, advice, SourcePlace(file, line))
        for node in ast.walk(tree)
        if id(node) not in as_program
        for message, advice, line in _of_node(node, imported, sets_daemon=sets_daemon)
    ]


def _of_node(
    node: ast.AST, imported: Mapping[str, str], *, sets_daemon: bool
) -> Iterator[tuple[str, str, int]]:
    if isinstance(node, ast.Call):
        name = full_name(node.func, imported)
        if name in _CALLS:
            yield f"{name} changes the whole process", _CALLS[name], node.lineno
        elif name == _THREAD and not sets_daemon and not _has_keyword(node, "daemon"):
            message = "this thread is no daemon: it keeps the service from stopping"
            yield message, "pass daemon=True, and end it in a lifespan", node.lineno
    elif isinstance(node, ast.Subscript) and _is_stored(node):
        if full_name(node.value, imported) == "os.environ":
            yield "os.environ is changed for the whole process", _ENVIRONMENT, node.lineno
    elif isinstance(node, ast.Attribute) and _is_stored(node):
        owner = full_name(node.value, imported)
        if owner and _is_standard(owner, imported):
            message = f"{owner}.{node.attr} is replaced for the whole process"
            yield message, "take it out: call a function of your own instead", node.lineno


def _is_main(node: ast.AST) -> bool:
    """Return whether this is ``if __name__ == "__main__":``, which a service never runs."""
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def _is_stored(node: ast.Attribute | ast.Subscript) -> bool:
    return isinstance(node.ctx, ast.Store | ast.Del)


def _has_keyword(node: ast.Call, name: str) -> bool:
    return any(each.arg in {name, None} for each in node.keywords)  # None: **options


def _is_standard(owner: str, imported: Mapping[str, str]) -> bool:
    """Return whether this is a module, or a class of one, that the plugin imported from Python."""
    top = owner.partition(".")[0]
    if top == builtins.__name__:
        return True
    reached = any(owner == each or owner.startswith(f"{each}.") for each in imported.values())
    return reached and top in sys.stdlib_module_names
