"""Errors of reading a document: reason codes, exceptions, and skipped operations."""

from dataclasses import dataclass
from enum import StrEnum

from domain.shared.errors import Unprocessable


class Reason(StrEnum):
    """Why a document is refused, or an operation of it skipped."""

    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    TOO_MUCH_WORK = "too_much_work"
    TOO_LONG = "too_long"  # in time
    NOT_READABLE = "not_readable"
    NOT_OPENAPI = "not_openapi"
    UNKNOWN_VERSION = "unknown_version"
    OUTSIDE_REFERENCE = "outside_reference"
    DANGLING_REFERENCE = "dangling_reference"
    CIRCULAR_REFERENCE = "circular_reference"
    INVALID = "invalid"
    UNKNOWN_METHOD = "unknown_method"
    READER_FAILED = "reader_failed"


class DocumentRefused(Unprocessable):
    """The document cannot be learned; ``details`` holds the reason and a JSON Pointer."""

    def __init__(self, reason: Reason, message: str, pointer: str = "") -> None:
        super().__init__(message, details={"reason": reason.value, "pointer": pointer})
        self.reason = reason
        self.pointer = pointer


@dataclass(frozen=True, slots=True)
class Skipped:
    """An operation that was not learned, such as ``GET /pets``, with the reason.

    ``pointer`` is a JSON Pointer. Where the methods of a path are unknown, ``operation`` is
    ``* /pets``.
    """

    operation: str
    reason: Reason
    pointer: str
    message: str


class BadReference(Exception):
    """A reference cannot be resolved."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
