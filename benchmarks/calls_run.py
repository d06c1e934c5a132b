"""The calls of one document's tools: arguments made, checked, sent, judged where they arrive."""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any, Final
from urllib.parse import urlsplit

from calls_argued import as_meant
from calls_arguments import WAYS, Endless, arguments_for
from calls_judge import Judge, Received, texts_of
from calls_libraries import opinion_on
from calls_original import Original, load
from calls_server import serving

from adapters.http.client import GuardedWeb
from adapters.http.guard.ssrf_guard import SsrfGuard
from adapters.http.guarded_transport import GuardedTransport
from adapters.http.oauth import OAuthTokens
from domain.learning.api.credentials import Credentials, SentToken
from domain.shared.errors import InvalidArguments, PuertoError
from domain.web.open_hosts import read_open_hosts
from plugins.authoring.argument_schema import ArgumentSchema
from plugins.openapi.lowering import LoweredTool, Options, lower
from plugins.openapi.reading import DocumentRefused, ReadingLimits, Skipped, read_document
from plugins.openapi.wire.calling import ApiCall, ApiCaller
from plugins.openapi.wire.requests import build_request
from plugins.openapi.wire.servers import server_url

_WHOLE: Final = Options(size=50_000_000)
_TRIES: Final = 40
_LIMITS: Final = replace(
    ReadingLimits(), seconds=math.inf
)  # the work is bound; how fast it goes is not asked
_PLACE: Final = "http://127.0.0.1/openapi.json"
_LONG: Final = 600  # characters of a message

Arguments = dict[str, Any]


@dataclass(slots=True)
class Outcome:
    """What came of one document.

    ``malformed`` has each call that the document does not allow, ``argued`` counts those that it
    allows as it is meant. ``refused`` counts arguments that were not sent, by the reason that was
    given, and ``uncalled`` has operations for which nothing was sent. Of the requests that were
    right a library was ``asked`` about some, ``disagreed`` says about how many, and why.
    """

    document: str
    operations: int = 0
    tools: int = 0
    calls: int = 0
    argued: int = 0
    asked: int = 0
    seconds: float = 0.0
    refused: Counter[str] = field(default_factory=Counter)
    disagreed: Counter[str] = field(default_factory=Counter)
    malformed: list[Mapping[str, Any]] = field(default_factory=list)
    uncalled: dict[str, str] = field(default_factory=dict)


def run(path: Path, calls: int) -> Outcome:
    """Make so many calls of each operation of a document."""
    outcome = Outcome(path.name)
    began = time.perf_counter()
    try:
        asyncio.run(_Run(outcome, path.read_bytes(), calls).all())
    except DocumentRefused as error:
        outcome.uncalled["* *"] = error.message
    outcome.seconds = time.perf_counter() - began
    return outcome


def _credentials(tool: LoweredTool) -> Credentials:
    """Return what the operator gives of a tool's parameters: they are checked like all others."""
    schemes = tool.operation.schemes.items()
    return Credentials({name: SentToken("a-key") for name, each in schemes if each.is_parameter})


class _Run:
    def __init__(self, outcome: Outcome, data: bytes, calls: int) -> None:
        self._outcome, self._calls = outcome, calls
        tree = load(data)
        self._judge = Judge(Original(tree))
        self._meant = Judge(as_meant(outcome.document, tree))
        self._opinion = opinion_on(tree)
        self._document = read_document(data, source=_PLACE, limits=_LIMITS)
        self._wanted = self._why = ""
        self._arguments: Arguments = {}

    async def all(self) -> None:
        """Call all tools."""
        ssrf_guard = SsrfGuard(read_open_hosts(("127.0.0.0/8",)))
        transport = GuardedTransport(ssrf_guard)
        web = GuardedWeb(ssrf_guard, transport)
        caller = ApiCaller(web, OAuthTokens(transport))
        whole = {
            each.operation.name: each.spec.parameters
            for each in lower(self._document, _WHOLE)
            if isinstance(each, LoweredTool)
        }
        async with serving(self._judged) as port:
            for each in lower(self._document):
                self._outcome.operations += 1
                if not isinstance(each, Skipped):
                    self._outcome.tools += 1
                    await self._call(each, whole[each.operation.name], port, caller)
            await web.close()

    async def _call(
        self, tool: LoweredTool, whole: Mapping[str, Any], port: int, caller: ApiCaller
    ) -> None:
        """Call a tool; its schema may be cut for models, and ``whole`` is all of it."""
        self._wanted = tool.operation.name
        parts = urlsplit(server_url(tool.operation))
        server = parts._replace(scheme="http", netloc=f"127.0.0.1:{port}").geturl()
        made = 0
        for number in range(self._calls):
            arguments = self._made(tool, whole, number, server)
            if arguments is None:
                continue
            self._arguments = arguments
            try:
                await caller.exchange(
                    ApiCall(
                        tool.operation,
                        call_id=f"call-{number}",
                        credentials=_credentials(tool),
                        server=server,
                    ),
                    arguments,
                )
                made += 1
            except PuertoError as error:
                self._why = f"{type(error).__name__}: {error.message}"
                self._outcome.uncalled[self._wanted] = self._why
        self._outcome.calls += made
        if not made:
            self._outcome.uncalled[self._wanted] = self._why

    def _made(
        self, tool: LoweredTool, whole: Mapping[str, Any], number: int, server: str
    ) -> Arguments | None:
        """Return arguments that a chat would let through."""
        shown, full = ArgumentSchema(tool.spec.parameters), ArgumentSchema(whole)
        for attempt in range(_TRIES):
            random = Random(f"{self._wanted} {number} {attempt}")
            try:
                made = full.check(arguments_for(whole, WAYS[number % len(WAYS)], random))
            except (Endless, InvalidArguments) as error:
                self._why = str(error)[:_LONG]
                continue
            try:
                checked = shown.check(made)
                build_request(tool.operation, checked, server=server)
            except InvalidArguments as error:
                self._why = error.message[:_LONG]
                self._outcome.refused[error.message[:_LONG]] += 1
                continue
            return checked
        return None

    def _judged(self, received: Received) -> list[str]:
        """Judge a request of the operation that is being called."""
        problems = _opinion_of(self._judge, self._wanted, received)
        if not problems:
            self._ask(received)
        elif not _opinion_of(self._meant, self._wanted, received):
            self._outcome.argued += 1
        else:
            request = {
                "operation": self._wanted,
                "arguments": self._arguments,
                "request": f"{received.method} {received.target}",
                "headers": received.headers,
                "body": received.body.decode("utf-8", "replace"),
                "problems": problems,
            }
            self._outcome.malformed.append(request)
        return problems

    def _ask(self, received: Received) -> None:
        """Ask a library about a request that is right."""
        path = self._judge.path(self._wanted, received)
        if self._opinion is None or path is None:
            return
        self._outcome.asked += 1
        texts = texts_of(self._wanted.partition(" ")[2], path)
        try:
            problems = self._opinion(self._wanted, received, texts)
        except Exception as error:  # noqa: BLE001  it has none
            problems = [f"it fails: {error!r}"]
        if problems:
            self._outcome.disagreed[f"{self._wanted}: {problems[0]}"[:_LONG]] += 1


def _opinion_of(judge: Judge, wanted: str, received: Received) -> list[str]:
    try:
        return judge.problems(wanted, received)
    except Exception as error:  # noqa: BLE001  a judge that fails has not found it right
        return [f"the judge fails: {error!r}"[:_LONG]]
