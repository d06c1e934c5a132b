"""The sources of an answer, as a list below it."""

from collections.abc import Mapping, Sequence
from typing import Any


def listed(citations: Sequence[Any], results: Sequence[Any]) -> str:
    """Return Markdown that numbers the sources as the answer's own marks, ``[1]``, do.

    ``citations`` are addresses, ``results`` objects with ``url`` and ``title``. Empty if there
    are none.
    """
    titles = {each.get("url"): each.get("title") for each in results if isinstance(each, Mapping)}
    addresses = [each for each in citations or titles if isinstance(each, str)]
    lines = (
        f"{number}. {_link(address, titles.get(address))}"
        for number, address in enumerate(addresses, start=1)
    )
    return "\n".join(["\n\nSources:\n", *lines]) if addresses else ""


def _link(address: str, title: Any) -> str:
    if not isinstance(title, str) or not title.strip():
        return f"<{address}>"
    words = " ".join(title.replace("[", "(").replace("]", ")").split())
    return f"[{words}](<{address}>)"
