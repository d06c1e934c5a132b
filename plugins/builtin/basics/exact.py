"""Exact arithmetic with fractions, rounded where needed, with limits against huge numbers.

Numbers are fractions. What has no exact value (roots, pi) is a fraction right to some 60
digits, and marked. Every operation is bounded: no number reaches ``10**1000``, and one whose
fraction would grow too long is rounded to 60 digits, and marked.
"""

import decimal
import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from domain.shared.errors import ToolFailed

MAX_DIGITS: Final = 1000
SHOWN_DIGITS: Final = 30
_LIMIT: Final = 10**MAX_DIGITS
_LIMIT_BITS: Final = _LIMIT.bit_length()
_MAX_EXPONENT: Final = 10**15  # beyond it, 60 digits of the base no longer give 30 good ones
_MAX_FACTORIAL: Final = 449  # 450! is greater than 10**1000
_MAX_PLACES: Final = 100
_MAX_PLAIN: Final = 60  # an exact result longer than this is shown rounded, unless it is whole

_WORKING: Final = decimal.Context(
    prec=60,
    Emax=MAX_DIGITS,
    Emin=-MAX_DIGITS,
    traps=[decimal.InvalidOperation, decimal.Overflow, decimal.Underflow],
)
_SHOWN: Final = decimal.Context(prec=SHOWN_DIGITS, Emax=2 * MAX_DIGITS, Emin=-2 * MAX_DIGITS)


@dataclass(frozen=True, slots=True)
class Number:
    """A number, and whether it is exact or rounded."""

    value: Fraction
    exact: bool = True

    def plain(self) -> str | None:
        """Return the exact number in full, as ``42``, ``-0.3`` or ``2/3``.

        Returns None if it is not exact, or not whole and very long.
        """
        if not self.exact:
            return None
        text = _terminating(self.value) or str(self.value)
        return text if self.value.denominator == 1 or len(text) <= _MAX_PLAIN else None

    def rounded(self) -> str:
        """Return the number rounded to 30 digits, as ``0.6666...67`` or ``1.5E+300``."""
        number = _decimal(self.value, _SHOWN).normalize(_SHOWN)
        return f"{number:f}" if -SHOWN_DIGITS < number.adjusted() < SHOWN_DIGITS else f"{number:E}"


PI: Final = Number(
    Fraction("3.14159265358979323846264338327950288419716939937510582097494459"), exact=False
)
E: Final = Number(
    Fraction("2.71828182845904523536028747135266249775724709369995957496696763"), exact=False
)


def combine(
    operation: Callable[[Fraction, Fraction], Fraction | int], left: Number, right: Number
) -> Number:
    """Apply a binary operation to two numbers.

    Raises:
        ToolFailed: the result is too large or too small, or a division is by zero.

    """
    try:
        value = Fraction(operation(left.value, right.value))
    except ZeroDivisionError:
        raise ToolFailed("Division by zero.") from None
    return bounded(value, exact=left.exact and right.exact)


def bounded(value: Fraction, *, exact: bool = True) -> Number:
    """Return the number, rounded if its fraction is very long.

    Raises:
        ToolFailed: the number is too large or too small.

    """
    if abs(value) >= _LIMIT:
        raise ToolFailed(f"The result has more than {MAX_DIGITS} digits.")
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > _LIMIT_BITS:
        return _approximate(lambda: _decimal(value, _WORKING))
    return Number(value, exact)


def power(base: Number, exponent: Number) -> Number:
    """Return ``base ** exponent``, exactly for whole exponents and exact square roots.

    Raises:
        ToolFailed: there is no real result, or the result or the exponent is too large.

    """
    if exponent.value.denominator == 1:
        return _whole_power(base, exponent)
    if base.value < 0:
        raise ToolFailed("A negative number has no real power with a fractional exponent.")
    if base.value == 0:
        return combine(lambda zero, n: zero if n > 0 else 1 / zero, base, exponent)
    if exponent.value.denominator == 2:  # noqa: PLR2004 - a half: x**(3/2) is sqrt(x)**3
        return _whole_power(sqrt(base), Number(exponent.value * 2, exponent.exact))
    _require_exponent(exponent)
    return _approximate(
        lambda: _WORKING.power(_decimal(base.value, _WORKING), _decimal(exponent.value, _WORKING))
    )


def _whole_power(base: Number, exponent: Number) -> Number:
    count = int(exponent.value)
    if abs(base.value) in {0, 1}:  # any exponent will do, and only its parity matters
        small = min(abs(count), 2 - count % 2) * (1 if count >= 0 else -1)
        return combine(lambda value, _: value**small, base, exponent)
    _require_exponent(exponent)
    bits = max(base.value.numerator.bit_length(), base.value.denominator.bit_length())
    if bits * abs(count) <= 2 * _LIMIT_BITS:
        return combine(lambda value, _: value**count, base, exponent)
    return _approximate(lambda: _WORKING.power(_decimal(base.value, _WORKING), count))


def _require_exponent(exponent: Number) -> None:
    if abs(exponent.value) > _MAX_EXPONENT:
        raise ToolFailed("The exponent is too large.")


def sqrt(number: Number) -> Number:
    """Return the square root, exactly if it is a fraction.

    Raises:
        ToolFailed: the number is negative.

    """
    if number.value < 0:
        raise ToolFailed("A negative number has no real square root.")
    root = Fraction(math.isqrt(number.value.numerator), math.isqrt(number.value.denominator))
    if root * root == number.value:
        return Number(root, number.exact)
    return _approximate(lambda: _WORKING.sqrt(_decimal(number.value, _WORKING)))


def round_half_up(number: Number, places: Number = Number(Fraction(0))) -> Number:
    """Round to so many decimal places, halves away from zero; negative places round to tens.

    Raises:
        ToolFailed: the places are not a whole number between -100 and 100.

    """
    if places.value.denominator != 1 or abs(places.value) > _MAX_PLACES:
        raise ToolFailed(f"round takes a whole number of places, at most {_MAX_PLACES}.")
    scale = Fraction(10) ** int(places.value)
    size = math.floor(abs(number.value) * scale + Fraction(1, 2)) / scale
    return bounded(size if number.value >= 0 else -size, exact=number.exact)


def factorial(number: Number) -> Number:
    """Return the factorial.

    Raises:
        ToolFailed: the number is not whole, negative, or too large.

    """
    if number.value.denominator != 1 or not 0 <= number.value <= _MAX_FACTORIAL:
        raise ToolFailed(f"factorial takes a whole number from 0 to {_MAX_FACTORIAL}.")
    return Number(Fraction(math.factorial(int(number.value))), number.exact)


def _approximate(compute: Callable[[], Decimal]) -> Number:
    try:
        return Number(Fraction(compute()), exact=False)
    except decimal.Overflow:
        raise ToolFailed(f"The result has more than {MAX_DIGITS} digits.") from None
    except decimal.Underflow:
        raise ToolFailed(f"The result is smaller than 1E-{MAX_DIGITS}.") from None


def _decimal(value: Fraction, context: decimal.Context) -> Decimal:
    return context.divide(Decimal(value.numerator), Decimal(value.denominator))


def _terminating(value: Fraction) -> str | None:
    """Return the decimal form in full, or None if it does not terminate."""
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return None
    places = max(twos, fives)
    digits = str(abs(int(value * 10**places))).rjust(places + 1, "0")
    point = len(digits) - places
    sign = "-" if value < 0 else ""
    return sign + (f"{digits[:point]}.{digits[point:]}" if places else digits)
