"""Reserved parameters, which no model may set: framing, credentials, idempotency keys."""

import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Final

from plugins.openapi.operation import Operation, Parameter, ParameterLocation, SecurityScheme

_FRAMING: Final = frozenset(  # headers that the HTTP client sets
    {
        "accept",
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_OTHER_REQUESTS: Final = frozenset(  # headers by which servers change method, host or path
    {
        "x-forwarded-host",
        "x-http-method",
        "x-http-method-override",
        "x-method-override",
        "x-original-url",
        "x-rewrite-url",
    }
)
_CREDENTIALS: Final = frozenset({"authorization", "cookie", "proxy-authorization"})
_SIGNATURES: Final = frozenset(  # of AWS, as headers or in the query: set by the signer
    {
        "x-amz-algorithm",
        "x-amz-content-sha256",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-signature",
        "x-amz-signedheaders",
    }
)
_KEYS: Final = frozenset(  # names of idempotency keys, without punctuation and ``x-``
    {"idempotencekey", "idempotencykey", "idempotencytoken", "paypalrequestid"}
)
_SIGNS: Final = re.compile(r"^x-|[-_]")
_NAMESPACE: Final = uuid.UUID("6f1c3a0e-6f0b-5d0e-9a51-3e0f3b6c0a11")


def is_reserved(parameter: Parameter, schemes: Iterable[SecurityScheme]) -> bool:
    """Return whether the HTTP client sets the parameter, or it carries credentials.

    Such a parameter is never shown to a model, and a value for it is refused.
    """
    name = parameter.name.lower()
    if (
        parameter.place is ParameterLocation.HEADER
        and name in _FRAMING | _OTHER_REQUESTS | _CREDENTIALS
    ):
        return True
    if (
        parameter.place in (ParameterLocation.HEADER, ParameterLocation.QUERY)
        and name in _SIGNATURES
    ):
        return True
    return any(
        scheme.kind == "apiKey"
        and not scheme.argument
        and scheme.place is parameter.place
        and (scheme.name.lower() == name if _caseless(scheme) else scheme.name == parameter.name)
        for scheme in schemes
    )


def is_idempotency_key(parameter: Parameter) -> bool:
    """Return whether a parameter is an idempotency key, by which the API recognizes a retry.

    Such a parameter is never shown to a model: it is set to the id of the call.
    """
    return (
        parameter.place is ParameterLocation.HEADER
        and _SIGNS.sub("", parameter.name.lower()) in _KEYS
    )


def takes_idempotency_key(operation: Operation) -> bool:
    """Return whether an operation has an idempotency key."""
    return any(is_idempotency_key(parameter) for parameter in operation.parameters)


def idempotency_key(parameter: Parameter, call_id: str) -> str:
    """Return the value of the parameter: the id of the call, or a UUID made of it."""
    schema = parameter.schema if isinstance(parameter.schema, Mapping) else {}
    if schema.get("format") == "uuid":
        return _as_uuid(call_id)
    longest = schema.get("maxLength")
    return _as_uuid(call_id) if isinstance(longest, int) and len(call_id) > longest else call_id


def _as_uuid(call_id: str) -> str:
    try:
        return str(uuid.UUID(call_id))
    except ValueError:
        return str(uuid.uuid5(_NAMESPACE, call_id))


def _caseless(scheme: SecurityScheme) -> bool:
    return scheme.place is ParameterLocation.HEADER
