"""Clients of Azure, the configured subscriptions, and the mapping of Azure's errors."""

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
    of_status,
    refused,
    unreachable,
)

_ADVICE: Final = (
    "AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or the identity of the machine."
)
_LIMITS: Final = {"connection_timeout": 5, "read_timeout": 20, "retry_total": 2}
_creating: Final = threading.Lock()


def subscriptions() -> Sequence[str]:
    """Return the subscriptions in ``AZURE_SUBSCRIPTION_ID``, separated by commas.

    Raises:
        ToolFailed: there is none.

    """
    listed = [each.strip() for each in os.environ.get("AZURE_SUBSCRIPTION_ID", "").split(",")]
    if not (configured := list(dict.fromkeys(filter(None, listed)))):
        raise ToolFailed("No Azure subscription is configured: ask for AZURE_SUBSCRIPTION_ID.")
    return configured


def compute(subscription: str) -> Any:
    """Return the cached client of the virtual machines of a subscription."""
    with _creating:
        return _compute(subscription)


def alerts_management(subscription: str) -> Any:
    """Return the cached client of the alerts of a subscription."""
    with _creating:
        return _alerts_management(subscription)


@cache
def _compute(subscription: str) -> Any:
    from azure.mgmt.compute import ComputeManagementClient

    return ComputeManagementClient(_credential(), subscription, **_endpoint_options(), **_LIMITS)


@cache
def _alerts_management(subscription: str) -> Any:
    from azure.mgmt.alertsmanagement import AlertsManagementClient

    return AlertsManagementClient(_credential(), subscription, **_endpoint_options(), **_LIMITS)


@cache
def _credential() -> Any:
    """Return the library's chain of credentials, without discovery where the endpoint is set."""
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential(
        disable_instance_discovery=bool(_endpoint_options()), retry_total=1
    )


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
