"""Cloud SDK variables: those of the ``.env`` file, exported into the environment of the process.

The SDKs of AWS, Azure and Google Cloud read the environment alone.
"""

import os
from collections.abc import Mapping
from typing import Final

_PREFIXES: Final = ("AWS_", "AZURE_", "CLOUDSDK_", "GOOGLE_")


def export_cloud_variables(variables: Mapping[str, str]) -> None:
    """Set the cloud SDKs' variables in ``os.environ``, except those that are set there already."""
    for name, value in variables.items():
        if name.startswith(_PREFIXES) and value:
            os.environ.setdefault(name, value)
