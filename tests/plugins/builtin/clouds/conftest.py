"""Local clouds, and the plugins led to them."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from google.auth.credentials import CredentialsWithRegionalAccessBoundary

from domain.plugins.settings import CurrentSettings
from domain.tools.tool import Tool
from domain.tools.tool_context import ToolContext
from plugins.authoring.settings import PydanticSettings
from plugins.builtin.aws import client as aws_client
from plugins.builtin.azure import client as azure_client
from plugins.builtin.gcp import client as gcp_client
from tests.plugins.builtin.clouds.moto_server import LocalAws, local_aws
from tests.plugins.builtin.clouds.wire_azure import WireAzure
from tests.plugins.builtin.clouds.wire_gcp import WireGcp
from tests.support.certificates import write_certificate

Run = Callable[..., Any]
InCloud = Callable[..., ToolContext]
MODELS = {
    "aws": aws_client.AwsSettings,
    "azure": azure_client.AzureSettings,
    "gcp": gcp_client.GcpSettings,
}


def settings_of(cloud: str, stored: Mapping[str, Any]) -> object:
    """Return the settings of a cloud's plugin: of the environment, and of what is stored."""
    read = CurrentSettings(os.environ).tried(PydanticSettings(cloud, MODELS[cloud]), stored)
    assert read.value is not None, read.problem
    return read.value


@pytest.fixture
def in_cloud(context: ToolContext) -> InCloud:
    """Return the context of the plugin of a cloud, with settings that operators stored."""

    def make(cloud: str, **stored: Any) -> ToolContext:
        return replace(context, plugin=cloud, read_settings=lambda: settings_of(cloud, stored))

    return make


@pytest.fixture
def run(in_cloud: InCloud) -> Run:
    """Call a tool as the service does."""

    async def call(tool: Tool, **arguments: Any) -> Any:
        return await tool.run(tool.check(arguments), in_cloud(tool.spec.category))

    return call


@pytest.fixture
def shown(in_cloud: InCloud) -> Run:
    """Return the preview of a tool's call."""

    async def preview(tool: Any, **arguments: Any) -> Any:
        return await tool.preview(tool.check(arguments), in_cloud(tool.spec.category))

    return preview


@pytest.fixture(scope="session")
def moto() -> Iterator[LocalAws]:
    """A local AWS for all tests of the session."""
    with local_aws() as server:
        yield server


@pytest.fixture
def aws(moto: LocalAws, monkeypatch: pytest.MonkeyPatch) -> LocalAws:
    """The local AWS, empty, and taken for the real one by this process."""
    moto.reset()
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in moto.variables.items():
        monkeypatch.setenv(name, value)
    return moto


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1, signed by itself, with its key."""
    return write_certificate(tmp_path_factory.mktemp("tls") / "server.pem")


@pytest.fixture(scope="session")
def local_azure(certificate: Path) -> Iterator[WireAzure]:
    """A local Azure for all tests of the session."""
    with WireAzure(certificate) as server:
        yield server


@pytest.fixture
def azure(local_azure: WireAzure, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> WireAzure:
    """The local Azure, empty, and taken for the real one by this process."""
    local_azure.machines, local_azure.alerts = {}, []
    local_azure.fault, local_azure.locked = None, ""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    for name, value in local_azure.variables.items():
        monkeypatch.setenv(name, value)
    return local_azure


@pytest.fixture(scope="session")
def local_gcp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WireGcp]:
    """A local Google Cloud for all tests of the session."""
    with WireGcp(tmp_path_factory.mktemp("gcp")) as server:
        yield server


@pytest.fixture
def gcp(local_gcp: WireGcp, monkeypatch: pytest.MonkeyPatch) -> WireGcp:
    """The local Google Cloud, empty, and taken for the real one by this process."""
    local_gcp.instances, local_gcp.alerts, local_gcp.fault = {}, [], None
    # It asks Google, behind our backs, where tokens may be used.
    monkeypatch.setattr(
        CredentialsWithRegionalAccessBoundary,
        "_is_regional_access_boundary_lookup_required",
        lambda _: False,
    )
    for name, value in local_gcp.variables.items():
        monkeypatch.setenv(name, value)
    return local_gcp


@pytest.fixture
def forget_clients() -> Iterator[Callable[[], None]]:
    """Let the environment be looked at anew, when this is called and after the test."""

    def forget() -> None:
        for module in (aws_client, azure_client, gcp_client):
            for made in vars(module).values():
                if hasattr(made, "cache_clear"):
                    made.cache_clear()

    yield forget
    forget()
