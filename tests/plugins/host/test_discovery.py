"""Finding plugins among the installed distributions, the broken ones among them."""

import sys
from pathlib import Path

import pytest

from plugins.host.host import PluginHost, PluginInfo
from tests.plugins.packages import good, install


def by_name(host: PluginHost) -> dict[str, PluginInfo]:
    return {info.name: info for info in host.plugins()}


def test_discovery_takes_in_what_is_installed(installed: Path) -> None:
    install(installed, "aardvark", good("aardvark"))
    install(installed, "thief", good("calculator"))
    host = PluginHost()
    host.discover()
    infos = by_name(host)
    assert infos["aardvark"] == PluginInfo(
        "aardvark", "1.2", "aardvark", infos["aardvark"].state, "", ("aardvark",)
    )
    assert infos["basics"].state == "active"
    assert infos["basics"].distribution == "puerto"
    assert "plugin 'basics' has one of this name" in infos["thief"].reason
    assert host.get("calculator").spec.plugin == "basics"


@pytest.mark.parametrize(
    ("source", "entry", "reason"),
    [
        ("import nowhere_to_be_found", None, "it cannot be imported: ModuleNotFoundError"),
        ("raise SystemExit(3)", None, "it cannot be imported: SystemExit: 3"),
        ("def f(:", None, "it cannot be imported: SyntaxError"),
        ("", "broken = broken_module:missing", "it cannot be imported: AttributeError"),
        ("", "broken = not a module", "it cannot be imported"),
        ("", None, "it implements no hook"),
        (
            good("x").replace('"read"', '"reed"'),
            None,
            "unknown effect 'reed'",
        ),
    ],
)
def test_discovery_goes_past_broken_plugins(
    installed: Path, monkeypatch: pytest.MonkeyPatch, source: str, entry: str | None, reason: str
) -> None:
    monkeypatch.delitem(sys.modules, "broken_module", raising=False)
    install(installed, "broken", source, entry)
    host = PluginHost()
    host.discover()
    infos = by_name(host)
    assert infos["broken"].state == "quarantined"
    assert reason in infos["broken"].reason
    assert infos["basics"].state == "active"


def test_discovery_does_not_import_what_is_blocked(installed: Path) -> None:
    install(installed, "trap", "raise SystemExit(3)")
    host = PluginHost(blocked={"trap"})
    host.discover()
    assert by_name(host)["trap"].state == "blocked"
    assert "trap_module" not in sys.modules


@pytest.mark.parametrize("broken", ["METADATA", "entry_points.txt"])
def test_discovery_goes_past_broken_distributions(
    installed: Path, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    install(installed, "shabby", good("shabby"))
    (installed / "shabby-1.2.dist-info" / broken).write_bytes(b"[puerto]\n\xff\xfe garbage\n")
    host = PluginHost()
    host.discover()
    assert by_name(host)["basics"].state == "active"
    shabby = by_name(host)["shabby"]
    assert shabby.state == "quarantined"
    assert "the metadata of its distribution cannot be read: UnicodeDecodeError" in shabby.reason
    assert "cannot be read" in caplog.text


def test_of_two_versions_the_one_that_python_imports_counts(
    installed: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = tmp_path_factory.mktemp("older")
    install(older, "double", "raise SystemExit(3)")
    install(installed, "double", good("double"))
    monkeypatch.setattr(sys, "path", [*sys.path, str(older)])
    host = PluginHost()
    host.discover()
    assert [info.state for info in host.plugins() if info.name == "double"] == ["active"]
