"""The face package: what authors of plugins import."""

import subprocess
import sys
import textwrap
from typing import Any

import puerto
from plugins.host.host import PluginHost


def test_all_is_sorted_and_complete() -> None:
    for name in puerto.__all__:
        assert getattr(puerto, name) is not None
    public = {
        name
        for name, value in vars(puerto).items()
        if not name.startswith("_") and not isinstance(value, type(sys))
    } - {"TYPE_CHECKING", "import_module"}
    assert set(puerto.__all__) == public
    constants_first = sorted(
        puerto.__all__, key=lambda name: (not name.isupper(), name.islower(), name)
    )
    assert puerto.__all__ == constants_first


def test_importing_it_does_not_load_the_server_or_a_provider() -> None:
    code = "import sys, puerto; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "puerto" in loaded
    assert not {"quart", "openai", "tortoise", "httpx2", "asyncpg"} & set(loaded)


def test_the_example_in_its_docstring_works() -> None:
    _, _, rest = (puerto.__doc__ or "").partition("::\n")
    example, _, _ = rest.partition("\n``puerto plugin new")
    module: dict[str, Any] = {"__name__": "example"}
    exec(textwrap.dedent(example), module)
    host = PluginHost()
    info = host.register(type("Example", (), module), "example")
    assert (info.state, info.reason, info.tools) == ("active", "", ("capital",))
