"""Normalization of plugins' values to JSON: small values at once, large ones in a thread.

The rules of `domain.shared.json_values` apply; this adds the types that pydantic knows: models,
dataclasses, dates, decimals, paths and the like.
"""

from collections.abc import Callable, Iterator
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

LARGEST: Final = ARTIFACT_BYTES  # characters of JSON: nothing larger can be stored anywhere
QUICK: Final = 10_000  # characters that are normalized on the event loop, in about a millisecond
MOST_ITEMS: Final = 100_000  # of an iterator, which may have no end

_THREADS: Final = Threads()


def as_json(value: object, size: int = LARGEST) -> Any:
    """Convert the value, also models, dataclasses, dates and the like, to JSON's own types.

    Artifacts stay as they are, also in dicts, lists and dataclasses: they are stored elsewhere.

    Raises:
        TooLarge: the value has more than ``size`` characters as JSON.
        ValueError: the value has no JSON form, or contains itself.

    """
    with _json_errors():
        return normalized(value, other=_converted, size=size, copy=plain_copy)


async def as_json_apart(value: object) -> Any:
    """Convert the value as `as_json` does; in a thread if it is large or needs the plugin's code.

    The thread releases the interpreter every few milliseconds, so that the event loop goes on.

    Raises:
        TooLarge: the value has more than `LARGEST` characters as JSON.
        ValueError: the value has no JSON form, or contains itself.
        ToolFailed: too many values are being normalized.

    """
    with suppress(NotPlain, TooLarge), _json_errors():
        return normalized(value, other=refused, size=QUICK)
    return await in_json_thread(partial(as_json, value))


async def in_json_thread(work: Callable[[], Any]) -> Any:
    """Return the result of ``work``, which normalizes a value, from a thread.

    Raises:
        ToolFailed: too many values are being normalized.

    """
    return await _THREADS.run("normalizing", work)


@contextmanager
def _json_errors() -> Iterator[None]:
    try:
        yield
    except (NotPlain, TooLarge):
        raise
    except (ValueError, RecursionError) as error:
        nested = isinstance(error, RecursionError)
        reason = "it holds itself, or is nested too deep" if nested else str(error)
        raise ValueError(f"not a JSON value: {reason}") from error


def _converted(value: Any) -> Any:
    """Return a plainer value for an object, to be normalized in turn; artifacts as they are."""
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
    """Return whether it is an instance of a dataclass without serializers of pydantic's."""
    is_instance = is_dataclass(value) and not isinstance(value, type)
    return is_instance and not hasattr(value, "__pydantic_serializer__")
