"""AWS: the settings, boto3's clients, and the mapping of its errors."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

from pydantic import BaseModel, Field, SecretStr

from domain.shared.errors import ToolFailed
from domain.tools.context import PluginContext
from plugins.builtin.clouds.naming import CommaList
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


class AwsSettings(BaseModel, frozen=True):
    """The AWS account, and where to look in it. boto3 finds what is not set by its own rules."""

    regions: CommaList = Field((), description="Where to look, if a call names no region.")
    access_key_id: str = ""
    secret_access_key: SecretStr = SecretStr("")
    session_token: SecretStr = Field(SecretStr(""), description="Of temporary keys only.")


def client(context: PluginContext, service: str, region: str) -> Any:
    """Return boto3's client of a service in a region; clients are cached.

    Its endpoint is the one that boto3 finds: ``AWS_ENDPOINT_URL`` changes it.
    """
    with _creating:
        return _client(context.settings(AwsSettings), service, region)


@lru_cache(maxsize=256)
def _client(settings: AwsSettings, service: str, region: str) -> Any:
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": TRIES},
    )
    with plain_words(region):
        return _session(settings).client(service, region_name=region, config=config)


@lru_cache(maxsize=4)
def _session(settings: AwsSettings) -> Any:
    import boto3

    key, secret = settings.access_key_id, settings.secret_access_key.get_secret_value()
    token = settings.session_token.get_secret_value()
    return boto3.Session(key, secret, token or None) if key and secret else boto3.Session()


def regions(context: PluginContext, named: str | None = None) -> Sequence[str]:
    """Return the named region, else those of the settings, else boto3's default.

    Raises:
        ToolFailed: none is configured.

    """
    settings = context.settings(AwsSettings)
    if named or settings.regions:
        return (named,) if named else settings.regions
    with _creating, plain_words("no region"):
        default = _session(settings).region_name
    if default is None:
        raise ToolFailed(
            "No AWS region is configured: name one, or let the operator set AWS_REGIONS."
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
