"""How much of a document is taken."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that every document is held to, whoever wrote it.

    ``size`` is in bytes, of the document with those that it refers to, of which ``documents`` are
    asked for. ``nodes`` counts values (objects, lists, and what stands in them), those that aliases
    of YAML repeat counted each time. ``depth`` is of objects and lists in each other. ``steps`` is
    how many references may lead from one to the next. ``work`` counts the parts of schemas that are
    looked at while tools are made of the whole document, and ``seconds`` are for all of that,
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
