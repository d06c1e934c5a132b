"""What is measured, started as people start it: a provider, the relay, Puerto."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from client import Target
from connection import Connection
from databases import Databases
from processes import free_port, running

HERE: Final = Path(__file__).parent
SERVE: Final = ("-m", "puerto", "serve")
NO_MORE: Final[Mapping[str, str]] = {}


@contextmanager
def provider(folder: Path) -> Iterator[int]:
    """Run the stand-in for a provider; yield its port."""
    port = free_port()
    script = (str(HERE / "provider.py"), "--port", str(port))
    with running(*script, port=port, folder=folder):
        yield port


@contextmanager
def relay(folder: Path, upstream: int, database: str) -> Iterator[Target]:
    """Run the relay between the provider and its clients."""
    port = free_port()
    script = (str(HERE / "relay.py"), "--port", str(port), "--upstream", str(upstream))
    with running(*script, "--database", database, port=port, folder=folder) as pid:
        yield Target("relay", pid, port)


@contextmanager
def puerto(
    folder: Path,
    upstream: int,
    database: str,
    *,
    program: tuple[str, ...] = SERVE,
    more: Mapping[str, str] = NO_MORE,
) -> Iterator[Target]:
    """Run Puerto with its data in the folder; nobody has an account yet.

    ``program`` is what Python runs, ``more`` are more settings.
    """
    port = free_port()
    folder.mkdir(exist_ok=True)
    settings = {
        "API_PORT": str(port),
        "DATABASE_URL": database,
        "OPENAI_BASE_URL": f"http://127.0.0.1:{upstream}/v1",
        "OPENAI_MODEL": "stand-in",
        "PUERTO_DATA_DIR": str(folder / "data"),
        "RATE_LIMIT_PER_MINUTE": "0",
        "PUERTO_LOGIN_LIMIT_PER_MINUTE": "0",
        **more,
    }
    with running(*program, port=port, folder=folder, env=settings) as pid:
        yield Target("puerto", pid, port)


@contextmanager
def both(folder: Path, database: Databases) -> Iterator[tuple[Target, Target]]:
    """Run a provider, and before it the relay and Puerto, where somebody has an account."""
    with ExitStack() as stack:
        upstream = stack.enter_context(provider(folder))
        limit = stack.enter_context(relay(folder, upstream, database.url("relay")))
        bare = puerto(folder / "puerto", upstream, database.url("puerto"))
        yield limit, known(stack.enter_context(bare))


def known(target: Target) -> Target:
    """Return Puerto as somebody with a new account reaches it."""
    token, _ = asyncio.run(register(target.port, "b@example.com"))
    return as_bearer(target, token)


def as_bearer(target: Target, token: str) -> Target:
    """Return Puerto as the holder of an access token reaches it."""
    return replace(target, headers={"authorization": f"Bearer {token}"})


async def register(port: int, email: str) -> tuple[str, str]:
    """Open an account; return its access token and the user's id.

    Raises:
        RuntimeError: it was refused.

    """
    connection = await Connection.to(port)
    person = {"email": email, "full_name": "B", "password": "a long enough password"}
    body = json.dumps(person).encode()
    answer = b"".join([data async for data in connection.post("/api/auth/register", body)])
    connection.close()
    if connection.status != 201:
        raise RuntimeError(f"no account was opened: {connection.status} {answer.decode()}")
    told = json.loads(answer)
    return told["access_token"], told["user"]["id"]
