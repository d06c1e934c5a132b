"""Static analysis of a plugin's source: errors whose code or details are not kept as given."""

import ast
from collections.abc import Iterator, Mapping
from typing import Any, Final

from domain.shared.errors import ToolFailed
from domain.tools.error_fields import has_valid_code
from plugins.checking.findings import Finding, Level, SourcePlace
from plugins.checking.names import full_name

RULE: Final = "details"
CODE_ADVICE: Final = (
    "a code is capital letters, digits and '_', such as TICKET_LOCKED, and none of the service's"
)
NO_JSON: Final = "a value of the details has no JSON form: only its text is kept"
DETAILS_ADVICE: Final = "details are a small JSON object: {'ticket': 7, 'by': 'ada'}"

_NOT_JSON: Final = (ast.GeneratorExp, ast.Lambda)
_NO_OBJECT: Final = (
    *(ast.List, ast.Tuple, ast.Set, ast.ListComp, ast.SetComp, ast.JoinedStr),
    *_NOT_JSON,
)


def check_error_calls(tree: ast.AST, file: str, imported: Mapping[str, str]) -> Iterator[Finding]:
    """Yield a finding for each `ToolFailed` with a code or details that are left out."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if full_name(node.func, imported).rpartition(".")[2] != ToolFailed.__name__:
            continue
        for keyword in node.keywords:
            for message, advice in _of_argument(keyword.arg, keyword.value):
                place = SourcePlace(file, keyword.value.lineno)
                yield Finding(Level.ERROR, RULE, "", message, advice, place)


def _of_argument(name: str | None, value: ast.expr) -> Iterator[tuple[str, str]]:
    literal: Any = value.value if isinstance(value, ast.Constant) else None
    if name == "code" and isinstance(literal, str):
        if not has_valid_code(ToolFailed("", code=literal)):
            yield f"the code {literal!r} is replaced by {ToolFailed.code}", CODE_ADVICE
    elif name == "details":
        if literal is not None or isinstance(value, _NO_OBJECT):
            yield "the details are left out: they are no object", DETAILS_ADVICE
        elif isinstance(value, ast.Dict) and any(map(_has_no_json, value.values)):
            yield NO_JSON, DETAILS_ADVICE


def _has_no_json(value: ast.expr) -> bool:
    is_bytes = isinstance(value, ast.Constant) and isinstance(value.value, bytes)
    return is_bytes or isinstance(value, _NOT_JSON)
