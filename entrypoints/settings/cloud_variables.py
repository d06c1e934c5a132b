"""The clouds' variables: their libraries know the environment alone, and not the file ``.env``."""

import os
from collections.abc import Mapping
from typing import Final

_BEGINNINGS: Final = ("AWS_", "AZURE_", "CLOUDSDK_", "GOOGLE_")


def hand_on(variables: Mapping[str, str]) -> None:
    """Put what is meant for the clouds' libraries into the environment, where it is not there."""
    for name, value in variables.items():
        if name.startswith(_BEGINNINGS) and value:
            os.environ.setdefault(name, value)
