"""Plugins that hang or end their process when they are taken in, in a process that can be ended."""

import json
import threading
from pathlib import Path

import pytest

from plugins.host.host import PluginHost, PluginInfo
from plugins.host.preflight import Preflight
from tests.plugins.packages import good, install

GENEROUS = 60.0  # seconds for the interpreter to start, on a busy machine
NOTED = "with open({file!r}, 'a') as file:\n    file.write('imported\\n')\n"


def host_of(folder: Path, *, seconds: float = 30.0, start_seconds: float = GENEROUS) -> PluginHost:
    passed = folder / "tried.json"
    plugins = folder / "plugins"
    plugins.mkdir(exist_ok=True)
    preflight = Preflight(plugins, seconds, passed, start_seconds=start_seconds)
    return PluginHost((), plugins, seconds=seconds, preflight=preflight)


def discovered(host: PluginHost, name: str) -> PluginInfo:
    host.discover()
    (info,) = [info for info in host.plugins() if info.name == name]
    return info


@pytest.fixture
def tried(installed: Path) -> Path:
    """A file in which a plugin notes each import."""
    noted = installed / "noted"
    install(installed, "greeter", NOTED.format(file=str(noted)) + good("greet"))
    return noted


def count(noted: Path) -> int:
    return len(noted.read_text().split()) if noted.exists() else 0


def test_what_passed_is_not_tried_again_until_it_changes(installed: Path, tried: Path) -> None:
    assert discovered(host_of(installed), "greeter").state == "active"
    assert count(tried) == 2  # in a process of its own, then here
    assert len(json.loads((installed / "tried.json").read_text())) == 1
    again = host_of(installed)
    assert discovered(again, "greeter").state == "active"
    assert count(tried) == 2  # the module is there already
    with (installed / "greeter_module.py").open("a") as file:
        file.write("\n")
    assert discovered(host_of(installed), "greeter").state == "active"
    assert count(tried) == 3


@pytest.mark.parametrize("where", ["import", "hook"])
def test_one_that_loops_for_ever_takes_no_core(installed: Path, where: str) -> None:
    source = good("greet")
    loop = "while True:\n{0}    pass\n"
    if where == "import":
        source += loop.format("")
    else:
        source = source.replace("    registry.add_tools(greet)", "    " + loop.format("    "))
    install(installed, "looper", source)
    before = {thread.ident for thread in threading.enumerate()}
    info = discovered(host_of(installed, seconds=1), "looper")
    late = "its import" if where == "import" else "puerto_register"
    assert (info.state, info.reason) == (
        "quarantined",
        f"{late} took longer than 1 seconds",
    )
    left = [each for each in threading.enumerate() if each.ident not in before]
    assert [each.name for each in left if each.name == "puerto plugin"] == []


def test_one_that_ends_its_process_does_not_end_this_one(installed: Path) -> None:
    (installed / "plugins").mkdir()
    (installed / "plugins" / "leaver.py").write_text("import os\nos._exit(9)\n")
    info = discovered(host_of(installed), "leaver")
    assert info.state == "quarantined"
    assert info.reason == "taking it in ended the process that tried it first, with 9"


def test_one_that_lets_no_thread_look_is_ended(installed: Path) -> None:
    holds = "import ctypes\nctypes.PyDLL(None).sleep(600)\n"  # with the interpreter's lock
    install(installed, "holder", holds)
    info = discovered(host_of(installed, seconds=0.1, start_seconds=1.0), "holder")
    assert info.state == "quarantined"
    assert info.reason == "taking it in took longer than 0.1 seconds, and was ended"


def test_other_mistakes_are_told_as_ever(installed: Path) -> None:
    install(installed, "broken", "raise ValueError('half')")
    info = discovered(host_of(installed), "broken")
    assert info.reason == "it cannot be imported: ValueError: half"


def test_ours_and_what_is_at_hand_are_not_tried(installed: Path) -> None:
    host = host_of(installed)
    host.discover()
    assert {info.name for info in host.plugins() if info.state == "active"} >= {"basics"}
    assert not (installed / "tried.json").exists()


@pytest.mark.parametrize("kept", ["{", "7", '{"a": 1}', "[1, null]"])
def test_a_damaged_file_is_none(installed: Path, tried: Path, kept: str) -> None:
    (installed / "tried.json").write_text(kept)
    assert discovered(host_of(installed), "greeter").state == "active"
    assert count(tried) == 2
