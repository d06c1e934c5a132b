"""``puerto key``: keys are printed once, listed and revoked."""

import json

from domain.accounts.api_keys import is_well_formed
from tests.entrypoints.cli.conftest import Command


def test_a_key_is_made_listed_and_revoked(puerto: Command) -> None:
    key = puerto("key", "add", "admin", "report", "--scope", "chat", "--scope", "learn").stdout
    assert is_well_formed(key.strip())
    [listed] = json.loads(puerto("key", "list", "admin", "--json").stdout)
    assert (listed["name"], listed["scopes"]) == ("report", ["chat", "learn"])
    assert key.strip() not in puerto("key", "list", "admin").stdout
    assert "Revoked" in puerto("key", "revoke", "admin", listed["id"]).stdout
    assert json.loads(puerto("key", "list", "admin", "--json").stdout) == []
    assert puerto("key", "revoke", "admin", listed["id"]).exit_code == 1
    assert puerto("key", "add", "nobody", "report").exit_code == 1
