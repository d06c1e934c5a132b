"""Route of a conversation's events: server-sent events of all its runs."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from functools import partial
from typing import Final

from pydantic import BaseModel, Field
from quart import Blueprint, Response, request
from quart_schema import document_headers, tag, validate_querystring

from domain.runs.conversation_following import RunEvents
from domain.runs.events import Event
from domain.runs.following import Tell
from domain.shared.errors import PuertoError
from entrypoints.encoding import EventEncoder
from entrypoints.http.openapi.document import EventStream, responds_with
from entrypoints.http.security.guard import caller, identity
from entrypoints.http.security.tickets import takes_ticket
from entrypoints.http.streaming.connection import Send, Stream, stream_part
from entrypoints.http.streaming.sse import STREAM_HEADERS, EventSender, log_cut
from entrypoints.wiring.services import services

blueprint = Blueprint("following", __name__, url_prefix="/api")

Feed = AsyncGenerator[RunEvents, None]


class FollowQuery(BaseModel):
    """The position to resume the stream at."""

    after: str | None = Field(
        None,
        description="The cursor of the last event received, of whichever run, or the id of the "
        "last message known: after a question comes the run that answers it. Without it: the "
        "active run from its start, if there is one, and all that begin later.",
    )


class FollowHeaders(BaseModel):
    """The position to resume the stream at, as browsers send it."""

    last_event_id: str | None = Field(
        None, description="The same as `after`; it wins, being the newer one of an `EventSource`."
    )


@blueprint.get("/conversations/<conversation_id>/events")
@tag(["conversations"])
@validate_querystring(FollowQuery)
@document_headers(FollowHeaders)
@responds_with(EventStream)
@takes_ticket
async def events(conversation_id: str, query_args: FollowQuery) -> Response:
    """Follow a conversation: every run's events as they come, those begun elsewhere too.

    The events are those of the runs, each with its `run_id`, under the same cursors. The stream
    goes on after a `done`, until the client leaves or the service stops; come back with the last
    cursor.
    """
    all_services, login = services(), identity()
    after = request.headers.get("Last-Event-ID") or query_args.after or None
    start = await all_services.feed.start(caller(), conversation_id, after)

    async def check() -> None:
        await all_services.callers.recheck(login)

    def follow(at_once: Callable[[str], Tell]) -> Feed:
        return all_services.feed.follow(start, check, at_once)

    body = partial(_send_feed, follow, all_services.accounts.login_watch.during(login))
    return Stream(body, content_type="text/event-stream", headers=STREAM_HEADERS)


_OPENED: Final = b": following\n\n"  # so that proxies and clients see the stream open at once


async def _send_feed(
    follow: Callable[[Callable[[str], Tell]], Feed],
    login: AbstractAsyncContextManager[object],
    send: Send,
) -> None:
    """Send each batch as one part, and comments as keep-alives in between."""
    out = EventSender(send)

    def sender(run_id: str) -> Tell:
        encoder = EventEncoder(run_id)

        def at_once(event: Event) -> bool:
            return out.at_once(encoder.server_sent_named((event,)))

        return at_once

    await send(stream_part(_OPENED, more=True))
    try:
        async with login, aclosing(follow(sender)) as feed:
            async for run_id, batch in feed:
                if not batch:
                    await out.keep_alive()
                elif data := EventEncoder(run_id).server_sent_named(batch):
                    await out.put(data)
    except PuertoError as error:
        log_cut(error)
    await out.end()
