"""Lists of the service, page by page."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import quote

from pydantic import ValidationError

from agent_client._core import Call, Core, read
from agent_client.errors import UnexpectedAnswerError
from agent_client.records import Record

Item = TypeVar("Item", bound=Record)

PAGE: Final = 100  # the longest page that the service gives


class _Page(Record):
    next_cursor: str | None = None


async def items(
    core: Core,
    path: str,
    name: str,
    model: type[Item],
    query: Mapping[str, str | int | None],
    *,
    is_oldest_first: bool = False,
) -> AsyncGenerator[Item, None]:
    """Yield the items of a list, the newest first, asking for the next page when it is needed.

    ``name`` is the field of a page that holds its items; in ``is_oldest_first`` ones they stand the
    other way round.
    """
    cursor = None
    while True:
        response = await core.send(Call("GET", path, {**query, "cursor": cursor}))
        page = read(response, _Page)
        found = (page.model_extra or {}).get(name, [])
        for each in reversed(found) if is_oldest_first else found:
            yield _item(model, each)
        cursor = page.next_cursor
        if not cursor:
            return


def _item(model: type[Item], data: Any) -> Item:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise UnexpectedAnswerError(f"A list holds what is no {model.__name__}.") from error


def path_of(*parts: str) -> str:
    """Return a path below ``/api``, of parts that may hold any character."""
    return "/".join(("/api", *(quote(part, safe="") for part in parts)))
