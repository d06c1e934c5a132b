"""What plugins declare is checked where it is declared."""

from typing import Any

import pytest

from domain.connected_accounts.account import KeyAccount
from tests.fakes.authorization_servers import an_oauth_account


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "Jira"}, "lower-case letters"),
        ({"name": ""}, "lower-case letters"),
        ({"name": 7}, "lower-case letters"),
        ({"title": " "}, "no title"),
        ({"authorize_url": "jira.example/authorize"}, "authorize_url is no address"),
        ({"authorize_url": "javascript:alert(1)"}, "authorize_url is no address"),
        ({"token_url": "https://[half"}, "token_url is no address"),
        ({"token_url": "https:///token"}, "token_url is no address"),
        ({"token_url": "https://a.example/#x"}, "token_url is no address"),
        ({"token_url": None}, "token_url is no address"),
        ({"revoke_url": "ftp://a.example"}, "revoke_url is no address"),
        ({"scopes": "read write"}, "scopes is a list"),
        ({"scopes": ["read write"]}, "scopes is a list"),
        ({"scopes": [1]}, "scopes is a list"),
        ({"client": ("id", "secret")}, "client is a function"),
        ({"authorize_parameters": {"state": "mine"}}, "Puerto itself sends 'state'"),
    ],
)
def test_an_account_that_cannot_work_says_why(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        an_oauth_account(**changes)


@pytest.mark.parametrize(
    "changes", [{"name": "a b"}, {"title": ""}, {"instructions": None}, {"title": 3}]
)
def test_so_does_one_that_takes_a_key(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="account"):
        KeyAccount(**{"name": "crm", "title": "CRM", **changes})


def test_addresses_may_follow_that_of_a_service_that_operators_run() -> None:
    account = an_oauth_account(
        base_url=lambda _: "unused",
        authorize_url="/oauth/authorize",
        token_url="/oauth/token",
        revoke_url="https://elsewhere.example/revoke",
    )
    at = account.at("https://git.example/base/")
    assert at.authorize_url == "https://git.example/base/oauth/authorize"
    assert at.token_url == "https://git.example/base/oauth/token"
    assert at.revoke_url == "https://elsewhere.example/revoke"
    with pytest.raises(ValueError, match="authorize_url is no address"):
        account.at("git.example")
    with pytest.raises(ValueError, match="token_url is no address"):
        an_oauth_account(token_url="/oauth/token")
