"""Optional dependencies: the cloud SDKs, which are extras of the distribution."""

from importlib.util import find_spec


class ExtraMissing(ImportError):
    """A library is not installed; the message says what to install."""


def require_extra(extra: str, module: str) -> None:
    """Check that a module is installed, without importing it.

    Raises:
        ExtraMissing: it is not installed.

    """
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:  # its parent package is missing, too
        spec = None
    if spec is None:
        raise ExtraMissing(f"install it with: pip install 'puerto[{extra}]', then reload {extra}")
