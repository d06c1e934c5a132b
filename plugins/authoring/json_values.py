"""The values that plugins hand over, normalized: the small ones at once, the others apart.

What `domain.shared.json_values` says of JSON holds here; this adds what pydantic knows: models,
dataclasses, dates, decimals, paths and their like.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields, is_dataclass
from functools import partial
from itertools import islice
from typing import Any, Final

from pydantic_core import to_jsonable_python

from domain.shared.json_values import NotPlain, TooLarge, normalized, refused
from domain.tools.artifacts import ARTIFACT_BYTES, Artifact
from plugins.authoring.plain_values import plain_copy
from plugins.authoring.threads import Threads

LARGEST: Final = ARTIFACT_BYTES  # characters of JSON: what is larger can be kept nowhere
QUICK: Final = 10_000  # characters that are normalized on the event loop, in about a millisecond
MOST_ITEMS: Final = 100_000  # of an iterator, which may have no end

_THREADS: Final = Threads()


def as_json(value: object, size: int = LARGEST) -> Any:
    """Return the value in JSON's own types: models, dataclasses, dates and the like included.

    Artifacts stay what they are, alone, in dicts, lists and dataclasses: they are kept elsewhere.

    Raises:
        TooLarge: it has more than ``size`` characters as JSON.
        ValueError: the value has no JSON form, or holds itself.

    """
    with _said_of_json():
        return normalized(value, other=_converted, size=size, copy=plain_copy)


async def as_json_apart(value: object) -> Any:
    """Do as `as_json` does, in a thread where that may take long or runs the plugin's own code.

    What is done there lets the event loop have its turn every few milliseconds.

    Raises:
        TooLarge: it has more than `LARGEST` characters as JSON.
        ValueError: the value has no JSON form, or holds itself.
        ToolFailed: too many are normalized at the moment.

    """
    with suppress(NotPlain, TooLarge), _said_of_json():
        return normalized(value, other=refused, size=QUICK)
    return await _THREADS.run("normalizing", partial(as_json, value))


@contextmanager
def _said_of_json() -> Iterator[None]:
    try:
        yield
    except (NotPlain, TooLarge):
        raise
    except (ValueError, RecursionError) as error:
        nested = isinstance(error, RecursionError)
        reason = "it holds itself, or is nested too deep" if nested else str(error)
        raise ValueError(f"not a JSON value: {reason}") from error


def _converted(value: Any) -> Any:
    """Return what stands for an object, to be normalized; an artifact stands for itself."""
    match value:
        case Artifact():
            return value
        case bytes() | bytearray() | memoryview():
            raise ValueError("it is bytes; return an Artifact(data, media_type, name)")
        case _ if _is_plain_dataclass(value):
            return {each.name: getattr(value, each.name) for each in fields(value)}
        case Iterator():
            return _items(value)
        case _:
            return to_jsonable_python(value)


def _items(iterator: Iterator[Any]) -> list[Any]:
    items = list(islice(iterator, MOST_ITEMS + 1))
    if len(items) > MOST_ITEMS:
        raise TooLarge(f"it is an iterator of more than {MOST_ITEMS:,} items")
    return items


def _is_plain_dataclass(value: Any) -> bool:
    """Tell whether it is one of the standard library: pydantic's may have ways of their own."""
    is_one = is_dataclass(value) and not isinstance(value, type)
    return is_one and not hasattr(value, "__pydantic_serializer__")
