"""Texts of the OpenAPI document that belong to no single route."""

from typing import Annotated, Any, Final

from pydantic import Field

from entrypoints.http.error_texts import OUR_FAULT
from entrypoints.http.fields import EXAMPLE_ID
from entrypoints.http.idempotency import FORM, HEADER
from entrypoints.http.security.tickets import PARAMETER
from entrypoints.http.streaming import frames

Json = dict[str, Any]

INTRODUCTION: Final = """\
A self-hosted agent server: it talks over REST, server-sent events and WebSockets, thinks with any
provider's models, and acts through tools.

**Conventions.** JSON in UTF-8, in and out. Ids are UUIDs; treat them as opaque. Times are RFC 3339
in UTC. Lists take `limit` and `cursor`, and bring `next_cursor`, null at the end. An unknown id and
another user's id look the same: 404. Unknown query parameters are ignored, unknown fields of a
body are refused. A method that a path does not have gives 405 with `Allow`.

**Who you are.** `POST /api/auth/login` gives an access token; send it as
`Authorization: Bearer <token>`. Before it expires, trade the refresh token for new ones.

**Request ids.** Every answer carries `X-Request-ID`: yours, if you sent a well-formed one (up to
128 letters, digits, `.`, `_`, `-`), else a new one. The log knows it.

**Rate limits.** Requests are counted by API key, else by user, else by address; answers tell what
is left (`X-RateLimit-*`, `RateLimit`), and 429 comes with `Retry-After`. Logins, registrations and
changes of a password are counted by themselves, too. Health checks, metrics and documentation pages
are not counted; messages over a WebSocket are.

**Errors** all look alike: `{"error": {"code", "message", "details", "request_id"}}`. Those of the
addresses beneath `/api/chat/` that are a job assistant's are flat: `PlainError`.

**Streams.** One run (one message being answered) is one ordered list of events, of which
server-sent events and WebSocket frames are encodings: see the schema `Event`. A client that lost
the line asks `GET /api/runs/{run_id}/events` with the last event's id as `Last-Event-ID`, and
receives exactly what it has not had. A run goes on when its client leaves.

**Consent.** A call that may do harm waits for a human: the stream ends with `done` and the status
`waiting_consent`. Answer with `POST /api/chat/consent`, and follow the run's events from there.

**Once.** A request with an `Idempotency-Key` is done once: the same key and body give the first
answer again, byte for byte, for 24 hours; the same key with another body gives 409. Errors are not
kept: after one, the same request is tried again. The routes of authentication take no keys: their
answers hold tokens, which are not kept.
"""

_SOCKET: Final = """\
Frames are JSON texts. The client's are `ClientFrame`: `auth` (the first one, within 10 seconds,
unless the header `Authorization` came with the handshake), `chat`, `consent`, `cancel`, `resume`,
`follow`, `unfollow`, `ping`. The server answers `auth` with `{"type": "ready"}`, `ping` with
`{"type": "pong"}` and `consent` with `{"type": "consent", "consent_request_id", "status"}`. It
sends the events of the runs (`Event`, each with `run_id` and `cursor` beside its own fields), and
for a frame that it cannot take `{"type": "error", "error": {"code", "message", "details"}}`; the
socket stays open. After a `done` with the status `waiting_consent` the run's events go on once
somebody has answered. `follow` brings every run of a conversation, as
`GET /api/conversations/{conversation_id}/events` does.
"""

TAGS: Final[list[Json]] = [
    {"name": "authentication", "description": "Accounts, logins and tokens."},
    {"name": "users", "description": "Who has an account, for administrators."},
    {"name": "chat", "description": "Say something to the agent."},
    {"name": "runs", "description": "A message being answered: look at it, follow it, stop it."},
    {"name": "conversations", "description": "What was said."},
    {"name": "agents", "description": "Whom a message can be addressed to."},
    {"name": "tools", "description": "What the agent can do."},
    {"name": "artifacts", "description": "Files that tools made."},
    {
        "name": "connected accounts",
        "description": "Your own access to services that tools use in your name.",
    },
    {"name": "plugins", "description": "Where the tools come from, for operators."},
    {
        "name": "learned APIs",
        "description": "APIs that the agent can use because it has their OpenAPI documents.",
    },
    {"name": "consents", "description": "What the agent asks before it acts, and your answers."},
    {"name": "policy", "description": "What may run unasked, and what was decided."},
    {"name": "configuration", "description": "Which model thinks, and how freely it acts."},
    {"name": "usage", "description": "What was used and what it cost, and its bounds."},
    {"name": "webhooks", "description": "Addresses that are told what happens, for operators."},
    {"name": "metrics", "description": "Figures of the service and of the clouds, for operators."},
    {"name": "logs", "description": "What the service logged, for operators."},
    {
        "name": "orchestration",
        "description": "One question to the model, for clients written for an orchestration API.",
    },
    {
        "name": "job assistant",
        "description": "The addresses of the Magna AI Agent API, for clients written for it.",
    },
    {"name": "health", "description": "For probes: none of them waits for a provider."},
    {
        "name": "websocket",
        "description": "`/ws`, and `/ws/chat/{conversation_id}` bound to one conversation.\n\n"
        + _SOCKET,
    },
]

_TEXT_SOCKET: Final = """\
Frames are JSON texts. The client sends `{"type": "message", "message", "conversation_id"?}` and
`{"type": "ping"}`. The server sends `conversation_id`, which says where the frames after it belong,
`chunk` (`content`), `tool_calls` and `results` (lists), `consent_required` (`consent_request`),
`done` where an answer ends or waits for a human, `error` (`error`, a text), and `pong`. After a
consent the rest of the answer comes over the socket that it began on.
"""

WEBSOCKETS: Final[Json] = {
    path: {
        "summary": summary,
        "description": _SOCKET,
        "receives": {"$ref": "#/components/schemas/ClientFrame"},
        "sends": {"$ref": "#/components/schemas/Event"},
    }
    for path, summary in (
        ("/ws", "Talk in any of one's conversations."),
        ("/ws/chat/{conversation_id}", "Talk in one conversation; `?token=` is taken too."),
    )
} | {
    "/ws/chat": {
        "summary": "Talk in the job assistant's frames; the access token comes as `?token=`.",
        "description": _TEXT_SOCKET,
    }
}

# An example message by status.
EXAMPLES: Final[dict[int, str]] = {
    400: "The field message is missing.",
    401: "The access token is not valid. Log in again.",
    403: "This needs the role admin.",
    404: "There is no such conversation.",
    408: "The body did not arrive in time. Send it again, faster.",
    409: "A run is still active in this conversation: follow it, or cancel it first.",
    410: "The time to answer this request is over.",
    413: "The body is too large: 1,048,576 bytes are taken here at most.",
    415: "Send the body as Content-Type: application/json.",
    422: "The document is no OpenAPI document: it has no paths.",
    429: "Too many requests: 60 in 60 seconds are taken here. Try again in 12 seconds.",
    500: OUR_FAULT,
    502: "The provider refused the key.",
    503: "The service is stopping. Try again in a moment.",
    504: "The tool did not answer within its timeout.",
}


PATH_PARAMETERS: Final[dict[str, Json]] = {
    name: {
        "description": description,
        "schema": {"type": "string", "format": "uuid", "examples": [EXAMPLE_ID]},
    }
    for name, description in (
        ("conversation_id", "The conversation's id."),
        ("run_id", "The run's id, as the event `run` and the answer to a message name it."),
        ("consent_id", "The consent request's id."),
        ("artifact_id", "The artifact's id, as a result names it."),
        ("api_id", "The learned API's id."),
        ("key_id", "The API key's id."),
        ("budget_id", "The budget's id."),
        ("user_id", "The user's id."),
        ("session_id", "The session's id."),
        ("webhook_id", "The webhook's id."),
        ("delivery_id", "The delivery's id, which is the header `webhook-id`, too."),
    )
} | {
    name: {"description": description, "schema": {"type": "string", "pattern": pattern}}
    for name, description, pattern in (
        ("plugin_name", "The plugin's name.", "^[A-Za-z0-9_][A-Za-z0-9_.-]*$"),
        (
            "account_name",
            "The account's name, as its plugin declares it.",
            "^[a-z][a-z0-9_-]{0,63}$",
        ),
        ("tool_name", "The tool's name.", "^[A-Za-z_][A-Za-z0-9_-]{0,63}$"),
        (
            "schema_provider",
            "Whose rules, such as `openai`; the refusal of an unknown name lists them all.",
            "^[a-z-]+$",
        ),
    )
}

IDEMPOTENCY_KEY: Final[Json] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Your name for this request: sent again, it is not done again.",
    "schema": {"type": "string", "pattern": FORM},
}

# Link Objects by operation: which operations take the ids in a response.
LINKS: Final[dict[str, Json]] = {
    "chat_send": {
        operation: {"operationId": operation, "parameters": {name: f"$response.body#/{name}"}}
        for operation, name in (
            ("chat_get", "run_id"),
            ("chat_events", "run_id"),
            ("chat_cancel", "run_id"),
            ("conversations_get", "conversation_id"),
            ("conversations_history", "conversation_id"),
        )
    }
}

REQUEST_ID: Final[Json] = {
    "description": "The request's id: yours, if you sent a well-formed one, else a new one.",
    "required": True,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"},
}
_LIMITED: Final = "Of your rate limit. Not sent where nothing is counted."
RATE_LIMIT_HEADERS: Final[dict[str, Json]] = {
    "X-RateLimit-Limit": {
        "description": f"The requests that a full bucket allows. {_LIMITED}",
        "schema": {"type": "integer", "minimum": 1},
    },
    "X-RateLimit-Remaining": {
        "description": f"The requests that are left now. {_LIMITED}",
        "schema": {"type": "integer", "minimum": 0},
    },
    "X-RateLimit-Reset": {
        "description": f"When the bucket is full again, in seconds since 1970. {_LIMITED}",
        "schema": {"type": "integer"},
    },
    "RateLimit": {
        "description": f"The policy, what is left of it, and the seconds until it is full again, "
        f'such as `"default";r=59;t=1`. {_LIMITED}',
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {
        "description": f"The policy, its quota and its window in seconds, such as "
        f'`"default";q=60;w=60`. {_LIMITED}',
        "schema": {"type": "string"},
    },
}
BEARER: Final[Json] = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "The `access_token` of a login.",
}
TICKET: Final[Json] = {
    "type": "apiKey",
    "in": "query",
    "name": PARAMETER,
    "description": "A ticket of `POST /api/auth/ticket` for this path: good once, for seconds. For "
    "a browser's `EventSource` and `WebSocket`, which send no header.",
}
_LOCATION: Final[Json] = {
    "description": "Where the new thing is.",
    "required": True,
    "schema": {"type": "string", "format": "uri-reference"},
}
_CHALLENGE: Final[Json] = {
    "description": "How to send credentials.",
    "required": True,
    "schema": {"const": "Bearer"},
}
_RETRY: Final[Json] = {
    "description": "Whole seconds until one request passes.",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
}
_PARTICULAR: Final = {
    201: {"Location": _LOCATION},
    401: {"WWW-Authenticate": _CHALLENGE},
    429: {"Retry-After": _RETRY},
}
_OF_ALL: Final = {"X-Request-ID": "RequestId"} | {name: name for name in RATE_LIMIT_HEADERS}


def headers(status: int) -> Json:
    """Return the headers of every response with this status."""
    common = {name: {"$ref": f"#/components/headers/{named}"} for name, named in _OF_ALL.items()}
    return common | _PARTICULAR.get(status, {})


def client_frames() -> Any:
    """Return the union type of the frames that clients send over a WebSocket."""
    return Annotated[frames.Frame, Field(discriminator="type")]
