"""JSON Pointers (RFC 6901), as they stand in fragments of references."""

from urllib.parse import unquote


def split(fragment: str) -> list[str]:
    """Return the steps of ``/paths/~1pets/get``, percent signs and tildes decoded."""
    return [step.replace("~1", "/").replace("~0", "~") for step in unquote(fragment).split("/")[1:]]


def join(*steps: str | int) -> str:
    """Return the pointer of steps: ``/paths/~1pets/get``."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)
