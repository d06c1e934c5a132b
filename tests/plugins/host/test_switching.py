"""Plugins that are switched, read again, installed and removed while the host is there."""

import importlib
import site
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from domain.plugins.plugin import PluginInfo
from domain.plugins.switches import Switch, Switchboard, SwitchKind
from domain.shared.errors import UnknownTool
from domain.tools.tool_context import ToolContext
from plugins.authoring.hookspecs import hookimpl
from plugins.authoring.registry import Registry
from plugins.host.host import PluginHost
from tests.plugins.packages import GO_ON, HANGS, good, install, uninstall

OURS = {"aws", "azure", "basics", "gcp"}


def of(host: PluginHost, name: str) -> PluginInfo:
    (info,) = [info for info in host.plugins() if info.name == name]
    return info


def reloaded(host: PluginHost, name: str) -> PluginInfo:
    """Read a plugin again, as the next generation of its switch asks for."""
    board = host.board or Switchboard()
    switch = replace(board.plugin(name), generation=board.plugin(name).generation + 1)
    host.apply(replace(board, plugins={**board.plugins, name: switch}))
    return of(host, name)


def searched(host: PluginHost) -> set[str]:
    board = host.board or Switchboard()
    host.apply(replace(board, generation=board.generation + 1))
    return {info.name for info in host.plugins()} - OURS


@pytest.fixture
def host(installed: Path) -> PluginHost:
    """A host with one plugin beside ours."""
    install(installed, "greeter", good("greet"))
    host = PluginHost(seconds=60)
    host.discover()
    return host


async def said(host: PluginHost, name: str, context: ToolContext) -> Any:
    return await host.get(name).run({}, context)


async def test_reading_again(host: PluginHost, installed: Path, context: ToolContext) -> None:
    old = host.get("greet")
    install(installed, "greeter", good("greet", "good morning"), version="1.3")
    info = reloaded(host, "greeter")

    assert (info.state, info.version, info.reason) == ("active", "1.3", "")
    assert await said(host, "greet", context) == "good morning"
    assert await old.run({}, context) == "hello"  # a call that had begun ends as it began
    assert host.get("greet").spec.version != old.spec.version


async def test_a_package_is_read_again_whole(
    host: PluginHost, installed: Path, context: ToolContext
) -> None:
    package = installed / "parcel"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "words.py").write_text("WORD = 'hello'\n")
    source = good("parcel").replace('"hello"', "WORD")
    (package / "plugin.py").write_text(f"from parcel.words import WORD\n{source}")
    install(installed, "parcel", "", "parcel = parcel.plugin")
    assert "parcel" in searched(host)
    assert await said(host, "parcel", context) == "hello"

    (package / "words.py").write_text("WORD = 'good morning'\n")
    assert reloaded(host, "parcel").state == "active"
    assert await said(host, "parcel", context) == "good morning"


async def test_only_what_is_the_plugins_own_is_read_again(
    host: PluginHost, installed: Path, context: ToolContext
) -> None:
    shared = installed / "shared"
    shared.mkdir()
    (shared / "__init__.py").touch()
    (shared / "library.py").touch()
    (shared / "plugin.py").write_text(good("visit"))
    install(installed, "landlord", "", "landlord = landlord_module")
    (installed / "landlord-1.2.dist-info" / "top_level.txt").write_text("shared\n")
    install(installed, "visitor", "", "visitor = shared.plugin")
    library = importlib.import_module("shared.library")
    assert "visitor" in searched(host)
    (shared / "plugin.py").write_text(good("visit", "good morning"))
    reloaded(host, "visitor")
    assert await said(host, "visit", context) == "good morning"
    assert sys.modules["shared.library"] is library


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise ValueError('half')", "it cannot be imported: ValueError: half"),
        ("def f(:", "it cannot be imported: SyntaxError"),
        (good("greet").replace("register(", "registers("), "there is no hook 'puerto_registers'"),
        (HANGS, "its import took longer than 5 seconds"),
    ],
)
async def test_the_old_one_stays_where_the_new_one_is_broken(
    installed: Path, context: ToolContext, source: str, reason: str
) -> None:
    GO_ON.clear()
    install(installed, "greeter", good("greet"))
    host = PluginHost(seconds=5)
    host.discover()
    module = sys.modules["greeter_module"]
    install(installed, "greeter", source, version="2.0")
    info = reloaded(host, "greeter")

    assert (info.state, info.version, info.tools) == ("active", "1.2", ("greet",))
    assert info.reason.startswith("the version before is still in use, as the new one is broken: ")
    assert reason in info.reason
    assert await said(host, "greet", context) == "hello"
    assert sys.modules["greeter_module"] is module
    GO_ON.set()  # else the thread would keep others from importing what it imports


async def test_one_that_was_broken_is_mended(
    host: PluginHost, installed: Path, context: ToolContext
) -> None:
    install(installed, "sick", "import nowhere_to_be_found")
    assert "sick" in searched(host)
    assert of(host, "sick").state == "quarantined"
    install(installed, "sick", good("sick"))
    assert reloaded(host, "sick").state == "active"
    assert await said(host, "sick", context) == "hello"


async def test_searching_again(host: PluginHost, installed: Path, context: ToolContext) -> None:
    before = host.get("greet")
    install(installed, "newcomer", good("welcome"))
    assert searched(host) == {"greeter", "newcomer"}
    assert host.get("greet") is before  # what did not change is left alone
    install(installed, "newcomer", good("welcome", "welcome back"), version="2.0")
    uninstall(installed, "greeter")
    assert searched(host) == {"newcomer"}
    assert await said(host, "welcome", context) == "welcome back"
    with pytest.raises(UnknownTool):
        host.get("greet")
    install(installed, "greeter", good("greet", "again"))
    assert searched(host) == {"greeter", "newcomer"}
    assert await said(host, "greet", context) == "again"


def test_reading_again_what_is_gone_drops_it(host: PluginHost, installed: Path) -> None:
    uninstall(installed, "greeter")
    board = Switchboard({"greeter": Switch(generation=1)})
    host.apply(board)
    assert {info.name for info in host.plugins()} == OURS


def test_of_two_plugins_of_one_name_the_first_is_used(host: PluginHost, installed: Path) -> None:
    install(installed, "other", good("other"), "greeter = other_module")
    searched(host)
    first, second = [info for info in host.plugins() if info.name == "greeter"]
    assert (first.distribution, first.state) == ("greeter", "active")
    assert (second.distribution, second.state) == ("other", "quarantined")
    assert second.reason == (
        "another plugin is called 'greeter', of greeter; names of plugins are unique"
    )
    uninstall(installed, "greeter")
    searched(host)
    assert (of(host, "greeter").distribution, of(host, "greeter").tools) == ("other", ("other",))


def test_a_plugin_that_is_off_is_not_imported(installed: Path) -> None:
    install(installed, "trap", "raise SystemExit(3)")
    host = PluginHost(blocked=["banned"])
    host.apply(Switchboard({"trap": Switch(is_on=False)}))
    assert (of(host, "trap").state, of(host, "trap").reason) == (
        "disabled",
        "switched off by an operator",
    )
    assert "trap_module" not in sys.modules
    install(installed, "banned", "raise SystemExit(3)")
    host.apply(Switchboard({"banned": Switch(generation=1)}, generation=1))
    assert of(host, "banned").state == "blocked"
    assert of(host, "trap").reason == "it cannot be imported: SystemExit: 3"


async def test_a_plugin_that_is_switched_off_and_on(
    host: PluginHost, installed: Path, context: ToolContext
) -> None:
    host.apply(Switchboard({"greeter": Switch(is_on=False)}))
    with pytest.raises(UnknownTool, match="no tool 'greet'"):
        host.get("greet")
    install(installed, "greeter", good("greet", "back again"))
    host.apply(Switchboard({"greeter": Switch()}))
    assert await said(host, "greet", context) == "back again"


def test_a_tool_that_is_switched_off(host: PluginHost) -> None:
    host.apply(Switchboard(tools={"greet": Switch(is_on=False)}))
    assert [tool.spec.name for tool in host.tools_off()] == ["greet"]
    assert "greet" not in [tool.spec.name for tool in host.tools()]
    assert (of(host, "greeter").state, of(host, "greeter").tools) == ("active", ())
    with pytest.raises(UnknownTool, match=r"The tool 'greet' is switched off\."):
        host.get("greet")
    host.apply(Switchboard())
    assert of(host, "greeter").tools == ("greet",)


def test_what_the_service_sets_aside_says_why(host: PluginHost) -> None:
    switch = Switch(is_on=False, reason="blocked the event loop")  # as one from before says it
    why = "it blocked the event loop; `puerto plugin reload greeter` lifts it"
    host.set_aside(SwitchKind.TOOL, "greet", switch)
    assert of(host, "greeter").reason == f"tool 'greet' is quarantined: {why}"
    host.set_aside(SwitchKind.PLUGIN, "greeter", switch)
    assert (of(host, "greeter").state, of(host, "greeter").reason) == ("quarantined", why)


def test_an_object_at_hand_is_switched_too(host: PluginHost) -> None:
    host.register(SimpleNamespace(), "thing")
    for board in (Switchboard({"thing": Switch(is_on=False)}), Switchboard(generation=1)):
        host.apply(board)
    assert "implements no hook" in of(host, "thing").reason


async def test_reading_again_goes_past_broken_distributions(
    host: PluginHost, installed: Path, context: ToolContext
) -> None:
    install(installed, "shabby", good("shabby"))
    (installed / "shabby-1.2.dist-info" / "METADATA").write_bytes(b"Name: \xff\xfe")
    install(installed, "greeter", good("greet", "good morning"))
    reloaded(host, "greeter")
    assert await said(host, "greet", context) == "good morning"


def test_of_many_reasons_the_first_are_told(host: PluginHost) -> None:
    @hookimpl
    def puerto_register(registry: Registry) -> None:
        for _ in range(1000):
            registry.add_tools(None)  # type: ignore[arg-type]  # the mistake under test

    thing = SimpleNamespace(puerto_register=puerto_register)
    reason = host.register(thing, "thing").reason
    assert reason.count("is not a tool") == 20
    assert reason.endswith("; and 980 more")


# --- files in a folder


async def test_a_file_is_a_plugin(installed: Path, context: ToolContext) -> None:
    folder = installed / "folder"
    folder.mkdir()
    file = folder / "json.py"  # the name of a library, which goes on being that
    file.write_text(good("greet"))
    (folder / "_notes.py").write_text("raise SystemExit(3)")
    (folder / "notes.txt").touch()
    (folder / "broken.py").write_text("1/0")
    (folder / "basics.py").write_text(good("basics"))
    (folder / "closed.py").mkdir()
    host = PluginHost(folder=folder, seconds=60)
    host.discover()

    assert [(i.name, i.state, i.file) for i in host.plugins() if i.file] == [
        ("basics", "quarantined", str(folder / "basics.py")),
        ("broken", "quarantined", str(folder / "broken.py")),
        ("closed", "quarantined", str(folder / "closed.py")),
        ("json", "active", str(file)),
    ]
    assert [i.reason for i in host.plugins() if i.name in {"broken", "closed"}] == [
        "it cannot be imported: ZeroDivisionError: division by zero",
        "it cannot be read: Is a directory",
    ]
    (folder / "closed.py").rmdir()
    assert await said(host, "greet", context) == "hello"
    old = host.get("greet").spec.version
    file.write_text(good("greet", "HELLO"))
    assert searched(host) == {"broken", "json"}
    assert await said(host, "greet", context) == "HELLO"
    assert host.get("greet").spec.version != old
    file.unlink()
    assert searched(host) == {"broken"}


def test_a_folder_that_went_away_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    host = PluginHost(folder=folder)
    host.discover()
    folder.rmdir()
    assert searched(host) == set()


# --- installed so that it can be edited


def test_an_editable_install_is_found_without_a_restart(
    host: PluginHost, installed: Path, tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(site, "getsitepackages", lambda: [str(installed)])
    host = PluginHost(seconds=60)
    host.discover()
    sources = tmp_path_factory.mktemp("sources")
    install(installed, "editable", good("edit"))
    (installed / "editable_module.py").rename(sources / "editable_module.py")
    (installed / "__editable__.editable.pth").write_text(f"{sources}\n")
    assert searched(host) == {"editable", "greeter"}
    assert of(host, "editable").tools == ("edit",)
    sys.path.remove(str(sources))
