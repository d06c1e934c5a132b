"""Parser of docstrings (Google, NumPy and reST style) into the descriptions that a model reads."""

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
    """A parsed docstring.

    ``description`` is its text with the sections on results and examples; ``parameters`` are the
    descriptions of parameters or attributes by name.
    """

    description: str
    parameters: Mapping[str, str]


def read_docstring(text: str) -> Docstring:
    """Parse a docstring whose indentation is cleaned (as by `inspect.getdoc`).

    Raises:
        ToolDefinitionError: the docstring is of no known style.

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
    """Return the text with every run of whitespace as one space."""
    return " ".join((text or "").split())


def _parameters(meta: Iterable[DocstringMeta]) -> Iterable[tuple[str, str]]:
    for each in meta:
        if isinstance(each, DocstringParam):
            yield each.arg_name, on_one_line(each.description)
        elif each.args[0] in _FIELDS:
            yield each.args[-1], on_one_line(each.description)


def _example(meta: Iterable[DocstringMeta]) -> str:
    """Return the first lines of the examples, in whole lines up to `EXAMPLE_LENGTH`."""
    parts: list[str | None] = []
    for each in meta:
        if each.args[0] in _EXAMPLES:
            snippet = each.snippet if isinstance(each, DocstringExample) else None
            parts += [snippet, each.description]
    lines, length = list[str](), 0
    for line in "\n".join(filter(None, parts)).splitlines():
        length += len(line) + 1
        if length > EXAMPLE_LENGTH:
            break
        lines.append(line)
    return "\n".join(lines)


def _labelled(label: str, text: str) -> str:
    if not text:
        return ""
    return f"{label}:\n{text}" if "\n" in text else f"{label}: {text}"
