"""Formats the sources of an answer as a Markdown list."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

_MOST: Final = 100
_UNSAFE: Final = re.compile(r"[\s<>]")  # what would end the address in Markdown


def listed(citations: Sequence[Any], results: Sequence[Any]) -> str:
    """Return a Markdown list of the sources, numbered as the marks in the answer (``[1]``).

    ``citations`` are URLs, ``results`` objects with ``url`` and ``title``. Empty if there are none;
    at most a hundred are listed.
    """
    found = [each for each in results if isinstance(each, Mapping)]
    titles = {url: each.get("title") for each in found if isinstance(url := each.get("url"), str)}
    addresses = [each for each in citations or titles if isinstance(each, str)][:_MOST]
    lines = (
        f"{number}. {_link(address, titles.get(address))}"
        for number, address in enumerate(addresses, start=1)
    )
    return "\n".join(["\n\nSources:\n", *lines]) if addresses else ""


def _link(address: str, title: Any) -> str:
    address = _UNSAFE.sub(lambda found: quote(found[0]), address)
    if not isinstance(title, str) or not title.strip():
        return f"<{address}>"
    words = " ".join(title.replace("[", "(").replace("]", ")").split())
    return f"[{words}](<{address}>)"
