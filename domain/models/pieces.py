"""Validation of the pieces of a model's answer, which a plugin's provider may have made."""

import json
import logging
from collections.abc import AsyncGenerator, Collection, Mapping
from typing import Any, Final

from domain.conversations.sampling import NAMES
from domain.models.messages import (
    Piece,
    Reasoning,
    Stop,
    StopReason,
    Text,
    TextWasReasoning,
    ToolRequest,
    Usage,
)
from domain.shared.errors import ProviderError, ProviderReason, PuertoError, Unavailable
from domain.shared.json_values import error_text, normalized, storable, type_name
from domain.shared.untrusted import contain, contained

ANSWER_LENGTH: Final = 4_000_000  # characters of text, reasoning and arguments, in all
PIECES: Final = 500_000  # of an answer, empty ones too
TOOL_NAME_LENGTH: Final = 200
_MOST_TOKENS: Final = 2**53  # what every reader holds exactly

_log = logging.getLogger(__name__)


class UnusablePiece(ValueError):
    """A model yielded something that is no valid piece of an answer, or too many pieces."""


class PieceReader:
    """Reads a model's answer and validates each piece; text is made `storable`.

    Whatever the model raises ends this answer only. Every streamed piece comes through here, so the
    common case has a short path.
    """

    def __init__(self, pieces: AsyncGenerator[Piece, None], most: int = PIECES) -> None:
        self._pieces = pieces
        self._anext = pieces.__anext__
        self._remaining = ANSWER_LENGTH
        self._count = most

    async def next(self) -> Piece | None:
        """Return the next piece; None after the last one.

        Raises:
            UnusablePiece: it is not valid, or the answer is too long.

        """
        try:
            piece = await self._anext()
            if type(piece) is Text and type(content := piece.content) is str:  # nearly always
                fit, length = storable(content), len(content)
                usable: Piece = piece if fit is content else Text(fit)
            else:
                usable, length = _usable(piece)
        except StopAsyncIteration:
            return None
        except BaseException as error:
            if (safe := contain(error)) is error:
                raise
            raise safe from error
        self._remaining -= length
        self._count -= 1
        if self._remaining < 0 or self._count < 0:
            raise UnusablePiece(f"it has more than {ANSWER_LENGTH:,} characters, or no end")
        return usable

    async def close(self) -> None:
        """Close the model's stream; errors are only logged."""
        try:
            with contained():
                await self._pieces.aclose()
        except Exception as error:  # noqa: BLE001  untrusted code, perhaps
            _log.error("a model's stream cannot be closed: %s", error_text(error))


def _usable(piece: Any) -> tuple[Piece, int]:
    """Return the validated piece and its length; the same object if nothing changes."""
    if isinstance(piece, Text | Reasoning) and type(piece.content) is str:  # nearly always
        content = piece.content
        fit = storable(content)
        return piece if fit is content else type(piece)(fit), len(content)
    match piece:
        case TextWasReasoning():
            return piece, 0
        case ToolRequest(str(tool), arguments) if len(tool) <= TOOL_NAME_LENGTH:
            text = _arguments(arguments)
            return ToolRequest(storable(tool), text), len(text)
        case Stop():
            return _stop(piece), 0
    raise UnusablePiece(f"it is no piece of one: {_kind(piece)}")


def _kind(piece: object) -> str:
    """Return the class of an invalid piece, and of its content where it has one."""
    content = getattr(piece, "content", piece)
    inner = f" of {type_name(content)}" if content is not piece else ""
    return f"{type_name(piece)}{inner}"


def _arguments(arguments: Any) -> str:
    if isinstance(arguments, str):
        return storable(str.__str__(arguments))
    if isinstance(arguments, Mapping):
        return json.dumps(normalized(arguments, size=ANSWER_LENGTH), ensure_ascii=False)
    raise UnusablePiece(f"the arguments of a call are a {type_name(arguments)}, not JSON text")


def _stop(stop: Any) -> Stop:
    usage, memento = stop.usage, stop.memento
    if not isinstance(memento, str) or len(memento) > ANSWER_LENGTH:
        raise UnusablePiece(f"the memento is a {type_name(memento)}, or too long")
    if not isinstance(usage, Usage):
        raise UnusablePiece(f"the usage is a {type_name(usage)}")
    tokens = (usage.input_tokens, usage.output_tokens, usage.cached_tokens)
    reason = stop.reason if isinstance(stop.reason, StopReason) else StopReason(str(stop.reason))
    taken = frozenset(name for name in NAMES if name in _names(stop.taken))
    return Stop(reason, Usage(*map(_tokens, tokens)), storable(memento), taken)


def _names(taken: Any) -> Collection[Any]:
    return taken if isinstance(taken, frozenset | set | tuple | list) else ()


def _tokens(count: Any) -> int:
    return int(count) if isinstance(count, int) and 0 <= count <= _MOST_TOKENS else 0


def usable_error(provider: str, error: Exception) -> PuertoError | None:
    """Return a model's error as a `PuertoError`; None if it is of any other kind.

    A plugin may have put anything into it: an error with fields of wrong types is replaced by a new
    one.
    """
    match error:
        case ProviderError(
            message=str(),
            details=dict(),
            reason=ProviderReason(),
            retry_after=None | int() | float(),
        ):
            return error
        case UnusablePiece() | ProviderError():
            why = str(error) if isinstance(error, UnusablePiece) else error_text(error)
            return ProviderError(
                f"The provider {provider} gave no answer that can be used: {why}.",
                provider=provider,
                reason=ProviderReason.MALFORMED,
            )
        case Unavailable():
            return error
    return None
