"""Signatures: as the library of Standard Webhooks makes and verifies them."""

from datetime import UTC, datetime, timedelta

import pytest
from openai import OpenAI
from standardwebhooks import Webhook, WebhookVerificationError

from domain.webhooks.keys import OVERLAP, Keys
from domain.webhooks.signing import PREFIX, key_of, new_key, shown, signed_headers

BODY = '{"type":"run.completed","timestamp":"2026-11-28T00:00:00Z","data":{"name":"naïve"}}'


def headers(*keys: bytes, at: datetime | None = None) -> dict[str, str]:
    return dict(signed_headers(keys, "msg_1", at or datetime.now(UTC), BODY.encode()))


@pytest.mark.parametrize("secret", ["tu-secreto", "whsec_", "whsec_no base64", "whsec_AAAA", "☃"])
def test_any_text_becomes_a_secret_that_the_library_takes(secret: str) -> None:
    key = key_of(secret)
    assert key == key_of(secret)
    Webhook(shown(key)).verify(BODY.encode(), headers(key))


def test_a_proper_secret_stays_as_it_is() -> None:
    secret = shown(new_key())
    assert secret.startswith(PREFIX)
    assert shown(key_of(secret)) == secret


def test_a_signature_is_the_librarys_own() -> None:
    key, now = new_key(), datetime.now(UTC)
    own = headers(key, at=now)["webhook-signature"]
    assert own == Webhook(shown(key)).sign("msg_1", now, BODY)


def test_the_stock_client_of_openai_verifies_it() -> None:
    key = new_key()
    client = OpenAI(api_key="none", webhook_secret=shown(key))
    event = client.webhooks.unwrap(BODY, headers(key))
    assert event.to_dict()["type"] == "run.completed"


def test_while_a_secret_is_replaced_both_verify() -> None:
    now = datetime.now(UTC)
    old, new = new_key(), new_key()
    keys = Keys(old).replaced(new, now)
    for key in (old, new):
        Webhook(shown(key)).verify(BODY.encode(), headers(*keys.at(now)))
    assert keys.at(now + OVERLAP - timedelta(seconds=1)) == (new, old)
    assert keys.at(now + OVERLAP) == (new,)


def test_another_secret_id_or_body_does_not_verify() -> None:
    key = new_key()
    with pytest.raises(WebhookVerificationError):
        Webhook(shown(new_key())).verify(BODY.encode(), headers(key))
    with pytest.raises(WebhookVerificationError):
        Webhook(shown(key)).verify(BODY.encode(), headers(key) | {"webhook-id": "msg_2"})
    with pytest.raises(WebhookVerificationError):
        Webhook(shown(key)).verify(BODY.encode() + b" ", headers(key))
