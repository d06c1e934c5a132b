"""What the events of a run come to: its text, its calls, and what it waits for."""

from agent_client.events import (
    AnyEvent,
    Chunk,
    ConsentRequired,
    Done,
    MessageCompleted,
    Retry,
    RunFailed,
    RunStarted,
    ToolCalled,
    ToolFinished,
)
from agent_client.records import Answer, ConsentRequest, Problem, ToolCall, ToolResult, Usage


class Transcript:
    """Folds the events of one run; `text` is what the chunks come to."""

    def __init__(self) -> None:
        self.run_id: str | None = None
        self.conversation_id: str | None = None
        self.problem: Problem | None = None
        self.results: list[ToolResult] = []
        self.waiting: dict[str, ConsentRequest] = {}
        self._message_id: str | None = None
        self._message: str | None = None
        self._calls: list[ToolCall] = []
        self._status = "running"
        self._usage = Usage()
        self._warnings: tuple[str, ...] = ()
        self._pieces: list[str] = []
        self._pieces_at: dict[str, int] = {}  # how many there were after the event at a cursor

    @property
    def text(self) -> str:
        """The text so far, without what was withdrawn."""
        return "".join(self._pieces)

    def add(self, event: AnyEvent) -> None:
        """Take the next event."""
        match event:
            case RunStarted():
                self.run_id = event.run_id
                self.conversation_id = event.conversation_id
                self._message_id = event.message_id
            case Chunk():
                self._pieces.append(event.content)
            case Retry():
                del self._pieces[self._pieces_at.get(event.after, 0) :]
            case ToolCalled():
                self._calls.append(event)
            case ConsentRequired(consent_request=request):
                self.waiting = {
                    key: each
                    for key, each in self.waiting.items()
                    if each.call_id != request.call_id
                }
                self.waiting[request.id] = request
            case ToolFinished():
                self.results.append(event)
                self.waiting = {
                    key: each for key, each in self.waiting.items() if each.call_id != event.id
                }
            case MessageCompleted():
                self._message = event.content
            case RunFailed():
                self.problem = event.error
            case Done():
                self._status, self._usage = event.status, event.usage
                self._warnings = event.warnings
        self._pieces_at[event.cursor] = len(self._pieces)

    def answer(self, cursor: str) -> Answer:
        """Return what it all comes to."""
        return Answer(
            conversation_id=self.conversation_id,
            run_id=self.run_id or "",
            message_id=self._message_id,
            message=self.text if self._message is None else self._message,
            status=self._status,
            tool_calls=tuple(self._calls),
            results=tuple(self.results),
            consent_requests=tuple(self.waiting.values()),
            usage=self._usage,
            warnings=self._warnings,
            cursor=cursor,
        )
