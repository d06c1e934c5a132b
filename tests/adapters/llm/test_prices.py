"""The table of prices that comes with the house, and the operator's own."""

from pathlib import Path

import pytest

from adapters.llm.prices import load_prices
from domain.models.messages import Usage

THOUSAND = Usage(1_000, 1_000, 500)


def test_the_table_that_comes_with_the_house() -> None:
    prices = load_prices()
    assert prices.cost("offline", "offline-1", THOUSAND) == 0
    dated = prices.cost("openai", "gpt-5-mini-2025-08-07", THOUSAND)
    assert dated == pytest.approx(0.0021375)
    assert prices.cost("openai", "gpt-4o-2024-05-13", THOUSAND) == pytest.approx(0.02)
    assert prices.cost("anthropic", "claude-sonnet-4-5-20250929", THOUSAND) is not None
    assert prices.cost("google", "gemini-2.5-pro", Usage(200_001)) is None
    assert prices.cost("perplexity", "sonar", THOUSAND) is None


def test_the_operators_table_takes_its_place(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text('[openai]\n"llama-3" = { input = 1, output = 2.5 }\n')
    prices = load_prices(path)
    assert prices.cost("openai", "llama-3", THOUSAND) == pytest.approx(0.0035)
    assert prices.cost("openai", "gpt-5-mini", THOUSAND) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[openai\n", "line 1"),
        ("a = 1\nb = \n", "line 2"),
        ("openai = 3\n", "openai is not a table"),
        ("[openai]\nm = 3\n", "openai.m is not a table"),
        ("[openai]\nm = { input = 1 }\n", "openai.m has no output"),
        (
            "[openai]\nm = { input = 1, output = 1, price = 1 }\n",
            "openai.m has an unknown key price",
        ),
        ('[openai]\nm = { input = "1", output = 1 }\n', "openai.m.input is not a number"),
        ("[openai]\nm = { input = 1, output = -1 }\n", "openai.m.output is not a number from 0 up"),
        ("[openai]\nm = { input = nan, output = 1 }\n", "openai.m.input is not a number"),
        ("[openai]\nm = { input = true, output = 1 }\n", "openai.m.input is not a number"),
        ("[openai]\nm.n = { input = 1, output = 1 }\n", "openai.m has no input"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=problem) as raised:
        load_prices(path)
    assert str(path) in str(raised.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"absent\.toml cannot be read"):
        load_prices(tmp_path / "absent.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=r"binary\.toml: .*utf-8"):
        load_prices(tmp_path / "binary.toml")
