"""Clients of Google Cloud, the configured project, and the mapping of Google's errors."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

from domain.shared.errors import ToolFailed
from plugins.builtin.clouds.refusals import (
    bad_credentials,
    no_credentials,
    of_status,
    refused,
    throttled,
    unreachable,
)

SECONDS: Final = 20
TOO_MANY: Final = 429
PATIENCE: Final = 5.0  # seconds during which temporary failures are retried

_CLOUD: Final = "Google Cloud"
_ADVICE: Final = "GOOGLE_APPLICATION_CREDENTIALS, or the service account of the machine."
_SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
_OVERRIDE: Final = "CLOUDSDK_API_ENDPOINT_OVERRIDES_"  # gcloud's own variables
_creating: Final = threading.Lock()


def instances() -> Any:
    """Return the cached client of Compute Engine instances."""
    with _creating, plain_words():
        return _instances()


def monitoring() -> Any:
    """Return a cached `requests` session with Google's credentials."""
    with _creating, plain_words():
        return _session()


def project() -> str:
    """Return the project: ``GOOGLE_CLOUD_PROJECT``, else that of the credentials.

    Raises:
        ToolFailed: there is none.

    """
    with _creating, plain_words():
        _, name = _login()
    if not name:
        raise ToolFailed("No Google Cloud project is configured: ask for GOOGLE_CLOUD_PROJECT.")
    return str(name)


def endpoint(service: str) -> str:
    """Return the base URL of a service: Google's, or the override in gcloud's variables."""
    override = os.environ.get(_OVERRIDE + service.upper(), "")
    parts = urlsplit(override)
    return f"{parts.scheme}://{parts.netloc}" if override else f"https://{service}.googleapis.com"


@cache
def _login() -> tuple[Any, str | None]:
    import google.auth

    credentials, project_id = google.auth.default(scopes=[_SCOPE])
    return credentials, project_id


@cache
def _instances() -> Any:
    from google.api_core.client_options import ClientOptions
    from google.cloud.compute_v1 import InstancesClient

    credentials, _ = _login()
    options = ClientOptions(api_endpoint=endpoint("compute"))
    return InstancesClient(credentials=credentials, client_options=options)


@cache
def _session() -> Any:
    from google.auth.transport.requests import AuthorizedSession

    credentials, _ = _login()
    return AuthorizedSession(credentials)


@contextmanager
def plain_words() -> Iterator[None]:
    """Map the errors of Google's libraries to `ToolFailed`.

    Raises:
        ToolFailed: a library raised an error; the message says who must act.

    """
    from google.api_core.exceptions import GoogleAPICallError, GoogleAPIError, RetryError
    from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, TransportError
    from requests.exceptions import RequestException

    try:
        yield
    except DefaultCredentialsError as error:
        raise no_credentials(_CLOUD, _ADVICE) from error
    except RetryError as error:
        if getattr(error.cause, "code", None) == TOO_MANY:
            raise throttled(_CLOUD) from error
        raise unreachable(_CLOUD, str(error)) from error
    except (TransportError, RequestException) as error:
        raise unreachable(_CLOUD, str(error)) from error
    except GoogleAuthError as error:
        raise bad_credentials(_CLOUD, str(error)) from error
    except GoogleAPICallError as error:
        raise of_status(_CLOUD, error.code, error.message) from error
    except (GoogleAPIError, ValueError) as error:
        raise refused(_CLOUD, str(error)) from error
