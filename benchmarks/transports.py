"""What a streamed answer costs over each HTTP transport that the SDKs can use.

``python benchmarks/transports.py`` asks a stand-in for OpenAI through the provider's adapter, over
Puerto's transport, over httpx2's own and, where it is installed (``pip install aiohttp``), over
aiohttp's client, in the openai package's wrapping. They take turns, so that what else the machine
does falls on all; the figures are the CPU time of this process, in medians.
"""

import argparse
import asyncio
import resource
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Final

import httpx2
import uvloop
from installation import provider
from provider import prompt, text
from turn import circumstances, count

from adapters.http.transport import streaming_client
from adapters.llm.openai.chat import OpenAIChat
from domain.models.messages import ModelRequest, Text, UserTurn

AT_A_TIME: Final = 4
PIECES: Final = 200
BURST_WEIGHT: Final = 10
LOADS: Final = {"10 ms apart": 10, "in a burst": 0}


class Asked(OpenAIChat):
    """The adapter of OpenAI over a transport of one's choice; None: Puerto's."""

    def __init__(self, base_url: str, transport: httpx2.AsyncBaseTransport | None) -> None:
        super().__init__(api_key="none", base_url=base_url)
        self._transport = transport

    def _http(self) -> httpx2.AsyncClient:
        if self._transport is None:
            return streaming_client(60)
        plain = {"accept-encoding": "identity"}
        return httpx2.AsyncClient(transport=self._transport, timeout=60, headers=plain)


def transports() -> Mapping[str, httpx2.AsyncBaseTransport | None]:
    """Return what can be compared here, by name; the first is what the others are compared with."""
    found: dict[str, httpx2.AsyncBaseTransport | None] = {
        "puerto": None,
        f"httpx2 {version('httpx2')}": httpx2.AsyncHTTPTransport(verify=False),
    }
    if find_spec("aiohttp"):
        from openai._vendor.httpx_aiohttp.transport import AiohttpTransport

        found[f"aiohttp {version('aiohttp')}"] = AiohttpTransport(verify=False)
    return found


async def turns(chat: Asked, pause: int, times: int) -> float:
    """Have so many answers streamed; return the CPU milliseconds that each took."""
    request = ModelRequest("stand-in", [UserTurn(prompt(PIECES, pause))])
    before = _cpu_seconds()
    for _ in range(0, times, AT_A_TIME):
        await asyncio.gather(*(_turn(chat, request) for _ in range(AT_A_TIME)))
    return (_cpu_seconds() - before) * 1000 / times


async def _turn(chat: Asked, request: ModelRequest) -> None:
    async with aclosing(chat.stream(request)) as pieces:
        said = [each.content async for each in pieces if isinstance(each, Text)]
    if "".join(said) != text(PIECES):
        raise RuntimeError("the answer is not whole")


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def measure(port: int, rounds: int, times: int) -> str:
    """Return a table."""
    asked = partial(Asked, f"http://127.0.0.1:{port}/v1")
    chats = {name: asked(transport) for name, transport in transports().items()}
    lines = []
    for load, pause in LOADS.items():
        samples: dict[str, list[float]] = {name: [] for name in chats}
        for number in range(rounds + 1):
            for name, chat in chats.items():
                taken = await turns(chat, pause, times * (1 if pause else BURST_WEIGHT))
                if number:  # the first warms up
                    samples[name].append(taken)
        ours, *_ = samples.values()
        for name, values in samples.items():
            ratio = median(value / own for value, own in zip(values, ours, strict=True))
            lines.append(f"{load:<14}{name:<18}{median(values):>10.2f} ms{ratio:>8.2f}x")
    for chat in chats.values():
        await chat.close()
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=count, default=7, help="how often each has its turn")
    parser.add_argument("--turns", type=count, default=8, help="answers of a round")
    options = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="puerto-transports-") as made,
        provider(Path(made)) as port,
    ):
        table = uvloop.run(measure(port, options.rounds, options.turns))
    about = circumstances()
    print(
        f"{about['date']}, Python {about['python']}, {about['system']}; {PIECES} pieces an answer"
    )
    print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
