"""Names that models may say: of tools and of their arguments."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Final

from plugins.openapi.operation import Operation, Parameter, Place

NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}\Z")
_MOST: Final = 64
_TEMPLATE: Final = re.compile(r"\{([^{}/]*)\}")
_ORDER: Final = (Place.PATH, Place.QUERY, Place.QUERYSTRING, Place.HEADER, Place.COOKIE)
_DIGITS: Final = 8
_LETTERS: Final = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "œ": "oe", "ł": "l", "Ł": "L", "đ": "d"}
)
"""Letters that are no other letter with a sign."""


def tool_names(
    operations: Sequence[Operation], *, prefix: str = "", given: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return a name for each operation, by ``Operation.name``: unique, and at most 64 long.

    A name is made of the operation id, or else of the method and the path. Operations that
    would have the same name all get their method and path added, so that the names do not depend
    on the order, nor on what else there is. ``given`` are names that stay as they are.
    """
    given = given or {}
    names = {name: given[name] for name in (each.name for each in operations) if name in given}
    waiting = [each for each in operations if each.name not in names]
    taken = set(names.values())
    for make in (_by_id, _by_id_and_path, _by_digest):
        made = {each.name: short(prefix + make(each), each.name) for each in waiting}
        free = _once(made.values()) - taken
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


def _by_id(operation: Operation) -> str:
    made = worded(operation.operation_id)
    if not made:
        return by_path(operation)
    return made if made[0].isalpha() or made[0] == "_" else f"{operation.method.lower()}_{made}"


def by_path(operation: Operation) -> str:
    """Return the method and the path as a name: ``get_pets_by_id``."""
    path = _TEMPLATE.sub(r"by_\1", operation.path)
    return "_".join(filter(None, (worded(operation.method.lower()), worded(path))))


def _by_id_and_path(operation: Operation) -> str:
    return f"{_by_id(operation)}_{by_path(operation)}"


def _by_digest(operation: Operation) -> str:
    return f"{_by_id(operation)[:40]}_{digest(operation.name)}"


def worded(text: str) -> str:
    """Return a text in the letters that every provider takes, ``_`` for all between them."""
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
    """Return a few letters that stand for a text."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:_DIGITS]


def argument_names(parameters: Sequence[Parameter], body: str) -> tuple[list[str], str]:
    """Return the arguments' names of parameters, in their order, and that of the body.

    A name stays as it is on the wire where it can. Of those that share one, the path's has it,
    then the query's; the others' have their places added: ``id``, ``id_query``.
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
    """Return who has a name first: by place, and in it what is called so on the wire."""
    return _ORDER.index(parameter.place), NAME.match(parameter.name) is None


def _argument(name: str) -> str:
    if NAME.match(name):
        return name
    made = worded(name)
    if not made:
        return f"arg_{digest(name)}"
    return short(made, name)
