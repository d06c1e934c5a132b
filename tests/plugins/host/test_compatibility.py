"""The versions of Puerto that a plugin's distribution declares to work with."""

import sys
from pathlib import Path

import pytest

from plugins.host.compatibility import has_upper_bound, misfit, supported
from plugins.host.host import PluginHost
from plugins.template import new_plugin
from tests.plugins.packages import good, install


@pytest.mark.parametrize(
    ("requirements", "fits"),
    [
        ([], True),
        (["requests>=9"], True),
        (["puerto"], True),
        (["puerto>=0.1,<0.2"], True),
        (["Puerto[aws] ~= 0.1.0"], True),
        (["puerto>=0.2"], False),
        (["puerto<0.1"], False),
        (["puerto>=0.1", "puerto<0.1.5"], False),
        (['puerto>=9; extra == "dev"'], True),
        (['puerto>=9; python_version < "3"'], True),
        (['puerto>=9; python_version > "3"'], False),
        (["puerto >=> 9"], True),
    ],
)
def test_which_versions_fit(requirements: list[str], fits: bool) -> None:
    assert (misfit(requirements, "0.1.7") == "") is fits


def test_a_version_before_its_release_is_no_earlier_one() -> None:
    assert misfit(["puerto>=0.1,<0.2"], "0.2.0.dev1")
    assert misfit(["puerto>=0.1,<0.2"], "0.1.8rc1") == ""


@pytest.mark.parametrize(
    ("requirement", "bounded"),
    [
        ("puerto>=1,<2", True),
        ("puerto~=1.2", True),
        ("puerto==1.2.*", True),
        ("puerto>=1", False),
        ("puerto!=1.3", False),
    ],
)
def test_upper_bounds(requirement: str, bounded: bool) -> None:
    fitting = supported([requirement])
    assert fitting is not None
    assert has_upper_bound(fitting) is bounded


def test_a_plugin_for_another_puerto_is_quarantined_and_not_imported(installed: Path) -> None:
    install(installed, "modern", good("modern"), requires=["puerto>=99,<100"])
    install(installed, "fitting", good("fitting"), requires=["puerto>=0.1,<99"])
    host = PluginHost()
    host.discover()
    infos = {info.name: info for info in host.plugins()}
    assert infos["modern"].state == "quarantined"
    assert infos["modern"].reason.startswith("it works with Puerto >=99,<100, this is ")
    assert "modern_module" not in sys.modules
    assert infos["fitting"].state == "active"


def test_new_plugins_declare_a_range_of_this_puerto() -> None:
    text = new_plugin("lunch")["pyproject.toml"]
    [line] = [line for line in text.splitlines() if line.startswith("dependencies")]
    requirement = line.partition('["')[2].removesuffix('"]')
    fitting = supported([requirement])
    assert fitting is not None
    assert has_upper_bound(fitting)
    assert misfit([requirement]) == ""
