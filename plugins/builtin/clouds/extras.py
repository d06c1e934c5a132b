"""The clouds' own libraries, which are installed only where they are wanted."""

from importlib.util import find_spec


class ExtraMissing(ImportError):
    """A library is not installed; the message says what to install."""


def require_extra(extra: str, module: str) -> None:
    """Make sure that a module can be imported, without importing it.

    Raises:
        ExtraMissing: it is not there.

    """
    try:
        found = find_spec(module)
    except ModuleNotFoundError:  # not even the package that it would be in
        found = None
    if found is None:
        raise ExtraMissing(f"install it with: pip install 'puerto[{extra}]', then reload {extra}")
