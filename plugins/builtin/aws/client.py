"""Clients of AWS (boto3), the configured regions, and the mapping of boto3's errors."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from domain.shared.errors import ToolFailed
from plugins.builtin.clouds.refusals import (
    bad_credentials,
    no_credentials,
    not_allowed,
    refused,
    throttled,
    unreachable,
)

CONNECT_SECONDS: Final = 5
READ_SECONDS: Final = 20
TRIES: Final = 3

_ADVICE: Final = (
    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or the role of the machine."
)
_NOT_ALLOWED: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "OptInRequired"}
)
_BAD_CREDENTIALS: Final = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_THROTTLED: Final = frozenset(
    {"RequestLimitExceeded", "SlowDown", "Throttling", "ThrottlingException", "TooManyRequests"}
)
_creating: Final = threading.Lock()  # threads may share a session's clients, but not create them


def client(service: str, region: str) -> Any:
    """Return boto3's client of a service in a region; clients are cached.

    Endpoint and credentials are those that boto3 finds: `AWS_ENDPOINT_URL` changes the former.
    """
    with _creating:
        return _client(service, region)


@cache
def _client(service: str, region: str) -> Any:
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": TRIES},
    )
    with plain_words(region):
        return _session().client(service, region_name=region, config=config)


@cache
def _session() -> Any:
    import boto3

    return boto3.Session()


def regions(named: str | None = None) -> Sequence[str]:
    """Return the named region, else all configured ones.

    The configured ones are those in ``AWS_REGIONS``, separated by commas, else boto3's default.

    Raises:
        ToolFailed: none is configured.

    """
    if named:
        return (named,)
    listed = [each.strip() for each in os.environ.get("AWS_REGIONS", "").split(",")]
    if configured := list(dict.fromkeys(filter(None, listed))):
        return configured
    with _creating:
        default = _session().region_name
    if default is None:
        raise ToolFailed(
            "No AWS region is configured: name one, or let the operator set AWS_REGION, "
            "or AWS_REGIONS for several."
        )
    return (default,)


@contextmanager
def plain_words(region: str) -> Iterator[None]:
    """Map boto3's errors to `ToolFailed`.

    Raises:
        ToolFailed: boto3 raised an error; the message says who must act.

    """
    from botocore import exceptions

    cloud = f"AWS ({region})"
    try:
        yield
    except exceptions.ClientError as error:
        raise _refusal(cloud, error.response["Error"]) from error
    except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError) as error:
        raise no_credentials("AWS", _ADVICE) from error
    except (exceptions.TokenRetrievalError, exceptions.CredentialRetrievalError) as error:
        raise bad_credentials("AWS", str(error)) from error
    except (exceptions.HTTPClientError, exceptions.ConnectionError) as error:
        raise unreachable(cloud, str(error)) from error
    except (exceptions.BotoCoreError, ValueError) as error:
        raise refused(cloud, str(error)) from error


def _refusal(cloud: str, error: dict[str, str]) -> ToolFailed:
    code = error.get("Code", "").removeprefix("Client.")
    detail = f"{code}: {error.get('Message', '')}"
    if code in _NOT_ALLOWED:
        return not_allowed("AWS", detail)
    if code in _BAD_CREDENTIALS:
        return bad_credentials("AWS", detail)
    if code in _THROTTLED:
        return throttled(cloud)
    return refused(cloud, detail)
