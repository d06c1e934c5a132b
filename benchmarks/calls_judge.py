"""Requests judged as a server would that knows nothing but the document."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final
from urllib.parse import quote, quote_plus, unquote, unquote_plus, urljoin, urlsplit

from calls_original import Original, Pointer
from calls_reading import Pairs, Reader, Written, style_of
from werkzeug.formparser import FormDataParser

_OWN_HEADERS: Final = frozenset(  # which any client sends
    {
        *("accept", "accept-encoding", "connection", "content-length", "content-type", "host"),
        *("cookie", "user-agent"),
    }
)
_METHODS: Final = frozenset(
    {"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"}
)
_NAMES: Final = re.compile(r"\{([^{}]*)\}")
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came over the wire; ``target`` is not decoded, and without the server."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return a header, its values joined."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(found) if found else None


@dataclass(frozen=True, slots=True)
class Declared:
    """A parameter of the document, and where it stands there."""

    raw: Mapping[str, Any]
    place: Pointer

    @property
    def name(self) -> str:
        """Return its name on the wire."""
        return str(self.raw.get("name"))

    @property
    def where(self) -> str:
        """Return where it goes."""
        return str(self.raw.get("in"))


class Judge:
    """Judges the requests of one document."""

    def __init__(self, original: Original) -> None:
        self.original = original
        self._reader = Reader(original)
        self._templates = [
            (path, re.compile(_pattern(path)), item)
            for path, item in (original.tree.get("paths") or {}).items()
            if isinstance(item, dict)
        ]

    def problems(self, wanted: str, received: Received) -> list[str]:
        """Say what is wrong with a request that is to be of an operation ("GET /pets/{id}")."""
        method, _, template = wanted.partition(" ")
        if received.method != method:
            return [f"method: {received.method}"]
        target, _, query = received.target.partition("?")
        bases = self._bases(template, method)
        path = next((target[len(base) :] for base in bases if target.startswith(f"{base}/")), None)
        if path is None:
            return [f"path: {target} is under none of the servers {bases}"]
        matches = self._matches(method, path, query)
        if template not in matches or _address(matches[0]) != _address(template):
            return [f"path: {path} is one of {matches or 'nothing'}"]
        return [
            *self._parameters(template, method, path, query, received),
            *self._body(template, method, received),
        ]

    # Routing

    def _matches(self, method: str, path: str, query: str) -> list[str]:
        """Return the templates that a path fits, the most literal first.

        Some documents tell operations apart by a fixed query, or have several for one address.
        """
        pairs = set(query.split("&"))
        found = [
            template
            for template, pattern, item in self._templates
            if pattern.fullmatch(path)
            and pairs.issuperset(filter(None, _address(template).partition("?")[2].split("&")))
            and any(key.upper() == method for key in self._item(template, item))
        ]
        return sorted(found, key=_variety)

    def _item(self, template: str, item: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" not in item:
            return item
        return {**self.original.followed(("paths", template))[1], **item}

    def _operation(self, template: str, method: str) -> Pointer:
        place, item = ("paths", template), self.original.at(("paths", template))
        if method.lower() not in {key.lower() for key in item}:
            place, item = self.original.followed(place)
        return (*place, next(key for key in item if key.lower() == method.lower()))

    def _bases(self, template: str, method: str) -> list[str]:
        """Return the paths of the servers of an operation."""
        tree, operation = self.original.tree, self._operation(template, method)
        if self.original.is_swagger:
            return [quote((tree.get("basePath") or "").rstrip("/"), safe="/%")]
        told = [self.original.at(operation), self.original.at(operation[:-1]), tree]
        servers = next((each["servers"] for each in told if each.get("servers")), [{"url": "/"}])
        return [_base(server) for server in servers]

    # Parameters

    def declared(self, template: str, method: str) -> list[Declared]:
        """Return the parameters of an operation."""
        operation = self._operation(template, method)
        found: dict[tuple[str, str], Declared] = {}
        for place in (operation[:-1], operation):
            listed = self.original.at(place).get("parameters")
            for number in range(len(listed) if isinstance(listed, list) else 0):
                at, raw = self.original.followed((*place, "parameters", str(number)))
                if isinstance(raw, dict):
                    one = Declared(raw, at)
                    found[one.name.lower() if one.where == "header" else one.name, one.where] = one
        return list(found.values())

    def _parameters(
        self, template: str, method: str, path: str, query: str, received: Received
    ) -> Iterator[str]:
        declared = self.declared(template, method)
        pairs = [
            (unquote_plus(name), value)
            for name, _, value in (part.partition("=") for part in query.split("&") if part)
        ]
        fixed = {part.partition("=")[0] for part in template.partition("?")[2].split("&")}
        in_path = self._in_path(template, path)
        cookies = [
            (name.strip(), value)
            for name, _, value in (
                part.partition("=") for part in (received.header("cookie") or "").split(";") if part
            )
        ]
        used: set[str] = set(fixed)
        for one in declared:
            others = frozenset(
                other.name for other in declared if other.where == one.where and other is not one
            )
            match one.where:
                case "path":
                    yield from self._one(one, in_path.get(one.name), [], others, used)
                case "query":
                    yield from self._one(one, None, pairs, others, used)
                case "header":
                    yield from self._one(one, received.header(one.name), [], others, used)
                case "cookie":
                    yield from self._one(one, None, cookies, others, used)
        names = {each.name for each in declared if each.where == "query"}
        for name, _ in pairs:
            if name not in names | used and name.partition("[")[0] not in names:
                yield f"query: {name!r} is not declared"
        headers = {each.name.lower() for each in declared if each.where == "header"}
        for name, _ in received.headers:
            if name.lower() not in headers | _OWN_HEADERS:
                yield f"header: {name!r} is not declared"
        if received.header("authorization") is not None:
            yield "header: Authorization was sent"
        for name, _ in cookies:
            if name not in {each.name for each in declared if each.where == "cookie"} | used:
                yield f"cookie: {name!r} is not declared"

    def _in_path(self, template: str, path: str) -> dict[str, str]:
        found = re.fullmatch(_pattern(template), path)
        assert found is not None
        return dict(zip(_NAMES.findall(template), found.groups(), strict=True))

    def _one(
        self,
        one: Declared,
        text: str | None,
        pairs: Pairs,
        others: frozenset[str],
        used: set[str],
    ) -> Iterator[str]:
        candidates = list(self._candidates(one, text, pairs, others))
        if not candidates:
            if one.raw.get("required") is True and not _is_ours(one):
                yield f"{one.where} {one.name!r}: it is missing"
            return
        place = self._schema(one)
        value, problems = self._reader.best(place, candidates)
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
        return one.place if self.original.is_swagger else None

    def _candidates(
        self, one: Declared, text: str | None, pairs: Pairs, others: frozenset[str]
    ) -> Iterator[Any]:
        place = self._schema(one)
        if "content" in one.raw:
            own = text if text is not None else dict(pairs).get(one.name)
            if own is not None:
                decode = str if one.where == "header" else unquote_plus
                yield from _contents(next(iter(one.raw["content"])), decode(own))
            return
        style, explode = style_of(one.raw, one.where)
        written = Written(one.name, style, explode, place)
        if one.where in ("query", "cookie"):
            yield from self._reader.query(written, pairs, others)
        elif text is not None and one.where == "header":
            yield from self._reader.simple(written, text, str)
        elif text is not None:
            prefix = {"label": ".", "matrix": ";"}.get(style, "")
            if prefix and not text.startswith(prefix):
                return
            bare = text.removeprefix(prefix)
            if style == "matrix" and not (explode and "object" in self._reader.kinds(place)):
                parts = bare.split(";")
                if not all(part.partition("=")[0] == one.name for part in parts):
                    return
                bare = ";".join(part.partition("=")[2] for part in parts)
            yield from self._reader.simple(written, bare, unquote, prefix)

    # Bodies

    def _body(self, template: str, method: str, received: Received) -> Iterator[str]:
        operation = self._operation(template, method)
        raw = self.original.at(operation)
        if self.original.is_swagger and "requestBody" not in raw:
            yield from self._old_body(template, method, raw, received)
            return
        kind = received.header("content-type")
        if "requestBody" not in raw:
            if received.body or kind:
                yield "body: none is declared"
            return
        place, body = self.original.followed((*operation, "requestBody"))
        if kind is None:
            if body.get("required") is True:
                yield "body: it is missing"
            return
        content = body.get("content") or {}
        name = _declared_as(content, kind)
        if name is None:
            yield f"body: {kind} is none of {', '.join(content)}"
            return
        at, described = self.original.followed((*place, "content", name))
        schema = (*at, "schema") if "schema" in described else None
        yield from self._content(kind, received.body, schema, described.get("encoding") or {})

    def _old_body(
        self, template: str, method: str, raw: Mapping[str, Any], received: Received
    ) -> Iterator[str]:
        declared = self.declared(template, method)
        whole = next((each for each in declared if each.where == "body"), None)
        fields = [each for each in declared if each.where == "formData"]
        kind = received.header("content-type")
        if kind is None:
            if (whole is not None and whole.raw.get("required")) or any(
                each.raw.get("required") for each in fields
            ):
                yield "body: it is missing"
            return
        consumed = raw.get("consumes") or self.original.tree.get("consumes") or []
        if fields:
            yield from self._fields(fields, kind, received.body)
        elif whole is None:
            yield "body: none is declared"
        elif consumed and _declared_as(dict.fromkeys(consumed), kind) is None:
            yield f"body: {kind} is none of {', '.join(consumed)}"
        else:
            yield from self._content(kind, received.body, (*whole.place, "schema"), {})

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
            value = self._form(kind, body, schema, encoding)
            problems = self.original.problems(schema, value)
        elif _is_lines(essence):
            value = [json.loads(line) for line in body.splitlines() if line]
            _, problems = self._reader.best(schema, [value, *value[:1]])
        else:
            value, problems = self._reader.best(schema, _contents(essence, body))
        yield from (f"body: {problem}" for problem in problems)

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
            place = self.original.member(schema, key)
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


def _is_ours(one: Declared) -> bool:
    """Tell whether the client sends the parameter itself, or nobody may."""
    return one.where == "header" and one.name.lower() in {"accept", "content-type", "authorization"}


def _address(template: str) -> str:
    return template.partition("#")[0]


def _variety(template: str) -> tuple[list[bool], int]:
    """Return what makes a template less certain than others."""
    path, _, query = _address(template).partition("?")
    return ["{" in step for step in path.split("/")], -len(query)


def _base(server: Mapping[str, Any]) -> str:
    url = server.get("url") or "/"
    for name, variable in (server.get("variables") or {}).items():
        url = url.replace(f"{{{name}}}", str(variable.get("default", "")))
    return quote(urlsplit(urljoin("http://host/openapi.json", url)).path.rstrip("/"), safe="/%")


def _pattern(template: str) -> str:
    path = template.partition("?")[0].partition("#")[0]
    pieces = _NAMES.split(path)
    literals = [re.escape(piece) for piece in pieces[::2]]
    return "([^/?]*)".join(literals)


def _declared_as(content: Mapping[str, Any], kind: str) -> str | None:
    """Return the declared media type that a body's is."""
    exact = next((name for name in content if name.strip() == kind), None)
    essence = kind.partition(";")[0].strip().lower()
    by_rank = [
        exact,
        next((n for n in content if n.partition(";")[0].strip().lower() == essence), None),
        next((n for n in content if n.strip() == essence.partition("/")[0] + "/*"), None),
        next((n for n in content if n.strip() in ("*/*", "*", "")), None),
    ]
    return next((name for name in by_rank if name is not None), None)


def _contents(kind: str, body: bytes | str) -> Iterator[Any]:
    essence = kind.partition(";")[0].strip().lower()
    if essence.endswith(("/json", "+json")):
        yield json.loads(body)
        return
    text = body if isinstance(body, str) else body.decode("utf-8", "surrogateescape")
    if essence == _FORM:
        yield dict(part.partition("=")[::2] for part in unquote_plus(text).split("&"))
    yield text


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
    _, form, files = parser.parse(
        BytesIO(body), kind.partition(";")[0].strip(), len(body), options
    )
    texts = [(name, quote_plus(value)) for name, value in form.items(multi=True)]
    held: dict[str, list[str]] = {}
    for name, storage in files.items(multi=True):
        held.setdefault(name, []).append(storage.read().decode("latin-1"))
    return texts, held
