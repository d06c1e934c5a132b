"""Trial runs of the tools with the effect ``read``, on their author's sample arguments."""

import asyncio
import inspect
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, Final

from domain.plugins.settings import CurrentSettings
from domain.plugins.switches import SwitchKind
from domain.shared.errors import ToolError, ToolRefused
from domain.tools.artifacts import ARTIFACT_BYTES, Artifact
from domain.tools.http import HttpClient, NoHttpClient
from domain.tools.result_pages import PAGE_LENGTH
from domain.tools.tool import Effect, ToolContext
from plugins.checking.findings import NOWHERE, Finding, Level, SourcePlace
from plugins.checking.loading import CheckedPlugin
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

_FIRST_WAIT: Final = 0.05  # seconds
_LAST_WAIT: Final = 0.1  # seconds for the watchdog to report
_PLACE: Final = re.compile(r" at (.*):(\d+)$")


class Trials:
    """Runs the tools of one plugin on a new event loop, with canaries for secrets.

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
            await self._try_all(samples)
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
            for arguments in samples.get(name, ()) if tool.spec.effect is Effect.READ else ():
                await self._try(tool, arguments)
                await self._try_to_cancel(tool, arguments)

    @contextmanager
    def _staged(
        self, tool: AdmittedTool, http: HttpClient
    ) -> Iterator[tuple[Mapping[str, str], ToolContext]]:
        """Yield the canaries of a call, and its context: its secrets and settings hold them."""
        form = None if self._checked.offer is None else self._checked.offer.settings
        declared = [] if form is None else [each for each in form.declared if each.is_secret]
        names = [*tool.spec.requires, *(each.variable for each in declared)]
        with planted_canaries(names) as canaries:
            known = {name: canaries[name] for name in tool.spec.requires}
            value = None if form is None else CurrentSettings(os.environ).tried(form, {}).value
            if form is not None and value is not None:
                known |= form.secrets(value)
            yield canaries, replace(context_with(known, http), read_settings=lambda: value)

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

    async def _try(self, tool: AdmittedTool, arguments: Mapping[str, Any]) -> None:
        with self._staged(tool, NoHttpClient()) as (canaries, staged), captured_log() as lines:
            reports: list[str] = []
            context = replace(staged, report=lambda message, _fraction: reports.append(message))
            attempts = len(self._attempts)
            try:
                async with asyncio.timeout(min(tool.spec.timeout, LONGEST)):
                    result = await tool.run(arguments, context)
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

    def _check_result(self, tool: AdmittedTool, result: Any, canaries: Mapping[str, str]) -> None:
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
        with self._staged(tool, SilentHttpClient()) as (_, context), captured_log():
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
