"""What a tool's large result costs: CPU, and how long the event loop waits for its turn meanwhile.

``python benchmarks/large_results.py [--rows N]`` normalizes N rows (50,000 by default) in a thread,
as the service does, item by item as it does with what is odd, and in a single call into C for
comparison, and prints the longest wait, the median of eleven runs.
"""

import argparse
import asyncio
import time
from collections.abc import Callable
from statistics import median
from typing import Any, Final

import orjson

from domain.shared.json_values import normalized
from plugins.authoring.json_values import as_json

_RUNS: Final = 11

Way = Callable[[Any], Any]


async def measure(way: Way, rows: Any) -> tuple[float, float]:
    """Return the thread's CPU seconds, and the seconds that the loop waited at the longest."""

    def timed() -> float:
        began = time.thread_time()
        way(rows)
        return time.thread_time() - began

    work = asyncio.get_running_loop().run_in_executor(None, timed)
    last, longest = time.perf_counter(), 0.0
    while not work.done():
        await asyncio.sleep(0)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    return await work, longest


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=50_000)
    count = parser.parse_args().rows
    rows = [{"id": n, "name": f"Row {n}", "price": n * 1.5, "tag": None} for n in range(count)]
    ways: dict[str, Way] = {
        "as the service does": as_json,
        "item by item": normalized,
        "one call into C": lambda value: orjson.loads(orjson.dumps(value)),
    }
    for name, way in ways.items():
        costs = [await measure(way, rows) for _ in range(_RUNS)]
        cpu, wait = min(cpu for cpu, _ in costs), median(wait for _, wait in costs)
        print(f"{name}: {cpu * 1e3:.0f} ms of CPU, the loop waits {wait * 1e3:.0f} ms")


if __name__ == "__main__":
    asyncio.run(main())
