"""What the event loop pays for learned APIs: pages, changes, and forgetting them.

``python benchmarks/learned_pages.py [--operations N]`` starts Puerto as people start it, learns a
document of N operations over REST (4,700 by default, as many as the largest real ones have), looks
at pages of it, changes and forgets it, and prints a Markdown table. Meanwhile it asks ``/api/live``
a hundred times a second: the longest that it waited is what everybody else waited. CPU is that of
the server and its readers, by the system's clock, less what those looks cost. A piece is what the
event loop did at once, at the longest, in CPU of its thread (`loop_pieces.py`). ``puerto learn
--dry-run`` reads the same document for comparison.

It ends with 1 if a page held the loop for more than 20 ms in a piece.
"""

import argparse
import asyncio
import contextlib
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx2
from processes import ROOT, cpu_seconds, free_port, memory, running

_SECONDS: Final = 120.0
_PAUSE: Final = 0.01  # seconds between two looks at `/api/live`
_LOOKS: Final = 200  # by which the cost of one is measured
_SETTLING: Final = 3.0  # seconds after forgetting, for other workers' sake and the collector's
_LONGEST: Final = 0.02  # seconds of the event loop for a piece of a page
_MB: Final = 2**20


@dataclass
class Cost:
    """What something took: seconds, CPU seconds, the longest wait for ``/api/live``, and piece."""

    name: str
    seconds: float = 0.0
    cpu: float = 0.0
    lag: float = 0.0
    piece: float = 0.0
    size: int = 0


@dataclass
class Bench:
    """A server that is asked things, and what they cost."""

    pid: int
    api: httpx2.AsyncClient
    pieces: Path
    look: float = 0.0  # CPU seconds
    looks: int = 0
    costs: list[Cost] = field(default_factory=list)

    @asynccontextmanager
    async def measured(self, name: str, *, watches: bool = True) -> AsyncIterator[Cost]:
        """Measure what happens in the block; nobody waits if nobody ``watches``."""
        cost = Cost(name)
        watcher = asyncio.create_task(self._watch(cost) if watches else asyncio.sleep(0))
        await asyncio.sleep(0.05)
        cost.lag, self.looks = 0.0, 0
        first = len(self.pieces.read_text().split())
        before, began = cpu_seconds(self.pid) or 0.0, time.perf_counter()
        try:
            yield cost
        finally:
            cost.seconds = time.perf_counter() - began
            await asyncio.sleep(0.05)
            watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watcher
            took = (cpu_seconds(self.pid) or 0.0) - before
            cost.piece = max(map(float, self.pieces.read_text().split()[first:]), default=0.0)
            cost.cpu = max(0.0, took - self.looks * self.look)
            self.costs.append(cost)

    async def _watch(self, cost: Cost) -> None:
        async with httpx2.AsyncClient(base_url=self.api.base_url, timeout=_SECONDS) as probe:
            while True:
                began = time.perf_counter()
                try:
                    await probe.get("/api/live")
                finally:
                    self.looks += 1
                    cost.lag = max(cost.lag, time.perf_counter() - began)
                await asyncio.sleep(_PAUSE)

    async def calibrate(self) -> None:
        """Measure what one look at ``/api/live`` costs."""
        async with httpx2.AsyncClient(base_url=self.api.base_url, timeout=_SECONDS) as probe:
            before = cpu_seconds(self.pid) or 0.0
            for _ in range(_LOOKS):
                await probe.get("/api/live")
                await asyncio.sleep(_PAUSE)
            self.look = ((cpu_seconds(self.pid) or 0.0) - before) / _LOOKS

    async def ask(
        self, name: str, method: str, path: str, body: Any = None, *, watches: bool = True
    ) -> Any:
        """Ask once, measured; return the answer."""
        async with self.measured(name, watches=watches) as cost:
            answer = await self.api.request(method, path, json=body)
        answer.raise_for_status()
        cost.size = len(answer.content)
        return answer.json() if answer.content else None


def document(count: int) -> dict[str, Any]:
    """Return an OpenAPI document of so many operations, of the size that real ones have."""
    paths: dict[str, dict[str, Any]] = {}
    for number in range(count):
        kind, at = divmod(number, 4)
        thing = f"thing{kind}"
        path = f"/{thing}" if at < 2 else f"/{thing}/{{id}}"
        method = ("get", "post", "get", "delete")[at]
        operation: dict[str, Any] = {
            "operationId": f"{method}{'All' if at == 0 else ''}Thing{kind}",
            "summary": f"{method.title()} a thing of the kind {kind}",
            "description": f"What is known of things of the kind {kind}, and more words. " * 3,
            "tags": [f"things{kind % 40}"],
            "parameters": [
                {
                    "name": f"filter{each}",
                    "in": "query",
                    "description": f"Only those of which the property {each} is this.",
                    "schema": {"type": "string", "maxLength": 100},
                }
                for each in range(6)
            ],
            "responses": {"200": {"description": "It."}},
        }
        if at >= 2:
            operation["parameters"].append(
                {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
            )
        if method == "post":
            reference = {"$ref": f"#/components/schemas/Thing{kind % 200}"}
            operation["requestBody"] = {"content": {"application/json": {"schema": reference}}}
        paths.setdefault(path, {})[method] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Many things", "version": "1"},
        "servers": [{"url": "https://things.example/v1"}],
        "paths": paths,
        "components": {"schemas": {f"Thing{each}": _thing(each) for each in range(200)}},
    }


def _thing(number: int) -> dict[str, Any]:
    properties: Mapping[str, Any] = {
        f"property{each}": {"type": "string", "description": f"The property {each}, in words."}
        for each in range(20)
    }
    return {"type": "object", "title": f"Thing {number}", "properties": properties}


async def ask_all(bench: Bench, data: Mapping[str, Any]) -> None:
    """Learn, look, change and forget; first learn while nobody asks for anything else."""
    address, order = "/api/learned-apis", {"type": "openapi", "source": data}
    told = await bench.ask("learn, alone", "POST", address, order, watches=False)
    await bench.ask("forget, alone", "DELETE", f"{address}/{told['id']}", watches=False)
    told = await bench.ask("learn", "POST", address, order)
    here = f"/api/learned-apis/{told['id']}"
    await bench.ask("a page, limit=1", "GET", f"{here}?limit=1")
    await bench.ask("a page, limit=100", "GET", f"{here}?limit=100")
    await bench.ask("tools, limit=100", "GET", "/api/tools?limit=100")
    task = "/api/tools?q=delete+a+thing+of+the+kind+7"
    name = (await bench.ask("tools for a task", "GET", task))["tools"][0]["name"]
    await bench.ask("a tool off", "PATCH", f"/api/tools/{name}", {"enabled": False})
    override = {"GET /thing1": {"description": "Better words."}}
    await bench.ask("change an override", "PUT", here, {"overrides": override})
    await bench.ask("learn it again", "POST", f"{here}/refresh", {"source": data})


async def forget(bench: Bench) -> None:
    """Forget what is learned."""
    listed = await bench.api.get("/api/learned-apis")
    for api in listed.raise_for_status().json()["apis"]:
        await bench.ask("forget", "DELETE", f"/api/learned-apis/{api['id']}")


async def measure(pid: int, port: int, password: str, data: Mapping[str, Any], pieces: Path) -> int:
    """Print what everything costs; return 1 if a page holds the loop for too long."""
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=_SECONDS) as api:
        login = {"username": "admin", "password": password}
        granted = (await api.post("/api/auth/login", json=login)).raise_for_status().json()
        api.headers["authorization"] = f"Bearer {granted['access_token']}"
        bench = Bench(pid, api, pieces)
        await bench.calibrate()
        before = _rss(pid)
        await ask_all(bench, data)
        learned = _rss(pid)
        await forget(bench)
        await asyncio.sleep(_SETTLING)
        for cost in bench.costs:
            seconds = (cost.seconds, cost.cpu, cost.lag, cost.piece)
            times = (f"{value * 1e3:,.0f}" for value in seconds)
            print(_row(cost.name, *times, f"{cost.size:,}"))
        longest = max(cost.piece for cost in bench.costs if cost.name.startswith("a page"))
        print(f"\nA page holds the event loop for {longest * 1e3:.1f} ms at most.")
        print(f"Memory: {before} MB before, {learned} MB with it, {_rss(pid)} MB after.")
        return int(longest > _LONGEST)


def _rss(pid: int) -> int:
    found = memory(pid)
    return found.rss // _MB if found else 0


def dry_run(path: Path) -> float:
    """Return the CPU seconds that the command line takes to read a document."""
    before = _children()
    command = [sys.executable, "-m", "puerto", "learn", "--dry-run", "--json", str(path)]
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return _children() - before


def _children() -> float:
    import resource

    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--operations", type=int, default=4_700)
    count = parser.parse_args(arguments).operations
    with tempfile.TemporaryDirectory() as made:
        folder, port, data = Path(made), free_port(), document(count)
        path = folder / "document.json"
        path.write_text(json.dumps(data), "utf-8")
        print(
            f"{count:,} operations; the command line reads them in {dry_run(path):.2f} s of CPU.\n"
        )
        print(_row("what", "ms", "ms of CPU", "ms /api/live waited", "ms of a piece", "bytes"))
        print(_row("---", "--:", "--:", "--:", "--:", "--:"))
        settings = {
            "API_PORT": str(port),
            "PUERTO_DATA_DIR": str(folder / "data"),
            "RATE_LIMIT_PER_MINUTE": "0",
            "LOOP_PIECES": str(folder / "pieces"),
        }
        program = str(ROOT / "benchmarks" / "loop_pieces.py")
        with running(program, "serve", port=port, folder=folder, env=settings) as pid:
            password = _password(folder / f"{port}.log")
            return asyncio.run(measure(pid, port, password, data, folder / "pieces"))


def _password(log: Path) -> str:
    for _ in range(500):
        if found := re.search(r"as admin with the password (\S+)", log.read_text()):
            return found[1]
        time.sleep(0.02)
    raise RuntimeError("no first password was printed")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
