"""Texts that a regular expression takes, out of a random source."""

import re
import string
from collections.abc import Callable
from random import Random
from re import _constants as worker_status  # type: ignore[attr-defined,unused-ignore]  # they have no public name
from re import _parser as parser  # type: ignore[attr-defined,unused-ignore]
from typing import Any, Final

_PRINTED: Final = [chr(code) for code in range(32, 127)]
_HALVES: Final = 0xD800  # where halves of characters begin, which are none
_CLASSES: Final = {
    worker_status.CATEGORY_DIGIT: string.digits,
    worker_status.CATEGORY_WORD: string.ascii_letters + string.digits + "_",
    worker_status.CATEGORY_SPACE: " ",
    worker_status.CATEGORY_NOT_DIGIT: string.ascii_letters + "-. ",
    worker_status.CATEGORY_NOT_WORD: "-. /+",
    worker_status.CATEGORY_NOT_SPACE: string.ascii_letters + string.digits + "-_/",
}


def matching(pattern: str, random: Random, least: int = 0, tries: int = 60) -> str | None:
    """Return a text that a pattern is found in, as long as that if it can be; None if none was."""
    tree = parser.parse(pattern)
    found = re.compile(pattern)
    best = None
    for attempt in range(tries):
        text = "".join(_texts(tree, random, min(attempt * 4 + 3, max(least * 2, 40))))
        if found.search(text):
            best = text
            if len(text) >= least:
                break
    return best


def _texts(tree: Any, random: Random, most: int) -> list[str]:
    return [_text(sign, said, random, most) for sign, said in tree]


def _text(sign: Any, said: Any, random: Random, most: int) -> str:
    match sign:
        case (
            worker_status.LITERAL | worker_status.NOT_LITERAL | worker_status.ANY | worker_status.IN
        ):
            return _character(sign, said, random)
        case worker_status.BRANCH:
            return "".join(_texts(random.choice(said[1]), random, most))
        case worker_status.SUBPATTERN:
            return "".join(_texts(said[-1], random, most))
        case worker_status.MAX_REPEAT | worker_status.MIN_REPEAT:
            least, limit, inner = said
            times = random.randint(least, max(least, min(int(limit), least + most)))
            return "".join("".join(_texts(inner, random, most)) for _ in range(times))
        case _:  # places such as ^, and what is looked ahead for: what does not fit is thrown away
            return ""


def _character(sign: Any, said: Any, random: Random) -> str:
    match sign:
        case worker_status.LITERAL:
            return chr(said)
        case worker_status.NOT_LITERAL:
            return random.choice([each for each in _PRINTED if ord(each) != said])
        case worker_status.ANY:
            return random.choice("abcXYZ 019-_/é")
        case _:
            return _of_class(said, random)


def _of_class(members: Any, random: Random) -> str:
    negated = members[0][0] is worker_status.NEGATE
    tests = [_test(sign, said) for sign, said in members if sign is not worker_status.NEGATE]
    if negated:
        return random.choice([each for each in _PRINTED if not any(test(each) for test in tests)])
    sign, said = random.choice(list(members))
    match sign:
        case worker_status.LITERAL:
            return chr(said)
        case worker_status.RANGE:
            return chr(
                random.randint(said[0], min(said[1], 0xD7FF if said[0] < 0xD800 else said[1]))
            )
        case _:
            return random.choice(_CLASSES[said])


def _test(sign: Any, said: Any) -> Callable[[str], bool]:
    match sign:
        case worker_status.LITERAL:
            return lambda each: ord(each) == said
        case worker_status.RANGE:
            return lambda each: said[0] <= ord(each) <= said[1]
        case _:
            known = _CLASSES[said]
            return lambda each: each in known
