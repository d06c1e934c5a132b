"""What this process uses is hidden in whatever it logs, in any spelling, and within bounds."""

import json
from urllib.parse import quote

from domain.shared.secrets_in_use import MOST, SecretsInUse


def test_a_value_is_hidden_however_it_is_quoted() -> None:
    secrets, value = SecretsInUse(), "a/b\"c'd\\é x"
    secrets.add([value, "short"])
    for told in (value, repr(value), json.dumps(value), quote(value), quote(value, safe="")):
        assert value[:4] not in (hidden := secrets.hide(f"sent {told} of short"))
        assert hidden.strip("\"'").startswith("sent ")
        assert "***" in hidden
        assert hidden.endswith("of short")


def test_the_longest_is_hidden_first() -> None:
    secrets = SecretsInUse()
    secrets.add(["token-of-ours", "token-of-ours-and-more"])
    assert secrets.hide("token-of-ours-and-more token-of-ours") == "*** ***"


def test_those_used_last_stay() -> None:
    secrets = SecretsInUse()
    for number in range(MOST + 1):
        secrets.add([f"value-{number:04}"])
    assert secrets.hide(f"value-0000 value-0001 value-{MOST:04}") == "value-0000 *** ***"
    secrets.add(["value-0000"])
    assert secrets.hide("value-0000") == "***"
