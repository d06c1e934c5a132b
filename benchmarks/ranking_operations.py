"""Questions for the operations of real APIs, made from what their documents say of them.

Every operation of every document in a folder is a tool of one catalogue. Nobody wrote questions
for them, so they are made, so that what is asked is not what the tool says:

- ``descriptions``: where an operation has a summary and a description, the tool shows the summary
  alone and the question is the description's first two sentences, up to 300 characters. Of the
  words in it that the tool's name or summary say too, half are left out.
- ``summaries``: the tool shows all it has, and the question is its summary (or else the first
  sentence of its description) with half of the words left out that mean something.

Which half is a matter of the word's and the tool's CRC-32, so it is always the same. Half of the
questions begin with the API's title (``In Traccar: ...``), as people say where they want
something done. Right is the operation and, where its path needs an id, the ``GET`` that lists what
has one (``GET /pets`` for ``DELETE /pets/{id}``): without it nobody can call it. Questions of
which less than two words are left are none.

Documents are held out: weights were chosen while looking at the half of them whose file names have
an even CRC-32, and at the data sets of real questions, never at one of them alone.
"""

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from domain.learning.names import free_names, slug
from domain.tools.ranking.words import content
from domain.tools.tool import ToolSpec
from plugins.openapi.lowering import LoweredTool, lower
from plugins.openapi.lowering.words import plain
from plugins.openapi.operation import Operation
from plugins.openapi.reading import DocumentRefused, ReadingLimits, read_document

_KINDS: Final = (".json", ".yaml", ".yml")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s|\n")
_WORD: Final = re.compile(r"[\w'-]+")
_SENTENCES: Final = 2
_LONGEST: Final = 300  # characters of a description
_LONGEST_SENTENCE: Final = 200
_LEAST: Final = 2  # words that mean something, of a question
_LIMITS: Final = ReadingLimits(size=40_000_000, seconds=120)


@dataclass(frozen=True, slots=True)
class RealOperation:
    """An operation of a document, and the tool that it is."""

    document: str
    title: str
    operation: Operation
    tool: ToolSpec
    finder: str = ""

    @property
    def is_held_out(self) -> bool:
        """Tell whether no weight was chosen while looking at its document."""
        return _chance(self.document)

    @property
    def right(self) -> frozenset[str]:
        """The names of the tools that it takes to do this."""
        return frozenset(filter(None, (self.tool.name, self.finder)))


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and what answers it."""

    text: str
    about: RealOperation


def operations(folder: Path) -> list[RealOperation]:
    """Return the operations of all documents that can be read, as they would be learned."""
    found: list[RealOperation] = []
    taken: set[str] = set()
    for path in sorted(path for path in folder.iterdir() if path.suffix in _KINDS):
        try:
            document = read_document(path.read_bytes(), source="", limits=_LIMITS)
            tools = [each for each in lower(document) if isinstance(each, LoweredTool)]
        except DocumentRefused:
            continue
        title = document.title or path.stem
        wanted = {tool.operation.name: tool.spec.name for tool in tools}
        names = free_names(wanted, taken, title)
        taken.update(names.values())
        found += [_real(path.name, title, tool, names) for tool in tools]
    return found


def _real(document: str, title: str, tool: LoweredTool, names: Mapping[str, str]) -> RealOperation:
    operation = tool.operation
    spec = replace(tool.spec, name=names[operation.name], category=slug(title), plugin="learned")
    return RealOperation(document, title, operation, spec, _finder(operation, names))


def _finder(operation: Operation, names: Mapping[str, str]) -> str:
    parts = operation.path.split("/")
    ends = [at for at, part in enumerate(parts) if "{" in part]
    listing = (f"GET {'/'.join(parts[:end])}" for end in reversed(ends))
    return next((names[name] for name in listing if name in names and name != operation.name), "")


def descriptions(found: Iterable[RealOperation]) -> tuple[list[ToolSpec], list[Asked]]:
    """Return tools that show their summaries, and questions from their descriptions."""
    tools, asked = [], []
    for each in found:
        summary = plain(each.operation.summary)
        told = _beginning(plain(each.operation.description), _SENTENCES)[:_LONGEST]
        own = set(content(f"{each.tool.name} {summary}"))
        question = _worn(told, each, own)
        is_asked = summary and set(content(told)) - own and _means_something(question)
        tools.append(replace(each.tool, description=summary) if is_asked else each.tool)
        if is_asked:
            asked.append(Asked(_placed(question, each), each))
    return tools, asked


def summaries(found: Iterable[RealOperation]) -> tuple[list[ToolSpec], list[Asked]]:
    """Return tools as they are, and questions from halves of their summaries."""
    found = list(found)
    return [each.tool for each in found], list(_from_summaries(found))


def _from_summaries(found: Iterable[RealOperation]) -> Iterator[Asked]:
    for each in found:
        told = plain(each.operation.summary) or _beginning(plain(each.operation.description), 1)
        told = told[:_LONGEST_SENTENCE]
        question = _worn(told, each, set(content(told)))
        if _means_something(question) and set(content(question)) != set(content(told)):
            yield Asked(_placed(question, each), each)


def _beginning(text: str, sentences: int) -> str:
    return " ".join(_SENTENCE.split(text.strip())[:sentences])


def _worn(text: str, about: RealOperation, words: set[str]) -> str:
    """Return the text without half of its words that mean one of these."""
    return " ".join(
        word
        for word in _WORD.findall(text)
        if words.isdisjoint(content(word)) or not _chance(word.lower() + about.tool.name)
    )


def _means_something(question: str) -> bool:
    return len(set(content(question))) >= _LEAST


def _placed(question: str, about: RealOperation) -> str:
    named = _chance(about.operation.name + about.document)
    return f"In {about.title}: {question}" if named else question


def _chance(text: str) -> bool:
    return zlib.crc32(text.encode()) % 2 == 1
