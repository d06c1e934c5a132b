"""Lists at the terminal stand in columns whatever their texts are written in."""

import pytest
from rich.cells import cell_len

from entrypoints.cli.tables import show


def test_columns_stand_below_each_other_in_every_script(capsys: pytest.CaptureFixture[str]) -> None:
    show(["name", "state"], [["plain", "on"], ["日本語", "on"], ["e\u0301a", "on"], ["a\nb", "on"]])
    header, *rows = capsys.readouterr().out.splitlines()
    place = cell_len(header.partition("STATE")[0])
    assert [cell_len(row.removesuffix("on")) for row in rows] == [place] * 4
