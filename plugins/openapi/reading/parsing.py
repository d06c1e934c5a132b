"""Parser of a document's bytes, JSON or YAML, into a tree of objects, lists and values."""

import json
from typing import Any, Final

import orjson

from plugins.openapi.reading.limits import ReadingLimits
from plugins.openapi.reading.problems import DocumentRefused, Reason
from plugins.openapi.reading.twice import made_of
from plugins.openapi.reading.yaml_tree import parse_yaml

_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def parse(data: bytes, limits: ReadingLimits) -> dict[str, Any]:
    """Parse JSON or YAML into an object whose keys are strings.

    Raises:
        DocumentRefused: the bytes are neither, hold no object, or exceed a limit.

    """
    if len(data) > limits.size:
        message = f"The document has {len(data):,} bytes; {limits.size:,} are allowed."
        raise DocumentRefused(Reason.TOO_LARGE, message)
    data = as_utf8(data)
    tree = _from_json(data, limits) if data.lstrip()[:1] in (b"{", b"[") else None
    if tree is None:
        tree = parse_yaml(data, limits)
    if not isinstance(tree, dict):
        raise DocumentRefused(Reason.NOT_OPENAPI, "The document is not an object.")
    return tree


def as_utf8(data: bytes) -> bytes:
    """Return the bytes converted to UTF-8 from UTF-16 or, if they are nothing else, from cp1252."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace").encode()
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace").encode()
    return data


def _from_json(data: bytes, limits: ReadingLimits) -> Any:
    """Return the tree, or None if the bytes are not JSON: some YAML begins alike."""
    if data.count(b",") + data.count(b"{") + data.count(b"[") > limits.nodes:
        message = f"The document holds more than {limits.nodes:,} values."
        raise DocumentRefused(Reason.TOO_LARGE, message)
    try:
        tree = orjson.loads(data)
    except orjson.JSONDecodeError:
        tree = _from_loose_json(data)
    if tree is None:
        return None
    if _count_keys(tree, limits.depth) == _written_keys(data):
        return tree
    merged = _from_loose_json(data)
    return tree if merged is None else merged


def _from_loose_json(data: bytes) -> Any:
    """Parse with Python's tolerant parser: NaN, control characters, lone surrogates.

    Operations of a duplicate path are kept (`made_of`). Returns None if that is not JSON either.
    """
    try:
        tree = json.loads(
            data, strict=False, parse_constant=lambda _: None, object_pairs_hook=made_of
        )
        return orjson.loads(json.dumps(tree, ensure_ascii=False).encode("utf-8", "replace"))
    except RecursionError as error:
        raise DocumentRefused(Reason.TOO_DEEP, "The document is nested too deep.") from error
    except ValueError:
        return None


def _written_keys(data: bytes) -> int:
    """Return the number of written keys, or more, since a string may begin with a colon.

    If the tree has fewer keys, some may be duplicates.
    """
    marks = data.count(b'":') + data.count(b'" :')
    return marks - data.count(b'\\":') - data.count(b'\\" :')


def _count_keys(tree: Any, depth: int) -> int:
    """Return the number of keys of all objects of a tree.

    Raises:
        DocumentRefused: the tree is deeper than ``depth``.

    """
    level, keys = [tree], 0
    for _ in range(depth):
        keys += sum(len(outer) for outer in level if isinstance(outer, dict))
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return keys
    raise DocumentRefused(Reason.TOO_DEEP, f"The document is nested more than {depth} levels deep.")
