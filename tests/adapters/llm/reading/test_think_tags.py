"""Reasoning inside the text, cut anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.llm.reading.think_tags import ThinkTags
from domain.models.messages import Reasoning, Text, TextWasReasoning

WORDS = ["<think>", "</think>", "<", "</", "think>", "\n", " ", "Hm.", "Yes.", "ñ"]


def read(*pieces: str) -> tuple[str, str]:
    """Return all the reasoning, and all the text."""
    tags = ThinkTags()
    thought = text = ""
    for piece in [piece for content in pieces for piece in tags.read(content)] + tags.end():
        match piece:
            case Reasoning(content):
                assert content
                thought += content
            case Text(content):
                assert content
                text += content
            case TextWasReasoning():
                assert not thought
                thought, text = text, ""
    return thought, text


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
        ("Hm.\n</think>\n\nYes.", "Hm.\n", "Yes."),
        ("Hm.</think>Yes.", "Hm.", "Yes."),
        ("Hm. </think>\nYes.", "Hm. ", "Yes."),
        ("Hm.</think>", "Hm.", ""),
        ("\n</think>\n\nYes.", "", "Yes."),
        ("Hm.</think>It is </think>.", "Hm.", "It is </think>."),
        ("The tag `</think>` ends it.", "", "The tag `</think>` ends it."),
        ("Write </think> there.", "", "Write </think> there."),
        ("a < b </ c <", "", "a < b </ c <"),
    ],
)
def test_tells_reasoning_from_text(content: str, thought: str, text: str) -> None:
    assert read(content) == read(*content) == (thought, text)


@given(st.lists(st.sampled_from(WORDS)))
def test_gives_the_same_however_it_is_cut(pieces: list[str]) -> None:
    assert read(*pieces) == read("".join(pieces)) == read(*"".join(pieces))
