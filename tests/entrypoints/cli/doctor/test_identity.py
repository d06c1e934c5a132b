"""What the doctor says of an issuer's address."""

import pytest

from entrypoints.cli.doctor.identity import _is_safe


@pytest.mark.parametrize(
    ("issuer", "is_safe"),
    [
        ("https://login.example", True),
        ("http://127.0.0.1:8080/realms/main", True),
        ("http://[::1]:8080", True),
        ("http://keycloak:8080", False),
        ("http://login.example", False),
    ],
)
def test_an_issuer_without_tls_is_safe_on_this_machine_alone(issuer: str, is_safe: bool) -> None:
    assert _is_safe(issuer) is is_safe
