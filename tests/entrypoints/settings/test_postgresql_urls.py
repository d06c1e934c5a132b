"""The parameters of PostgreSQL URLs."""

import pytest

from entrypoints.settings.loading import SettingsError, load_settings

URL = "postgresql://ann:secret@db.example/puerto"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", ""),
        ("?sslmode=require&sslrootcert=/a%20b.pem", "?sslmode=require&sslrootcert=/a%20b.pem"),
        ("?options=-csearch_path%3Dx", "?options=-csearch_path%3Dx"),
        ("?connect_timeout=10&keepalives=1&sslmode=require", "?sslmode=require"),
        ("?application_name=x&channel_binding=prefer&gssencmode=disable", ""),
        ("?sslmode=verify-full&client_encoding=utf8", "?sslmode=verify-full"),
    ],
)
def test_what_is_of_libpq_is_heeded_or_dropped(given: str, expected: str) -> None:
    settings = load_settings({"DATABASE_URL": URL + given}, None)
    assert settings.database.url == URL + expected


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            "?channel_binding=require",
            "has the parameter channel_binding, which cannot be heeded",
        ),
        ("?requirepeer=postgres", "has the parameter requirepeer"),
        ("?schema=public", r"has a parameter \(schema\)"),
        ("?pgbouncer=true", r"has a parameter \(pgbouncer\)"),
        ("?statement_timeout=5s", "options=-cNAME%3DVALUE"),
        ("?%00=1", r"has a parameter \(of another kind\)"),
    ],
)
def test_what_is_not_is_refused_in_a_line_without_the_value(given: str, told: str) -> None:
    with pytest.raises(SettingsError, match=f"DATABASE_URL {told}|DATABASE_URL .*{told}") as caught:
        load_settings({"DATABASE_URL": URL + given}, None)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_direct_url_is_of_postgresql() -> None:
    direct = URL.replace("db.example", "direct.example")
    settings = load_settings({"DATABASE_URL": URL, "DATABASE_LISTEN_URL": direct}, None)
    assert settings.direct_database.url == direct
    assert load_settings({"DATABASE_URL": URL}, None).direct_database.url == URL
    with pytest.raises(SettingsError, match="DATABASE_LISTEN_URL must be of PostgreSQL"):
        load_settings({"DATABASE_LISTEN_URL": "sqlite://x.db"}, None)
    beside = load_settings({"DATABASE_LISTEN_URL": direct}, None)
    assert beside.direct_database == beside.database
