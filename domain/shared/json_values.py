"""Normalization of values from outside to JSON that every database and every reader can hold.

Every value of a provider, tool, API or plugin is normalized here, once. JSON as Python has
it is wider than JSON as others have it: RFC 8259 has no NaN, UTF-8 no lone surrogate, PostgreSQL no
NUL character, and readers differ in how deep they go. Integers of any size are JSON, and keep their
digits (RFC 8259, section 6, only warns that some readers round them).
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, Final

DEPTH: Final = 56
"""The maximum nesting of lists and objects. With what an answer puts around a value it
stays below 64, the least that common readers take (System.Text.Json, `MaxDepth`)."""

DIGITS: Final = 1_000
"""Of an integer: Python itself writes 4,300 at most (`sys.set_int_max_str_digits`)."""

TEXT_SHOWN: Final = 1_000
"""Characters kept of an object's ``str()``, where it has no JSON form."""

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_BEYOND: Final = 10**DIGITS
_NO_LIMIT: Final = 2**63
_CONVERSIONS: Final = 8  # of one object into another, below the deepest level
_SLICE: Final = 1_000  # items of a list that are copied in one call
_FEW: Final = 50  # shorter lists are not worth a call

Copy = Callable[[Sequence[Any], int], tuple[list[Any], int] | None]
"""Returns a copy of items that are ``depth`` levels deep at most, and how many characters they have
at least; None if any of them is more than that, or has to be normalized."""


class TooLarge(ValueError):
    """The value is larger than it may be here."""


class NotPlain(ValueError):
    """The value holds something that is not one of JSON's own types."""


def storable(text: str) -> str:
    """Return the text with U+FFFD in place of what no database stores: NUL and lone surrogates.

    Two surrogates in a row become the character that they encode. Streamed text goes through here
    too, so it equals the stored one.
    """
    if _UNSTORABLE.search(text) is None:
        return text
    whole = text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass")
    return whole.decode("utf-16", "replace")


def as_text(value: object) -> str:
    """Return the ``str()`` of an object, of bounded length; its type's name where that raises."""
    try:
        text = str.__str__(str(value))  # an exact text, not one of a class of its own
    except BaseException:  # noqa: BLE001  untrusted __str__ may raise anything
        text = f"({type_name(value)} that cannot say what it is)"
    return storable(text if len(text) <= TEXT_SHOWN else f"{text[:TEXT_SHOWN]}…")


def error_text(error: BaseException, hide: Callable[[str], str] = str) -> str:
    """Return an error's type and message; of its message at most `TEXT_SHOWN` characters.

    ``hide`` redacts secrets before the text is cut, so that no half of one remains.
    """
    try:
        message = storable(hide(str.__str__(str(error))))
    except BaseException:  # noqa: BLE001  as above
        return type_name(error)
    if len(message) > TEXT_SHOWN:
        message = f"{message[:TEXT_SHOWN]}…"
    return f"{type_name(error)}: {message}" if message else type_name(error)


def type_name(value: object) -> str:
    """Return the name of an object's class, whatever its metaclass says."""
    name: str = type.__dict__["__name__"].__get__(type(value))
    return storable(name)


def described(value: object) -> Any:
    """Return a replacement for an object without a JSON form of its own."""
    match value:
        case set() | frozenset():
            return list(value)
        case bytes() | bytearray() | memoryview():
            return f"({len(value)} bytes)"
        case Enum():
            return value.value
        case BaseException():
            return error_text(value)
        case Mapping():
            return dict(value)
        case _:
            return as_text(value)


def refuse_constant(constant: str) -> Any:
    """Reject NaN and infinities; for the ``parse_constant`` of Python's parser, which accepts them.

    Raises:
        ValueError: always.

    """
    raise ValueError(f"{constant} is not JSON")


def refused(value: object) -> Any:
    """Reject an object of any but JSON's own types; for ``other`` of `normalized`.

    Raises:
        NotPlain: always.

    """
    raise NotPlain(f"it is a {type_name(value)}, which is no JSON value")


def normalized(
    value: object,
    *,
    other: Callable[[Any], Any] = described,
    size: int = _NO_LIMIT,
    depth: int = DEPTH,
    bottomless: str = "",
    copy: Copy | None = None,
) -> Any:
    """Return the value in JSON's own types; what is nested deeper than ``depth`` as JSON text.

    NaN and infinities become texts, tuples lists, keys texts. ``other`` returns the replacement for
    an object of any other type, which is then normalized. ``size`` is the maximum number of
    characters as JSON (counted from below). ``bottomless`` replaces what is nested too deep to be
    written as text. ``copy`` is tried first for the items of a long list, a slice at a time.

    Raises:
        TooLarge: it has more characters.
        ValueError: it contains itself or is nested too deep, and ``bottomless`` is empty; it holds
            an integer of more than `DIGITS` digits; or ``other`` rejected something in it.

    """
    return _Normalizing(other, size, bottomless, copy=copy).of(value, depth)


class _Normalizing:
    """One walk over one value; ``_remaining`` is how many characters it may still have."""

    def __init__(
        self,
        other: Callable[[Any], Any],
        size: int,
        bottomless: str = "",
        *,
        is_finite: bool = False,
        copy: Copy | None = None,
    ) -> None:
        self._other = other
        self._bottomless = bottomless
        self._remaining = size
        self._is_finite = is_finite
        self._copy = copy

    def of(self, value: Any, depth: int) -> Any:
        match value:
            case str():
                return self._text(value)
            case None | bool():
                self._count(4)
                return value
            case int() | float():
                return self._number(value)
            case dict():
                return self._object(value, depth)
            case list() | tuple():
                return self._list(value, depth)
            case _:
                return self._converted(value, depth)

    def _converted(self, value: Any, depth: int) -> Any:
        """Return the normalized replacement of an object; each replacement counts as a level."""
        replacement = self._other(value)
        if replacement is value:  # left as it is, on purpose
            return value
        if depth < -_CONVERSIONS:
            raise ValueError("it stands for another object, and so on")
        return self.of(replacement, depth - 1)

    def _text(self, value: str) -> str:
        text = str.__str__(value)  # also of an enum, whose str() is its name
        self._count(len(text) + 2)
        return storable(text)

    def _number(self, value: float) -> Any:
        self._count(1)
        if isinstance(value, int):
            number = int.__int__(value)  # the plain one, not the enum or library type it may be
            if not -_BEYOND < number < _BEYOND:
                raise ValueError(f"it holds an integer of more than {DIGITS:,} digits")
            return number
        plain = float.__float__(value)
        if math.isfinite(plain):
            return plain
        if self._is_finite:
            raise ValueError("it holds a number beyond what numbers can be")
        return str(plain)

    def _list(self, value: Any, depth: int) -> Any:
        # The builtin methods, since a class of a plugin's own may have others.
        kind = list if isinstance(value, list) else tuple
        items = kind.__getitem__(value, slice(None))
        self._count(len(items) + 2)
        if depth <= 0:
            return self._as_text(value)
        if self._copy is None or len(items) < _FEW:
            return [self.of(item, depth - 1) for item in items]
        slices = (items[at : at + _SLICE] for at in range(0, len(items), _SLICE))
        return [item for each in slices for item in self._copied(self._copy, each, depth - 1)]

    def _copied(self, copy: Copy, items: Sequence[Any], depth: int) -> list[Any]:
        copied = copy(items, depth)
        if copied is None:
            return [self.of(item, depth) for item in items]
        self._count(copied[1])
        return copied[0]

    def _object(self, value: dict[Any, Any], depth: int) -> Any:
        items = dict.items(value)
        self._count(2 * len(items) + 2)
        if depth <= 0:
            return self._as_text(value)
        return {self._key(key): self.of(item, depth - 1) for key, item in items}

    def _key(self, key: Any) -> str:
        if isinstance(key, str):
            return self._text(key)
        plain = self.of(key, 1)
        return plain if isinstance(plain, str) else json.dumps(plain)

    def _as_text(self, value: Any) -> str:
        try:
            text = json.dumps(value, ensure_ascii=False, default=as_text)
        except (RecursionError, ValueError) as error:  # the latter: the same object within itself
            if self._bottomless:
                return self._bottomless
            raise ValueError("it holds itself, or is nested too deep") from error
        return self._text(text)

    def _count(self, characters: int) -> None:
        self._remaining -= characters
        if self._remaining < 0:
            raise TooLarge("it is too large")


def require_json(value: Any) -> Any:
    """Return a parsed JSON value, checked for depth and numbers; its integers keep every digit.

    Unlike `normalized` it changes nothing but text: NUL and lone surrogates become U+FFFD.

    Raises:
        ValueError: it is nested deeper than `DEPTH`, or has a number that JSON cannot carry, such
            as 1e400; the message says which.

    """
    require_shallow(value)
    return _Normalizing(refused, _NO_LIMIT, is_finite=True).of(value, DEPTH)


def require_shallow(value: Any, depth: int = DEPTH) -> None:
    """Check the depth of a value of JSON's own types.

    Raises:
        ValueError: it is nested deeper than that.

    """
    level = _containers([value])
    for _ in range(depth):
        if not level:
            return
        inside = (each.values() if isinstance(each, dict) else each for each in level)
        level = _containers(item for items in inside for item in items)
    if level:
        raise ValueError(f"it is nested more than {depth} levels deep")


def _containers(values: Iterable[Any]) -> list[Any]:
    """Return the lists and objects among the values, each once, however often it occurs."""
    containers = {id(value): value for value in values if isinstance(value, dict | list | tuple)}
    return list(containers.values())
