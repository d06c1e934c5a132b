"""Limits of the documents that are read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """Limits of one document, against resource exhaustion.

    ``size`` is in bytes, of the document with those that it refers to, of which at most
    ``documents`` are fetched. ``nodes`` counts values (objects, lists, and their contents); those
    that YAML aliases repeat count each time. ``depth`` is the nesting of objects and lists.
    ``steps`` is the length of a chain of references. ``work`` counts the parts of schemas that are
    visited while tools are made of the whole document, and ``seconds`` is the time for all of that,
    reading included.
    """

    size: int = 50_000_000
    documents: int = 100
    nodes: int = 8_000_000
    depth: int = 400
    steps: int = 10_000
    operations: int = 20_000
    work: int = 1_500_000
    seconds: float = 30.0
