"""Values and exceptions such as no well-behaved plugin hands over."""

import asyncio
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from hypothesis import strategies as st


class Mute(Exception):
    """An object, and an exception, that cannot say what it is."""

    def __str__(self) -> str:
        raise SystemExit(1)

    def __repr__(self) -> str:  # for pytest, which would not survive the like
        return "Mute()"


class Exit(BaseException):
    """What passes every handler of `Exception`."""


def nested(kind: str, depth: int) -> Any:
    """Return so many lists (``[``) or objects in each other."""
    value: Any = {} if kind == "{" else []
    for _ in range(depth - 1):
        value = {"a": value} if kind == "{" else [value]
    return value


def looped() -> list[Any]:
    """Return a list that holds itself."""
    value: list[Any] = [1]
    value.append(value)
    return value


ODD_VALUES: Mapping[str, Callable[[], Any]] = {
    "none": lambda: None,
    "nan": lambda: float("nan"),
    "infinity": lambda: float("-inf"),
    "65 bits": lambda: 2**64,
    "4000 digits": lambda: 10**4000,
    "unstorable": lambda: "a\0b\ud800",
    "huge text": lambda: "x" * 3_000_000,
    "bytes": lambda: b"\xff",
    "decimal": lambda: Decimal("1.50"),
    "set": lambda: {1, 2},
    "tuples": lambda: (1, (2,)),
    "path": lambda: PurePosixPath("/a"),
    "error": lambda: ValueError("no"),
    "mute": Mute,
    "class": lambda: Mute,
    "object": object,
    "looped": looped,
    "252 lists": lambda: nested("[", 252),
    "300 objects": lambda: nested("{", 300),
    "5000 lists": lambda: nested("[", 5_000),
    "odd keys": lambda: {1: 2, (3, 4): {5}, b"\xff": None},
    "many rows": lambda: [{"id": n, "name": f"n {n}", "x": n / 3} for n in range(3_000)],
    "iterator": lambda: iter([1, 2]),
    "function": lambda: looped,
}
"""Each of them is handed over as a result, as details, as a piece ... by some plugin."""

ODD_ERRORS: tuple[Callable[[], BaseException], ...] = (
    lambda: KeyError("x"),
    lambda: ValueError("\ud800\0"),
    lambda: ValueError("x" * 3_000_000),
    Mute,
    lambda: Exit("out"),
    GeneratorExit,
    lambda: SystemExit(3),
    KeyboardInterrupt,
    asyncio.CancelledError,
    lambda: StopIteration(1),
    StopAsyncIteration,
    lambda: RecursionError("deep"),
    MemoryError,
    lambda: TimeoutError("mine"),
    lambda: BaseExceptionGroup("many", [SystemExit(1), ValueError("x")]),
)
"""Each of them is raised wherever a plugin can raise."""

ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.binary()
    | st.decimals()
    | st.dates()
    | st.timedeltas()
    | st.uuids()
    | st.complex_numbers()
    | st.sampled_from(list(ODD_VALUES)).map(lambda name: ODD_VALUES[name]()),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(
            st.text(st.characters()) | st.integers() | st.booleans(), inner, max_size=5
        )
    ),
)
"""Any Python value, plain or odd, alone and in lists, tuples and dicts."""
