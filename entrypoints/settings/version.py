"""Name and version of the installed distribution."""

from importlib.metadata import version
from typing import Final

NAME: Final = "puerto"
VERSION: Final = version(NAME)
