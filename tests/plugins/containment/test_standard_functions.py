"""Which functions of Python are protected against replacement."""

import sys

import pytest

from plugins.containment.standard_functions import StandardFunctions


def test_a_replaced_function_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    functions, given = StandardFunctions(), sys.getrefcount
    monkeypatch.setattr(sys, "getrefcount", len)
    assert list(functions.put_back()) == ["sys.getrefcount"]
    assert sys.getrefcount is given


def test_the_last_error_is_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "last_type", ValueError, raising=False)
    functions = StandardFunctions()
    monkeypatch.delattr(sys, "last_type")  # as pytest does before it runs the next test
    assert list(functions.put_back()) == []
    assert not hasattr(sys, "last_type")
