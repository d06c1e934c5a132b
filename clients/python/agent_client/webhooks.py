"""Webhooks: check that a request is Puerto's, and read what it tells.

Signatures are those of Standard Webhooks 1.0: HMAC-SHA256 of ``id.timestamp.body`` in base64 after
``v1,``; several while a secret is being replaced
(https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
"""

import binascii
import hmac
import re
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from pydantic import Field, ValidationError

from agent_client.errors import WebhookVerificationError
from agent_client.records import Record

_PREFIX: Final = "whsec_"
TOLERANCE_SECONDS: Final = 300


class WebhookEvent(Record):
    """What a webhook is told. ``id`` is the same at each try: go by it, it may come twice."""

    id: str
    type: str
    timestamp: datetime
    data: dict[str, Any] = Field(default_factory=dict)


def verify_webhook(
    secret: str,
    body: bytes | str,
    headers: Mapping[str, str],
    *,
    tolerance: float = TOLERANCE_SECONDS,
) -> WebhookEvent:
    """Return what a request tells, once its signature is found to be good.

    ``secret`` is the ``whsec_...`` that Puerto showed; ``body`` the request's, unchanged;
    ``tolerance`` how many seconds its time may differ from now.

    Raises:
        WebhookVerificationError: it is not signed with the secret, or not just now.

    """
    content = body.encode() if isinstance(body, str) else body
    lower = {name.lower(): value for name, value in headers.items()}
    try:
        sent_id, at = lower["webhook-id"], lower["webhook-timestamp"]
        signatures = lower["webhook-signature"].split()
    except KeyError as error:
        raise WebhookVerificationError(f"The header {error.args[0]} is missing.") from error
    if not re.fullmatch(r"[0-9]{1,15}", at) or abs(time.time() - int(at)) > tolerance:
        raise WebhookVerificationError("The request was not signed just now.")
    signed = hmac.new(_key(secret), f"{sent_id}.{at}.".encode() + content, sha256).digest()
    expected = b"v1," + b64encode(signed)
    if not any(hmac.compare_digest(expected, each.encode()) for each in signatures):
        raise WebhookVerificationError("The request is not signed with this secret.")
    return _read(sent_id, content)


def _key(secret: str) -> bytes:
    try:
        return b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        message = "The secret is not the whsec_... that Puerto showed."
        raise WebhookVerificationError(message) from error


class _Body(Record):
    type: str
    timestamp: datetime
    data: dict[str, Any] = Field(default_factory=dict)


def _read(sent_id: str, content: bytes) -> WebhookEvent:
    try:
        body = _Body.model_validate_json(content)
    except ValidationError as error:
        raise WebhookVerificationError("The body is none of Puerto's.") from error
    return WebhookEvent(id=sent_id, type=body.type, timestamp=body.timestamp, data=body.data)
