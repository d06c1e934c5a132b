"""The figures of the documentation: pages, and phrases in them that are made from the code."""

import inspect
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from annotated_types import MaxLen

from adapters.llm.provider_record import ANSWER_SECONDS, SILENCE_SECONDS
from adapters.persistence.engine import health, postgresql
from adapters.security import passwords, tokens
from domain.accounts import administration, authentication, login_watch, recent, tickets
from domain.accounts.ports import MAX_PASSWORD_BYTES
from domain.execution import progress, results, worker
from domain.execution import questions as asking
from domain.execution.steps import previewing
from domain.learning.api.settings import ApiSettings
from domain.models.circuit_breaker import CircuitBreaker
from domain.models.retry_policy import RetryPolicy
from domain.plugins import lifespans, notice_bus, vetoes
from domain.plugins import service as plugin_service
from domain.runs import decide, following, journal, live
from domain.shared import idempotency, json_values, paging
from domain.tools import artifacts, error_fields, preview
from domain.tools import result_pages as pages
from domain.tools.tool import ToolSpec
from domain.web.ports import ExchangeLimits
from entrypoints.http import app as http_app
from entrypoints.http.routes.chat import ChatRequest
from entrypoints.http.security import connections
from entrypoints.http.streaming import connection, socket_session, sse, websocket
from entrypoints.http.streaming.stream_tasks import STREAMS_AT_ONCE
from entrypoints.server import ending, logs, protocols, server, supervisor
from entrypoints.settings.providers import OWN_SERVER_SILENCE_SECONDS
from entrypoints.settings.settings import Settings
from entrypoints.settings.values import variables
from entrypoints.wiring.adapters.persistence import POLL_SECONDS_WITH_NEWS
from plugins.authoring import docstrings, threads
from plugins.authoring import json_values as authoring_json
from plugins.authoring import results as authoring_results
from plugins.openapi import fetching
from plugins.openapi.lowering import tools as lowered_tools
from plugins.openapi.wire import calling
from tests.support.pages import ROOT

_DOCS: Final = ROOT / "docs"
EVENTS: Final = _DOCS / "reference" / "events.md"
ERRORS: Final = _DOCS / "reference" / "errors.md"
ARCHITECTURE: Final = _DOCS / "explanation" / "architecture.md"
LEARNED: Final = _DOCS / "explanation" / "learned-documents.md"
SECURITY: Final = _DOCS / "explanation" / "security.md"
CALL: Final = _DOCS / "how-to" / "call-an-api.md"
CLOUDS: Final = _DOCS / "how-to" / "clouds.md"
CONSENT: Final = _DOCS / "how-to" / "consent-and-policy.md"
HOOKS: Final = _DOCS / "how-to" / "hooks-in-use.md"
LEARN: Final = _DOCS / "how-to" / "learn-an-api.md"
MODEL: Final = _DOCS / "how-to" / "use-a-model.md"
OPERATE: Final = _DOCS / "how-to" / "operate.md"
PROXY: Final = _DOCS / "how-to" / "behind-a-proxy.md"
POSTGRESQL: Final = _DOCS / "how-to" / "run-on-postgresql.md"
PLUGIN: Final = _DOCS / "how-to" / "write-a-plugin.md"
TOOL: Final = _DOCS / "how-to" / "write-a-tool.md"
USERS: Final = _DOCS / "how-to" / "manage-users.md"

_HOUR: Final = timedelta(hours=1)
_MILLION: Final = 1_000_000
_MIB: Final = 1024**2
_WORDS: Final = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 10: "ten", 20: "twenty"}


def _default(variable: str) -> Any:
    [field] = [each for each in Settings.model_fields.values() if variable in variables(each)]
    return field.default


def _minutes(seconds: float) -> str:
    return _WORDS[round(seconds / 60)]


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}[number]


_FAILURES: Final = inspect.signature(CircuitBreaker).parameters["threshold"].default
[_MESSAGE_LENGTH] = (
    each.max_length
    for each in ChatRequest.model_fields["message"].metadata
    if isinstance(each, MaxLen)
)
_TOOL_SECONDS: Final = ToolSpec.__dataclass_fields__["timeout"].default
_LEASE: Final = f"{worker.LEASE_SECONDS:g}"
_HEARTBEAT: Final = f"{worker.LEASE_SECONDS / worker._BEATS:g}"
_BEATS: Final = _WORDS[worker._BEATS]
_MARGIN: Final = f"{supervisor._MARGIN_SECONDS:g}"
_POLLS: Final = _WORDS[round(1 / live.POLL_SECONDS)]
_LOSSES: Final = _WORDS[decide.MOST_LOSSES_OF_STEP]
_REPORTS: Final = _WORDS[round(1 / progress.PAUSE_SECONDS)]
_MB_OF_FILE: Final = artifacts.ARTIFACT_BYTES // _MILLION
_MB_OF_USER: Final = artifacts.ARTIFACT_BYTES_OF_USER // _MILLION
_HEAD: Final = f"{protocols.HEADER_BYTES // 1024} KiB; {protocols.HEADER_SECONDS:g} s to arrive"

FIGURES: Final[list[tuple[Path, str]]] = [
    (SECURITY, f"{passwords.HASHES_AT_ONCE} are made at a time"),
    (SECURITY, f"{tokens.ALGORITHM} and nothing else"),
    (SECURITY, f"off by {tokens.LEEWAY_SECONDS} seconds"),
    (SECURITY, f"for {recent.RECHECK_SECONDS:g} seconds"),
    (SECURITY, f"good for {authentication.SESSION.days} days"),
    (SECURITY, f"every {login_watch.WATCH_SECONDS:g} seconds each worker asks"),
    (USERS, f"in batches of {administration.BATCH} rows"),
    (SECURITY, f"good for {tickets.LIFE.seconds} seconds, one path"),
    (SECURITY, f"answered once, within {asking.LIFE // _HOUR} hours"),
    (SECURITY, f"kept for {idempotency.LIFE // _HOUR} hours, by user and key"),
    (SECURITY, f"ends within {ending.END_SECONDS:g} seconds of its last run"),
    (SECURITY, f"except those of the last {_WORDS[round(connections.YOUNG_SECONDS)]} seconds"),
    (SECURITY, f"each redirect ({_WORDS[ExchangeLimits().redirects]} at most)"),
    (SECURITY, f"{connections.RESERVED} more connections"),
    (SECURITY, f"{http_app.BODY_SECONDS} s to arrive"),
    (SECURITY, _HEAD),
    (SECURITY, f"`PUERTO_MAX_BODY_BYTES`, {_default('PUERTO_MAX_BODY_BYTES') // _MIB} MiB"),
    (SECURITY, f"`PUERTO_MAX_CONNECTIONS`, {_default('PUERTO_MAX_CONNECTIONS'):,} a worker"),
    (SECURITY, f"_PER_ADDRESS`, {_default('PUERTO_MAX_ANONYMOUS_PER_ADDRESS')} an address"),
    (SECURITY, f"`PUERTO_ANONYMOUS_SECONDS`, {_default('PUERTO_ANONYMOUS_SECONDS'):g} s"),
    (SECURITY, f"`PUERTO_MAX_STEPS`, {_default('PUERTO_MAX_STEPS')} |"),
    (SECURITY, f"`PUERTO_TOOL_CONCURRENCY`, {_default('PUERTO_TOOL_CONCURRENCY')} |"),
    (SECURITY, f"| message | {_MESSAGE_LENGTH:,} characters |"),
    (SECURITY, f"{SILENCE_SECONDS:g} s of silence, {ANSWER_SECONDS:g} s in all"),
    (SECURITY, f"its own timeout, {_TOOL_SECONDS:g} s if it names none"),
    (SECURITY, f"{connection.MAX_DEPTH} levels deep"),
    (SECURITY, f"| {MAX_PASSWORD_BYTES:,} bytes |"),
    (SECURITY, f"closed after {socket_session.FLOOD:,} over the rate limit"),
    (SECURITY, f"| requests | `RATE_LIMIT_PER_MINUTE`, {_default('RATE_LIMIT_PER_MINUTE')} "),
    (SECURITY, f"_LOGIN_LIMIT_PER_MINUTE`, {_default('PUERTO_LOGIN_LIMIT_PER_MINUTE')} "),
    (SECURITY, f"{websocket.AUTH_SECONDS:g} s to log in; {STREAMS_AT_ONCE} runs"),
    (SECURITY, f"result of a tool | {results.RESULT_BYTES // _MILLION} MB"),
    (SECURITY, f"up to {_MB_OF_FILE} MB, is kept as a file"),
    (SECURITY, f"reads pages of {pages.PAGE_LENGTH:,} characters"),
    (
        SECURITY,
        f"{_MB_OF_FILE} MB each, {artifacts.ARTIFACTS_OF_CALL} a call; {_MB_OF_USER} MB a user",
    ),
    (ARCHITECTURE, f"last {worker.HISTORY_LIMIT} messages"),
    (ARCHITECTURE, f"stored every {journal.FLUSH_SECONDS:g} seconds at most"),
    (ARCHITECTURE, f"({_LEASE} seconds; a heartbeat every {_HEARTBEAT} extends it)"),
    (ARCHITECTURE, f"every {POLL_SECONDS_WITH_NEWS:g} seconds for who follows"),
    (ARCHITECTURE, f"{_POLLS} times a second"),
    (ARCHITECTURE, f"up to {worker._CLAIM_LIMIT} at a time"),
    (ARCHITECTURE, f"within {idempotency.LIFE // _HOUR} hours"),
    (ARCHITECTURE, f"{_LOSSES} times at most"),
    (OPERATE, f"`PUERTO_LEASE_SECONDS` ({_LEASE})"),
    (OPERATE, f"({_BEATS} per lease"),
    (OPERATE, f"twice the grace time plus {_MARGIN} seconds"),
    (OPERATE, f"some {logs.LINE_CHARACTERS:,} characters"),
    (OPERATE, f"have succeeded for {'a minute' if health.RED_SECONDS == 60 else '?'}"),
    (PROXY, f"comment comes every {following.BEAT_SECONDS:g} s of silence"),
    (EVENTS, f"stored within {journal.FLUSH_SECONDS:g} seconds or"),
    (EVENTS, f"within {websocket.AUTH_SECONDS:g} seconds"),
    (EVENTS, f"{STREAMS_AT_ONCE} runs and conversations at once"),
    (EVENTS, f"{server.FRAME_BYTES // _MIB} MiB"),
    (EVENTS, f"after every {following.BEAT_SECONDS:g} seconds of silence"),
    (EVENTS, f"at least every {following.BEAT_SECONDS:g} seconds"),
    (EVENTS, f"For {tickets.LIFE.seconds} seconds the ticket"),
    (EVENTS, f"the line `{sse.COME_BACK.decode().strip()}`"),
    (EVENTS, f"A result over {results.RESULT_BYTES // _MILLION} MB"),
    (EVENTS, f"{paging.DEFAULT_LIMIT} a page, up to {paging.MAX_LIMIT}"),
    (EVENTS, f"that asked the model died {_LOSSES} times"),
    (ERRORS, f"stored for {idempotency.LIFE // _HOUR} hours"),
    (CONSENT, f"within {asking.LIFE // _HOUR} hours"),
    (CLOUDS, f"`PUERTO_COLLECT_SECONDS` ({_default('PUERTO_COLLECT_SECONDS'):g})"),
    (MODEL, f"silent for {_minutes(OWN_SERVER_SILENCE_SECONDS)} minutes"),
    (MODEL, f"{_minutes(SILENCE_SECONDS)} minute and {_minutes(ANSWER_SECONDS)} minutes"),
    (MODEL, f"retried up to {_times(RetryPolicy().attempts - 1)}"),
    (MODEL, f"that failed {_WORDS[_FAILURES]} times in a row"),
    (MODEL, f"(if that is {RetryPolicy().longest_pause:g} s at most)"),
    (CALL, f"up to {_WORDS[calling._TRIES - 1]} times"),
    (LEARN, f"Rate limit for each worker, {ApiSettings().per_second:g} by default"),
    (LEARN, f"within {plugin_service.POLL_SECONDS:g} seconds"),
    (LEARN, f"within {fetching._SECONDS:g} seconds"),
    (LEARNED, f"has {lowered_tools.Options().size:,} bytes at most"),
    (LEARNED, f"up to {lowered_tools._WHOLE:,} bytes"),
    (HOOKS, f"longer than {vetoes.VETO_SECONDS:g} seconds"),
    (HOOKS, f"a queue of {notice_bus.WAITING} notices"),
    (HOOKS, f"up to {notice_bus.OBSERVER_SECONDS:g} seconds for each"),
    (HOOKS, f"may take {lifespans.LIFESPAN_SECONDS:g} seconds each"),
    (HOOKS, f"`PUERTO_TOOLS_SHOWN` tools ({_default('PUERTO_TOOLS_SHOWN')})"),
    (HOOKS, f"tokens of descriptions ({_default('PUERTO_TOOL_TOKENS'):,})"),
    (POSTGRESQL, f"at most {_WORDS[postgresql.PoolLimits().largest]} connections"),
    (PLUGIN, f"within {plugin_service.POLL_SECONDS:g} seconds"),
    (PLUGIN, f"the first {docstrings.EXAMPLE_LENGTH} characters"),
    (PLUGIN, f"(default {_TOOL_SECONDS:g} s)"),
    (TOOL, f"for at most {previewing.PREVIEW_SECONDS:g} seconds"),
    (TOOL, f"{preview.TEXT_LENGTH} characters at most; there can be {preview.MOST_LINES} details"),
    (TOOL, f"at most {error_fields.DETAILS_SIZE:,} characters"),
    (TOOL, f"over {authoring_json.QUICK:,} characters are not compared"),
    (TOOL, f"no schemas of over {authoring_results.SCHEMA_LENGTH:,} characters"),
    (TOOL, f"{progress.OUTPUT_LENGTH:,} characters each, {progress.OUTPUT_OF_CALL:,} in a call"),
    (PLUGIN, f"While {threads.AT_ONCE} threads of a tool"),
    (PLUGIN, f"at most {_REPORTS} reports a second"),
    (PLUGIN, f"{progress.MESSAGE_LENGTH} characters each"),
    (PLUGIN, f"{_MB_OF_FILE} MB a file, {artifacts.ARTIFACTS_OF_CALL} files a call"),
    (PLUGIN, f"{_MB_OF_USER} MB a user"),
    (PLUGIN, f"above {pages.PAGE_LENGTH:,} characters"),
    (PLUGIN, f"A result over {results.RESULT_BYTES // _MILLION} MB"),
    (PLUGIN, f"up to {json_values.DIGITS:,}"),
    (PLUGIN, f"may be {json_values.DEPTH} levels deep"),
    (PLUGIN, f"cut after {error_fields.MESSAGE_LENGTH:,} characters"),
    (PLUGIN, f"left out above {error_fields.DETAILS_SIZE:,}"),
    (PLUGIN, f"for over {_default('PUERTO_BLOCKED_SECONDS'):g} seconds (`PUERTO_BLOCKED_SECONDS`)"),
]
