"""What is seen in a plugin's source."""

from pathlib import Path

import pytest

from plugins.checking.findings import Level
from plugins.checking.source import read_source

E, W = Level.ERROR, Level.WARNING


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import time\nasync def f():\n    time.sleep(1)", [(E, "blocking", 3)]),
        ("from time import sleep as nap\nasync def f():\n    nap(1)", [(E, "blocking", 3)]),
        ("import requests\nasync def f():\n    requests.get('x')", [(E, "blocking", 3)]),
        (
            "from urllib import request\nasync def f():\n    request.urlopen('x').read()",
            [(E, "blocking", 3)],
        ),
        ("import subprocess\nasync def f():\n    subprocess.run('x')", [(E, "blocking", 3)]),
        ("import httpx2\nasync def f():\n    httpx2.get('x')", [(E, "blocking", 3)]),
        ("async def f():\n    open('x').read()", [(W, "blocking", 2)]),
        ("async def f(path):\n    return path.read_text()", [(W, "blocking", 2)]),
        (
            "async def f():\n    try:\n        await g()\n    except:\n        pass",
            [(W, "cancellation", 4)],
        ),
        (
            "import asyncio as a\nasync def f():\n try: await g()\n except (a.CancelledError,): 1",
            [(W, "cancellation", 4)],
        ),
        (
            "from contextlib import suppress\nasync def f():\n with suppress(BaseException): 1",
            [(W, "cancellation", 3)],
        ),
        # None of these holds anything up, or keeps anything to itself.
        ("import time\ndef f():\n    time.sleep(1)", []),
        ("import time, asyncio\nasync def f():\n    await asyncio.to_thread(time.sleep, 1)", []),
        ("import time\nasync def f():\n    await g(lambda: time.sleep(1))", []),
        ("import time\nasync def f():\n    def g():\n        time.sleep(1)", []),
        ("import httpx2\nasync def f():\n    httpx2.AsyncClient()", []),
        ("class Box:\n    def sleep(self): ...\nasync def f(time):\n    Box().sleep()", []),
        (
            "async def f():\n try: await g()\n except BaseException:\n  g()\n  raise",
            [],
        ),
        ("async def f():\n    try:\n        await g()\n    except Exception:\n        pass", []),
        ("this is no Python", []),
    ],
)
def test_what_blocks_and_what_swallows(
    tmp_path: Path, source: str, expected: list[tuple[Level, str, int]]
) -> None:
    path = tmp_path / "plugin.py"
    path.write_text(source)
    found = read_source(path)
    assert [(each.level, each.rule, each.place.line) for each in found] == expected
    assert all(each.subject == "f" and each.advice for each in found)
