"""Azure: the settings, the clients, and the mapping of its libraries' errors."""

import os
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
    of_status,
    refused,
    unreachable,
)

_ADVICE: Final = (
    "AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or the identity of the machine."
)
_LIMITS: Final = {"connection_timeout": 5, "read_timeout": 20, "retry_total": 2}
_creating: Final = threading.Lock()


class AzureSettings(BaseModel, frozen=True):
    """The Azure account. azure-identity finds what is not set by its own rules."""

    subscription_id: CommaList = Field((), description="One subscription, or several.")
    tenant_id: str = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")


def subscriptions(context: PluginContext) -> Sequence[str]:
    """Return the configured subscriptions.

    Raises:
        ToolFailed: there is none.

    """
    if configured := context.settings(AzureSettings).subscription_id:
        return configured
    raise ToolFailed("No Azure subscription is configured: ask for AZURE_SUBSCRIPTION_ID.")


def compute(context: PluginContext, subscription: str) -> Any:
    """Return the cached client of the virtual machines of a subscription."""
    with _creating:
        return _compute(context.settings(AzureSettings), subscription)


def alerts_management(context: PluginContext, subscription: str) -> Any:
    """Return the cached client of the alerts of a subscription."""
    with _creating:
        return _alerts_management(context.settings(AzureSettings), subscription)


@lru_cache(maxsize=64)
def _compute(settings: AzureSettings, subscription: str) -> Any:
    from azure.mgmt.compute import ComputeManagementClient

    return ComputeManagementClient(
        _credential(settings), subscription, **_endpoint_options(), **_LIMITS
    )


@lru_cache(maxsize=64)
def _alerts_management(settings: AzureSettings, subscription: str) -> Any:
    from azure.mgmt.alertsmanagement import AlertsManagementClient

    return AlertsManagementClient(
        _credential(settings), subscription, **_endpoint_options(), **_LIMITS
    )


@lru_cache(maxsize=4)
def _credential(settings: AzureSettings) -> Any:
    """Return the credentials of the settings, else the library's chain of them.

    Where the endpoint is set there is no discovery.
    """
    from azure.identity import ClientSecretCredential, DefaultAzureCredential

    is_apart = bool(_endpoint_options())
    tenant, client = settings.tenant_id, settings.client_id
    if tenant and client and (secret := settings.client_secret.get_secret_value()):
        return ClientSecretCredential(
            tenant, client, secret, disable_instance_discovery=is_apart, retry_total=1
        )
    return DefaultAzureCredential(disable_instance_discovery=is_apart, retry_total=1)


def _endpoint_options() -> dict[str, Any]:
    endpoint = os.environ.get("AZURE_RESOURCE_MANAGER_ENDPOINT", "").rstrip("/")
    if not endpoint:
        return {}  # the library reads its own AZURE_CLOUD
    return {"base_url": endpoint, "credential_scopes": [f"{endpoint}/.default"]}


@contextmanager
def plain_words() -> Iterator[None]:
    """Map the errors of Azure's libraries to `ToolFailed`.

    Raises:
        ToolFailed: a library raised an error; the message says who must act.

    """
    from azure.core import exceptions
    from azure.identity import CredentialUnavailableError

    try:
        yield
    except CredentialUnavailableError as error:
        raise no_credentials("Azure", _ADVICE) from error
    except exceptions.ClientAuthenticationError as error:
        if "Authentication failed" not in error.message:  # the chain found none to try
            raise no_credentials("Azure", _ADVICE) from error
        raise bad_credentials("Azure", error.message) from error
    except exceptions.HttpResponseError as error:
        raise of_status("Azure", error.status_code, error.message) from error
    except (exceptions.ServiceRequestError, exceptions.ServiceResponseError) as error:
        raise unreachable("Azure", error.message) from error
    except (exceptions.AzureError, ValueError) as error:
        raise refused("Azure", str(error)) from error
