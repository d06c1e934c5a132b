"""``puerto usage``: what was used, as a table and as JSON."""

import json

from tests.entrypoints.cli.conftest import Command


def test_what_was_used_is_listed(puerto: Command) -> None:
    assert puerto("usage").stdout.split() == ["DAY", "ANSWERS", "TOKENS", "USD", "CALLS"]
    puerto("ask", "What is 17 * 23?")
    found = json.loads(puerto("usage", "--by", "user", "--json").stdout)
    (line,) = found["usage"]
    assert (line["username"], line["tool_calls"]) == ("admin", 1)
    assert line["total_tokens"] == found["total"]["total_tokens"] > 0
    listed = puerto("usage", "--by", "model").stdout.splitlines()
    assert listed[1].split() == [
        *("offline", "offline-1", "2", str(line["total_tokens"]), "0.000000", "0")
    ]
    options = ("--since", "2020-01-01", "--until", "2020-01-31")
    assert len(puerto("usage", *options).stdout.splitlines()) == 1
    assert puerto("usage", "--since", "2001-01-01").exit_code == 1
