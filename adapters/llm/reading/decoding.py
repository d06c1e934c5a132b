"""Decodes the data of events into JSON objects, for all dialects.

Nearly every event is one JSON object, and pieces of text take a faster path
(`adapters.llm.sdk.answer_reader`). The rest is what servers and proxies were seen to send:
``[DONE]`` in any dialect, empty data, plain text, a list of objects, ``data:`` written twice,
control characters in strings, and characters that are split between events.
"""

import json
import logging
import re
from collections.abc import Sequence
from typing import Any, Final

import orjson

from adapters.llm.reading.split_characters import SplitCharacters

_log = logging.getLogger(__name__)

_PREFIX: Final = b"data:"
_QUOTED: Final = 200  # bytes of ignored data that are logged
_MARKS: Final = frozenset({b"[DONE]", b"DONE", b"[done]", b'"[DONE]"'})


class MalformedAnswer(ValueError):
    """The answer does not follow the provider's protocol."""


Event = dict[str, Any]

DONE: Final[Event] = {"[DONE]": True}
"""Stands for the mark that nothing follows, which is no object."""


class JsonEventDecoder:
    """Decodes the events of one answer.

    ``exact`` is the name, in quotation marks, of the field with a call's arguments: if its value is
    an object, numbers in it must keep all their digits.
    """

    def __init__(self, provider: str, exact: bytes) -> None:
        self._provider = provider
        self._exact = exact
        self._exact_object = re.compile(re.escape(exact) + rb"\s*:\s*\{")
        self._split = SplitCharacters()
        self.ignored = b""  # the beginning of the first ignored event

    @property
    def is_waiting(self) -> bool:
        """Whether an object is held back for the rest of a split character.

        Until then every event must pass through here.
        """
        return self._split.is_waiting

    def take(self, data: bytes) -> Sequence[Event]:
        """Decode the data of an event; return the objects that are ready.

        Raises:
            MalformedAnswer: it begins as JSON and is broken, or nested too deep.

        """
        data = _without_prefix(data)
        if data in _MARKS:
            return (*self.end(), DONE)
        if not data.startswith((b"{", b"[")):
            self._ignore(data)
            return ()
        try:
            value = self._value(data)
        except MalformedAnswer:
            if (lines := _lines(data)) is None:
                raise
            return [event for line in lines for event in self.take(line)]
        values = value if isinstance(value, list) else [value]
        objects = [each for each in values if isinstance(each, dict)]
        if len(objects) < len(values):
            self._ignore(data)
        return [event for each in objects for event in self._split.take(each)]

    def _value(self, data: bytes) -> Any:
        try:
            return _exactly(data) if self._exact_object.search(data) else orjson.loads(data)
        except ValueError:
            return _exactly(data)

    def end(self) -> Sequence[Event]:
        """Return the objects that were held back, at the end of the stream."""
        return self._split.end()

    def _ignore(self, data: bytes) -> None:
        if data and not self.ignored:
            self.ignored = data[:_QUOTED]
            _log.warning("%s: passed over in the stream: %r", self._provider, self.ignored)


def _without_prefix(data: bytes) -> bytes:
    data = data.strip()
    while data.startswith(_PREFIX):
        data = data[len(_PREFIX) :].lstrip()
    return data


def _lines(data: bytes) -> list[bytes] | None:
    """Return the lines if each is an event of its own, as servers send that omit the empty lines.

    None for anything else.
    """
    lines = [line for each in data.split(b"\n") if (line := each.strip())]
    are_events = all(
        line in _MARKS or (line.startswith(b"{") and line.endswith(b"}")) for line in lines
    )
    return lines if are_events and len(lines) > 1 else None


def _exactly(data: bytes) -> Any:
    """Parse JSON with integers of any size and control characters in strings."""
    try:
        text = data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "surrogateescape")  # `SplitCharacters` decides on such bytes
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        raise MalformedAnswer("an event is not JSON") from error
