"""What a call must not give away is redacted, whenever the call got it."""

import logging

import pytest

from domain.tools.secrets import Secrets, discreet_log


def test_values_that_come_later_are_redacted_as_those_before() -> None:
    secrets = Secrets({"TOKEN": "token-of-ours"})
    secrets.also_hide("token-of-ours-and-more", "short")
    assert secrets.hide("token-of-ours-and-more, token-of-ours, short") == "***, ***, short"
    assert secrets.hide_in({"k": ["token-of-ours-and-more"]}) == {"k": ["***"]}
    assert dict(secrets) == {"TOKEN": "token-of-ours"}


def test_a_log_redacts_what_came_after_it_was_made(caplog: pytest.LogCaptureFixture) -> None:
    secrets = Secrets()
    log = discreet_log("puerto.tools.look", lambda: secrets)
    log.warning("at first %s", "the-token-of-somebody")
    secrets.also_hide("the-token-of-somebody")
    log.warning("then %s", "the-token-of-somebody")
    assert caplog.messages == ["at first the-token-of-somebody", "then ***"]
    assert logging.getLogger("puerto.tools.look").filters == []
