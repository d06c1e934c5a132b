"""Parser of the parameters of Content-Type, Content-Disposition and the like (RFC 9110, 5.6.6)."""

import re
from collections.abc import Mapping
from typing import Final

_PARAMETER: Final = re.compile(
    r";\s*([^\s;=\"]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^;\"]*))", re.DOTALL
)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)


def parameters_of(header: str) -> Mapping[str, str]:
    """Return the parameters by name in lower case; of duplicates the first.

    A quoted value may contain the text of another parameter.
    """
    parameters: dict[str, str] = {}
    for name, quoted, bare in _PARAMETER.findall(f";{header}"):  # some servers omit the main value
        parameters.setdefault(name.lower(), _ESCAPE.sub(r"\1", quoted) or bare.strip())
    return parameters
