"""Converts a conversation to plain text turns, for services without tools."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from adapters.llm.encoded_tools import exact_json
from domain.models.messages import AssistantTurn, ToolTurn, Turn, UserTurn

_BEGIN = "Begin."  # said for a user who has said nothing before the assistant spoke
_GO_ON = "Go on."


def plain_turns(turns: Sequence[Turn]) -> list[tuple[str, str]]:
    """Return (role, text) pairs that alternate between the roles, a ``user`` first and last.

    Tool calls become text of the assistant, results become text of the user. Empty turns are left
    out.
    """
    said = ((role, words) for role, words in map(_in_words, turns) if words)
    grouped = [
        (role, "\n\n".join(words for _, words in together))
        for role, together in groupby(said, key=lambda each: each[0])
    ]
    return list(_between_users(grouped))


def _between_users(said: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    if not said or said[0][0] != "user":
        yield "user", _BEGIN
    yield from said
    if said and said[-1][0] != "user":
        yield "user", _GO_ON


def _in_words(turn: Turn) -> tuple[str, str]:
    match turn:
        case UserTurn(content):
            return "user", content
        case ToolTurn(_, tool, content, is_error):
            return "user", f"[{tool} {'failed' if is_error else 'returned'}: {content}]"
        case AssistantTurn(content, uses):
            calls = (f"[called {use.tool} with {exact_json(use.arguments)}]" for use in uses)
            return "assistant", "\n".join(filter(None, [content, *calls]))
