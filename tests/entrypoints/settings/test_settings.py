"""Settings: what is read, and the one line that a wrong value comes to."""

import os
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex, token_urlsafe

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from adapters.llm import google, openai, scripted
from domain.accounts.api_keys import new_key
from domain.accounts.users import Role
from domain.models.messages import ModelChoice
from domain.policy.policy import Autonomy
from entrypoints.settings.loading import SettingsError, load_settings, near_misses
from entrypoints.settings.settings import PREFIX, Settings
from entrypoints.settings.values import Engine, check_secret, variables

GOOD_SECRET = "kq9Zf3vXw0PpL7uYt5RrE2mNb8VcA1sD4gH6"
NAMES = sorted(name for field in Settings.model_fields.values() for name in variables(field))
SECRET_NAMES = sorted(
    name
    for field in Settings.model_fields.values()
    if "SecretStr" in str(field.annotation)
    for name in variables(field)
)


def load(**env: str) -> Settings:
    return load_settings(env, env_file=None)


def line(**env: str) -> str:
    """Return the one line that this environment is refused with."""
    with pytest.raises(SettingsError) as caught:
        load(**env)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message


def refusal_of(env: dict[str, str]) -> str:
    """Return the words of the refusal, or nothing if these settings are taken."""
    try:
        load(**env)
    except SettingsError as error:
        return str(error)
    return ""


# --- reading


def test_nothing_set_is_the_embedded_default() -> None:
    settings = load()
    assert settings.database.engine is Engine.SQLITE
    assert settings.database.path == Path.cwd() / ".puerto" / "puerto.db"
    assert settings.chosen_provider == "offline"
    assert (settings.api_host, settings.api_port) == ("127.0.0.1", 8000)
    assert settings.autonomy is Autonomy.SEMI
    assert settings.registration is None
    assert settings.registration_is_open
    assert settings.cors_origins == settings.allowed_hosts == settings.plugins_blocked == ()
    assert "http://localhost:3000" in settings.page_origins
    assert load(API_HOST="0.0.0.0").page_origins == ()
    assert load(CORS_ORIGINS="https://a.example").page_origins == ("https://a.example",)
    assert settings.jwt_secret is None


def test_every_value_is_read(tmp_path: Path) -> None:
    cassette = tmp_path / "tape.json"
    cassette.touch()
    settings = load(
        JWT_SECRET=GOOD_SECRET,
        OPENAI_API_KEY="sk-1",
        OPENAI_BASE_URL="http://localhost:11434/v1/",
        API_PORT=" 9000 ",
        LOG_LEVEL="warning",
        PUERTO_DATA_DIR=str(tmp_path),
        PUERTO_PROVIDER="openai",
        PUERTO_AUTONOMY="full",
        PUERTO_CASSETTE=str(cassette),
        PUERTO_PLUGINS_BLOCKED="basics, other,",
        PUERTO_ALLOWED_HOSTS="Agent.example.com,10.0.0.5:8000",
        PUERTO_GRACE_SECONDS="2.5",
    )
    assert settings.jwt_secret == SecretStr(GOOD_SECRET)
    assert (
        settings.options_of(openai.PROVIDER).connection["base_url"] == "http://localhost:11434/v1"
    )
    assert settings.api_port == 9000
    assert settings.log_level == "WARNING"
    assert settings.database.path == tmp_path / "puerto.db"
    assert settings.autonomy is Autonomy.FULL
    assert settings.options_of(scripted.PROVIDER).file == cassette
    assert settings.plugins_blocked == ("basics", "other")
    assert settings.allowed_hosts == ("agent.example.com", "10.0.0.5:8000")
    assert settings.grace_seconds == 2.5


def test_the_roles_of_another_provider_are_read_by_value() -> None:
    settings = load(
        OIDC_ISSUER="https://login.example/realm/",
        OIDC_JWKS_URL="https://login.example/keys?of=realm",
        OIDC_AUDIENCE="puerto, api://puerto",
        OIDC_ROLES="/puerto/bosses = admin, a=b=operator,",
    )
    assert settings.oidc_issuer == "https://login.example/realm"
    assert settings.oidc_jwks_url == "https://login.example/keys?of=realm"
    assert settings.oidc_audience == ("puerto", "api://puerto")
    assert settings.role_values == {"/puerto/bosses": Role.ADMIN, "a=b": Role.OPERATOR}


def test_an_empty_value_counts_as_not_set() -> None:
    assert load(**dict.fromkeys(NAMES, " ")) == load()


def test_either_name_of_the_gemini_key_is_read_the_preferred_one_first() -> None:
    def key(**env: str) -> str:
        return load(**env).options_of(google.PROVIDER).connection["api_key"]

    assert key(GOOGLE_AI_API_KEY="b") == "b"
    assert key(GOOGLE_AI_API_KEY="b", GEMINI_API_KEY="a") == "a"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# mine\nAPI_PORT=1111\nexport API_HOST='0.0.0.0'\nUNRELATED=1\n")
    settings = load_settings({"API_PORT": "2222"}, env_file=file)
    assert (settings.api_port, settings.api_host) == (2222, "0.0.0.0")


def test_the_process_and_the_working_directory_are_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in set(os.environ) & {*NAMES}:
        monkeypatch.delenv(name)
    (tmp_path / ".env").write_text("API_PORT=3333\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("API_HOST", "::1")
    settings = load_settings()
    assert (settings.api_port, settings.api_host) == (3333, "::1")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"API_HOST=\xff\xfe\n")
    with pytest.raises(SettingsError, match=r"\.env cannot be read"):
        load_settings({}, env_file=file)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# mine\n\n\nAPI_PORT='80\n", "cannot be read in line 4"),
        ("API_PORT=1\nsome words\n", "cannot be read in line 2"),
        ("API_PORT=1\n=hunter2\n", "cannot be read in line 2"),
        ("API_PORT='1' hunter2\n", "cannot be read in line 1"),
        ("export API_PORT\n", "line 1 gives API_PORT no value; write API_PORT=value"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / ".env"
    file.write_text(text)
    with pytest.raises(SettingsError, match=words) as caught:
        load_settings({}, env_file=file)
    assert "hunter2" not in str(caught.value)


def test_what_others_write_into_the_file_is_theirs(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text('COMPOSE_PROFILES\nAPI_PORT=1234  # ours\n\nOTHER="two\nlines"\n')
    assert load_settings({}, env_file=file).api_port == 1234


@pytest.mark.parametrize(
    ("env", "is_open"),
    [
        ({}, True),
        ({"API_HOST": "localhost"}, True),
        ({"API_HOST": "127.1.2.3"}, True),
        ({"API_HOST": "::1"}, True),
        ({"API_HOST": "0.0.0.0"}, False),
        ({"API_HOST": "::"}, False),
        ({"API_HOST": "agent.example"}, False),
        ({"API_HOST": "0.0.0.0", "PUERTO_REGISTRATION": "open"}, True),
        ({"PUERTO_REGISTRATION": "closed"}, False),
    ],
)
def test_registration_is_open_unasked_to_this_machine_alone(
    env: dict[str, str], *, is_open: bool
) -> None:
    assert load(**env).registration_is_open is is_open


def test_variables_that_look_like_a_setting_are_named() -> None:
    given = ["GOOGLE_API_KEY", "OPENAI_API_KEYS", "openai_api_key", "HOME", "OPENAI_API_KEY"]
    found = dict(near_misses(given))
    assert set(found) == {"GOOGLE_API_KEY", "OPENAI_API_KEYS", "openai_api_key"}
    assert found["openai_api_key"] == "it is not a setting; did you mean OPENAI_API_KEY?"


@pytest.mark.parametrize(
    ("env", "provider"),
    [
        ({"OPENAI_API_KEY": "k"}, "openai"),
        ({"OPENAI_BASE_URL": "http://localhost/v1"}, "openai"),
        ({"OPENAI_API_KEY": "k", "PUERTO_PROVIDER": "offline"}, "offline"),
        ({"OPENAI_API_KEY": "k", "PUERTO_CASSETTE": __file__}, "scripted"),
        ({"ANTHROPIC_API_KEY": "k", "GOOGLE_AI_API_KEY": "k"}, "anthropic"),
        ({"GOOGLE_AI_API_KEY": "k"}, "google"),
        ({"PERPLEXITY_API_KEY": "k"}, "perplexity"),
    ],
)
def test_the_provider_follows_from_what_is_set(env: dict[str, str], provider: str) -> None:
    assert load(**env).chosen_provider == provider


def test_fallbacks_are_read_in_order() -> None:
    settings = load(PUERTO_FALLBACKS="openai:llama3:8b, offline,")
    assert settings.fallbacks == (ModelChoice("openai", "llama3:8b"), ModelChoice("offline", ""))
    assert "PUERTO_FALLBACKS must name providers" in line(PUERTO_FALLBACKS="offline,gpt-5")


def test_settings_do_not_change_and_show_no_secret() -> None:
    url = "postgresql://u:hunter2hunter2@h/n"
    urls = {"DATABASE_URL": url, "DATABASE_LISTEN_URL": url}
    key = new_key()
    given = dict.fromkeys(SECRET_NAMES, GOOD_SECRET) | urls | {"PUERTO_ANONYMOUS_KEY": key}
    settings = load(**given)
    for shown in (
        repr(settings),
        str(settings),
        repr(settings.database),
        settings.model_dump_json(),
    ):
        assert GOOD_SECRET not in shown
        assert "hunter2" not in shown
        assert key not in shown
    with pytest.raises(ValidationError):
        settings.api_port = 1  # type: ignore[misc]  # that it may not is the point


# --- the database


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///srv/puerto.db", "/srv/puerto.db"),
        ("sqlite:////srv/puerto.db", "/srv/puerto.db"),
        ("SQLite://data/puerto.db", "data/puerto.db"),
        ("sqlite://puerto.db", "puerto.db"),
        ("sqlite:///./puerto.db", "puerto.db"),
        ("sqlite:///../puerto.db", "../puerto.db"),
    ],
)
def test_a_sqlite_url_names_a_file(url: str, path: str) -> None:
    database = load(DATABASE_URL=url).database
    assert database.engine is Engine.SQLITE
    assert database.path is not None
    assert os.path.normpath(database.path) == os.path.normpath(Path.cwd() / path)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
@pytest.mark.parametrize(
    "rest", ["u:p%40w@db.example:5433/name", "h/n", "/n?host=/run/pg", "[::1]/n"]
)
def test_a_postgresql_url_keeps_its_parts(scheme: str, rest: str) -> None:
    database = load(DATABASE_URL=f"{scheme}://{rest}").database
    assert database.engine is Engine.POSTGRESQL
    assert database.url == f"postgresql://{rest}"
    assert database.path is None


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:topsecret@h/n",
        "puerto.db",
        "sqlite:puerto.db",
        "sqlite://",
        "sqlite:///",
        "sqlite://:memory:",
        "sqlite://data/",
        "sqlite://data.db?mode=ro",
        "postgresql://",
        "postgresql://h",
        "postgresql://u:topsecret@/n",
        "postgresql://u:topsecret@h:99999/n",
        "postgresql://u:topsecret@h:0/n",
        "postgresql://u:topsecret@h:port/n",
        "postgresql://u:topsecret@[::1/n",
        "postgresql://u:topsecret@\u2100/n",
    ],
)
def test_another_database_url_is_refused(url: str) -> None:
    message = line(DATABASE_URL=url)
    assert message.startswith("DATABASE_URL ")
    assert "topsecret" not in message


# --- secrets


@pytest.mark.parametrize("name", ["JWT_SECRET", "ENCRYPTION_KEY"])
@pytest.mark.parametrize(
    "secret",
    [
        "secret",
        "changeme",
        "your-secret-key",
        "your-secret-key-change-this-in-production",
        "CHANGE_ME_CHANGE_ME_CHANGE_ME_CHANGE_ME",
        "dev-super-secret-jwt-signing-key-0001",
        "12345678901234567890123456789012",
        "kq9Zf3vXw0PpL7uYt5RrE2mNb8VcA1s",
        "a" * 64,
        "abab" * 16,
        "kq9Zf3vXw0" * 4,
        "kq9Zf3vXw0PpL7uYkq9Zf3vXw0PpL7uY",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJf3kq9Zf3vXw0PpL7uYt5RrE2mN me",
        "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t me",
        "-----BEGIN PUBLIC KEY----- MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A",
    ],
)
def test_a_weak_secret_is_refused(name: str, secret: str) -> None:
    message = line(**{name: secret})
    assert message.startswith((f"{name} is ", f"{name} repeats"))
    assert "openssl rand" in message


@pytest.mark.parametrize("make", [token_hex, token_urlsafe, lambda size: token_hex(size // 2)])
def test_a_random_secret_is_taken_in_every_usual_form(make: Callable[[int], str]) -> None:
    for _ in range(1000):
        secret = make(32)
        assert check_secret(SecretStr(secret)).get_secret_value() == secret


@pytest.mark.parametrize("start", ["sk-", "ssh-"])
def test_a_random_secret_may_begin_as_a_key_file_does(start: str) -> None:
    assert load(JWT_SECRET=start + GOOD_SECRET).jwt_secret is not None


@pytest.mark.parametrize("name", [name for name in SECRET_NAMES if name.endswith("_API_KEY")])
@pytest.mark.parametrize("key", ["sk one", "sk-\u201cquoted\u201d", "sk-1\nsk-2"])
def test_a_key_that_fits_no_header_is_refused_under_the_name_it_was_given(
    name: str, key: str
) -> None:
    message = line(**{name: key})
    assert message.startswith(f"{name} ")
    assert key not in message


# --- lists


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("https://app.example.com", ("https://app.example.com",)),
        (
            " HTTPS://App.Example.com:443 ,http://localhost:3000,",
            ("https://app.example.com", "http://localhost:3000"),
        ),
        ("http://[::1]:8080", ("http://[::1]:8080",)),
        ("capacitor://localhost", ("capacitor://localhost",)),
    ],
)
def test_origins_are_read_as_browsers_send_them(given: str, read: tuple[str, ...]) -> None:
    assert load(CORS_ORIGINS=given).cors_origins == read


@pytest.mark.parametrize(
    "origins",
    [
        "*",
        "https://ok.example,*",
        "null",
        "app.example.com",
        "https://app.example.com/",
        "https://app.example.com/path",
        "https://u:p@app.example.com",
        "https://*.example.com",
        "https://app.example.com:port",
        "https://app.example.com:65536",
        "https://app.example.com:0",
        "https://app.example.com:0443",
        "https://a.example https://b.example",
    ],
)
def test_what_is_no_origin_is_refused(origins: str) -> None:
    assert line(CORS_ORIGINS=origins).startswith("CORS_ORIGINS must ")


@pytest.mark.parametrize(
    "hosts", ["https://a.example", "a.example/x", "*", "a b", "a:port", "a:65536", "a:0"]
)
def test_what_is_no_host_is_refused(hosts: str) -> None:
    assert line(PUERTO_ALLOWED_HOSTS=hosts).startswith("PUERTO_ALLOWED_HOSTS must ")


# --- the one line


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("API_PORT", "eighty", "integer"),
        ("API_PORT", "65536", "65535"),
        ("API_PORT", "-1", "0"),
        ("LOG_LEVEL", "LOUD", "'DEBUG'"),
        ("RATE_LIMIT_PER_MINUTE", "-1", "0"),
        ("OPENAI_BASE_URL", "localhost:11434", "such as http"),
        ("OPENAI_BASE_URL", "http://[::1", "not a URL"),
        ("OPENAI_BASE_URL", "http://u:p@localhost/v1", "no user"),
        ("PUERTO_PROVIDER", "gpt", "'offline'"),
        ("PUERTO_AUTONOMY", "none", "'manual'"),
        ("PUERTO_REGISTRATION", "no", "'closed'"),
        ("PUERTO_CASSETTE", "/nowhere/tape.json", "there is none"),
        ("PUERTO_DATA_DIR", __file__, "folder"),
        ("PUERTO_DATA_DIR", "~nobody-of-that-name/x", "not there"),
        ("PUERTO_DATA_DIR", "x" * 5000, "looked at"),
        ("PUERTO_GRACE_SECONDS", "nan", "600"),
        ("PUERTO_MAX_BODY_BYTES", "1", "1024"),
        ("PUERTO_MAX_STEPS", "0", "1"),
        ("PUERTO_TOOL_CONCURRENCY", "0", "1"),
        ("API_HOST", "\udcff", "UTF-8"),
        ("OIDC_ISSUER", "login.example", "issuer"),
        ("OIDC_ISSUER", "https://login.example/?realm=main", "issuer"),
        ("OIDC_JWKS_URL", "file:///etc/passwd", "such as http"),
        ("OIDC_ROLES", "boss", "value=role"),
        ("OIDC_ROLES", "boss=root", "admin"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, value: str, said: str) -> None:
    message = line(**{name: value})
    assert message.startswith(f"{name} ")
    assert said in message


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("PUERTO_DATADIR", "did you mean PUERTO_DATA_DIR?"),
        ("puerto_data_dir", "did you mean PUERTO_DATA_DIR?"),
        ("PUERTO_PROVIDERS", "did you mean PUERTO_PROVIDER?"),
        ("PUERTO_ZZZZ", "unset it"),
        ("PUERTO_A\nB", "unset it"),
    ],
)
def test_a_misspelt_name_is_refused_with_the_likely_one(
    name: str, advice: str, tmp_path: Path
) -> None:
    assert line(**{name: "1"}).endswith(advice)


def test_a_misspelt_name_in_the_file_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PUERTO_MAXSTEPS=3\n")
    with pytest.raises(SettingsError, match="did you mean PUERTO_MAX_STEPS"):
        load_settings({}, env_file=tmp_path / ".env")


@given(st.dictionaries(st.sampled_from(NAMES), st.text(st.characters(exclude_characters="\0"))))
def test_any_text_is_taken_or_refused_in_one_line(env: dict[str, str]) -> None:
    refusal = refusal_of(env)
    assert len(refusal.splitlines()) <= 1
    assert not refusal or refusal.split()[0] in env


@given(st.sampled_from(SECRET_NAMES), st.text("abcdef 0123456789\n\u00e9", min_size=12))
def test_the_line_never_holds_a_secret(name: str, value: str) -> None:
    assert not value.strip() or value.strip() not in refusal_of({name: value})


# --- the page


def test_every_setting_is_described_and_ours_have_the_prefix() -> None:
    shared = {name for name in NAMES if not name.startswith(PREFIX)}
    assert all(field.description for field in Settings.model_fields.values())
    assert "DATABASE_URL" in shared
    assert not any(name in Settings.model_fields for name in NAMES)


@pytest.mark.parametrize(
    ("env", "address"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"API_HOST": "::1", "API_PORT": "80"}, "http://[::1]:80"),
        ({"API_PORT": "0"}, ""),
        ({"API_HOST": "0.0.0.0"}, ""),
        (
            {"PUERTO_PUBLIC_URL": "https://a.example/b/", "API_HOST": "0.0.0.0"},
            "https://a.example/b",
        ),
        ({"PUERTO_PUBLIC_URL": "https://a.example"}, "https://a.example"),
    ],
)
def test_the_public_address_is_known_on_this_machine_alone(
    env: dict[str, str], address: str
) -> None:
    assert load(**env).public_address == address


@pytest.mark.parametrize("url", ["agent.example", "ftp://a.example", "https://u:p@a.example", "/x"])
def test_a_public_address_is_one_that_browsers_know(url: str) -> None:
    with pytest.raises(SettingsError, match="PUERTO_PUBLIC_URL must be the address at which"):
        load(PUERTO_PUBLIC_URL=url)
