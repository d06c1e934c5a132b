"""A run, followed: its events, what they come to, and what a person answers to it."""

from collections.abc import Sequence
from typing import Final

from agent_client._core import Call, Core, pause_before, read
from agent_client._following import Following
from agent_client._lists import PAGE, items, path_of
from agent_client._replies import ConsentReply, OnConsent, decide
from agent_client._transcript import Transcript
from agent_client.errors import AgentClientError, RunFailedError
from agent_client.events import AnyEvent, Done, RunStarted
from agent_client.records import Answer, Consent, ConsentAnswered, ConsentRequest, Problem, Run

WAITS: Final = "waiting_consent"
# How often a run is asked for once more that waits for nobody: it is about to be gone on with.
_MOST_ROUNDS: Final = 10


async def answer_consent(core: Core, request_id: str, reply: ConsentReply) -> ConsentAnswered:
    """Answer a consent request."""
    call = Call("POST", path_of("consents", request_id), body=reply.body())
    return read(await core.send(call), ConsentAnswered)


class RunFollowing(Following):
    """The events of one run.

    A `Done` that waits for consent ends them for now. Once somebody has answered, they go on with
    the next `next`; at once if `reply`, or the callback for consents, gave the answers.
    """

    def __init__(
        self, core: Core, start: Call, run_id: str | None = None, cursor: str = ""
    ) -> None:
        super().__init__(core, start, None if run_id is None else _events_of(run_id), cursor)
        self._core = core.without_key()  # that was for the start
        self._rounds = 0
        self._has_replied = False
        self.transcript = Transcript()
        self.transcript.run_id = run_id

    async def next(self) -> AnyEvent | None:
        """Return the next event, None after the last one."""
        while (event := await super().next()) is not None:
            if isinstance(event, RunStarted):
                self._path = _events_of(event.run_id)
            if isinstance(event, Done):
                await self.close()
                self.is_over = event.status != WAITS
                if not self.is_over and await self._goes_on():
                    continue
            else:
                self._rounds = 0
            self.transcript.add(event)
            return event
        return None

    def is_last(self, event: AnyEvent) -> bool:
        """Return whether an event is the end of the run, or of what comes for now."""
        return isinstance(event, Done)

    async def reply(self, request_id: str, reply: ConsentReply) -> ConsentAnswered:
        """Answer a consent request of the run."""
        answered = await answer_consent(self._core, request_id, reply)
        self.transcript.waiting.pop(request_id, None)
        self._has_replied = True
        return answered

    @property
    def run_id(self) -> str:
        """The id of the run.

        Raises:
            AgentClientError: it has none yet.

        """
        if self.transcript.run_id is None:
            raise AgentClientError("The run has no id yet: read its first event.")
        return self.transcript.run_id

    async def cancel(self) -> Run:
        """Stop the run."""
        return await self._core.get(Call("POST", path_of("runs", self.run_id, "cancel")), Run)

    async def answer(self) -> Answer:
        """Read on to the end, or to where the run waits for consent; return what it comes to.

        Raises:
            RunFailedError: the run failed.

        """
        while (event := await self.next()) is not None and not self.is_last(event):
            pass
        problem = self.transcript.problem
        if problem is not None:
            raise run_failed(problem, self.transcript.run_id)
        return self.transcript.answer(self.cursor)

    async def _goes_on(self) -> bool:
        """Return whether a run that says it waits goes on: what it asked has been answered."""
        callback = self._core.options.on_consent
        if callback is None and (self.transcript.waiting or not self._has_replied):
            return False
        waiting = await self._waiting()
        if waiting:
            return callback is not None and await self._ask(callback, waiting)
        self._rounds += 1
        if self._rounds > 1:
            await self._core.transport.sleep(pause_before(self._rounds))
        return self._rounds <= _MOST_ROUNDS

    async def _waiting(self) -> Sequence[Consent]:
        """Return what the run waits for, those requests too that this stream did not show."""
        path = path_of("consents")
        query: dict[str, str | int | None] = {"status": "waiting", "limit": PAGE}
        found = items(self._core, path, "consents", Consent, query)
        return [each async for each in found if each.run_id == self.transcript.run_id]

    async def _ask(self, callback: OnConsent, waiting: Sequence[ConsentRequest]) -> bool:
        has_answered = False
        for request in waiting:
            reply = await decide(callback, request)
            if reply is not None:
                await self.reply(request.id, reply)
                has_answered = True
        return has_answered


def run_failed(problem: Problem, run_id: str | None) -> RunFailedError:
    """Return the error for a run, or a tool call, that failed."""
    details = {"run_id": run_id, **problem.details}
    return RunFailedError(problem.message, code=problem.code, details=details)


def _events_of(run_id: str) -> str:
    return path_of("runs", run_id, "events")


def follow_run(core: Core, run_id: str, cursor: str = "") -> RunFollowing:
    """Return the events of a run that exists, from its start or a cursor on."""
    return RunFollowing(core, Call("GET", _events_of(run_id)), run_id, cursor)
