"""Names of tools and arguments that every model provider accepts."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import takewhile
from typing import Final

from domain.learning.names import without_middle
from plugins.openapi.lowering.verbs import is_verb, words_of
from plugins.openapi.operation import Operation, Parameter, ParameterLocation

NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}\Z")
_MOST: Final = 64
_TEMPLATE: Final = re.compile(r"\{([^{}/]*)\}")
_ORDER: Final = (
    ParameterLocation.PATH,
    ParameterLocation.QUERY,
    ParameterLocation.QUERYSTRING,
    ParameterLocation.HEADER,
    ParameterLocation.COOKIE,
)
_DIGITS: Final = 8
_FEW_WORDS: Final = 5
_FEW_LETTERS: Final = 3
_FEW_OF_TITLE: Final = 4
_OF_TITLES: Final = frozenset({"api", "apis", "the", "of", "rest", "openapi", "swagger", ""})
_JOINING: Final = frozenset({"with", "for", "and", "by", "to"})
_ARTICLES: Final = frozenset({"a", "an", "the", "this", "that", "of", "for", "by"})
_LETTERS: Final = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "œ": "oe", "ł": "l", "Ł": "L", "đ": "d"}
)
"""Letters that Unicode normalization (NFKD) does not decompose to ASCII."""


def tool_names(
    operations: Sequence[Operation],
    *,
    prefix: str = "",
    given: Mapping[str, str] | None = None,
    title: str = "",
) -> dict[str, str]:
    """Return a tool name for each operation, by ``Operation.name``: unique, at most 64 characters.

    A name is made of the operation id, else of the method and the path; a lone verb gets a noun, if
    need be from the API's ``title``. A name that is too long loses its middle. All operations that
    would have the same name get their method and path added, so that names depend neither on the
    order nor on other operations. ``given`` holds names to keep.
    """
    given = given or {}
    names = {name: given[name] for name in (each.name for each in operations) if name in given}
    waiting = [each for each in operations if each.name not in names]
    taken = set(names.values())
    for make in _WAYS:
        made = {each.name: _prefixed(prefix, make(each, title)) for each in waiting}
        free = {name for name in _once(made.values()) - taken if NAME.match(name)}
        for each in waiting:
            if made[each.name] in free:
                names[each.name] = made[each.name]
        taken.update(names.values())
        waiting = [each for each in waiting if each.name not in names]
    return names


def _once(names: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    twice: set[str] = set()
    for name in names:
        (twice if name in seen else seen).add(name)
    return seen - twice


def _prefixed(prefix: str, name: str) -> str:
    name = prefix + name
    return name if name[:1].isalpha() or name[:1] == "_" else f"_{name}"


def _by_id(operation: Operation, title: str) -> str:
    made = worded(operation.operation_id)
    if not made:
        made = by_path(operation)
    elif not (made[0].isalpha() or made[0] == "_"):
        made = f"{operation.method.lower()}_{made}"
    return made if not is_verb(made.lower()) else f"{made}_{_noun(operation, title)}".rstrip("_")


def by_path(operation: Operation) -> str:
    """Return a name of method and path: ``get_pets_by_id``; without a path, of the summary."""
    path = worded(_TEMPLATE.sub(r"by_\1", operation.path))
    if all(_is_version(part) for part in operation.path.split("/") if part):
        path = ""
    summary = worded(operation.summary.lower()).split("_") if not path else []
    words = [word for word in summary if word not in _ARTICLES][:_FEW_WORDS]
    if len(words) > 1:
        return "_".join(words)
    return "_".join(filter(None, (worded(operation.method.lower()), path)))


def _noun(operation: Operation, title: str) -> str:
    """Return the noun for a lone verb: the last noun of the path, or the API's title."""
    parts = [worded(part) for part in re.split(r"[/?#]", operation.path) if "{" not in part]
    nouns = [part for part in parts if part and not is_verb(part.lower()) and not _is_version(part)]
    if nouns:
        return nouns[-1]
    words = takewhile(lambda word: word not in _JOINING, worded(title.lower()).split("_"))
    return "_".join([word for word in words if word not in _OF_TITLES][:_FEW_OF_TITLE])


def _is_version(part: str) -> bool:
    return re.fullmatch(r"v?\d[\d_]*|api|rest|json|xml", part.lower()) is not None


def _by_function(operation: Operation, title: str) -> str:
    """Return a name of the function in an id that a framework (FastAPI) generated of it."""
    made = operation.operation_id
    end = re.sub(r"\W", "_", operation.path) + f"_{operation.method.lower()}"
    return worded(made.removesuffix(end)) if made.endswith(end) else _by_id(operation, title)


def _by_id_and_path(operation: Operation, title: str) -> str:
    return f"{_by_id(operation, title)}_{by_path(operation)}"


def _by_digest(operation: Operation, title: str) -> str:
    return f"{_by_id(operation, title)[:40]}_{digest(operation.name)}"


def _cut(make: "_Way") -> "_Way":
    """Return a way whose names lose their middle, but keep a verb."""

    def cut(operation: Operation, title: str) -> str:
        name = make(operation, title)
        first, *others = re.split(r"[_-]+", name)
        parts = [words_of(part) or [""] for part in (first, *others)]
        end = without_middle(name)
        if is_verb(parts[0][0]) or any(is_verb(word) for word in words_of(end)):
            return end
        verbs = (words[0] for words in reversed(parts) if is_verb(words[0]))
        return without_middle(name, verb=next(verbs, ""))

    return cut


def _abbreviated(make: "_Way") -> "_Way":
    """Return a way whose names have the words before the last two abbreviated, if need be."""

    def abbreviated(operation: Operation, title: str) -> str:
        words = re.split(r"[_-]+", make(operation, title))
        for at in range(len(words) - 3, 0, -1):
            if len("_".join(words)) <= _MOST:
                break
            words[at] = words[at][:_FEW_LETTERS]
        return "_".join(words)

    return abbreviated


_Way = Callable[[Operation, str], str]
_WAYS: Final[Sequence[_Way]] = (
    _by_id,
    _by_function,
    _cut(_by_function),
    _abbreviated(_by_function),
    _by_id_and_path,
    _cut(_by_id_and_path),
    lambda operation, _title: without_middle(by_path(operation)),
    _abbreviated(_by_id_and_path),
    _by_digest,
)
"""The ways to make a name, the best first; one that is too long or not unique is made by the next.
"""


def worded(text: str) -> str:
    """Return a text in the characters that every provider accepts, with ``_`` for others."""
    plain = (
        unicodedata.normalize("NFKD", text.translate(_LETTERS)).encode("ascii", "ignore").decode()
    )
    return re.sub(r"_{2,}", "_", re.sub(r"[^a-zA-Z0-9_-]+", "_", plain)).strip("_-")


def short(name: str, whole: str) -> str:
    """Return a name of at most 64 characters; one that was cut ends in a digest of ``whole``."""
    name = name if name[:1].isalpha() or name[:1] == "_" else f"_{name}"
    if len(name) <= _MOST:
        return name
    return f"{name[: _MOST - _DIGITS - 1].rstrip('_-')}_{digest(whole)}"


def digest(text: str) -> str:
    """Return the first characters of a text's SHA-256 digest."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:_DIGITS]


def argument_names(parameters: Sequence[Parameter], body: str) -> tuple[list[str], str]:
    """Return the argument names of the parameters, in their order, and that of the body.

    A name stays as it is on the wire if it can. Of parameters of the same name the path's keeps it,
    then the query's; the others get their location added: ``id``, ``id_query``.
    """
    names: dict[int, str] = {}
    taken: set[str] = set()
    order = sorted(range(len(parameters)), key=lambda at: _rank(parameters[at]))
    for at in order:
        parameter = parameters[at]
        plain = _argument(parameter.name)
        place = f"{plain[:40]}_{parameter.place}"
        unlike = f"{plain[:40]}_{digest(f'{parameter.place} {parameter.name}')}"
        names[at] = next(name for name in (plain, place, unlike) if name not in taken)
        taken.add(names[at])
    own = next(name for name in (body, "request_body", "request_body_") if name not in taken)
    return [names[at] for at in range(len(parameters))], own


def _rank(parameter: Parameter) -> tuple[int, bool]:
    """Return the precedence for a name: by location, then those whose name needs no change."""
    return _ORDER.index(parameter.place), NAME.match(parameter.name) is None


def _argument(name: str) -> str:
    if NAME.match(name):
        return name
    made = worded(name)
    if not made:
        return f"arg_{digest(name)}"
    return short(made, name)
