"""Requests judged as a server would that knows nothing but the document."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote_plus, urljoin, urlsplit

from calls_bodies import BodyJudge
from calls_original import Original, Pointer
from calls_parameters import ParameterJudge, Texts
from calls_reading import Reader

_NAMES: Final = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came over the wire; ``target`` is not decoded."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes

    @property
    def content_type(self) -> str | None:
        """Return the media type of the body."""
        return next((value for name, value in self.headers if name.lower() == "content-type"), None)


class Judge:
    """Judges the requests of one document."""

    def __init__(self, original: Original) -> None:
        self._original = original
        reader = Reader(original)
        self._parameters, self._bodies = (
            ParameterJudge(original, reader),
            BodyJudge(original, reader),
        )
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
        path = self.path(wanted, received)
        if path is None:
            return [f"path: {received.target} is under none of the servers"]
        _, _, query = received.target.partition("?")
        matches = self._matches(method, path, query)
        if template not in matches or _address(matches[0]) != _address(template):
            return [f"path: {path} is one of {matches or 'nothing'}"]
        operation = self._operation(template, method)
        fixed = frozenset(part.partition("=")[0] for part in template.partition("?")[2].split("&"))
        parts = [part.partition("=") for part in query.split("&") if part]
        pairs = [(unquote_plus(name), value) for name, _, value in parts]
        texts = Texts(texts_of(template, path), pairs, received.headers)
        return [
            *self._parameters.problems(operation, texts, fixed),
            *self._bodies.problems(operation, received.content_type, received.body),
        ]

    def path(self, wanted: str, received: Received) -> str | None:
        """Return the path of a request below the server of an operation; None if it is not."""
        method, _, template = wanted.partition(" ")
        target = received.target.partition("?")[0]
        bases = self._bases(template, method)
        return next((target[len(base) :] for base in bases if target.startswith(f"{base}/")), None)

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
        return {**self._original.followed(("paths", template))[1], **item}

    def _operation(self, template: str, method: str) -> Pointer:
        place: Pointer = ("paths", template)
        item = self._original.at(place)
        if method.lower() not in {key.lower() for key in item}:
            place, item = self._original.followed(place)
        return (*place, next(key for key in item if key.lower() == method.lower()))

    def _bases(self, template: str, method: str) -> list[str]:
        """Return the paths of the servers of an operation."""
        tree, operation = self._original.tree, self._operation(template, method)
        if self._original.is_swagger:
            return [quote((tree.get("basePath") or "").rstrip("/"), safe="/%")]
        told = [self._original.at(operation), self._original.at(operation[:-1]), tree]
        servers = next((each["servers"] for each in told if each.get("servers")), [{"url": "/"}])
        return [_base(server) for server in servers]


def texts_of(template: str, path: str) -> dict[str, str]:
    """Return what stands in a path for the names of its template."""
    found = re.fullmatch(_pattern(template), path)
    return {} if found is None else dict(zip(_NAMES.findall(template), found.groups(), strict=True))


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
