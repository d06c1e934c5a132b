"""The kill storm: server processes die at random instants, and nothing may be lost or repeated.

``python benchmarks/storm.py --database postgresql --workers 2 --kills 200`` starts a database, a
model, servers with tools that write down what they do, and people who talk to them, answer what
they are asked and come back whenever a line breaks. Meanwhile it kills the servers (SIGKILL) and
starts them again. Then it waits for the dust to settle, and compares what was promised with what
is in the database, in the file of the tools and in the people's ears. It exits with 1 when a
promise was broken; its folder is kept then.

``--upgrade-from FOLDER --workers 2 --kills 0`` is a deploy instead: servers of the version in that
folder are replaced one after the other, and meanwhile both versions share the database.
"""

import argparse
import asyncio
import math
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Final

import httpx2
from databases import Databases, databases
from processes import ROOT
from storm_checks import Findings, check
from storm_client import Person
from storm_lines import Lines
from storm_model import model
from storm_plan import RULES
from storm_receiver import Receiver, receiver
from storm_rows import Rows
from storm_servers import Server
from storm_webhooks import webhook_violations

SETTLE_SECONDS: Final = 60.0
LEASE_SECONDS: Final = 1
LULLS: Final = ((0.05, 0.6), (0.6, 2.5))  # seconds from one kill to the next: from either
BETWEEN_RESTARTS: Final = 10  # kills from one restart of the database to the next
BETWEEN_UPGRADES: Final = 5.0  # seconds in which versions work side by side


def options_of(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--database", choices=("postgresql", "sqlite"), default="postgresql")
    add("--kills", type=int, default=50)
    add("--seconds", type=float, default=math.inf, help="kill no more after so long")
    add("--seed", default=str(time.time_ns() // 1_000_000), help="repeats a storm's decisions")
    add("--workers", type=int, default=1, help="server processes over one database")
    add("--people", type=int, default=10, help="how many talk at a time")
    add("--webhooks", action="store_true", help="tell a receiver, which fails now and then")
    add("--restart-database", action="store_true", help="crash PostgreSQL itself, too")
    add("--upgrade-from", type=Path, help="first upgrade the version in this folder, under load")
    options = parser.parse_args(arguments)
    if options.restart_database and options.database == "sqlite":
        parser.error("SQLite has no server to restart")
    return options


class Storm:
    """One storm: ``kills``, ``restarts``, ``upgrades`` so far, and ``faults`` of the processes."""

    def __init__(self, options: argparse.Namespace, folder: Path, database: Databases) -> None:
        self.kills = self.restarts = self.upgrades = 0
        self.faults: list[str] = []
        self.people: list[Person] = []
        self.url = database.url("storm")
        self.effects = folder / "effects.jsonl"
        self.receiver: Receiver | None = None
        self._options = options
        self._folder = folder
        self._database = database
        self._chance = Random(options.seed)
        self._servers: list[Server] = []
        self._lines: list[Lines] = []

    async def rage(self) -> None:
        """Run the storm, and wait until it has settled or its time is up."""
        async with model() as port, receiver(self._options.seed) as listening:
            try:
                self.receiver = listening if self._options.webhooks else None
                await self._prepare(port)
                await self._blow()
            finally:
                for lines in self._lines:
                    await lines.close()
                for server in self._servers:
                    server.kill()

    async def _prepare(self, model_port: int) -> None:
        settings = {
            "DATABASE_URL": self.url,
            "OPENAI_BASE_URL": f"http://127.0.0.1:{model_port}/v1",
            "OPENAI_MODEL": "storm",
            "PUERTO_DATA_DIR": str(self._folder / "data"),
            "PUERTO_GRACE_SECONDS": "1",
            "PUERTO_LEASE_SECONDS": str(LEASE_SECONDS),
            "PUERTO_OPEN_HOSTS": "127.0.0.1",
            "STORM_EFFECTS": str(self.effects),
            "STORM_SEED": self._options.seed,
        }
        first = self._options.upgrade_from or ROOT
        self._servers = [
            Server(self._folder, settings, first) for _ in range(self._options.workers)
        ]
        for server in self._servers:
            server.start()
            if not await server.answers():
                raise RuntimeError(f"a server does not start:\n{server.log.read_text()[-3000:]}")
        ports = [server.port for server in self._servers]
        await _set_policy(ports[0], self._servers[0].password)
        if self.receiver is not None:
            await self.receiver.subscribe(ports[0], self._servers[0].password)
        for number in range(self._options.people):
            name = f"p{number}"
            token = await _register(ports[0], name)
            lines = Lines(ports, token, Random(f"{self._options.seed}/{name}/lines"))
            self._lines.append(lines)
            self.people.append(Person(name, self._options.seed, lines, self.effects))

    async def _blow(self) -> None:
        stop, end = asyncio.Event(), time.monotonic() + self._options.seconds
        keeper = asyncio.create_task(self._keep_up())
        talks = [asyncio.create_task(person.talk(stop)) for person in self.people]
        try:
            if self._options.upgrade_from is not None:
                await self._upgrade()
            while self.kills < self._options.kills and time.monotonic() < end:
                await asyncio.sleep(self._chance.uniform(*self._chance.choice(LULLS)))
                await self._strike()
            await self._crash_database()  # the last blow: no kill hides what it leaves behind
            stop.set()
            await self._hear_out(talks)
        finally:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
        await self._settle()
        for server in self._servers:
            if (status := server.stop()) != 0:
                self.faults.append(f"told to stop, a server ended with {status}")

    async def _hear_out(self, talks: Sequence[asyncio.Task[None]]) -> None:
        _, late = await asyncio.wait(talks, timeout=SETTLE_SECONDS)
        for talk in late:
            talk.cancel()
            self.faults.append(f"somebody was still waiting after {SETTLE_SECONDS:g} s")
        for result in await asyncio.gather(*talks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result

    async def _upgrade(self) -> None:
        """Replace one server after the other, as a deploy does: none is killed."""
        await asyncio.sleep(BETWEEN_UPGRADES)
        for server in self._servers:
            if (status := await asyncio.to_thread(server.stop)) != 0:
                self.faults.append(f"told to stop, a server of the old version ended with {status}")
            server.source = ROOT
            server.start()
            if not await server.answers():
                raise RuntimeError(f"no new server:\n{server.log.read_text()[-3000:]}")
            self.upgrades += 1
            await asyncio.sleep(BETWEEN_UPGRADES)

    async def _strike(self) -> None:
        server = self._chance.choice(self._servers)
        patient = self._chance.random() < 0.85  # else the next one may hit it as it starts
        if self.kills % BETWEEN_RESTARTS == BETWEEN_RESTARTS // 2:
            await self._crash_database()
        server.kill()
        server.start()
        self.kills += 1
        if patient:
            await server.answers()

    async def _crash_database(self) -> None:
        if self._options.restart_database and self._database.restart is not None:
            self.restarts += 1
            await asyncio.to_thread(self._database.restart)
            await asyncio.sleep(self._chance.uniform(0, 1.0))

    async def _keep_up(self) -> None:
        """Do what systemd would: start a server again that ended by itself."""
        while True:
            await asyncio.sleep(0.1)
            for server in self._servers:
                if (status := server.exit_status) is not None:
                    if server.is_up or not self._options.restart_database:
                        self.faults.append(f"the server {server.log} ended itself with {status}")
                    server.start()
                elif not server.is_up:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(server.answers(), 0.05)

    async def _settle(self) -> None:
        if self.receiver is not None:
            self.receiver.is_calm = True
        deadline = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < deadline:
            if not (await Rows.read(self.url)).unfinished():
                return
            await asyncio.sleep(0.5)

    def troubles(self) -> list[str]:
        """Return what the servers' logs tell of errors."""
        return [line for server in self._servers for line in server.troubles()]


async def _set_policy(port: int, password: str) -> None:
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
        login = {"username": "admin", "password": password}
        token = (await http.post("/api/auth/login", json=login)).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        answer = await http.put("/api/policy", json={"rules": RULES}, headers=headers)
        answer.raise_for_status()


async def _register(port: int, name: str) -> str:
    person = {"email": f"{name}@example.org", "full_name": name, "password": "correct horse"}
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
        answer = await http.post("/api/auth/register", json=person)
        token: str = answer.json()["access_token"]
        return token


async def run(options: argparse.Namespace, folder: Path) -> Findings:
    """Run a storm in the folder; return what was found, and print what happened."""
    began = time.monotonic()
    with databases(options.database, folder) as database:
        storm = Storm(options, folder, database)
        await storm.rage()
        messages = [message for person in storm.people for message in person.messages]
        rows = await Rows.read(storm.url)
        findings = check(rows, messages, storm.effects)
        if storm.receiver is not None:
            findings.violations += storm.receiver.faults
            findings.violations += webhook_violations(rows, storm.receiver.taken)
            findings.figures |= _told(storm.receiver)
    findings.violations.extend(storm.faults)
    findings.kills = storm.kills
    report = findings.figures | {"seconds": round(time.monotonic() - began)}
    if storm.restarts:
        report["database restarts"] = storm.restarts
    if storm.upgrades:
        report["upgrades"] = storm.upgrades
    print(", ".join(f"{name}: {value}" for name, value in report.items()))
    for line in sorted(set(storm.troubles()))[:5]:
        print(f"in a log: {line[:300]}")
    for violation in findings.violations[:30]:
        print(f"violation: {violation[:600]}")
    return findings


def _told(receiver: Receiver) -> dict[str, int]:
    """Return how many deliveries arrived, and how many of them were no news."""
    ids = {each.id for each in receiver.taken}
    return {"deliveries": len(ids), "delivered again": len(receiver.taken) - len(ids)}


def main(arguments: Sequence[str]) -> None:
    """Run a storm, and exit with 1 if a promise was broken."""
    options = options_of(arguments)
    print(
        f"storm of seed {options.seed} on {options.database}, {options.workers} worker(s)",
        flush=True,
    )
    folder = Path(tempfile.mkdtemp(prefix="storm-", dir="/tmp"))
    findings = asyncio.run(run(options, folder))
    if findings.violations:
        print(f"the folder {folder} is kept; --seed {options.seed} makes the same decisions")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    print(
        f"kills={findings.kills} messages={findings.messages} effects={findings.effects} "
        f"violations={len(findings.violations)}"
    )
    sys.exit(1 if findings.violations else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
