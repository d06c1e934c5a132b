"""What this service calls itself."""

from importlib.metadata import version
from typing import Final

NAME: Final = "puerto"
VERSION: Final = version(NAME)
