"""The frames that clients send over a WebSocket."""

from typing import Annotated, Any, Final, Generic, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from werkzeug.exceptions import BadRequest

from domain.accounts.identity_provider import LONGEST_TOKEN
from domain.shared.errors import FieldProblem, InvalidRequest
from entrypoints.http.answers import HumanAnswer
from entrypoints.http.field_messages import field_problems, in_words
from entrypoints.http.fields import MESSAGE_LENGTH
from entrypoints.http.idempotency import FORM
from entrypoints.http.sampling import SamplingBody
from entrypoints.http.streaming.connection import read_json

Taken = TypeVar("Taken")

Key = Annotated[
    str,
    Field(pattern=FORM, description="Your name for this frame: sent again, it is not done again."),
]


class _Frame(BaseModel):
    model_config = ConfigDict(extra="ignore")


class AuthFrame(_Frame):
    """The access token; must be the first frame, within 10 seconds."""

    type: Literal["auth"]
    token: str = Field(max_length=LONGEST_TOKEN)


class ChatFrame(_Frame):
    """A message to the agent."""

    type: Literal["chat"]
    message: str = Field(min_length=1, max_length=MESSAGE_LENGTH)
    conversation_id: str | None = None
    provider: str | None = None
    model: str | None = Field(None, min_length=1, max_length=200)
    agent: str | None = None
    sampling: SamplingBody | None = Field(None, description="How the model is to answer.")
    on_disconnect: Literal["continue", "cancel"] = Field(
        "continue", description="What becomes of the run when the client leaves the socket."
    )
    idempotency_key: Key | None = None


class ConsentFrame(HumanAnswer, _Frame):
    """The answer to a consent request. Anything but `approved: true` is a no."""

    type: Literal["consent"]
    idempotency_key: Key | None = None


class CancelFrame(_Frame):
    """Stop a run."""

    type: Literal["cancel"]
    run_id: str


class ResumeFrame(_Frame):
    """Resume following a run, after a cursor or from its start."""

    type: Literal["resume"]
    run_id: str
    after: str | None = None


class FollowFrame(_Frame):
    """Follow every run of a conversation, whoever begins it: see `GET .../events`."""

    type: Literal["follow"]
    conversation_id: str | None = Field(
        None, description="Not needed on a socket of one conversation."
    )
    after: str | None = Field(
        None, description="The cursor of the last event received, or the id of a message."
    )


class UnfollowFrame(_Frame):
    """Stop following a conversation."""

    type: Literal["unfollow"]
    conversation_id: str | None = None


class PingFrame(_Frame):
    """Ask for a `pong`."""

    type: Literal["ping"]


Frame = (
    AuthFrame
    | ChatFrame
    | ConsentFrame
    | CancelFrame
    | ResumeFrame
    | FollowFrame
    | UnfollowFrame
    | PingFrame
)


class FrameReader(Generic[Taken]):
    """Parses the messages of clients as frames: ``kinds`` is the union of their models."""

    def __init__(self, kinds: Any) -> None:
        self._frames: TypeAdapter[Taken] = TypeAdapter(
            Annotated[kinds, Field(discriminator="type")]
        )
        self._types = {
            name
            for kind in get_args(kinds)
            for name in get_args(kind.model_fields["type"].annotation)
        }

    def read(self, data: str | bytes) -> Taken:
        """Parse a client's message as a frame.

        Raises:
            InvalidRequest: the message is binary, not JSON, or no valid frame.

        """
        if isinstance(data, bytes):
            raise InvalidRequest("Send frames as text, not binary.")
        try:
            return self._frames.validate_python(read_json(data.encode()))
        except (BadRequest, UnicodeEncodeError) as error:
            raise InvalidRequest("The frame is not valid JSON.") from error
        except ValidationError as error:
            raise self._refused(field_problems(error)) from error

    def _refused(self, fields: list[dict[str, str]]) -> InvalidRequest:
        """Return the error for an invalid frame, without its type in the paths of fields."""
        for field in fields:
            kind, _, rest = field["path"].partition(".")
            field["path"] = rest if rest and kind in self._types else field["path"]
        problems = [FieldProblem(**field) for field in fields]
        return InvalidRequest(in_words(fields).replace("The body", "The frame"), problems)


_READER: Final = FrameReader[Frame](Frame)


def read_frame(data: str | bytes) -> Frame:
    """Parse a client's message as a frame.

    Raises:
        InvalidRequest: the message is binary, not JSON, or no valid frame.

    """
    return _READER.read(data)
