"""What answers cost, where that is known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.models.messages import Usage
from domain.models.prices import Price, Prices

PRICES = Prices(
    {
        "p": {
            "m": Price(2.0, 0.5, 8.0),
            "m-2024-05-13": Price(4.0, 4.0, 16.0),
            "small": Price(1.0, 1.0, 1.0, up_to=100),
            "free": Price(0.0, 0.0, 0.0),
        }
    }
)
MILLION = Usage(1_000_000, 1_000_000)


@pytest.mark.parametrize(
    ("model", "usage", "cost"),
    [
        ("m", MILLION, 10.0),
        ("m", Usage(1_000_000, 0, 400_000), 1.4),
        ("m", Usage(), 0.0),
        ("m-latest", MILLION, 10.0),
        ("m-2025-08-07", MILLION, 10.0),
        ("m-20250807", MILLION, 10.0),
        ("m-2024-05-13", MILLION, 20.0),
        ("free", MILLION, 0.0),
        ("small", Usage(100, 0), 0.0001),
        ("small", Usage(101, 0), None),
    ],
)
def test_what_is_known(model: str, usage: Usage, cost: float | None) -> None:
    assert PRICES.cost("p", model, usage) == pytest.approx(cost)


@pytest.mark.parametrize(
    "model",
    [
        "",
        "n",
        "m-high",
        "m-latest-high",
        "m-2025-13-07",
        "m-2025-0807",
        "m-202508071",
        "m-2025-08-07-audio",
        "m-20\u0662\u0665-08-07",  # digits, but not ASCII
        "m-latest\n",
        "M",
        "mm-latest",
    ],
)
def test_no_guess_is_made_of_the_others(model: str) -> None:
    assert PRICES.cost("p", model, MILLION) is None


def test_names_are_their_providers() -> None:
    assert PRICES.cost("q", "m", MILLION) is None


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_cost_is_never_negative(given: int, cached: int, said: int) -> None:
    cost = PRICES.cost("p", "m", Usage(given, said, cached))
    assert cost is not None
    assert cost >= 0
