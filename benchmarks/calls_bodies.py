"""Bodies of requests, judged by their media types."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any, Final
from urllib.parse import quote_plus, unquote_plus

from calls_original import Declared, Original, Pointer
from calls_reading import Pairs, Reader, Written, contents_of, style_of
from werkzeug.formparser import FormDataParser

_BASE64: Final = re.compile(r"[A-Za-z0-9+/=]*")
_FORM: Final = "application/x-www-form-urlencoded"


class BodyJudge:
    """Judges the bodies of one document's requests."""

    def __init__(self, original: Original, reader: Reader) -> None:
        self._original, self._reader = original, reader

    def problems(self, operation: Pointer, kind: str | None, body: bytes) -> Iterator[str]:
        """Yield what is wrong with a body of a media type, None where there is neither."""
        raw = self._original.at(operation)
        if self._original.is_swagger and "requestBody" not in raw:
            yield from self._of_swagger(operation, kind, body)
            return
        if "requestBody" not in raw:
            if body or kind:
                yield "body: none is declared"
            return
        place, declared = self._original.followed((*operation, "requestBody"))
        if kind is None:
            if declared.get("required") is True:
                yield "body: it is missing"
            return
        content = declared.get("content") or {}
        name = _declared_as(content, kind)
        if name is None:
            yield f"body: {kind} is none of {', '.join(content)}"
            return
        at, described = self._original.followed((*place, "content", name))
        schema = (*at, "schema") if "schema" in described else None
        yield from self._content(kind, body, schema, described.get("encoding") or {})

    def _of_swagger(self, operation: Pointer, kind: str | None, body: bytes) -> Iterator[str]:
        declared = self._original.declared(operation)
        whole = next((each for each in declared if each.where == "body"), None)
        fields = [each for each in declared if each.where == "formData"]
        taken = [*fields, *([whole] if whole else [])]
        if kind is None:
            if any(each.raw.get("required") for each in taken):
                yield "body: it is missing"
            return
        consumed = self._original.at(operation).get("consumes") or self._original.tree.get(
            "consumes", []
        )
        if fields:
            yield from self._fields(fields, kind, body)
        elif whole is None:
            yield "body: none is declared"
        elif consumed and _declared_as(dict.fromkeys(consumed), kind) is None:
            yield f"body: {kind} is none of {', '.join(consumed)}"
        else:
            yield from self._content(kind, body, (*whole.place, "schema"), {})

    def _fields(self, fields: Sequence[Declared], kind: str, body: bytes) -> Iterator[str]:
        pairs, files = form_pairs(kind, body)
        known = {each.name for each in fields}
        yield from (f"form: {name!r} is not declared" for name, _ in pairs if name not in known)
        for each in fields:
            if each.raw.get("type") == "file":
                if each.raw.get("required") and each.name not in files:
                    yield f"form {each.name!r}: the file is missing"
                continue
            style, explode = style_of(each.raw, "query")
            written = Written(each.name, style, explode, each.place)
            found = list(self._reader.query(written, pairs, frozenset(known)))
            if not found:
                if each.raw.get("required"):
                    yield f"form {each.name!r}: it is missing"
                continue
            value, problems = self._reader.best(each.place, found)
            yield from (f"form {each.name!r} = {value!r}: {problem}" for problem in problems)

    def _content(
        self, kind: str, body: bytes, schema: Pointer | None, encoding: Mapping[str, Any]
    ) -> Iterator[str]:
        essence = kind.partition(";")[0].strip().lower()
        if essence == _FORM or essence.startswith("multipart/"):
            if schema is None:
                return
            problems = self._original.problems(schema, self._form(kind, body, schema, encoding))
        elif _is_lines(essence):
            lines = [json.loads(line) for line in body.splitlines() if line]
            _, problems = self._reader.best(schema, [lines, *lines[:1]])
        else:
            value, problems = self._reader.best(schema, contents_of(essence, body))
            is_text = isinstance(value, str)
            if is_text and self._is_base64(schema) and not _BASE64.fullmatch(value):
                problems = [*problems, "it is not base64"]
        yield from (f"body: {problem}" for problem in problems)

    def _is_base64(self, schema: Pointer | None) -> bool:
        said = [each for _, each in self._original.schemas(schema)] if schema else []
        return any(
            each.get("format") in ("byte", "base64") or each.get("contentEncoding") == "base64"
            for each in said
        )

    def _form(
        self, kind: str, body: bytes, schema: Pointer, encoding: Mapping[str, Any]
    ) -> dict[str, Any]:
        pairs, files = form_pairs(kind, body)
        names = dict.fromkeys([*(name for name, _ in pairs), *files])
        found: dict[str, Any] = {}
        for name in names:
            key = name.partition("[")[0] if name.partition("[")[0] in encoding else name
            if key in found:
                continue
            place = self._original.member(schema, key)
            raw = encoding.get(key) or {}
            if name in files:
                given = files[name]
                as_list = "array" in self._reader.kinds(place) if place else False
                found[key] = given if as_list else given[-1]
                continue
            styled = bool({"style", "explode", "allowReserved"} & raw.keys())
            style, explode = style_of(raw, "query") if styled else ("form", True)
            if raw.get("contentType", "").startswith("application/json") and not styled:
                candidates = [json.loads(unquote_plus(dict(pairs)[key]))]
            else:
                written = Written(key, style, explode, place)
                candidates = list(self._reader.query(written, pairs, frozenset(names)))
                if not styled and place is not None and "object" in self._reader.kinds(place):
                    candidates = list(self._reader.scalars(unquote_plus(dict(pairs)[key]), place))
            found[key] = self._reader.best(place, candidates)[0]
        return found


def _declared_as(content: dict[str, Any], kind: str) -> str | None:
    """Return the declared media type that a body's is."""
    exact = next((name for name in content if name.strip() == kind), None)
    essence = kind.partition(";")[0].strip().lower()
    names = {name.partition(";")[0].strip().lower(): name for name in reversed(content)}
    wider = (essence, f"{essence.partition('/')[0]}/*", "*/*", "*", "")
    by_rank = [exact, *(names.get(each) for each in wider)]
    return next((name for name in by_rank if name is not None), None)


def _is_lines(essence: str) -> bool:
    return essence in {"application/x-ndjson", "application/ndjson", "application/jsonl"}


def form_pairs(kind: str, body: bytes) -> tuple[Pairs, dict[str, list[str]]]:
    """Return the fields of a form, the values still encoded as in a query, and the files."""
    if kind.startswith(_FORM):
        return [
            (unquote_plus(name), value)
            for name, _, value in (part.partition("=") for part in body.decode().split("&") if part)
        ], {}
    options = dict(re.findall(r';\s*([\w-]+)="?([^";]+)"?', kind))
    parser = FormDataParser(silent=False)
    _, form, files = parser.parse(BytesIO(body), kind.partition(";")[0].strip(), len(body), options)
    texts = [(name, quote_plus(value)) for name, value in form.items(multi=True)]
    held: dict[str, list[str]] = {}
    for name, storage in files.items(multi=True):
        held.setdefault(name, []).append(storage.read().decode("latin-1"))
    return texts, held
