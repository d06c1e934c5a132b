"""Memory goes back when many tools came or went, and only then."""

import ctypes
import gc
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from entrypoints.server.memory import MemoryKeeper, freeze_objects, trim
from tests.fakes.tools import FakeTool, FakeToolbox


async def test_it_follows_how_many_tools_there_are() -> None:
    toolbox, given = FakeToolbox(), list[int]()
    keeper = MemoryKeeper(toolbox, lambda: given.append(len(toolbox.tools())))

    for count in (3, 50, 180, 200, 20):
        for name in [tool.spec.name for tool in toolbox.tools()]:
            toolbox.drop(name)
        for at in range(count):
            toolbox.put(FakeTool(f"look_{at}"))
        await keeper.follow()
        await keeper.follow()

    assert given == [180, 20]


def test_memory_is_given_back_on_any_system() -> None:
    trim()
    trim()


HEAPS = """
import ctypes, sys, threading
from entrypoints.server.memory import tune_heap

def take():
    held.append([bytes(5_000) for _ in range(200)])
    ready.wait()

if sys.argv[1] == "shared":
    tune_heap()
held, ready = [], threading.Barrier(9)
for _ in range(8):
    threading.Thread(target=take, daemon=True).start()
ready.wait()
c = ctypes.CDLL(None)
c.fdopen.restype = ctypes.c_void_p
stream = ctypes.c_void_p(c.fdopen(1, b"w"))
c.malloc_info(0, stream)
c.fflush(stream)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have other heaps")
def test_threads_of_a_service_share_one_heap() -> None:
    def heaps(way: str) -> int:
        command = [sys.executable, "-c", HEAPS, way]
        root = Path(__file__).parents[3]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
        return done.stdout.count("<heap nr=")

    assert heaps("shared") == 1 < heaps("as it comes")


LARGE = """
import ctypes, sys
from entrypoints.server.memory import tune_heap

class Figures(ctypes.Structure):  # mallinfo2(3)
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]

c = ctypes.CDLL(None)
c.mallinfo2.restype = Figures
if sys.argv[1] == "tuned":
    tune_heap()
block = bytes(8 << 20)
del block
before = c.mallinfo2().hblkhd  # bytes outside of heaps
block = bytes(8 << 20)
print((c.mallinfo2().hblkhd - before) >> 20)
"""


@pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="other C libraries have other heaps"
)
def test_large_blocks_stand_in_no_heap() -> None:
    def megabytes_outside(way: str) -> int:
        command = [sys.executable, "-c", LARGE, way]
        root = Path(__file__).parents[3]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
        return int(done.stdout)

    assert megabytes_outside("tuned") >= 8 > megabytes_outside("as it comes")


def test_what_a_started_service_holds_is_not_looked_through_again() -> None:
    threshold, frozen = gc.get_threshold(), gc.get_freeze_count()
    try:
        freeze_objects()

        assert gc.get_freeze_count() > frozen
        assert gc.get_threshold()[0] > threshold[0]
        assert gc.isenabled()
    finally:
        gc.unfreeze()
        gc.set_threshold(*threshold)
