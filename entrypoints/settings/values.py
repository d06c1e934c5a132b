"""Parsers and validators of the settings' values.

Each function raises ValueError with a message that follows the variable's name in the one line
which the operator sees: what is wrong, and what to do. The message never holds the value.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, AliasChoices, SecretStr
from pydantic.fields import FieldInfo

from adapters.llm.providers import PROVIDERS
from domain.models.messages import ModelChoice
from domain.web.open_hosts import OpenHost
from entrypoints.settings.postgresql_urls import supported_by_driver

PROVIDER_NAMES: Final = tuple(record.name for record in PROVIDERS)
MIN_SECRET_BYTES: Final = 32
MIN_SECRET_CHARACTERS: Final = 8  # different ones; 32 random hex digits have fewer once in 10⁷
_MAKE_ONE: Final = "unset it to have one made, or make one with: openssl rand -base64 48"

# Parts of placeholder secrets in examples, templates and tutorials, letters and digits only.
_PLACEHOLDERS: Final = (
    "changeme",
    "changethis",
    "changein",
    "replaceme",
    "replacethis",
    "replacewith",
    "placeholder",
    "yoursecret",
    "yourjwt",
    "yourkey",
    "yourown",
    "mysecret",
    "jwtsecret",
    "supersecret",
    "secretkey",
    "topsecret",
    "notsecret",
    "notsosecret",
    "insecure",
    "password",
    "example",
    "development",
    "1234567890",
    "0123456789",
    "abcdefgh",
    "qwerty",
)
_PUBLIC_KEY: Final = re.compile(r"-----BEGIN|^(sk-)?(ssh|ecdsa)-\S+ AAAA")
_PLACE: Final = r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([1-9][0-9]{0,4}))?"  # a host, and a port
_ORIGIN: Final = re.compile(rf"([a-z][a-z0-9+.-]*)://{_PLACE}")
_HOST: Final = re.compile(_PLACE)
_HIGHEST_PORT: Final = 65_535
_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}
_DATABASE_FORMS: Final = "postgresql://user:password@host:5432/name or sqlite://path/to/file.db"


class Engine(StrEnum):
    """The database engines that Puerto supports."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True)
class DatabaseLocation:
    """The location of the database.

    ``url`` may hold a password and starts with ``sqlite://`` or ``postgresql://``; ``path`` is
    the absolute path of SQLite's file.
    """

    engine: Engine
    url: str = field(repr=False)
    path: Path | None = None

    @property
    def shown(self) -> str:
        """The address without password and options, fit for logs and terminals."""
        if self.path is not None:
            return self.url
        parts = urlsplit(self.url)
        user, _, host = parts.netloc.rpartition("@")
        user = user.partition(":")[0]
        return f"{parts.scheme}://{user}{'@' if user else ''}{host}{parts.path}"

    @classmethod
    def in_file(cls, path: Path) -> "DatabaseLocation":
        """Return the SQLite database in that file."""
        absolute = _absolute(path)
        return cls(Engine.SQLITE, f"sqlite://{absolute}", absolute)


def read_database(url: str) -> DatabaseLocation:
    """Parse a database URL. For SQLite the path follows ``sqlite://``, also after ``/./``."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.lower() not in {"sqlite", "postgres", "postgresql"}:
        raise ValueError(f"must look like {_DATABASE_FORMS}")
    if scheme.lower() == "sqlite":
        return _read_sqlite(rest)
    return _read_postgresql(f"postgresql://{rest}")


def _read_sqlite(path: str) -> DatabaseLocation:
    if "?" in path:
        raise ValueError("takes no options after a SQLite path; remove what follows the ?")
    if not path.strip("/") or path.strip("/") == ":memory:" or path.endswith("/"):
        raise ValueError("must name a file, such as sqlite://path/to/file.db")
    # sqlite:///./file.db is how many libraries write a relative path.
    relative = path.startswith(("/./", "/../"))
    return DatabaseLocation.in_file(Path(path[1:] if relative else re.sub("^/+", "/", path)))


def _read_postgresql(url: str) -> DatabaseLocation:
    parts = _split(url)
    named = parts.hostname or "host=" in parts.query  # a socket's folder comes as ?host=
    if not named or not parts.path.strip("/"):
        raise ValueError("must name a host and a database: postgresql://user:password@host/name")
    return DatabaseLocation(Engine.POSTGRESQL, supported_by_driver(url))


def _split(url: str) -> SplitResult:
    """Split a URL and check its port. Messages of urllib's own errors would hold parts of it."""
    try:
        parts = urlsplit(url)
        good = parts.port != 0  # port is read when asked for, and raises then
    except ValueError:
        good = False
    if not good:
        raise ValueError("is not a URL; look at its brackets, its port and its odd characters")
    return parts


def _absolute(path: Path) -> Path:
    try:
        return path.expanduser().absolute()
    except RuntimeError:
        raise ValueError("starts with ~ and the name of a user that is not there") from None


def check_folder(path: Path) -> Path:
    """Return the absolute path of a folder, which need not exist."""
    absolute = _absolute(path)
    if _check(absolute.exists) and not absolute.is_dir():
        raise ValueError("must name a folder, and there is a file of that name")
    return absolute


def check_existing_folder(path: Path) -> Path:
    """Return the absolute path of an existing folder."""
    absolute = _absolute(path)
    if not _check(absolute.is_dir):
        raise ValueError("must name a folder, and there is none of that name")
    return absolute


def check_file(path: Path) -> Path:
    """Return the absolute path of an existing file."""
    absolute = _absolute(path)
    if not _check(absolute.is_file):
        raise ValueError("must name a file, and there is none of that name")
    return absolute


def _check(test: Callable[[], bool]) -> bool:
    try:
        return test()
    except OSError:  # such as a name too long, or a folder that may not be entered
        raise ValueError("names a place that cannot be looked at") from None


def check_database_url(url: SecretStr) -> SecretStr:
    """Return the URL if `read_database` can parse it."""
    read_database(url.get_secret_value())
    return url


def check_listen_url(url: SecretStr) -> SecretStr:
    """Return the URL if it is one of a PostgreSQL database."""
    if read_database(url.get_secret_value()).engine is not Engine.POSTGRESQL:
        raise ValueError("must be of PostgreSQL; unset it, since SQLite needs none")
    return url


def check_secret(secret: SecretStr) -> SecretStr:
    """Return the secret unless it is a key file, a placeholder, too short or repetitive."""
    text = secret.get_secret_value()
    plain = "".join(filter(str.isalnum, text.lower()))
    if _PUBLIC_KEY.search(text):
        raise ValueError(f"is a key file, not a random secret; {_MAKE_ONE}")
    if any(part in plain for part in _PLACEHOLDERS):
        raise ValueError(f"is a placeholder that anybody can guess; {_MAKE_ONE}")
    if len(text.encode()) < MIN_SECRET_BYTES:
        raise ValueError(f"is shorter than {MIN_SECRET_BYTES} bytes; {_MAKE_ONE}")
    if len(set(text)) < MIN_SECRET_CHARACTERS or text in (text + text)[1:-1]:
        raise ValueError(f"repeats itself, so it can be guessed; {_MAKE_ONE}")
    return secret


def check_api_key(key: SecretStr) -> SecretStr:
    """Return the key if it holds only characters that an HTTP header can carry."""
    if not all("!" <= character <= "~" for character in key.get_secret_value()):
        raise ValueError("holds a space or a character that no key has; copy it again")
    return key


def check_base_url(url: str) -> str:
    """Return the URL of an HTTP API without a slash at its end."""
    parts = _split(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "?" in url or "#" in url:
        raise ValueError("must be the address of an API, such as http://localhost:11434/v1")
    if "@" in parts.netloc:
        raise ValueError("must hold no user or password; the key has a variable of its own")
    return url.rstrip("/")


def check_public_url(url: str) -> str:
    """Return the address of the service, as browsers know it, without a slash at its end."""
    try:
        return check_base_url(url)
    except ValueError:
        raise ValueError(
            "must be the address at which browsers reach the service, such as "
            "https://agent.example.com"
        ) from None


def check_collector(url: str) -> str:
    """Return the address of a collector, without a slash at its end."""
    try:
        return check_base_url(url)
    except ValueError:
        raise ValueError("must be an address such as http://127.0.0.1:4318") from None


def variables(field: FieldInfo) -> tuple[str, ...]:
    """Return the names of the environment variables of a setting, the preferred one first."""
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return tuple(str(choice) for choice in alias.choices)
    return (str(alias),)


def split_list(text: str) -> tuple[str, ...]:
    """Split at commas; spaces around an entry and empty entries do not count."""
    return tuple(entry for part in text.split(",") if (entry := part.strip()))


def check_origin(text: str) -> str:
    """Return the origin as browsers send it: lower case, without the scheme's default port."""
    if text == "*":
        raise ValueError(
            "must not be *, since requests carry credentials; list the origins, such as "
            "https://app.example.com"
        )
    match = _ORIGIN.fullmatch(text.lower())
    if match is None or int(match[3] or 0) > _HIGHEST_PORT:
        raise ValueError(
            "must list origins as scheme://host[:port], with no path and no slash at the end"
        )
    scheme, host, port = match.groups()
    bare = port is None or port == _DEFAULT_PORTS.get(scheme)
    return f"{scheme}://{host}" if bare else f"{scheme}://{host}:{port}"


def check_host(text: str) -> str:
    """Return an allowed value of the Host header, in lower case."""
    match = _HOST.fullmatch(text.lower())
    if match is None or int(match[2] or 0) > _HIGHEST_PORT:
        raise ValueError("must list host names, such as agent.example.com or 10.0.0.5:8000")
    return text.lower()


def is_loopback(host: str) -> bool:
    """Return whether the host is a loopback address, or ``localhost``."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def check_open_host(text: str) -> str:
    """Return an entry of the allow-list of hosts outside of the public internet."""
    OpenHost.of(text)
    return text


def check_provider(name: str) -> str:
    """Return the name if it is that of a built-in provider."""
    if name not in PROVIDER_NAMES:
        *others, last = map(repr, PROVIDER_NAMES)
        raise ValueError(f"must be {', '.join(others)} or {last}")
    return name


def read_choices(text: str) -> tuple[ModelChoice, ...]:
    """Parse ``provider:model, provider, ...``; an empty model means the provider's default."""
    parts = (entry.partition(":") for entry in split_list(text))
    choices = tuple(ModelChoice(provider, model) for provider, _, model in parts)
    if not all(each.provider in PROVIDER_NAMES for each in choices):
        raise ValueError(f"must name providers of these: {', '.join(PROVIDER_NAMES)}")
    return choices


ApiKey = Annotated[SecretStr, AfterValidator(check_api_key)]
File = Annotated[Path, AfterValidator(check_file)]
