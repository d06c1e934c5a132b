"""What docstrings tell a model, in every style."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from plugins.authoring.docstrings import EXAMPLE_LENGTH, read_docstring
from plugins.authoring.tool import tool


class InGoogleStyle(BaseModel):
    """A range.

    Attributes:
        first (int): where to
            begin.
        last: where to end.

    """

    first: int
    last: Annotated[int, Field(description="not the docstring's")] = 10


class InNumpyStyle(BaseModel):
    """A range.

    Parameters
    ----------
    first : int
        where to
        begin.
    last : int
        where to end.
    """

    first: int
    last: Annotated[int, Field(description="not the docstring's")] = 10


class InRestStyle(BaseModel):
    """A range.

    :ivar first: where to
        begin.
    :ivar last: where to end.
    :vartype last: int
    """

    first: int
    last: Annotated[int, Field(description="not the docstring's")] = 10


def google(where: InGoogleStyle) -> int:
    """Count.

    Slowly.

    Args:
        where (InGoogleStyle): how far
            to count.

    Returns:
        int: how many
            there were.

    Raises:
        ValueError: never.

    Example:
        >>> count(3)
        3

    """
    return where.first


def numpy(where: InNumpyStyle) -> int:
    """Count.

    Slowly.

    Parameters
    ----------
    where : InNumpyStyle
        how far
        to count.

    Returns
    -------
    int
        how many
        there were.

    Examples
    --------
    >>> count(3)
    3
    """
    return where.first


def rest(where: InRestStyle) -> int:
    """Count.

    Slowly.

    :param where: how far
        to count.
    :returns: how many
        there were.
    :example: >>> count(3)
        3
    """
    return where.first


@pytest.mark.parametrize("function", [google, numpy, rest])
def test_every_style_says_the_same(function: Callable[..., int]) -> None:
    spec = tool(effect="read")(function).spec

    assert spec.description == (
        "Count.\n\nSlowly.\n\nReturns: how many there were.\n\nExample:\n>>> count(3)\n3"
    )
    assert spec.parameters["properties"] == {
        "where": {
            "type": "object",
            "description": "how far to count.",
            "required": ["first"],
            "properties": {
                "first": {"type": "integer", "description": "where to begin."},
                "last": {"type": "integer", "description": "not the docstring's", "default": 10},
            },
        }
    }


def test_of_long_examples_the_first_lines_are_kept() -> None:
    lines = "\n".join(f"    >>> count({n})" for n in range(100))
    description = read_docstring(f"Count.\n\nExamples:\n{lines}\n").description
    _, _, example = description.partition("Example:\n")

    assert len(example) <= EXAMPLE_LENGTH
    assert example.startswith(">>> count(0)\n>>> count(1)\n")
    assert example.endswith(")")


class Leaf(BaseModel):
    kind: Literal["leaf"]


class Tree(BaseModel):
    kind: Literal["tree"]
    title: str
    children: list[Annotated["Tree | Leaf", Field(discriminator="kind")]] = []


class Pair(BaseModel):
    left: Leaf
    right: Leaf


def plant(tree: Tree, pair: Pair) -> None:
    """Plant."""


def test_what_is_used_once_stands_where_it_is_used() -> None:
    parameters: dict[str, Any] = dict(tool(effect="read")(plant).spec.parameters)
    leaf = {"$ref": "#/$defs/Leaf"}

    assert parameters["properties"] == {
        "tree": {"$ref": "#/$defs/Tree"},
        "pair": {
            "type": "object",
            "properties": {"left": leaf, "right": leaf},
            "required": ["left", "right"],
        },
    }
    assert parameters["$defs"] == {
        "Leaf": {
            "type": "object",
            "properties": {"kind": {"type": "string", "const": "leaf"}},
            "required": ["kind"],
        },
        "Tree": {
            "type": "object",
            "properties": {
                "kind": {"type": "string", "const": "tree"},
                "title": {"type": "string"},
                "children": {
                    "type": "array",
                    "items": {"oneOf": [{"$ref": "#/$defs/Tree"}, leaf]},
                    "default": [],
                },
            },
            "required": ["kind", "title"],
        },
    }
