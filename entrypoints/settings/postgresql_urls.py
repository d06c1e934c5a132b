"""Query parameters of a PostgreSQL URL: libpq's, of which the driver (asyncpg) knows only some.

https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS. The driver would
send a parameter that it does not know as a setting to the server, which refuses the connection.
"""

from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_SUPPORTED: Final = frozenset(
    {
        *("host", "port", "dbname", "database", "user", "password", "passfile"),
        *("sslmode", "sslcert", "sslkey", "sslpassword", "sslrootcert", "sslcrl", "sslnegotiation"),
        *("ssl_min_protocol_version", "ssl_max_protocol_version"),
        *("target_session_attrs", "krbsrvname", "gsslib", "service", "options"),
    }
)
# Puerto sets these itself (timeouts, names, UTF-8), or they change nothing of what is stored.
_DROPPED: Final = frozenset(
    {
        *("application_name", "fallback_application_name", "client_encoding", "connect_timeout"),
        *("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count"),
        *("tcp_user_timeout", "load_balance_hosts", "sslcompression", "sslsni", "gssencmode"),
        *("gssdelegation", "min_protocol_version", "max_protocol_version", "sslkeylogfile"),
    }
)
# To drop one of these silently would make the connection less safe, or lead to another server.
_REFUSED: Final = frozenset(
    {"hostaddr", "requirepeer", "require_auth", "sslcertmode", "sslcrldir", "replication"}
    | {"requiressl", "scram_client_key", "scram_server_key", "servicefile"}
)
_BINDING: Final = "channel_binding"


def supported_by_driver(url: str) -> str:
    """Return the URL with only those query parameters that the driver supports.

    Raises:
        ValueError: a parameter is not supported and must not be dropped, or libpq has none such.

    """
    parts = urlsplit(url)
    given = parse_qsl(parts.query, keep_blank_values=True)
    for name, value in given:
        _check(name, value)
    dropped = _DROPPED | {_BINDING}
    supported = [(name, value) for name, value in given if name not in dropped]
    return url if supported == given else urlunsplit(parts._replace(query=urlencode(supported)))


def _check(name: str, value: str) -> None:
    if name in _REFUSED or (name == _BINDING and value == "require"):
        raise ValueError(f"has the parameter {name}, which cannot be heeded; remove it")
    if name not in _SUPPORTED | _DROPPED | {_BINDING}:
        shown = name if name.isidentifier() and name.isascii() else "of another kind"
        raise ValueError(
            f"has a parameter ({shown}) that PostgreSQL's own programs do not know; remove it, or "
            "write options=-cNAME%3DVALUE for a setting of the server"
        )
