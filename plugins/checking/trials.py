"""Trial runs on their author's sample arguments: of previews, and of the tools that only read."""

import asyncio
import inspect
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, Final

from domain.execution.results import not_kept
from domain.plugins.switches import SwitchKind
from domain.shared.errors import ToolError, ToolRefused
from domain.tools.artifacts import ARTIFACT_BYTES, Artifact
from domain.tools.error_fields import code_of, details_of, has_valid_code
from domain.tools.http import HttpClient, NoHttpClient
from domain.tools.result_pages import PAGE_LENGTH
from domain.tools.tool import Effect
from domain.tools.tool_context import ToolContext
from plugins.authoring.json_values import as_json
from plugins.checking.error_calls import CODE_ADVICE, DETAILS_ADVICE, NO_JSON, RULE
from plugins.checking.findings import NOWHERE, Finding, Level, SourcePlace
from plugins.checking.lifespans import LifespanTrials
from plugins.checking.loading import CheckedPlugin
from plugins.checking.previews import has_preview, place_of_preview, try_preview
from plugins.checking.process_watch import watched_process
from plugins.checking.samples import Samples
from plugins.checking.sealing import Attempts
from plugins.checking.stage import (
    SilentHttpClient,
    captured_log,
    context_with,
    planted_canaries,
)
from plugins.checking.tools import function_of, place_of
from plugins.host.admission import AdmittedTool
from plugins.host.watchdog import LoopWatch

LONGEST: Final = 5.0  # seconds for a trial
BLOCKED: Final = 0.2  # seconds for which the event loop may be blocked
STUBBORN: Final = 2.0  # seconds to end after a cancel

_LEFT_OUT: Final = "The details are left out"  # as `details_of` says
_LOST: Final = not_kept("")["note"].partition(":")[0]
_FIRST_WAIT: Final = 0.05  # seconds
_LAST_WAIT: Final = 0.1  # seconds for the watchdog to report
_PLACE: Final = re.compile(r" at (.*):(\d+)$")


class Trials:
    """Runs the tools of one plugin on a new event loop, within its lifespans.

    Secrets are canaries.

    ``attempts`` grows with each attempt to use the network.
    """

    def __init__(self, checked: CheckedPlugin, attempts: Attempts) -> None:
        self._checked = checked
        self._attempts = attempts
        self._findings: list[Finding] = []

    def run(self, samples: Samples) -> list[Finding]:
        """Run all trials and return the findings."""
        loop = asyncio.new_event_loop()
        loop.run_until_complete(self._run(samples))
        if not asyncio.all_tasks(loop):  # else a tool hangs on it, perhaps for ever
            loop.close()
        return self._findings

    async def _run(self, samples: Samples) -> None:
        watch = LoopWatch(self._owner, self._add_blocking, BLOCKED)
        watch.start()
        try:
            self._findings += self._checked.settings.fill(
                self._checked.offer.settings if self._checked.offer is not None else None,
                self._checked.plugin,
            )
            lifespans = LifespanTrials(self._checked, self._attempts)
            self._findings += await lifespans.enter()
            await self._try_all(samples)
            self._findings += await lifespans.leave()
            await asyncio.sleep(_LAST_WAIT)
        finally:
            watch.stop()

    async def _try_all(self, samples: Samples) -> None:
        tools = self._checked.offer.tools if self._checked.offer is not None else {}
        for name, tool in tools.items():
            if tool.spec.effect is not Effect.READ:
                self._add_note(tool, "not tried: only tools with the effect 'read' are")
            elif name not in samples:
                self._add_note(
                    tool, "not tried: there is no sample of its arguments in PUERTO_CHECK"
                )
            for arguments in samples.get(name, ()):
                if has_preview(tool):
                    await self._try_preview(tool, arguments)
                if tool.spec.effect is Effect.READ:
                    await self._try(tool, arguments)
                    await self._try_to_cancel(tool, arguments)

    def _owner(self, module: str) -> str | None:
        return self._checked.candidate.name if self._checked.owns(module) else None

    def _add_blocking(self, kind: SwitchKind, name: str, reason: str) -> None:
        """Add a finding about code that blocked the loop, once for each position."""
        match = _PLACE.search(reason)
        place = SourcePlace(match[1], int(match[2])) if match else NOWHERE
        if any((each.rule, each.place) == ("blocking", place) for each in self._findings):
            return
        subject = name if kind is SwitchKind.TOOL else ""
        message = f"it {_PLACE.sub('', reason)}"
        advice = "await instead, or make it a plain `def`: it then runs in a thread of its own"
        self._findings.append(Finding(Level.ERROR, "blocking", subject, message, advice, place))

    @contextmanager
    def _stage(
        self, tool: AdmittedTool, place: SourcePlace, http: HttpClient
    ) -> Iterator[tuple[ToolContext, Mapping[str, str], list[str]]]:
        """Yield the context of a call, its canaries by name, and the log's lines."""
        settings = self._checked.settings
        with (
            planted_canaries(tool.spec.requires) as planted,
            captured_log() as lines,
            watched_process(tool.spec.plugin, tool.spec.name, place) as changes,
        ):
            context = context_with({**settings.secrets, **planted}, http, settings.current)
            yield context, {**settings.canaries, **planted}, lines
        self._findings += changes

    async def _try_preview(self, tool: AdmittedTool, arguments: Mapping[str, Any]) -> None:
        with self._stage(tool, place_of_preview(tool), NoHttpClient()) as (context, _, _lines):
            self._findings += await try_preview(tool, arguments, context, self._attempts)

    async def _try(self, tool: AdmittedTool, arguments: Mapping[str, Any]) -> None:
        with self._stage(tool, place_of(tool.tool), NoHttpClient()) as (context, canaries, lines):
            reports: list[str] = []
            listening = replace(context, report=lambda message, _fraction: reports.append(message))
            attempts = len(self._attempts)
            try:
                async with asyncio.timeout(min(tool.spec.timeout, LONGEST)):
                    result = await tool.run(arguments, listening)
            except TimeoutError:
                self._add(
                    tool,
                    Level.WARNING,
                    "timeout",
                    f"it did not answer within {min(tool.spec.timeout, LONGEST):g} s",
                    "",
                )
            except ToolError as error:
                self._add_failure(tool, error, offline=len(self._attempts) > attempts)
            else:
                self._check_result(tool, result, canaries)
            self._find_secrets(tool, canaries, "its progress reports hold", reports)
            self._find_secrets(tool, canaries, "it logs", lines)

    def _add_failure(self, tool: AdmittedTool, error: ToolError, *, offline: bool) -> None:
        message = error.message
        self._check_error(tool, error)
        if isinstance(error, ToolRefused):
            self._add_note(tool, "tried only until it asked its user, a model or another tool")
        elif offline or "there is no network" in message:
            self._add_note(tool, "tried only until it asked the network, which is off here")
        elif "not a JSON value" in message:
            advice = "return texts, numbers, lists, dicts, dataclasses, models, or an Artifact"
            self._add(tool, Level.ERROR, "result", message, advice)
        else:
            advice = "if that is what it should say, give another sample"
            self._add(tool, Level.WARNING, "result", f"tried, it failed: {message}", advice)

    def _check_error(self, tool: AdmittedTool, error: ToolError) -> None:
        """Add a finding for a code or details of an error that the service does not keep."""
        if not has_valid_code(error):
            message = f"the code {error.code!r} of its error is replaced by {code_of(error)}"
            self._add(tool, Level.ERROR, RULE, message, CODE_ADVICE)
        note = str(details_of(error).get("note", ""))
        if note.startswith(_LEFT_OUT):
            self._add(tool, Level.ERROR, RULE, f"of its error: {note}", DETAILS_ADVICE)
            return
        try:
            as_json(error.details)
        except ValueError:
            self._add(tool, Level.WARNING, RULE, f"of its error: {NO_JSON}", DETAILS_ADVICE)

    def _check_result(self, tool: AdmittedTool, result: Any, canaries: Mapping[str, str]) -> None:
        if isinstance(result, Mapping) and str(result.get("note", "")).startswith(_LOST):
            advice = "return less: a limit, a filter, or an Artifact"
            self._add(tool, Level.ERROR, "result", str(result["note"]), advice)
            return
        artifacts: list[Artifact] = []

        def plain(value: Any) -> str:
            artifacts.append(value)
            return str(value.name)

        text = json.dumps(result, ensure_ascii=False, default=plain)
        if (length := len(text)) > PAGE_LENGTH:
            message = (
                f"its result has {length:,} characters: a model sees the first {PAGE_LENGTH:,}"
            )
            advice = "let the model say what it needs: a limit, a filter"
            self._add(tool, Level.WARNING, "result", message, advice)
        for artifact in artifacts:
            if len(artifact.data) > ARTIFACT_BYTES:
                size = f"more than {ARTIFACT_BYTES:,} bytes"
                message = f"the file {artifact.name!r} has {size} and is not kept"
                self._add(tool, Level.ERROR, "result", message, "make it smaller")
        texts = [text, *(artifact.data.decode(errors="replace") for artifact in artifacts)]
        self._find_secrets(tool, canaries, "its result holds", texts)

    def _find_secrets(
        self, tool: AdmittedTool, canaries: Mapping[str, str], where: str, texts: Sequence[str]
    ) -> None:
        """Add a finding for each secret in texts that must not hold any."""
        for name, canary in canaries.items():
            if any(canary in text for text in texts):
                advice = "take it out: Puerto hides it where it can, and cannot everywhere"
                self._add(tool, Level.ERROR, "secret", f"{where} the value of {name}", advice)

    async def _try_to_cancel(self, tool: AdmittedTool, arguments: Mapping[str, Any]) -> None:
        """Cancel a call that waits, at least for the network, which never answers."""
        if not inspect.iscoroutinefunction(function_of(tool.tool)):
            return
        with self._stage(tool, place_of(tool.tool), SilentHttpClient()) as (context, _, _lines):
            task = asyncio.ensure_future(tool.tool.run(arguments, context))
            await asyncio.wait({task}, timeout=_FIRST_WAIT)
            if not task.done():
                context.cancelled.set()
                task.cancel()
                await asyncio.wait({task}, timeout=STUBBORN)
                self._check_cancelled(tool, task)
            with suppress(asyncio.CancelledError, Exception):
                task.result() if task.done() else None

    def _check_cancelled(self, tool: AdmittedTool, task: "asyncio.Future[Any]") -> None:
        advice = "let asyncio.CancelledError through: no `except:`, no `except BaseException:`"
        if not task.done():
            message = f"cancelled, it goes on for more than {STUBBORN:g} s"
            self._add(tool, Level.ERROR, "cancellation", message, advice)
        elif not task.cancelled():
            message = "cancelled, it goes on as if nothing had happened"
            self._add(tool, Level.WARNING, "cancellation", message, advice)

    def _add_note(self, tool: AdmittedTool, message: str) -> None:
        self._add(tool, Level.NOTE, "trial", message, "")

    def _add(self, tool: AdmittedTool, level: Level, rule: str, message: str, advice: str) -> None:
        place = place_of(tool.tool)
        self._findings.append(Finding(level, rule, tool.spec.name, message, advice, place))
