"""What a streamed turn costs: Puerto beside the least that a server in Python can do.

``python benchmarks/turn.py`` starts a stand-in for a provider, a bare relay and the service,
each a process of its own on a database of its own, and sends both the same turns, one after
the other and back, so that what else the machine does falls on both. It ends by itself.
"""

import argparse
import asyncio
import json
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import uvloop
from client import Load, Target, drive
from databases import Databases, databases
from processes import cpu_seconds, free_port, running
from report import Comparison, Sample, table
from wire import Connection

HERE: Final = Path(__file__).parent
SETTLE_SECONDS: Final = 0.1  # what a service does after the last byte counts too
BURST_WEIGHT: Final = 5  # turns in a burst are short: more of them make a steadier figure


def options_of(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--database", choices=("postgresql", "sqlite"), default="postgresql")
    add("--turns", type=_count, default=8, help="paced turns in a round (in a burst: 5 times)")
    add("--rounds", type=_count, default=5, help="how often each service has its turn")
    add("--concurrency", type=_count, default=4, help="turns at a time")
    add("--pieces", type=_count, default=200, help="pieces of an answer")
    add("--pause", type=_count, default=10, help="milliseconds between two pieces")
    add("--json", action="store_true", help="print JSON, not a table")
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def loads_of(options: argparse.Namespace) -> tuple[Load, ...]:
    """Return what both services are put under."""
    at_a_time, pieces, pause = options.concurrency, options.pieces, options.pause
    return (
        Load(f"{pause} ms apart", options.turns, at_a_time, pieces, pause),
        Load("in a burst", options.turns * BURST_WEIGHT, at_a_time, pieces, pause=0),
    )


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    options = options_of(arguments)
    with services(options.database) as (limit, service, database):
        measuring = measure(limit, service, database, loads_of(options), options.rounds)
        comparisons = uvloop.run(measuring)
    about = vars(options) | {
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }
    if options.json:
        print(json.dumps(about | {"loads": [each.to_json() for each in comparisons]}, indent=2))
    else:
        print(_heading(about), table(comparisons), sep="\n\n")


@contextmanager
def services(engine: str) -> Iterator[tuple[Target, Target, Databases]]:
    """Start everything; yield the relay, the service and the databases; stop everything."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="puerto-turn-")))
        database = stack.enter_context(databases(engine, folder))
        upstream, relay, puerto = free_port(), free_port(), free_port()
        script = [str(HERE / "provider.py"), "--port", str(upstream)]
        stack.enter_context(running(*script, port=upstream, folder=folder))
        script = [str(HERE / "relay.py"), "--port", str(relay), "--upstream", str(upstream)]
        script += ["--database", database.url("relay")]
        relay_pid = stack.enter_context(running(*script, port=relay, folder=folder))
        env = _settings(database.url("puerto"), folder, puerto, upstream)
        puerto_pid = stack.enter_context(
            running("-m", "puerto", "serve", port=puerto, folder=folder, env=env)
        )
        headers = {"authorization": f"Bearer {asyncio.run(_register(puerto))}"}
        yield (
            Target("relay", relay_pid, relay, "/"),
            Target("puerto", puerto_pid, puerto, "/api/chat", headers),
            database,
        )


def _settings(database: str, folder: Path, port: int, upstream: int) -> dict[str, str]:
    return {
        "API_PORT": str(port),
        "DATABASE_URL": database,
        "OPENAI_BASE_URL": f"http://127.0.0.1:{upstream}/v1",
        "OPENAI_MODEL": "stand-in",
        "PUERTO_DATA_DIR": str(folder / "data"),
        "RATE_LIMIT_PER_MINUTE": "1000000",
    }


async def _register(port: int) -> str:
    """Open an account and return its access token."""
    connection = await Connection.to(port)
    person = {"email": "b@example.com", "full_name": "B", "password": "a long enough password"}
    answer = b""
    async for data in connection.post("/api/auth/register", json.dumps(person).encode()):
        answer += data
    connection.close()
    if connection.status != 201:
        raise RuntimeError(f"no account was opened: {connection.status} {answer.decode()}")
    token: str = json.loads(answer)["access_token"]
    return token


async def measure(
    limit: Target, service: Target, database: Databases, loads: Sequence[Load], rounds: int
) -> list[Comparison]:
    """Put each load on both targets in turn, as often as there are rounds."""
    found = []
    for load in loads:
        samples: tuple[list[Sample], list[Sample]] = ([], [])
        for number in range(rounds + 1):  # the first warms up
            for target, kept in zip((limit, service), samples, strict=True):
                sample = await _sample(target, load, database)
                if number:
                    kept.append(sample)
        found.append(Comparison(load.name, *samples))
    return found


async def _sample(target: Target, load: Load, database: Databases) -> Sample:
    before = cpu_seconds(target.pid), _of(database)
    timing = await drive(target, load)
    await asyncio.sleep(SETTLE_SECONDS)
    after = cpu_seconds(target.pid), _of(database)
    return Sample(
        cpu_ms=_per_turn(before[0], after[0], load),
        database_cpu_ms=_per_turn(before[1], after[1], load),
        first_piece_ms=timing.first_piece * 1000,
        turns_per_second=load.turns / timing.seconds,
    )


def _of(database: Databases) -> float | None:
    return cpu_seconds(database.pid) if database.pid is not None else None


def _per_turn(before: float | None, after: float | None, load: Load) -> float | None:
    if before is None or after is None:
        return None
    return (after - before) * 1000 / load.turns


def _heading(about: dict[str, object]) -> str:
    return (
        "{pieces} pieces an answer, {concurrency} turns at a time, on {database}\n"
        "{date}, Python {python}, {system}; medians of {rounds} rounds, after one to warm up"
    ).format_map(about)


if __name__ == "__main__":
    main(sys.argv[1:])
