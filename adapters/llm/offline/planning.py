"""Plans the response to a message: calls, a question to the user, or neither."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from adapters.llm.offline.arguments import Filling, fill, fill_answer, fill_whole_answer
from adapters.llm.offline.conversation import Exchange, last_value, read
from adapters.llm.offline.ranking import ENOUGH, Ranked, WordIndex, is_ordered, verb_of
from adapters.llm.offline.schemas import Field
from adapters.llm.offline.text.language import WORD, Language, detect, term
from adapters.llm.offline.values import Reading
from domain.models.messages import AssistantTurn, Turn
from domain.tools.tool import ToolSpec

_JOINT = re.compile(
    r"\s*(?:;|\?(?=\s*\S)|,?\s+(?:and|then|y|e|luego|tambien|también|also)(?:\s+(?:then|also|"
    r"luego|también|tambien))?\s+|,\s+)\s*",
    re.IGNORECASE,
)
_NEAREST = 3  # tools named where none fits
_NEAR = ENOUGH / 2  # the score of a tool that is worth being named
_QUESTIONS_BACK = 4  # of one's own questions in a row that are remembered
_CLAUSES = 12


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A tool with its complete arguments."""

    tool: ToolSpec
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """A call that lacks arguments, to ask the user for."""

    tool: ToolSpec
    arguments: dict[str, Any]
    missing: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The response to a message; ``nearest`` are tools to suggest where none fits."""

    calls: tuple[PlannedCall, ...] = ()
    question: Question | None = None
    nearest: tuple[ToolSpec, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the plan has neither a call nor a question."""
        return not self.calls and self.question is None


@dataclass(frozen=True, slots=True)
class _Clause:
    """A part of the message with its own tool."""

    text: str
    tool: ToolSpec
    filling: Filling

    @property
    def call(self) -> PlannedCall | None:
        return None if self.filling.missing else PlannedCall(self.tool, self.filling.arguments)


class Planner:
    """Plans one conversation with one set of tools, from its turns only."""

    def __init__(self, index: WordIndex, today: date) -> None:
        self._index = index
        self._today = today

    def plan(self, turns: Sequence[Turn], depth: int = 0) -> Plan:
        """Return the response to the user's last message."""
        conversation = read(turns)
        language = language_of(conversation)
        previous = last_value(conversation.before)
        zone = conversation.zone
        reading = Reading(conversation.message, language, self._today, previous, zone)
        fresh = self._plan(reading)
        pending = self._pending(conversation, depth)
        if pending is None:
            return fresh
        given = fill_answer(pending.tool, pending.missing, reading)
        if fresh.calls and (not given or _is_ordered_by_name(fresh.calls[0], reading)):
            return fresh
        if not given:
            given = fill_whole_answer(pending.tool, pending.missing, reading)
        if not given and not fresh.is_empty:
            return fresh
        known = {**pending.arguments, **given}
        missing = tuple(field for field in pending.missing if field.name not in known)
        if missing:
            return Plan(question=Question(pending.tool, known, missing))
        return Plan(calls=(PlannedCall(pending.tool, known),))

    def _pending(self, conversation: Exchange, depth: int) -> Question | None:
        """Return the question that the message may answer."""
        answer = conversation.before[-1] if conversation.before else None
        if depth >= _QUESTIONS_BACK or not isinstance(answer, AssistantTurn):
            return None
        if "`" not in answer.content:
            return None  # one's own questions name their tool so
        question = self.plan(conversation.before, depth + 1).question
        if question is None or f"`{question.tool.name}`" not in answer.content:
            return None
        asked = all(f"`{field.name}`" in answer.content for field in question.missing)
        return question if asked else None

    def _plan(self, reading: Reading) -> Plan:
        ranked = self._index.rank(reading)
        best = self._best(ranked, reading)
        if best is None:
            near = [each.tool for each in ranked if each.score >= _NEAR]
            return Plan(nearest=tuple(near[:_NEAREST]))
        clauses = self._clauses(reading) or [_Clause(reading.text, best, fill(best, reading))]
        calls = [clause.call for clause in clauses if clause.call is not None]
        lacking = next((clause for clause in clauses if clause.call is None), None)
        question = None
        if lacking is not None:
            filling = lacking.filling
            question = Question(lacking.tool, filling.arguments, filling.missing)
        unique = [call for at, call in enumerate(calls) if call not in calls[:at]]
        return Plan(tuple(unique), question)

    @staticmethod
    def _best(ranked: Sequence[Ranked], reading: Reading) -> ToolSpec | None:
        meant = (each.tool for each in ranked if each.score >= ENOUGH)
        return next((tool for tool in meant if is_ordered(tool, reading)), None)

    def _clause(self, text: str, reading: Reading, that: str | None = None) -> _Clause | None:
        """Read a part of the message; ``that`` is the arithmetic of the part before it."""
        part = reading.part(text, that)
        tool = self._best(self._index.rank(part), part)
        return None if tool is None else _Clause(text, tool, fill(tool, part))

    def _clauses(self, reading: Reading) -> list[_Clause]:
        """Split a message into its requests; empty if it is one request.

        A piece that names no tool belongs to the request before it, unless it only gives another
        value for it, as Madrid does in "time in Tokyo and Madrid".
        """
        pieces = _pieces(reading)
        if len(pieces) == 1:
            return []
        clauses: list[_Clause] = []
        for piece, joint in pieces:
            said = clauses[-1].filling.arguments.get("expression") if clauses else None
            clause = self._clause(piece, reading, said if isinstance(said, str) else None)
            if not clauses:
                if clause is None:
                    return []
                clauses.append(clause)
                continue
            before = clauses[-1]
            ends_list = joint.strip() != "," or any(each[1].strip() != "," for each in pieces[1:])
            again = _again(before, piece, reading) if clause is None and ends_list else None
            whole = before.text + joint + piece
            if again is not None:
                clauses.append(again)
            elif clause is not None and self._own(clause, before, joint):
                clauses.append(clause)
            else:
                clauses[-1] = self._clause(whole, reading) or replace(before, text=whole)
        return clauses if len(clauses) > 1 else []

    @staticmethod
    def _own(clause: _Clause, before: _Clause, joint: str) -> bool:
        """Return whether the piece is a request of its own; a comma alone does not begin one."""
        if before.call is None or joint.strip() == ",":
            return False
        return clause.tool != before.tool or clause.call is not None


def _is_ordered_by_name(call: PlannedCall, reading: Reading) -> bool:
    """Return whether the message names what the call does, and not only what it is about."""
    verb = verb_of(call.tool)
    return verb is None or verb in {term(word) for word in WORD.findall(reading.folded)}


def _pieces(reading: Reading) -> list[tuple[str, str]]:
    """Return the pieces between conjunctions outside of quotes, each with the one before it."""
    pieces: list[tuple[str, str]] = []
    at, joint = 0, ""
    for match in _JOINT.finditer(reading.text):
        quoted = any(q.start < match.end() and match.start() < q.end for q in reading.quoted)
        if quoted or len(pieces) >= _CLAUSES or not reading.text[at : match.start()].strip():
            continue
        pieces.append((reading.text[at : match.start()], joint))
        at, joint = match.end(), match[0]
    rest = reading.text[at:]
    return [*pieces, (rest, joint)] if rest.strip() or not pieces else pieces


def _again(before: _Clause, piece: str, reading: Reading) -> _Clause | None:
    """Return the previous request with the piece's value in place of its own; None without one."""
    filling = fill(before.tool, reading.part(piece))
    given = filling.arguments
    if (
        before.call is None
        or not given
        or filling.rest
        or not given.keys() <= (before.filling.arguments.keys())
    ):
        return None
    arguments = {**before.filling.arguments, **given}
    if arguments == before.filling.arguments:
        return None
    return _Clause(piece, before.tool, Filling(arguments, (), ""))


def language_of(conversation: Exchange) -> Language:
    """Return the language of the message, or of the earlier ones if it shows none."""
    return detect([conversation.message, *reversed(conversation.earlier_messages[-5:])])
