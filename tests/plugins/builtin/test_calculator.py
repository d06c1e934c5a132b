"""The calculator: exact, safe, bounded."""

import operator
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.shared.errors import ToolFailed
from domain.tools.tool_context import ToolContext
from plugins.builtin.basics.calculator import calculator
from plugins.builtin.basics.exact import PI, E


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("17 * 23", "391"),
        ("0.1 + 0.2", "0.3"),
        ("1.50 - 2", "-0.5"),
        ("10 / 4", "2.5"),
        ("2 / 3", "2/3"),
        ("-4/6", "-2/3"),
        ("7 // 2", "3"),
        ("-7 // 2", "-4"),
        ("17 % 5", "2"),
        ("17 % (-5)", "-3"),
        ("15% of 80", "12"),
        ("15% * 80", "12"),
        ("80 - 10%", "79.9"),
        ("10% - 3", "-2.9"),
        ("50%%", "0.005"),
        ("7 % 50%", "0"),
        ("2 ** 3 ** 2", "512"),
        ("-2 ** 2", "-4"),
        ("2 ** -1", "0.5"),
        ("(-2)^3", "-8"),
        ("3 × 4 ÷ 6 − 1", "1"),  # noqa: RUF001 - as people paste it
        ("2 - -3", "5"),
        ("--3", "3"),
        ("1e3 + 1.5e-2", "1000.015"),
        (".5 + 5.", "5.5"),
        ("sqrt(16)", "4"),
        ("sqrt(4/9)", "2/3"),
        ("(1/4) ** (3/2)", "0.125"),
        ("abs(-3.5)", "3.5"),
        ("min(3, 1, 2) + max(3, 1, 2)", "4"),
        ("round(2.5)", "3"),
        ("round(-2.5)", "-3"),
        ("round(2.675, 2)", "2.68"),
        ("round(1234, -2)", "1200"),
        ("floor(-1.5) * ceil(1.2)", "-4"),
        ("factorial(20)", "2432902008176640000"),
        ("SQRT(9)", "3"),
        ("0 ** 0", "1"),
        ("(-1) ** (10 ** 900 + 1)", "-1"),
        ("0 ** 99999999999999999999", "0"),
        ("2 ** 200", str(2**200)),
    ],
)
def test_exact_results(expression: str, result: str) -> None:
    answer = calculator(expression)
    assert (answer["result"], answer["exact"]) == (result, True)


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("pi", "3.14159265358979323846264338328"),
        ("e", "2.71828182845904523536028747135"),
        ("sqrt(2)", "1.41421356237309504880168872421"),
        ("sqrt(2) ** 2", "2"),
        ("8 ** (1/3)", "2"),
        ("round(pi, 2)", "3.14"),
        ("1.5 ** 2000", "1.52236261857378246819990453058E+352"),
        ("1 / 3 ** 200", "3.76486194959902641988342189001E-96"),
        ("1e999 / 7 + 1e-999", "1.42857142857142857142857142857E+998"),
        ("(1 + 0.05 / 365) ** 3650", "1.6486648137654718302139994212"),
    ],
)
def test_rounded_results_say_that_they_are(expression: str, result: str) -> None:
    answer = calculator(expression)
    assert (answer["result"], answer["exact"]) == (result, False)


def test_fractions_come_with_a_decimal() -> None:
    assert calculator("2/3") == {
        "expression": "2 / 3",
        "result": "2/3",
        "exact": True,
        "decimal": "0.666666666666666666666666666667",
    }


def test_the_expression_comes_back_in_a_normal_spelling() -> None:
    spelled = calculator(" 15 %of 80+MAX(1,2)×-3^2 ")["expression"]  # noqa: RUF001 - as pasted
    assert spelled == "15% * 80 + max(1, 2) * -3 ** 2"
    assert calculator(spelled)["expression"] == spelled


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("", "empty"),
        ("1,000 + 1", "thousands separators"),
        ("max(1,000)", "thousands separators"),
        ("1_000", "thousands separators"),
        ("1 000", "thousands separators"),
        ("3,5 + 1", "decimals take a point"),
        ("1 / 0", "Division by zero"),
        ("1 // 0", "Division by zero"),
        ("1 % 0", "Division by zero"),
        ("0 ** -1", "Division by zero"),
        ("0 ** -0.5", "Division by zero"),
        ("2 +", "Expected a number, found 'the end'"),
        ("2 3", "Expected an operator, found '3'"),
        ("2(3)", r"Expected an operator, found '\('"),
        ("(2", r"Expected '\)'"),
        ("2)", r"found '\)'"),
        ("sqrt 4", r"Expected '\('"),
        ("sqrt()", "Expected a number"),
        ("sqrt(1, 2)", "does not take 2 arguments"),
        ("sqrt(-1)", "no real square root"),
        ("(-8) ** (1/3)", "no real power"),
        ("sqr(4)", "Did you mean 'sqrt'"),
        ("__import__('os')", "no function|no meaning"),
        ("().__class__", "no meaning to '.'"),
        ("1 if 1 else 2", "Expected an operator"),
        ("1 = 1", "no meaning to '='"),
        ("\ud800\x00", "no meaning"),
        ("10 ** 10 ** 10", "more than 1000 digits"),
        ("9 ** 9 ** 9 ** 9", "exponent is too large|more than 1000 digits"),
        ("1.1 ** 10 ** 10", "more than 1000 digits"),
        ("0.1 ** 10 ** 10", "smaller than"),
        ("2 ** 10 ** 20", "exponent is too large"),
        ("2 ** (10 ** 20 + 0.3)", "exponent is too large"),
        ("10 ** 999 * 10", "more than 1000 digits"),
        ("1e1000", "beyond 1000 digits"),
        ("1e999999999", "beyond 1000 digits"),
        ("factorial(450)", "from 0 to 449"),
        ("factorial(-1)", "from 0 to 449"),
        ("factorial(2.5)", "from 0 to 449"),
        ("round(1, 1e9)", "places"),
        ("round(1, 0.5)", "places"),
        ("(" * 200 + "1" + ")" * 200, "nested deeper than 50"),
        ("-" * 400 + "1", "nested deeper than 50"),
        ("1**" * 150 + "1", "nested deeper than 50"),
        ("1" * 501, "longer than 500"),
    ],
)
def test_what_cannot_be_calculated_says_why(expression: str, reason: str) -> None:
    with pytest.raises(ToolFailed, match=reason):
        calculator(expression)


def test_the_constants_are_right() -> None:
    with localcontext() as decimals:
        decimals.prec = 70
        assert abs(Decimal(1).exp() - Decimal(E.value.numerator) / E.value.denominator) < 1e-61

    def arctan_of_inverse(n: int) -> Fraction:
        return sum(
            (Fraction((-1) ** k, (2 * k + 1) * n ** (2 * k + 1)) for k in range(60)), Fraction()
        )

    machin = 16 * arctan_of_inverse(5) - 4 * arctan_of_inverse(239)
    assert abs(machin - PI.value) < Fraction(1, 10**61)


OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
Sum = tuple[str, Fraction | None]


def combined(parts: tuple[Sum, str, Sum]) -> Sum:
    (left, left_value), sign, (right, right_value) = parts
    value = None
    if left_value is not None and right_value is not None and (sign != "/" or right_value):
        value = OPERATORS[sign](left_value, right_value)
    return f"({left} {sign} {right})", value


numbers: st.SearchStrategy[Sum] = st.decimals(
    min_value=0, max_value=1000, places=2, allow_nan=False
).map(lambda number: (str(number), Fraction(number)))
sums = st.recursive(
    numbers,
    lambda inner: st.tuples(inner, st.sampled_from(sorted(OPERATORS)), inner).map(combined),
    max_leaves=8,
)


@given(sums)
def test_it_agrees_with_the_arithmetic_of_fractions(one: Sum) -> None:
    expression, value = one
    if value is None:
        with pytest.raises(ToolFailed, match="zero"):
            calculator(expression)
        return
    answer = calculator(expression)
    if answer["exact"]:
        assert Fraction(answer["result"]) == value
    else:
        assert abs(Fraction(answer["result"]) - value) <= abs(value) * Fraction(1, 10**29)


PIECES = """
    0 1 2.5 9 999 1e99 1e-99 pi e sqrt( factorial( round( max( ( ) , + - * / // % of ** ^ ~
"""
pieces = st.sampled_from(PIECES.split())


@given(st.text(max_size=520) | st.lists(pieces, max_size=60).map(" ".join))
def test_any_text_gives_a_result_or_a_reason(text: str) -> None:
    try:
        answer = calculator(text)
    except ToolFailed as failed:
        answer = {"expression": text or "nothing", "result": failed.message}
    assert answer["expression"]
    assert 0 < len(answer["result"]) <= 1010


async def test_it_runs_as_a_tool(context: ToolContext) -> None:
    assert calculator.spec.effect == "read"
    answer = await calculator.run(calculator.check({"expression": "17 * 23"}), context)
    assert answer == {"expression": "17 * 23", "result": "391", "exact": True}
