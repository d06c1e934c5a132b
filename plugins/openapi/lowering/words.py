"""Text of descriptions: removal of HTML and Markdown, shortening, joining."""

import html
import re
from typing import Any, Final

import orjson

from plugins.openapi.reading.values import unspelled

_INLINE: Final = re.compile(
    r"</?(?:a|abbr|b|code|em|i|kbd|s|small|span|strong|sub|sup|tt|u)\b[^<>]{0,400}>", re.IGNORECASE
)
_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]{0,400}>|<!--.{0,2000}?-->", re.DOTALL)
_IMAGE: Final = re.compile(r"!\[([^\]]{0,200})\]\([^()\s]{0,2000}\)")
_LINK: Final = re.compile(r"\[([^\[\]]{1,300})\](?:\([^()]{0,2000}\)|\[[^\[\]]{0,100}\])")
_HEADING: Final = re.compile(r"^[ \t]{0,3}(?:#{1,6}[ \t]+|[-=*_]{3,}[ \t]*$)", re.MULTILINE)
_BOLD: Final = re.compile(r"(\*\*|__)(?=\S)(.{1,300}?)(?<=\S)\1")
_SPACES: Final = re.compile(r"[ \t\r\f\v\u00a0]+")
_WRAPPED: Final = re.compile(r" ?\n ?(?![\n*+•|-]|\d+[.)] )")  # line breaks within a paragraph
_LINES: Final = re.compile(r" ?\n[\n ]*")
_PARAGRAPH: Final = re.compile(r"\n ?\n[\n ]*")
_CONTROL: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
_ENDS: Final = (". ", "! ", "? ", ".\n", "!\n", "?\n", "\n")
_MOST_READ: Final = 10_000  # characters of a description


def plain(text: str) -> str:
    """Return a text without HTML, and without the Markdown that is only decoration."""
    text = text[:_MOST_READ]
    if "<" in text:
        text = _TAG.sub(" ", _INLINE.sub("", text))
    if "&" in text:
        text = html.unescape(text)
    if "[" in text:
        text = _LINK.sub(r"\1", _IMAGE.sub(r"\1", text))
    if "**" in text or "__" in text:
        text = _BOLD.sub(r"\2", text)
    if "\n" in text:
        text = _SPACES.sub(" ", _HEADING.sub("", text))
        text = "\n".join(_WRAPPED.sub(" ", part) for part in _PARAGRAPH.split(text.strip()))
        text = _LINES.sub("\n", text)
    elif "  " in text or "\t" in text:
        text = _SPACES.sub(" ", text)
    return _CONTROL.sub("", text).strip()


def shortened(text: str, most: int) -> str:
    """Return the first sentences of a text in at most ``most`` characters, or part of the first."""
    if len(text) <= most:
        return text
    if most <= 0:
        return ""
    start = text[: most + 1]
    end = max(start.rfind(mark) for mark in _ENDS)
    if end >= most // 3:
        return start[: end + 1].rstrip()
    space = start.rfind(" ", 0, most)
    return start[: space if space > most // 2 else most - 1].rstrip(" ,;:(") + "…"


def sentence(text: str) -> str:
    """Return a text with a full stop, if it does not end in punctuation."""
    return text if not text or text[-1] in ".!?:…" else f"{text}."


def joined(*texts: str) -> str:
    """Join the non-empty texts as sentences."""
    parts = [text for text in texts if text]
    return " ".join([*map(sentence, parts[:-1]), *parts[-1:]])


def value_text(value: Any, most: int) -> str:
    """Return a value as JSON; "" if it is longer than ``most`` characters, or no JSON."""
    try:
        text = orjson.dumps(value, default=unspelled).decode()
    except (TypeError, orjson.JSONEncodeError):
        return ""
    return text if len(text) <= most else ""
