"""Calls of every operation of OpenAPI documents, judged against the documents as they stand.

``python benchmarks/calls.py FOLDER`` learns each document in the folder (``*.json``, ``*.yaml``,
``*.yml``), makes a few calls of each tool with arguments that are generated from its schema, and
sends them through the code that chats use to a local server. It judges each request by the
original document, with openapi-schema-validator, and with the whole of openapi-core or
bravado-core besides where they are installed. A table is printed, and each malformed call. It
exits with 1 if there was one that ``calls_argued.json`` does not explain.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

from calls_argued import as_meant
from calls_arguments import WAYS, Endless, arguments_for
from calls_judge import Judge, Received
from calls_original import Original, load
from calls_server import serving

from adapters.web.client import GatedWeb
from adapters.web.gate import Gate
from adapters.web.oauth import OAuthTokens
from adapters.web.transport import GatedTransport
from domain.errors import InvalidArguments, PuertoError
from domain.open_hosts import read_open_hosts
from plugins.argument_schema import ArgumentSchema
from plugins.openapi.lowering import LoweredTool, Options, lower
from plugins.openapi.operation import Operation
from plugins.openapi.reading import DocumentRefused, Document, Skipped, read_document
from plugins.openapi.wire.calling import ApiCall, ApiCaller
from plugins.openapi.wire.requests import build_request
from plugins.openapi.wire.servers import server_url

KINDS: Final = (".json", ".yaml", ".yml")
HEAD: Final = ("document", "operations", "tools", "calls", "refused", "malformed", "argued", "s")
WHOLE: Final = Options(size=50_000_000)
_TRIES: Final = 40
_PLACE: Final = "http://127.0.0.1/openapi.json"


@dataclass(frozen=True, slots=True)
class Malformed:
    """A call that made a request which the document does not allow."""

    document: str
    operation: str
    arguments: Any
    request: str
    problems: Sequence[str]


@dataclass(slots=True)
class Outcome:
    """What came of one document."""

    document: str
    operations: int = 0
    tools: int = 0
    calls: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    argued: int = 0
    malformed: list[Malformed] = field(default_factory=list)
    uncalled: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


class Caller:
    """Makes the calls of one document's tools."""

    def __init__(self, name: str, data: bytes, calls: int) -> None:
        self._calls = calls
        self.outcome = Outcome(name)
        tree = load(data)
        self._judge, self._meant = Judge(Original(tree)), Judge(as_meant(name, tree))
        self._document = read_document(data, source=_PLACE)
        self._operation = ""
        self._received: Received | None = None
        self._problems: list[str] = []

    def judged(self, received: Received) -> list[str]:
        """Judge a request of the operation that is being called."""
        self._received = received
        try:
            self._problems = self._judge.problems(self._operation, received)
        except Exception as error:  # noqa: BLE001  a judge that fails judges nothing
            self._problems = [f"judge: {error!r}"[:600]]
        self._is_argued = bool(self._problems) and not self._meant_problems(received)
        return self._problems

    def _meant_problems(self, received: Received) -> list[str]:
        try:
            return self._meant.problems(self._operation, received)
        except Exception as error:  # noqa: BLE001
            return [f"judge: {error!r}"[:600]]

    async def call_all(self, port: int, caller: ApiCaller) -> None:
        """Call each tool several times."""
        whole = {each.operation.name: each for each in _tools(self._document, WHOLE)}
        for each in lower(self._document):
            self.outcome.operations += 1
            if isinstance(each, Skipped):
                continue
            self.outcome.tools += 1
            await self._call(each, whole[each.operation.name], port, caller)

    async def _call(
        self, tool: LoweredTool, whole: LoweredTool, port: int, caller: ApiCaller
    ) -> None:
        self._operation = tool.operation.name
        server = _local(tool.operation, port)
        arguments: dict[str, Any] = {}
        made = 0
        for number in range(self._calls):
            arguments = self._arguments(tool, whole, number, server)
            if arguments is None:
                continue
            self._received = None
            call = ApiCall(tool.operation, call_id=f"call-{number}", server=server)
            try:
                await caller.exchange(call, arguments)
            except PuertoError as error:
                self.outcome.refused[f"{type(error).__name__}: {error.message}"] += 1
                continue
            made += 1
            if self._is_argued:
                self.outcome.argued += 1
            elif self._problems:
                self.outcome.malformed.append(self._report(arguments))
        self.outcome.calls += made
        if not made:
            self.outcome.uncalled.setdefault(self._operation, "no arguments were found")

    def _arguments(
        self, tool: LoweredTool, whole: LoweredTool, number: int, server: str
    ) -> dict[str, Any] | None:
        """Return arguments that the tool takes, as a chat would check them."""
        schema, way = ArgumentSchema(tool.spec.parameters), WAYS[number % len(WAYS)]
        full = ArgumentSchema(whole.spec.parameters)
        for attempt in range(_TRIES):
            random = Random(f"{self._operation} {number} {attempt}")
            try:
                made = arguments_for(whole.spec.parameters, way, random)
                full.check(made)
            except (Endless, InvalidArguments) as error:
                if attempt == _TRIES - 1:
                    self.outcome.uncalled[f"{self._operation} #{number}"] = str(error)[:300]
                continue
            try:
                checked = schema.check(made)
                build_request(tool.operation, checked, server=server)
            except InvalidArguments as error:
                self.outcome.refused[error.message[:300]] += 1
                continue
            return checked
        return None

    def _report(self, arguments: Any) -> Malformed:
        received = self._received
        assert received is not None
        body = received.body.decode("utf-8", "replace")
        request = f"{received.method} {received.target} {dict(received.headers)} {body}"
        return Malformed(
            self.outcome.document, self._operation, arguments, request, list(self._problems)
        )


def _tools(document: Document, options: Options) -> Iterator[LoweredTool]:
    return (each for each in lower(document, options) if isinstance(each, LoweredTool))


def _local(operation: Operation, port: int) -> str:
    """Return the operation's server, with its host replaced by ours."""
    parts = urlsplit(server_url(operation))
    return parts._replace(scheme="http", netloc=f"127.0.0.1:{port}").geturl()


async def run(path: Path, calls: int) -> Outcome:
    """Call all operations of one document."""
    began = time.perf_counter()
    try:
        ours = Caller(path.name, path.read_bytes(), calls)
    except DocumentRefused as error:
        return Outcome(path.name, refused=Counter([error.message]))
    gate = Gate(read_open_hosts(("127.0.0.0/8",)))
    transport = GatedTransport(gate)
    web = GatedWeb(gate, transport)
    try:
        async with serving(ours.judged) as port:
            await ours.call_all(port, ApiCaller(web, OAuthTokens(transport)))
            await web.close()
    finally:
        ours.outcome.seconds = time.perf_counter() - began
    return ours.outcome


def run_alone(path: Path, calls: int) -> Outcome:
    """Call all operations of one document, in a process of its own."""
    return asyncio.run(run(path, calls))


def _row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def main(arguments: Sequence[str]) -> int:
    """Call, judge and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where the documents are")
    parser.add_argument("--calls", type=int, default=5, help="calls of each operation")
    parser.add_argument("--only", default="", help="part of a document's name")
    parser.add_argument("--json", type=Path, help="where to write each malformed call")
    told = parser.parse_args(arguments)
    paths = sorted(
        (path for path in told.folder.iterdir() if path.suffix in KINDS and told.only in path.name),
        key=lambda path: -path.stat().st_size,
    )
    found = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for each in pool.map(run_alone, paths, [told.calls] * len(paths)):
            found.append(each)
            print(each.document, each.operations, each.tools, each.calls, sum(each.refused.values()), len(each.malformed), each.argued, len(each.uncalled), f"{each.seconds:.1f}", flush=True)
    if told.json:
        told.json.write_text(json.dumps([{"document": e.document, "refused": e.refused, "uncalled": e.uncalled, "malformed": [{"operation": m.operation, "arguments": m.arguments, "request": m.request, "problems": m.problems} for m in e.malformed]} for e in found], indent=1, default=str))
    return 1 if any(each.malformed for each in found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
