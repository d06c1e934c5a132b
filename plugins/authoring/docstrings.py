"""What docstrings tell a model, in the styles of Google, NumPy and reST."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import docstring_parser
from docstring_parser.common import DocstringExample, DocstringMeta, DocstringParam

from plugins.authoring.errors import ToolDefinitionError

EXAMPLE_LENGTH: Final = 300  # characters; a model pays for each of them in every turn
_FIELDS: Final = {"ivar", "cvar", "var"}  # as reST has them for attributes
_EXAMPLES: Final = {"example", "examples"}


@dataclass(frozen=True, slots=True)
class Docstring:
    """What it is about, what it returns and an example; and each parameter or attribute."""

    description: str
    parameters: Mapping[str, str]


def read_docstring(text: str) -> Docstring:
    """Read a docstring whose indentation is cleaned.

    Raises:
        ToolDefinitionError: it is of no style that we know.

    """
    try:
        parsed = docstring_parser.parse(text)
    except docstring_parser.ParseError as error:
        raise ToolDefinitionError(f"the docstring cannot be read: {error}") from error
    parts = [parsed.short_description, parsed.long_description]
    if returns := [on_one_line(each.description) for each in parsed.many_returns]:
        parts.append(_labelled("Returns", "; ".join(filter(None, returns))))
    parts.append(_labelled("Example", _example(parsed.meta)))
    return Docstring("\n\n".join(part for part in parts if part), dict(_parameters(parsed.meta)))


def on_one_line(text: str | None) -> str:
    """Return the text without its line breaks."""
    return " ".join((text or "").split())


def _parameters(meta: Iterable[DocstringMeta]) -> Iterable[tuple[str, str]]:
    for each in meta:
        if isinstance(each, DocstringParam):
            yield each.arg_name, on_one_line(each.description)
        elif each.args[0] in _FIELDS:
            yield each.args[-1], on_one_line(each.description)


def _example(meta: Iterable[DocstringMeta]) -> str:
    """Return the first whole lines of the examples."""
    parts: list[str | None] = []
    for each in meta:
        if each.args[0] in _EXAMPLES:
            snippet = each.snippet if isinstance(each, DocstringExample) else None
            parts += [snippet, each.description]
    kept, length = list[str](), 0
    for line in "\n".join(filter(None, parts)).splitlines():
        length += len(line) + 1
        if length > EXAMPLE_LENGTH:
            break
        kept.append(line)
    return "\n".join(kept)


def _labelled(label: str, text: str) -> str:
    if not text:
        return ""
    return f"{label}:\n{text}" if "\n" in text else f"{label}: {text}"
