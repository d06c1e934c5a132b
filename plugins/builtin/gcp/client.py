"""Google Cloud: the settings, the clients, and the mapping of its libraries' errors."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr

from domain.shared.errors import ToolFailed
from domain.tools.context import PluginContext
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


class GcpSettings(BaseModel, frozen=True):
    """The Google Cloud project. google-auth finds what is not set by its own rules."""

    project: str = Field("", validation_alias="GOOGLE_CLOUD_PROJECT")
    service_account: SecretStr = Field(SecretStr(""), description="The JSON of its key file.")


def instances(context: PluginContext) -> Any:
    """Return the cached client of Compute Engine instances."""
    with _creating, plain_words():
        return _instances(context.settings(GcpSettings))


def monitoring(context: PluginContext) -> Any:
    """Return a cached `requests` session with Google's credentials."""
    with _creating, plain_words():
        return _session(context.settings(GcpSettings))


def project(context: PluginContext) -> str:
    """Return the project: that of the settings, else that of the credentials.

    Raises:
        ToolFailed: there is none.

    """
    settings = context.settings(GcpSettings)
    with _creating, plain_words():
        name = settings.project or _login(settings)[1]
    if not name:
        raise ToolFailed("No Google Cloud project is configured: ask for GOOGLE_CLOUD_PROJECT.")
    return str(name)


def endpoint(service: str) -> str:
    """Return the base URL of a service: Google's, or the override in gcloud's variables."""
    override = os.environ.get(_OVERRIDE + service.upper(), "")
    parts = urlsplit(override)
    return f"{parts.scheme}://{parts.netloc}" if override else f"https://{service}.googleapis.com"


@lru_cache(maxsize=4)
def _login(settings: GcpSettings) -> tuple[Any, str | None]:
    import google.auth
    from google.oauth2 import service_account

    if key := settings.service_account.get_secret_value():
        credentials_class: Any = service_account.Credentials
        made = credentials_class.from_service_account_info(json.loads(key), scopes=[_SCOPE])
        return made, made.project_id
    credentials, project_id = google.auth.default(scopes=[_SCOPE])
    return credentials, project_id


@lru_cache(maxsize=4)
def _instances(settings: GcpSettings) -> Any:
    from google.api_core.client_options import ClientOptions
    from google.cloud.compute_v1 import InstancesClient

    credentials, _ = _login(settings)
    options = ClientOptions(api_endpoint=endpoint("compute"))
    return InstancesClient(credentials=credentials, client_options=options)


@lru_cache(maxsize=4)
def _session(settings: GcpSettings) -> Any:
    from google.auth.transport.requests import AuthorizedSession

    credentials, _ = _login(settings)
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
