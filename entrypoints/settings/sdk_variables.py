"""SDK variables: those of the ``.env`` file, exported into the environment of the process.

The SDKs of AWS, Azure, Google Cloud and OpenTelemetry read the environment alone.
"""

import os
from collections.abc import Mapping
from typing import Final

_PREFIXES: Final = ("AWS_", "AZURE_", "CLOUDSDK_", "GOOGLE_", "OTEL_")


def export_sdk_variables(variables: Mapping[str, str]) -> None:
    """Set the SDKs' variables in ``os.environ``, except those that are set there already."""
    for name, value in variables.items():
        if name.startswith(_PREFIXES) and value:
            os.environ.setdefault(name, value)
