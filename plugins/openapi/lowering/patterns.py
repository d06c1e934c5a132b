"""Filter of regular expressions: keeps those portable between engines and safe from ReDoS."""

import math
import re
import warnings
from typing import Any, Final

_MOST: Final = 300  # characters
_MOST_LOOPS: Final = 6  # unbounded ones in a pattern: each may multiply the matching time
_MOST_REPEATED: Final = 5_000  # repetitions, all loops added up: some engines unroll them
_FEW: Final = 4  # repetitions of a group of variable length: more can take exponential time
_LITERAL: Final = re.compile(r"/(.*)/\Z", re.DOTALL)
_ESCAPES: Final = frozenset("dDwWsSbBnrtfv0123456789")
_TOKEN: Final = re.compile(
    r"""(?P<escape>\\(?:x[0-9A-Fa-f]{2}|.))
      | (?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])
      | (?P<open>\((?P<kind>\?(?:[:=!])?)?)
      | (?P<close>\))
      | (?P<loop>(?:[*+?]|\{\d+(?:,\d*)?\})\??)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


def usable(pattern: Any) -> str | None:
    """Return the pattern if it can be used, or None.

    It then means the same in Python, JavaScript and Rust, and has no nested loops, so that it
    cannot take exponential time.
    """
    if not isinstance(pattern, str) or not pattern or len(pattern) > _MOST:
        return None
    if (literal := _LITERAL.match(pattern)) is not None:
        pattern = literal[1]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(pattern)
    except (re.error, RecursionError, OverflowError, Warning):
        return None
    return pattern if _is_common(pattern) and _is_quick(pattern) else None


def _is_common(pattern: str) -> bool:
    """Return whether all engines support its syntax."""
    for token in _TOKEN.finditer(pattern):
        escape, klass = token["escape"], token["class"]
        if escape and not _is_known(escape):
            return False
        if klass and not _is_known_class(klass):
            return False
        if token["open"] and token["kind"] == "?":  # named groups, flags, lookbehind
            return False
        if token["other"] in ("{", "}", "]", "["):  # literals in Python alone
            return False
        if token["loop"] and pattern[token.end() : token.end() + 1] in ("*", "+", "?"):
            return False
    return True


def _is_known(escape: str) -> bool:
    sign = escape[1]
    if len(escape) > 2:  # noqa: PLR2004  a character by its number, such as \x7F
        return True
    if sign.isdigit() or sign in "bB":  # backreferences; word boundaries differ between engines
        return False
    return sign in _ESCAPES or (sign.isascii() and not sign.isalnum() and sign not in "<> ")


def _is_known_class(klass: str) -> bool:
    inside = klass[1:-1].removeprefix("^")
    if inside.startswith("]") or re.search(r"&&|--|~~|\|\|", inside):
        return False
    escapes = re.findall(r"\\(?:x[0-9A-Fa-f]{2}|.)", inside, re.DOTALL)
    return "[" not in re.sub(r"\\.", "", inside) and all(map(_is_known, escapes))


def _is_quick(pattern: str) -> bool:
    endless = repeated = 0
    varies = [False]  # whether the open group holds a choice, or a loop of no fixed length
    for token in _TOKEN.finditer(pattern):
        if token["open"]:
            varies.append(False)
        elif token["close"]:
            inner = varies.pop()
            loop = _TOKEN.match(pattern, token.end())
            if inner and loop and loop["loop"] and _counts(loop["loop"])[1] > _FEW:
                return False
            varies[-1] = varies[-1] or inner
        elif token["loop"]:
            least, most = _counts(token["loop"])
            endless += most == math.inf
            repeated += least if most == math.inf else int(most)
            varies[-1] = varies[-1] or least != most
        elif token["other"] == "|":
            varies[-1] = True
    return endless <= _MOST_LOOPS and repeated <= _MOST_REPEATED


def _counts(loop: str) -> tuple[int, float]:
    """Return the least and the most repetitions of a loop."""
    match loop[0]:
        case "?":
            return 0, 1
        case "*":
            return 0, math.inf
        case "+":
            return 1, math.inf
        case _:
            least, _, most = loop.rstrip("?").strip("{}").partition(",")
            return int(least), (float(most or "inf") if "," in loop else int(least))
