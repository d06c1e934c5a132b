"""The parameters of headers such as Content-Type and Content-Disposition (RFC 9110, 5.6.6)."""

import re
from collections.abc import Mapping
from typing import Final

_PARAMETER: Final = re.compile(
    r";\s*([^\s;=\"]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^;\"]*))", re.DOTALL
)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)


def parameters_of(header: str) -> Mapping[str, str]:
    """Return the parameters by their names in lower case; of two with one name, the first.

    What is in quotes is a value whatever it looks like: a file name can hold another parameter.
    """
    found: dict[str, str] = {}
    for name, quoted, bare in _PARAMETER.findall(f";{header}"):  # some leave what it belongs to out
        found.setdefault(name.lower(), _ESCAPE.sub(r"\1", quoted) or bare.strip())
    return found
