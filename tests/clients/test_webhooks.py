"""Webhooks are verified as the service, and the library of Standard Webhooks, sign them."""

import json
import time
from base64 import b64encode
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from agent_client import WebhookVerificationError, verify_webhook
from domain.webhooks.signing import shown, signed_headers

KEY, OTHER = b"k" * 32, b"o" * 32
BODY = json.dumps(
    {"type": "run.completed", "timestamp": "2026-11-20T10:15:30Z", "data": {"run_id": "r"}}
).encode()
NOW = datetime.fromtimestamp(int(time.time()), UTC)


def test_what_the_service_signs_is_read() -> None:
    headers = {name.title(): value for name, value in signed_headers([OTHER, KEY], "d", NOW, BODY)}
    told = verify_webhook(shown(KEY), BODY, headers)
    assert (told.id, told.type, told.data) == ("d", "run.completed", {"run_id": "r"})
    assert verify_webhook(shown(OTHER), BODY.decode(), headers) == told


def test_what_the_standards_library_signs_is_read() -> None:
    signature = Webhook(shown(KEY)).sign("d", NOW, BODY.decode())
    headers = {
        "webhook-id": "d",
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": signature,
    }
    assert verify_webhook(shown(KEY), BODY, headers).id == "d"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"webhook-id": "e"}, "not signed with this secret"),
        ({"webhook-signature": "v1,é v1a,x"}, "not signed with this secret"),
        ({"webhook-timestamp": str(int(time.time()) - 3600)}, "just now"),
        ({"webhook-timestamp": "²"}, "just now"),
        ({"webhook-timestamp": "9" * 400}, "just now"),
        ({"webhook-id": None}, "webhook-id is missing"),
    ],
)
def test_what_is_not_ours_is_refused(changes: dict[str, str | None], complaint: str) -> None:
    headers = dict(signed_headers([KEY], "d", NOW, BODY)) | changes
    given = {name: value for name, value in headers.items() if value is not None}
    with pytest.raises(WebhookVerificationError, match=complaint):
        verify_webhook(shown(KEY), BODY, given)


def test_a_changed_body_another_secret_and_what_is_no_secret_are_refused() -> None:
    headers = dict(signed_headers([KEY], "d", NOW, BODY))
    for secret, body in ((shown(KEY), BODY + b" "), (shown(OTHER), BODY), ("tu-secreto", BODY)):
        with pytest.raises(WebhookVerificationError):
            verify_webhook(secret, body, headers)


def test_a_body_that_tells_nothing_is_refused() -> None:
    headers = dict(signed_headers([KEY], "d", NOW, b"[]"))
    with pytest.raises(WebhookVerificationError, match="none of Puerto's"):
        verify_webhook("whsec_" + b64encode(KEY).decode(), b"[]", headers)
