"""A code of an error stands in one list; every face and every class reads it there."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from domain.shared import error_codes
from domain.shared.error_codes import ErrorCode, Refusal, answer_to
from domain.shared.errors import PuertoError, ToolFailed, UnknownTool
from domain.tools.error_fields import answer_of, code_of, has_valid_code
from entrypoints.http.errors import CODES, STATUS

ROOT: Final = Path(__file__).parent.parent
LIST: Final = Path(error_codes.__file__)
ROOMS: Final = ("domain", "adapters", "plugins", "entrypoints", "puerto")
KNOWN: Final = {*ErrorCode, *Refusal}


def kinds(family: type[PuertoError] = PuertoError) -> Iterator[type[PuertoError]]:
    """Yield the house's classes of errors."""
    if family.__module__.startswith("domain."):
        yield family
        for each in family.__subclasses__():
            yield from kinds(each)


def texts_in(path: Path) -> set[str]:
    """Return the strings that a module holds, each by itself."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_no_code_is_written_anywhere_but_in_the_list() -> None:
    modules = [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if path != LIST]
    assert len(modules) > 100
    assert texts_in(LIST) >= KNOWN
    strays = {path: found for path in modules if (found := KNOWN & texts_in(path))}
    assert strays == {}


def test_no_code_means_two_things() -> None:
    assert not set(ErrorCode) & set(Refusal)
    assert all(code.name == code.value and code.text.endswith(".") for code in KNOWN)


def test_every_class_has_a_code_of_the_list() -> None:
    classes = set(kinds())
    assert len(classes) > 20
    assert {kind.code for kind in classes} <= KNOWN


def test_every_code_has_a_status() -> None:
    assert set(STATUS) == set(ErrorCode)
    assert {code for status, code in CODES.items() if STATUS[code] != status} == {
        ErrorCode.INVALID_REQUEST  # 408: it came too late to be read
    }


@pytest.mark.parametrize("refusal", Refusal)
def test_a_call_is_answered_as_its_refusal_says(refusal: Refusal) -> None:
    assert answer_to(refusal.value) is refusal.answer
    assert answer_to(f"MY_{refusal}") is ErrorCode.UPSTREAM_ERROR


def test_a_class_of_a_plugin_is_answered_as_its_family_is() -> None:
    class Broken(ToolFailed):
        code = "MY_CODE"

    class Gone(UnknownTool):
        code = "odd code"

    assert (code_of(Broken("x")), answer_of(Broken("x"))) == ("MY_CODE", ErrorCode.UPSTREAM_ERROR)
    assert (code_of(Gone("x")), answer_of(Gone("x"))) == (UnknownTool.code, ErrorCode.NOT_FOUND)


@pytest.mark.parametrize("code", ["TICKET_LOCKED", "A", "HTTP_429", "A" * 64, Refusal.TOOL_FAILED])
def test_a_tool_may_give_its_failure_a_code(code: str) -> None:
    error = ToolFailed("x", code=code)
    assert has_valid_code(error)
    assert code_of(error) == code


@pytest.mark.parametrize(
    "code", ["", "locked", "1ST", "_A", "A" * 65, "A-B", "A\n", 7, *(KNOWN - {Refusal.TOOL_FAILED})]
)
def test_a_code_that_is_none_or_the_services_own_is_replaced(code: Any) -> None:
    given = ToolFailed("x", code=code)
    of_class = type("Odd", (ToolFailed,), {"code": code})("x")
    for error in (given, of_class):
        assert not has_valid_code(error)
        assert code_of(error) == Refusal.TOOL_FAILED
