"""External documents that a document refers to, where the operator allows their hosts.

Each is fetched when it is first needed, parsed within the limits of the whole, and its references
are made absolute, so that they can be resolved from anywhere.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import unquote

from domain.learning.documents import FOLDER
from domain.shared.errors import PuertoError, Unprocessable
from domain.shared.json_pointers import split
from plugins.openapi.reading.effort import Effort
from plugins.openapi.reading.identifiers import joined, parts_of, steps_of
from plugins.openapi.reading.limits import ReadingLimits
from plugins.openapi.reading.parsing import parse
from plugins.openapi.reading.values import entries

PLACE: Final = "x-puerto-outside"
"""The key of the root document under which the external documents are stored."""
KEYWORDS: Final = ("$ref", "$dynamicRef", "$recursiveRef")
_WEB: Final = ("http://", "https://")
_DIGITS: Final = 16
_SCHEMAS: Final = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A fetched document, and its address after redirects."""

    url: str
    data: bytes = field(repr=False)


Fetch = Callable[[str], Fetched]
"""Fetches a document over http or https, or raises a `PuertoError` that says why it cannot."""


class Outside:
    """The external documents of a document at ``base``; ``read`` is that document's size in bytes.

    If ``base`` is no address, only absolute references can be followed.
    """

    def __init__(
        self, fetch: Fetch, base: str, read: int, limits: ReadingLimits, effort: Effort
    ) -> None:
        self.trees: dict[str, Any] = {}
        self.addresses: dict[str, str] = {}  # of the trees, by the same keys
        self._fetch = fetch
        self._base = base if base.lower().startswith((*_WEB, FOLDER)) else ""
        self._open = (*_WEB, FOLDER) if base.startswith(FOLDER) else _WEB  # with its own files
        self._remaining = limits.size - read
        self._limits = limits
        self._effort = effort
        self._places: dict[str, Sequence[str]] = {}
        self._refused: dict[str, str] = {}

    def place(self, address: str, fragment: str) -> Sequence[str] | None:
        """Return the steps to what an address names, beneath `PLACE`; fetch it if need be.

        Returns None if the address is of a kind that cannot be fetched.

        Raises:
            PuertoError: it is not allowed or fetching failed; the message says why.
            DocumentRefused: the time limit is exceeded.

        """
        url = joined(self._base, address)
        if url not in self._places:
            if not url.lower().startswith(self._open):
                return None
            self._get(url)
        root = self._places[url]
        if not fragment.startswith("/"):
            name = unquote(fragment)
            return self._places.get(f"{url}#{name}") or [*root, *filter(None, name.split("/"))]
        return [*root, *split(fragment)]

    def _get(self, url: str) -> None:
        self._effort.spend()
        if url not in self._refused:
            try:
                if len(self.trees) + len(self._refused) >= self._limits.documents:
                    raise Unprocessable(
                        f"More than {self._limits.documents} documents are not read."
                    )
                self._add(url, self._fetch(url))
            except PuertoError as error:
                self._refused[url] = error.message
        if url in self._refused:
            raise Unprocessable(self._refused[url])

    def _add(self, url: str, fetched: Fetched) -> None:
        """Add a document; one that was fetched by two addresses is stored once."""
        if fetched.url not in self._places:
            tree = parse(fetched.data, replace(self._limits, size=self._remaining))
            self._remaining -= len(fetched.data)
            key = _key(fetched.url)
            self.trees[key] = tree
            self.addresses[key] = fetched.url
            self._places[fetched.url] = (PLACE, key)
            for trail, base, names, value in parts_of(tree, fetched.url, ((None, PLACE), key)):
                _make_absolute(value, base)
                for name in names:
                    if ":" in name.partition("#")[0]:  # relative ones are valid in there alone
                        self._places.setdefault(name, steps_of(trail))
        self._places[url] = self._places[fetched.url]


def _key(url: str) -> str:
    """Return a key unique to the address, which ends with the file's name."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", PurePosixPath(url.partition("?")[0]).stem)
    return f"{sha256(url.encode('utf-8', 'replace')).hexdigest()[:_DIGITS]}.{name}"


def _make_absolute(value: dict[str, Any], base: str) -> None:
    """Make the references of an object absolute."""
    for keyword in KEYWORDS:
        if isinstance(reference := value.get(keyword), str):
            value[keyword] = joined(base, reference.strip())
    mapping = entries(entries(value.get("discriminator")).get("mapping"))
    for name, reference in mapping.items():
        if isinstance(reference, str):
            is_name = not any(sign in reference for sign in "#/.:")
            mapping[name] = joined(base, _SCHEMAS + reference if is_name else reference)
