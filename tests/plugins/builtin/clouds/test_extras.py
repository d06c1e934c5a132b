"""Without its library a cloud's plugin is set aside with words, and nothing is imported before."""

import subprocess
import sys
from types import ModuleType

import pytest

from plugins.builtin import aws, azure, gcp
from plugins.host.host import PluginHost, PluginState

LOOK = """
import sys
import plugins.builtin.aws, plugins.builtin.azure, plugins.builtin.gcp
from plugins.host.host import PluginHost
host = PluginHost()
for name in ("aws", "azure", "gcp"):
    assert host.register(getattr(plugins.builtin, name), name).state == "active", name
heavy = {"boto3", "botocore", "requests", "grpc", "azure.core", "google.auth", "google.api_core"}
print(sorted(heavy & sys.modules.keys()))
"""


@pytest.mark.parametrize(
    ("name", "plugin", "library"),
    [
        ("aws", aws, "boto3"),
        ("azure", azure, "azure.mgmt.compute"),
        ("gcp", gcp, "google.cloud.compute_v1"),
    ],
)
def test_a_missing_library_is_said(
    monkeypatch: pytest.MonkeyPatch, name: str, plugin: ModuleType, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    info = PluginHost().register(plugin, name)
    assert info.state is PluginState.QUARANTINED
    assert f"install it with: pip install 'puerto[{name}]', then reload {name}" in info.reason


def test_plugins_come_into_use_without_their_libraries_being_imported() -> None:
    result = subprocess.run(
        [sys.executable, "-c", LOOK], capture_output=True, text=True, check=False, timeout=60
    )
    assert (result.stdout, result.stderr) == ("[]\n", "")
