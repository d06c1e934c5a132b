"""The digest of a plugin's code: what it covers, and what rests on it."""

import os
import sys
from pathlib import Path

import pytest

from domain.plugins.switches import Switchboard
from plugins.host.code import digest_of, forget
from plugins.host.host import PluginHost
from tests.plugins.packages import good, install


@pytest.fixture
def parcel(installed: Path) -> Path:
    """A plugin that is a package with packages inside, and data."""
    package = installed / "parcel"
    (package / "deep" / "deeper").mkdir(parents=True)
    for folder in (package, package / "deep", package / "deep" / "deeper"):
        (folder / "__init__.py").touch()
    (package / "deep" / "deeper" / "words.py").write_text("WORD = 'hello'\n")
    (package / "words.json").write_text('{"hello": 1}')
    (package / "plugin.py").write_text(good("parcel"))
    install(installed, "parcel", "", "parcel = parcel.plugin")
    return package


def version(folder: Path) -> str:
    """Return the version of the plugin's tool, as a process that starts now sees it."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "parcel"]:
        del sys.modules[name]
    host = PluginHost(seconds=60)
    host.discover()
    return host.get("parcel").spec.version


@pytest.mark.parametrize("name", ["deep/deeper/words.py", "words.json", "plugin.py", "new.py"])
def test_a_changed_file_makes_another_version_of_every_tool(parcel: Path, name: str) -> None:
    before = version(parcel)
    assert version(parcel) == before
    with (parcel / name).open("a") as file:
        file.write("\n")
    assert version(parcel) != before


def test_where_it_lies_and_what_python_keeps_of_it_do_not_count(parcel: Path) -> None:
    before = version(parcel)
    (parcel / "deep" / "__pycache__").mkdir()
    (parcel / "deep" / "__pycache__" / "words.cpython-311.pyc").write_bytes(b"x")
    (parcel / "old.pyc").write_bytes(b"x")
    os.utime(parcel / "plugin.py", (1, 1))
    assert version(parcel) == before


def test_a_search_reads_a_plugin_again_of_which_a_module_changed(parcel: Path) -> None:
    host = PluginHost(seconds=60)
    host.discover()
    before = host.get("parcel").spec.version
    host.apply(Switchboard(generation=1))
    assert host.get("parcel").spec.version == before
    (parcel / "deep" / "deeper" / "words.py").write_text("WORD = 'good morning'\n")
    host.apply(Switchboard(generation=2))
    assert host.get("parcel").spec.version != before


def test_a_module_alone_has_a_digest(installed: Path) -> None:
    install(installed, "greeter", good("greet"))
    before = digest_of("greeter_module")
    assert before
    (installed / "greeter_module.py").write_text(good("greet", "good morning"))
    assert digest_of("greeter_module") == before  # it is kept
    forget()
    assert digest_of("greeter_module") != before


def test_in_a_namespace_it_is_the_part_that_is_a_package(installed: Path) -> None:
    for name in ("mine", "yours"):
        (installed / "common" / name).mkdir(parents=True)
        (installed / "common" / name / "__init__.py").touch()
        (installed / "common" / name / "plugin.py").touch()
    before = digest_of("common.mine.plugin")
    (installed / "common" / "yours" / "plugin.py").write_text("WORD = 1\n")
    forget()
    assert digest_of("common.mine.plugin") == before
    (installed / "common" / "mine" / "other.py").write_text("WORD = 1\n")
    forget()
    assert digest_of("common.mine.plugin") != before


def test_what_is_not_there_or_odd_has_none(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert digest_of("nothing_of_this_name") == ""
    assert digest_of("sys") == ""
    odd = type(sys)("odd_module")
    odd.__spec__ = None
    monkeypatch.setitem(sys.modules, "odd_module", odd)
    assert digest_of("odd_module") == ""
    (installed / "broken.py").symlink_to(installed / "away.py")
    assert digest_of("broken") == ""
