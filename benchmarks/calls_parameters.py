"""Parameters of requests, judged where they stand: paths, queries, headers and cookies."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, unquote_plus

from calls_original import Declared, Original, Pointer
from calls_reading import Pairs, Reader, Written, contents_of, style_of

_OWN_HEADERS: Final = frozenset(  # which any client sends
    {
        *("accept", "accept-encoding", "connection", "content-length", "content-type", "host"),
        *("cookie", "user-agent"),
    }
)
_PLACES: Final = ("path", "query", "header", "cookie")


@dataclass(frozen=True, slots=True)
class Texts:
    """What a request says outside of its body, none of it decoded but names."""

    path: Mapping[str, str]
    query: Pairs
    headers: Sequence[tuple[str, str]]

    def header(self, name: str) -> str | None:
        """Return a header, its values joined."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(found) if found else None

    @property
    def cookies(self) -> Pairs:
        """Return the cookies."""
        parts = [part.partition("=") for part in (self.header("cookie") or "").split(";") if part]
        return [(name.strip(), value) for name, _, value in parts]


class ParameterJudge:
    """Judges the parameters of one document's requests."""

    def __init__(self, original: Original, reader: Reader) -> None:
        self._original, self._reader = original, reader

    def problems(self, operation: Pointer, texts: Texts, fixed: frozenset[str]) -> Iterator[str]:
        """Yield what is wrong with parameters; ``fixed`` names those that are in the path."""
        declared = [one for one in self._original.declared(operation) if one.where in _PLACES]
        used = set(fixed)
        for one in declared:
            others = frozenset(
                other.name for other in declared if other.where == one.where and other is not one
            )
            yield from self._one(one, texts, others, used)
        yield from _undeclared(declared, texts, used)

    def _one(
        self, one: Declared, texts: Texts, others: frozenset[str], used: set[str]
    ) -> Iterator[str]:
        candidates = list(self._candidates(one, texts, others))
        if not candidates:
            if one.raw.get("required") is True and not _is_ours(one):
                yield f"{one.where} {one.name!r}: it is missing"
            return
        value, problems = self._reader.best(self._schema(one), candidates)
        if isinstance(value, dict):
            used.update(map(str, value))
        for problem in problems:
            yield f"{one.where} {one.name!r} = {value!r}: {problem}"

    def _schema(self, one: Declared) -> Pointer | None:
        if "schema" in one.raw:
            return (*one.place, "schema")
        if isinstance(content := one.raw.get("content"), dict) and content:
            kind = next(iter(content))
            has = isinstance(content[kind], dict) and "schema" in content[kind]
            return (*one.place, "content", kind, "schema") if has else None
        return one.place if self._original.is_swagger else None

    def _candidates(self, one: Declared, texts: Texts, others: frozenset[str]) -> Iterator[Any]:
        pairs = {"query": texts.query, "cookie": texts.cookies}.get(one.where)
        text = {"path": texts.path.get(one.name), "header": texts.header(one.name)}.get(one.where)
        style, explode = style_of(one.raw, one.where)
        written = Written(one.name, style, explode, self._schema(one))
        if "content" in one.raw:
            own = text if pairs is None else dict(pairs).get(one.name)
            if own is not None:
                decode = str if one.where == "header" else unquote_plus
                yield from contents_of(next(iter(one.raw["content"])), decode(own))
        elif pairs is not None:
            yield from self._reader.query(written, pairs, others)
        elif text is not None and one.where == "header":
            yield from self._reader.simple(written, text, str)
        elif text is not None:
            yield from self._in_path(written, text)

    def _in_path(self, written: Written, text: str) -> Iterator[Any]:
        prefix = {"label": ".", "matrix": ";"}.get(written.style, "")
        if not text.startswith(prefix):
            return
        bare = text.removeprefix(prefix)
        kinds = self._reader.kinds(written.schema)
        if written.style == "matrix" and not (written.explode and "object" in kinds):
            parts = [part.partition("=") for part in bare.split(";")]
            if not all(name == written.name for name, _, _ in parts):
                return
            bare = ";".join(value for _, _, value in parts)
        yield from self._reader.simple(written, bare, unquote, prefix)


def _undeclared(declared: Sequence[Declared], texts: Texts, used: set[str]) -> Iterator[str]:
    """Yield what nobody asked for; ``used`` are names of objects' properties."""
    names = {
        where: {
            each.name.lower() if where == "header" else each.name
            for each in declared
            if each.where == where
        }
        for where in ("query", "header", "cookie")
    }
    for name, _ in texts.query:
        if name not in names["query"] | used and name.partition("[")[0] not in names["query"]:
            yield f"query: {name!r} is not declared"
    for name, _ in texts.headers:
        if name.lower() not in names["header"] | _OWN_HEADERS:
            yield f"header: {name!r} is not declared"
    for name, _ in texts.cookies:
        if name not in names["cookie"] | used:
            yield f"cookie: {name!r} is not declared"
    if texts.header("authorization") is not None:
        yield "header: Authorization was sent"


def _is_ours(one: Declared) -> bool:
    """Tell whether the client sends the parameter itself, or nobody may."""
    return one.where == "header" and one.name.lower() in {"accept", "content-type", "authorization"}
