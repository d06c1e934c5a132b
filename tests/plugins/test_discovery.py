"""Finding plugins among the installed distributions, the broken ones among them."""

import sys
from pathlib import Path

import pytest

from plugins.host import PluginHost, PluginInfo


def install(folder: Path, name: str, source: str, entry: str | None = None) -> None:
    """Lay out a distribution as pip would, with a plugin of that name."""
    (folder / f"{name}_module.py").write_text(source)
    about = folder / f"{name}-1.2.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    (about / "entry_points.txt").write_text(f"[puerto]\n{entry or f'{name} = {name}_module'}\n")


GOOD = '''
from puerto import hookimpl, tool

@tool(effect="read")
def {name}() -> str:
    """Say hello."""
    return "hello"

@hookimpl
def puerto_register_tools(register):
    register({name})
'''


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def by_name(host: PluginHost) -> dict[str, PluginInfo]:
    return {info.name: info for info in host.plugins()}


def test_discovery_takes_in_what_is_installed(installed: Path) -> None:
    install(installed, "aardvark", GOOD.format(name="aardvark"))
    install(installed, "thief", GOOD.format(name="calculator"))
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
            GOOD.format(name="x").replace('"read"', '"reed"'),
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
    install(installed, "shabby", GOOD.format(name="shabby"))
    (installed / "shabby-1.2.dist-info" / broken).write_bytes(b"[puerto]\n\xff\xfe garbage\n")
    host = PluginHost()
    host.discover()
    assert by_name(host)["basics"].state == "active"
    assert "shabby" not in by_name(host)
    assert "cannot be read" in caplog.text


def test_of_two_versions_the_one_that_python_imports_counts(
    installed: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = tmp_path_factory.mktemp("older")
    install(older, "double", "raise SystemExit(3)")
    install(installed, "double", GOOD.format(name="double"))
    monkeypatch.setattr(sys, "path", [*sys.path, str(older)])
    host = PluginHost()
    host.discover()
    assert [info.state for info in host.plugins() if info.name == "double"] == ["active"]
