# noqa: INP001 - a folder of pages, not a package
"""The pages of the plugin contract: what is registered, and what a tool is made of."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterable
from dataclasses import is_dataclass
from enum import Enum
from itertools import pairwise
from types import ModuleType
from typing import Any, Final, get_type_hints

from markdown_parts import NOTICE, code, meaning, prose

from domain.notifications import notices
from domain.plugins import guards, plugin
from domain.policy import policy
from plugins.authoring import hookspecs, registry
from plugins.authoring.docstrings import read_docstring
from puerto import Artifact, Confirmed, Preview, ToolFailed, ToolSpec, tool

HOOKS_INTRODUCTION: Final = """\
A plugin is a module (or any object) named by an entry point of the group `puerto`. It implements
one hook, marked with `@hookimpl`:

```python
@hookimpl
def puerto_register(registry: Registry) -> None: ...
```

The hook only registers and returns at once; what is registered does the work later. Start with
[Write a plugin](../how-to/write-a-plugin.md).
"""

TOOLS_INTRODUCTION: Final = """\
What a tool is made of; all of it is imported from `puerto`. [Write a
plugin](../how-to/write-a-plugin.md) and [More about tools](../how-to/write-a-tool.md) show how.
"""

DEPRECATED_INTRODUCTION: Final = """\
## Deprecated hooks

The hooks of version 0.1, each with one argument, `register`. They still work, with a note in the
log, in `GET /api/plugins` and of `puerto plugin check`, and go with version 0.2.
"""


def hooks_page() -> str:
    """Return the hook, what its registry takes, and the types that are named there."""
    types = _types()
    parts = ["# Hooks", NOTICE, HOOKS_INTRODUCTION.rstrip()]
    parts += ["## `Registry`", meaning(registry.Registry)]
    spelt = ""
    for name, member in vars(registry.Registry).items():
        if not name.startswith("_"):
            signature = _signature_of(name, member)
            parts += [f"### `registry.{signature}`", meaning(member)]
            spelt += f" {signature}"
    parts.append("## Types")
    for name, (stands_for, said) in types.items():
        if re.search(rf"\b{name}\b", spelt):
            parts += [f"### `{name}`", f"`{stands_for}`", said]
            spelt += f" {stands_for}"
    parts.append("## Records")
    for record in _records_in(spelt):
        parts += [f"### `{record.__name__}`", f"```python\n{_signature(record)}\n```"]
        parts += [meaning(record), *_choices_of(record)]
    rows = [f"| `{old}` | `registry.{new}` |" for old, new in hookspecs.SUCCESSORS.items()]
    table = "\n".join(["| hook | instead |", "|---|---|", *rows])
    parts += [DEPRECATED_INTRODUCTION.rstrip(), table]
    return "\n\n".join(filter(None, parts)) + "\n"


def _signature_of(name: str, member: Any) -> str:
    """Return the signature of a method or property, as it is written."""
    function = _function(member.fget if isinstance(member, property) else member)
    assert function.returns is not None  # noqa: S101  every function of ours is annotated
    if isinstance(member, property):
        return f"{name}: {ast.unparse(function.returns)}"
    return f"{name}({_taken_by(function)})"


def _function(member: Any) -> ast.FunctionDef | ast.AsyncFunctionDef:
    [function] = ast.parse(textwrap.dedent(inspect.getsource(member))).body
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)  # noqa: S101
    return function


def _taken_by(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    return ast.unparse(function.args).removeprefix("self").removeprefix(", ")


def _types() -> dict[str, tuple[str, str]]:
    """Return what each name in the contract stands for, and what is said of it."""
    aliases = [_aliases_of(module) for module in (registry, notices, plugin, guards, policy)]
    return {name: told for each in aliases for name, told in each.items()} | _protocols()


def _aliases_of(module: ModuleType) -> dict[str, tuple[str, str]]:
    """Return the aliases of types that a module defines, with the text below each."""
    body = ast.parse(inspect.getsource(module)).body
    return {
        node.targets[0].id: (ast.unparse(node.value), str(below.value.value).replace("``", "`"))
        for node, below in pairwise(body)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
    }


def _protocols() -> dict[str, tuple[str, str]]:
    """Return the protocols of what is registered, each by its one method."""
    found: dict[str, tuple[str, str]] = {}
    for name, kind in vars(registry).items():
        if inspect.isclass(kind) and kind.__module__ == registry.__name__ and name != "Registry":
            own = {each: method for each, method in vars(kind).items() if each[0] != "_"}
            [method] = own.values() or [vars(kind)["__call__"]]
            function = _function(method)
            assert function.returns is not None  # noqa: S101  every function of ours is annotated
            awaits = "async " if isinstance(function, ast.AsyncFunctionDef) else ""
            called = "" if function.name == "__call__" else function.name
            spelt = f"{awaits}{called}({_taken_by(function)}) -> {ast.unparse(function.returns)}"
            found[name] = spelt, f"{meaning(kind)}\n\n{meaning(method) if called else ''}".strip()
    return found


def _records_in(text: str) -> list[type]:
    named = {getattr(registry, name, None) for name in re.findall(r"\w+", text)}
    records = [each for each in named if isinstance(each, type) and is_dataclass(each)]
    return sorted(records, key=lambda each: each.__name__)


FACTORY: Final = " = <factory>"


def _signature(record: type) -> str:
    """Return a record with its fields, one a line, without the modules of their types.

    Fields that are functions are left out: the record's methods call them.
    """
    lines = []
    for field in inspect.signature(record).parameters.values():
        if inspect.isfunction(field.default):
            continue
        if field.kind is field.KEYWORD_ONLY and "    *," not in lines:
            lines.append("    *,")
        told = re.sub(r"<[A-Za-z.]+: ('[^']+')>", r"\1", str(field))  # an enum by its value
        told = told.replace("<factory>", "{}") if "Mapping" in told else told.removesuffix(FACTORY)
        lines.append(f"    {re.sub(r'(?:[a-z_]+[.])+(?=[A-Za-z])', '', told)},")
    return "\n".join([f"{record.__name__}(", *lines, ")"]) if lines else f"{record.__name__}()"


def _choices_of(record: type) -> Iterable[str]:
    """Yield the values of the fields that have only some."""
    for name, kind in get_type_hints(record).items():
        if isinstance(kind, type) and issubclass(kind, Enum):
            values = ", ".join(f"`{each.value}`" for each in kind)
            yield f"`{name}` is one of {values}."


def tools_page() -> str:
    """Return the decorator with its arguments, and the records that authors of tools use."""
    told = read_docstring(inspect.getdoc(tool) or "")
    options = [f"- `{name}`: {text}" for name, text in told.parameters.items()]
    parts = ["# Tools", NOTICE, TOOLS_INTRODUCTION.rstrip(), "## `@tool`"]
    parts += [
        code(f"@tool({_options(_function(tool))})"),
        *map(prose, (told.description, "\n".join(options))),
    ]
    for record in (Preview, Confirmed, Artifact, ToolFailed, ToolSpec):
        parts += [f"## `{record.__name__}`", code(_signature(record))]
        parts += [prose(read_docstring(inspect.getdoc(record) or "").description)]
        parts += _choices_of(record)
    return "\n\n".join(parts) + "\n"


def _options(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Return the keyword-only arguments of a function, one a line, as they are written."""
    pairs = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    texts = [
        ast.unparse(name) + (f" = {ast.unparse(default)}" if default else "")
        for name, default in pairs
    ]
    return "".join(f"\n    {text}," for text in ("*", *texts)) + "\n"
