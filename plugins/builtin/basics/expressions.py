"""Parser and evaluator of arithmetic expressions (precedence climbing, never ``eval``).

From loosest to tightest: ``+ -``, ``* / // % of``, the sign, ``**`` (from the right), and ``%``
as percent. A ``%`` is the remainder if a number, a name or a bracket follows it, else percent.
"""

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from domain.shared.errors import ToolFailed
from domain.shared.text import did_you_mean
from plugins.builtin.basics.exact import (
    MAX_DIGITS,
    PI,
    E,
    Number,
    bounded,
    combine,
    factorial,
    power,
    round_half_up,
    sqrt,
)

MAX_LENGTH: Final = 500
MAX_DEPTH: Final = 50

_SPELLINGS: Final = str.maketrans({"×": "*", "÷": "/", "−": "-", "^": "**"})  # noqa: RUF001 - the minus sign
_TOKEN: Final = re.compile(
    r"(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z_0-9]*)"
    r"|(?P<sign>\*\*|//|[-+*/%(),])"
)
_THOUSANDS: Final = re.compile(r"[0-9][,_' ][0-9]{3}(?![0-9])")

_SIGN_POWER: Final = 30
_BINARY: Final[Mapping[str, tuple[int, int, Callable[[Number, Number], Number]]]] = {
    "+": (10, 11, lambda a, b: combine(operator.add, a, b)),
    "-": (10, 11, lambda a, b: combine(operator.sub, a, b)),
    "*": (20, 21, lambda a, b: combine(operator.mul, a, b)),
    "of": (20, 21, lambda a, b: combine(operator.mul, a, b)),
    "/": (20, 21, lambda a, b: combine(operator.truediv, a, b)),
    "//": (20, 21, lambda a, b: combine(operator.floordiv, a, b)),
    "%": (20, 21, lambda a, b: combine(operator.mod, a, b)),
    "**": (40, 40, power),
}
"""The left and the right binding power of each operator, and its function."""

_CONSTANTS: Final[Mapping[str, Number]] = {"pi": PI, "e": E}


def _floor(number: Number) -> Number:
    return Number(Fraction(math.floor(number.value)), number.exact)


def _ceil(number: Number) -> Number:
    return Number(Fraction(math.ceil(number.value)), number.exact)


def _choose(better: Callable[[Fraction, Fraction], Fraction]) -> Callable[..., Number]:
    def choose(*numbers: Number) -> Number:
        result = numbers[0]
        for number in numbers[1:]:
            result = combine(better, result, number)
        return result

    return choose


_ANY: Final = MAX_LENGTH
_FUNCTIONS: Final[Mapping[str, tuple[int, int, Callable[..., Number]]]] = {
    "abs": (1, 1, lambda number: Number(abs(number.value), number.exact)),
    "ceil": (1, 1, _ceil),
    "factorial": (1, 1, factorial),
    "floor": (1, 1, _floor),
    "max": (1, _ANY, _choose(max)),
    "min": (1, _ANY, _choose(min)),
    "round": (1, 2, round_half_up),
    "sqrt": (1, 1, sqrt),
}
"""The least and the most arguments of each function, and the function."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its kind (``number``, ``name``, ``sign``, ``end``) and text."""

    kind: str
    text: str

    def begins_operand(self) -> bool:
        """Return whether it is a number, a name or an opening bracket."""
        return self.kind == "number" or self.text == "(" or self._is_value_name()

    def _is_value_name(self) -> bool:
        return self.kind == "name" and self.text not in _BINARY


_END: Final = Token("end", "the end")


def work_out(text: str) -> tuple[str, Number]:
    """Evaluate an expression; return it in normalized spelling, and its value.

    Raises:
        ToolFailed: the expression cannot be parsed, has no value, or exceeds the limits.

    """
    if len(text) > MAX_LENGTH:
        raise ToolFailed(f"The expression is longer than {MAX_LENGTH} characters.")
    parser = _Parser(_tokens(text))
    value = parser.whole()
    return "".join(parser.spelling), value


def _tokens(text: str) -> list[Token]:
    if _THOUSANDS.search(text):
        raise ToolFailed(
            "Write numbers without thousands separators, as 1234.5;"
            " put a space after a comma between arguments."
        )
    plain = text.translate(_SPELLINGS)
    tokens, position = [], 0
    while position < len(plain):
        if plain[position].isspace():
            position += 1
            continue
        match = _TOKEN.match(plain, position)
        if match is None:
            raise ToolFailed(f"There is no meaning to {plain[position]!r} in an expression.")
        tokens.append(Token(match.lastgroup or "", match[0].lower()))
        position = match.end()
    if not tokens:
        raise ToolFailed("The expression is empty.")
    return tokens


class _Parser:
    """Evaluates an expression while parsing; ``spelling`` is the parsed part, normalized."""

    def __init__(self, tokens: list[Token]) -> None:
        self.spelling: list[str] = []
        self._tokens = [*tokens, _END, _END]
        self._position = 0
        self._depth = 0

    def whole(self) -> Number:
        value = self._expression(0)
        if self._next.text == ",":
            raise ToolFailed("A comma only separates arguments; decimals take a point, as 3.5.")
        if self._next is not _END:
            raise ToolFailed(f"Expected an operator, found {self._next.text!r}.")
        return value

    @property
    def _next(self) -> Token:
        return self._tokens[self._position]

    def _take(self, spelling: str | None = None) -> Token:
        token = self._next
        self._position += 1
        self.spelling.append(token.text if spelling is None else spelling)
        return token

    def _expression(self, least_power: int) -> Number:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ToolFailed(f"The expression is nested deeper than {MAX_DEPTH} levels.")
        value = self._operand()
        while self._next.text in _BINARY:
            left_power, right_power, operation = _BINARY[self._next.text]
            if left_power < least_power:
                break
            self._take(" * " if self._next.text == "of" else f" {self._next.text} ")
            value = operation(value, self._expression(right_power))
        self._depth -= 1
        return value

    def _operand(self) -> Number:
        token = self._next
        if token.text in {"+", "-"}:
            self._take()
            value = self._expression(_SIGN_POWER)
            return value if token.text == "+" else Number(-value.value, value.exact)
        value = self._atom()
        while self._next.text == "%" and not self._tokens[self._position + 1].begins_operand():
            self._take()
            value = combine(operator.truediv, value, Number(Fraction(100)))
        return value

    def _atom(self) -> Number:
        token = self._next
        if not token.begins_operand():
            raise ToolFailed(f"Expected a number, found {token.text!r}.")
        self._take()
        if token.kind == "number":
            return _number(token.text)
        if token.text == "(":
            value = self._expression(0)
            self._close()
            return value
        if token.text in _CONSTANTS:
            return _CONSTANTS[token.text]
        return self._call(token.text)

    def _call(self, name: str) -> Number:
        if name not in _FUNCTIONS:
            hint = did_you_mean(name, [*_FUNCTIONS, *_CONSTANTS])
            raise ToolFailed(f"There is no function {name!r}.{hint}")
        fewest, most, function = _FUNCTIONS[name]
        if self._next.text != "(":
            raise ToolFailed(f"Expected '(' after {name}, found {self._next.text!r}.")
        self._take()
        arguments = [self._expression(0)]
        while self._next.text == ",":
            self._take(", ")
            arguments.append(self._expression(0))
        self._close()
        if not fewest <= len(arguments) <= most:
            raise ToolFailed(f"{name} does not take {len(arguments)} arguments.")
        return function(*arguments)

    def _close(self) -> None:
        if self._next.text != ")":
            raise ToolFailed(f"Expected ')', found {self._next.text!r}.")
        self._take()


def _number(text: str) -> Number:
    _, _, exponent = text.partition("e")
    if exponent and abs(int(exponent)) >= MAX_DIGITS:
        raise ToolFailed(f"The number {text} is beyond {MAX_DIGITS} digits.")
    return bounded(Fraction(text))
