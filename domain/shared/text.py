"""Shortening of text for lists, log lines and titles."""


def shorten(text: str, length: int) -> str:
    """Return the text on one line of at most ``length`` characters, cut at a word if possible."""
    line = " ".join(text[: length * 4].split())
    if len(line) <= length:
        return line
    cut = line[: length - 1]
    head, _, _ = cut.rpartition(" ")
    return (head if len(head) > length // 2 else cut) + "…"
