"""Reasoning inside the text, cut anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.llm.think_tags import ThinkTags
from domain.llm import Reasoning, Text

WORDS = ["<think>", "</think>", "<", "</", "think>", "\n", " ", "Hm.", "Yes.", "ñ"]


def read(*pieces: str) -> tuple[str, str]:
    """Return all the reasoning, and all the text."""
    tags = ThinkTags()
    read = [piece for content in pieces for piece in tags.read(content)] + tags.end()
    assert all(piece.content for piece in read if isinstance(piece, (Reasoning, Text)))
    thought = "".join(piece.content for piece in read if isinstance(piece, Reasoning))
    return thought, "".join(piece.content for piece in read if isinstance(piece, Text))


@pytest.mark.parametrize(
    ("content", "thought", "text"),
    [
        ("Yes.", "", "Yes."),
        ("  Yes.\n", "", "  Yes.\n"),
        ("<think>Hm.</think>Yes.", "Hm.", "Yes."),
        ("\n<think>\nHm.\n\nWell.\n</think>\n\nYes.\n", "Hm.\n\nWell.", "Yes.\n"),
        ("<think>\n\n</think>\n\nYes.", "", "Yes."),
        ("<think>a < b </ c</think>Yes.", "a < b </ c", "Yes."),
        ("<think>Hm.</think>It is <think>x</think>.", "Hm.", "It is <think>x</think>."),
        ("It is <think>x</think>.", "", "It is <think>x</think>."),
        ("<thin", "", "<thin"),
        ("<thing>", "", "<thing>"),
        ("<think>never ended </th", "never ended </th", ""),
        ("<think>Hm.</think>", "Hm.", ""),
    ],
)
def test_tells_reasoning_from_text(content: str, thought: str, text: str) -> None:
    assert read(content) == read(*content) == (thought, text)


@given(st.lists(st.sampled_from(WORDS)))
def test_gives_the_same_however_it_is_cut(pieces: list[str]) -> None:
    assert read(*pieces) == read("".join(pieces)) == read(*"".join(pieces))
