"""Validation of a document: findings with line and column, in the order of the lines."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from urllib.parse import unquote

import orjson
import yaml  # type: ignore[import-untyped]  # PyYAML brings no types

from domain.learning.documents import FOLDER
from domain.learning.findings import DocumentFinding, DocumentReport
from domain.shared.json_pointers import join, split
from plugins.openapi.reading import Fetch, Fetched, ReadingLimits, read_document
from plugins.openapi.reading.outside import PLACE
from plugins.openapi.reading.parsing import as_utf8
from plugins.openapi.reading.references import References
from plugins.openapi.validation.backend import Located, UnknownVersion, errors_of
from plugins.openapi.validation.closing import Closed
from plugins.openapi.validation.positions import Positions, positions
from plugins.openapi.validation.words import explained

MOST: Final = 100  # findings in a report
_MOST_PROBLEMS: Final = 10 * MOST  # that are collected, sorted, and cut to the first ones
_VERSIONS: Final = "2.0 (as `swagger`), 3.0, 3.1 and 3.2 (as `openapi`)"


@dataclass(frozen=True, slots=True)
class _Problem:
    pointer: str
    rule: str
    message: str


def check(
    data: bytes, *, source: str, limits: ReadingLimits | None = None, fetch: Fetch | None = None
) -> DocumentReport:
    """Validate a document, and the parts of external documents that it refers to.

    Raises:
        DocumentRefused: it cannot be read, or exceeds a limit.

    """
    if syntax_error := _syntax_error(data):
        return DocumentReport((syntax_error,))
    files = {"": data}
    recording = _recording(fetch, files) if fetch else None
    document = read_document(data, source=source, limits=limits, fetch=recording)
    closed = Closed(document)
    problems = list(islice(_problems(closed), _MOST_PROBLEMS))
    findings = list(_placed(_deepest(problems), files, document.references))
    findings.sort(key=lambda each: (each.file, each.line, each.column))
    return DocumentReport(tuple(findings[:MOST]), more=len(findings) > MOST)


def _recording(fetch: Fetch, files: dict[str, bytes]) -> Fetch:
    def recorded(url: str) -> Fetched:
        fetched = fetch(url)
        files[fetched.url] = fetched.data
        return fetched

    return recorded


def _syntax_error(data: bytes) -> DocumentFinding | None:
    """Return the position at which the bytes are neither JSON nor YAML; learning tolerates some."""
    text = as_utf8(data)
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as error:
        wrong = (error.lineno, error.colno, str(error.msg))
    else:
        return None
    try:
        for _ in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            pass
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        if mark is not None and not _looks_like_json(text):
            wrong = (mark.line + 1, mark.column + 1, getattr(error, "problem", None) or str(error))
    else:
        return None
    line, column, problem = wrong
    message = f"The document is neither JSON nor YAML: {problem}."
    return DocumentFinding(line, column, "", "syntax", message)


def _looks_like_json(data: bytes) -> bool:
    return data.lstrip()[:1] in (b"{", b"[")


def _problems(closed: Closed) -> Iterator[_Problem]:
    for dangling in closed.dangling:
        yield _Problem(dangling.pointer, dangling.reason.value.replace("_", "-"), dangling.message)
    unchecked: list[Located] = []
    count = 0
    try:
        for each in errors_of(closed.tree):
            if each.error is None:
                unchecked.append(each)
                continue
            for reason in explained(each.error):
                count += 1
                yield _Problem(closed.place(each.steps, reason.steps), reason.rule, reason.message)
    except UnknownVersion:
        yield _unknown_version(closed.tree)
        return
    for each in [] if count or closed.dangling else unchecked:
        message = "This part is of no shape that could be checked."
        yield _Problem(closed.place(each.steps), "unchecked", message)


def _unknown_version(tree: Mapping[str, Any]) -> _Problem:
    for key in ("openapi", "swagger"):
        if key in tree:
            what = "a text, in quotes" if not isinstance(tree[key], str) else "one of these"
            message = f"The version must be {what}; there are {_VERSIONS}."
            return _Problem(join(key), "version", message)
    return _Problem("", "version", f"The document says no version; there are {_VERSIONS}.")


def _deepest(problems: Sequence[_Problem]) -> Iterator[_Problem]:
    """Yield each problem once, without unknown keys that are explained by problems in them."""
    seen: set[tuple[str, str]] = set()
    around: set[str] = set()
    for each in problems:
        if each.rule != "unknown-key":
            pointer = each.pointer
            while pointer and pointer not in around:
                around.add(pointer)
                pointer = pointer.rpartition("/")[0]
    for each in problems:
        key = (each.pointer, each.rule)
        if key in seen or (each.rule == "unknown-key" and each.pointer in around):
            continue
        seen.add(key)
        yield each


def _placed(
    problems: Iterable[_Problem], files: Mapping[str, bytes], references: References
) -> Iterator[DocumentFinding]:
    by_file: dict[str, list[_Problem]] = defaultdict(list)
    for each in problems:
        url, pointer = _file_of(each.pointer, references)
        by_file[url].append(_Problem(pointer, each.rule, each.message))
    for url, data in files.items():
        located = _positions(data, [each.pointer for each in by_file[url]])
        name = unquote(url.removeprefix(FOLDER)) if url else ""
        for each in by_file[url]:
            line, column = located.nearest(each.pointer)
            yield DocumentFinding(line, column, each.pointer, each.rule, each.message, name)
        for pointer, (line, column) in located.twice.items():
            message = f"`{split(pointer)[-1]}` stands here twice; the last one counts."
            yield DocumentFinding(line, column, pointer, "duplicate-key", message, name)


def _file_of(pointer: str, references: References) -> tuple[str, str]:
    """Return the address of the document of a pointer, "" for the first, and the pointer in it."""
    if not pointer.startswith(f"/{PLACE}/"):
        return "", pointer
    _, _, key, *steps = pointer.split("/", 3)
    return references.address(key), "".join(f"/{step}" for step in steps)


def _positions(data: bytes, pointers: Sequence[str]) -> Positions:
    try:
        orjson.loads(as_utf8(data))
    except orjson.JSONDecodeError:
        is_json = False
    else:
        is_json = True
    return positions(data, pointers, is_json=is_json)
