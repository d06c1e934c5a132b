"""Parser of path templates: the path itself, and the query that some documents write into it.

OpenAPI allows templates in the path alone. Documents also write them behind ``?``, or as the form
expansions of RFC 6570 (``{?limit,page}``); a fragment distinguishes operations of one path, and is
never sent.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

PLACEHOLDER: Final = re.compile(r"\{([^{}/]+)\}")
_EXPANSION: Final = re.compile(r"\{[?&]([^{}/]+)\}")
_MODIFIER: Final = re.compile(r"\*|:\d+\Z")  # RFC 6570, 2.4: explode, or a maximum length
_BRACES: Final = re.compile(r"[{}]")


@dataclass(frozen=True, slots=True)
class QueryPart:
    """A part of the query that a path has, such as ``page=1`` or ``state={state}``."""

    text: str

    @property
    def key(self) -> str:
        """The name of the part in the query."""
        return self.text.partition("=")[0]

    @property
    def names(self) -> Sequence[str]:
        """The names of its placeholders, in order."""
        return PLACEHOLDER.findall(self.text)

    @property
    def is_plain(self) -> bool:
        """Whether the whole value is one placeholder."""
        return PLACEHOLDER.fullmatch(self.text.partition("=")[2]) is not None


@dataclass(frozen=True, slots=True)
class PathTemplate:
    """A path without query and fragment, and the parts of its query."""

    path: str
    query: Sequence[QueryPart]

    @property
    def path_names(self) -> Sequence[str]:
        """The placeholders of the path, each once."""
        return list(dict.fromkeys(PLACEHOLDER.findall(self.path)))

    @property
    def query_names(self) -> Sequence[str]:
        """The placeholders of the query that the path does not have, each once."""
        names = dict.fromkeys(name for part in self.query for name in part.names)
        return [name for name in names if name not in self.path_names]

    @property
    def is_fillable(self) -> bool:
        """Whether no brace remains once all placeholders are filled."""
        pieces = (self.path, *(part.text for part in self.query))
        return not any(_BRACES.search(PLACEHOLDER.sub("", piece)) for piece in pieces)


@lru_cache(maxsize=1_024)
def path_template(path: str) -> PathTemplate:
    """Parse a path; results are cached."""
    expanded = [part for names in _EXPANSION.findall(path) for part in _expanded(names)]
    bare = _EXPANSION.sub("", path).partition("#")[0]
    template, _, query = bare.partition("?")
    parts = [QueryPart(text) for text in query.split("&") if text]
    return PathTemplate(template, (*parts, *expanded))


def _expanded(names: str) -> Iterator[QueryPart]:
    for name in names.split(","):
        if bare := _MODIFIER.sub("", name.strip()):
            yield QueryPart(f"{bare}={{{bare}}}")
