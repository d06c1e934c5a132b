"""The port to whoever reads documents of APIs."""

from collections.abc import Mapping
from typing import Protocol

from domain.learned_apis import ApiVersion


class ApiReader(Protocol):
    """Makes tools of OpenAPI documents, within bounds of time and memory."""

    async def read(
        self,
        data: bytes,
        source: str,
        names: Mapping[str, str],
        files: Mapping[str, bytes] | None = None,
    ) -> ApiVersion:
        """Return what a document gives; ``source`` is its address, empty if it has none.

        ``names`` are names of tools that stay, by operation. The others are unique among
        themselves and those. ``files`` are those that come with a document under `FOLDER`.

        Raises:
            Unprocessable: the document cannot be read; the message and the details say why.

        """
        ...
