"""The tool ``calculator``: exact arithmetic with limits, without ``eval``."""

from typing import Annotated, Any

from pydantic import Field

from domain.tools.tool import Effect
from plugins.authoring.tool import tool
from plugins.builtin.basics.expressions import MAX_LENGTH, work_out


@tool(effect=Effect.READ, category="calculation")
def calculator(expression: Annotated[str, Field(max_length=MAX_LENGTH)]) -> dict[str, Any]:
    """Calculate an arithmetic expression exactly.

    Knows + - * / // % ** and brackets, percentages ("15% of 80"), sqrt, abs, min, max,
    round(x, places), floor, ceil, factorial, and pi and e to 60 digits.

    Returns `result` as an integer, a decimal or a fraction such as "2/3". `exact` is false if
    it had to be rounded, to 30 significant digits. A fraction comes with its rounded `decimal`.

    Args:
        expression: what to calculate, such as "17 * 23" or "sqrt(2) * (3.5 - 1)"; numbers
            have a decimal point and no thousands separators.

    """
    spelling, number = work_out(expression)
    plain = number.plain()
    if plain is None:
        return {"expression": spelling, "result": number.rounded(), "exact": False}
    result = {"expression": spelling, "result": plain, "exact": True}
    return result | {"decimal": number.rounded()} if "/" in plain else result
