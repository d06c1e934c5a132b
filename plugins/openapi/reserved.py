"""Parameters that no model sets, whatever the document says of them."""

import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Final

from plugins.openapi.operation import Operation, Parameter, Place, SecurityScheme

_FRAMING: Final = frozenset(  # what the client says of the connection and the message
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
_OTHER_REQUESTS: Final = frozenset(  # of which servers make another than was agreed to
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
_SIGNATURES: Final = frozenset(  # of AWS, as headers or in the query: the signer's own
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
_KEYS: Final = frozenset(  # as APIs name it, without signs and the ``x-`` before it
    {"idempotencekey", "idempotencykey", "idempotencytoken", "paypalrequestid"}
)
_SIGNS: Final = re.compile(r"^x-|[-_]")
_NAMESPACE: Final = uuid.UUID("6f1c3a0e-6f0b-5d0e-9a51-3e0f3b6c0a11")


def is_reserved(parameter: Parameter, schemes: Iterable[SecurityScheme]) -> bool:
    """Tell whether a parameter is the client's own business, or carries credentials.

    Such a parameter is never shown to a model, and a value for it is refused.
    """
    name = parameter.name.lower()
    if parameter.place is Place.HEADER and name in _FRAMING | _OTHER_REQUESTS | _CREDENTIALS:
        return True
    if parameter.place in (Place.HEADER, Place.QUERY) and name in _SIGNATURES:
        return True
    return any(
        scheme.kind == "apiKey"
        and not scheme.argument
        and scheme.place is parameter.place
        and (scheme.name.lower() == name if _caseless(scheme) else scheme.name == parameter.name)
        for scheme in schemes
    )


def is_idempotency_key(parameter: Parameter) -> bool:
    """Tell whether a parameter names the call, so that the API makes it only once.

    Such a parameter is never shown to a model: the call's own id fills it.
    """
    return parameter.place is Place.HEADER and _SIGNS.sub("", parameter.name.lower()) in _KEYS


def takes_idempotency_key(operation: Operation) -> bool:
    """Tell whether the API takes a key with the operation."""
    return any(is_idempotency_key(parameter) for parameter in operation.parameters)


def idempotency_key(parameter: Parameter, call_id: str) -> str:
    """Return the value for the parameter: the call's id, in a form that the schema allows."""
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
    return scheme.place is Place.HEADER
