"""Template of a new plugin: a tool that reads, one that writes, their tests, and a README."""

import re
from collections.abc import Mapping
from importlib.resources import files
from string import Template
from typing import Final

PREFIX: Final = "puerto-plugin-"

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST: Final = 30  # characters: the name goes into those of tools, which have 64
_NOTES: Final = {"note", "notes"}  # of the plugin `notes` are notes, not "notes notes"
_FILES: Final = {
    "pyproject.toml": "pyproject.txt",
    "README.md": "readme.txt",
    "puerto_plugin_${word}.py": "module.txt",
    "tests/test_${word}.py": "tests.txt",
}


def plugin_name(text: str) -> str:
    """Return a valid plugin name, without the prefix ``puerto-plugin-`` if the text has it.

    Raises:
        ValueError: the text is no valid name; the message says what is.

    """
    name = text.removeprefix(PREFIX)
    if _NAME.fullmatch(name) is None or len(name) > _LONGEST:
        raise ValueError(
            f"{text!r} cannot be a plugin's name: use up to {_LONGEST} lower-case letters and "
            "digits, in words joined by '-', as in 'lunch-menu'"
        )
    return name


def new_plugin(name: str) -> Mapping[str, str]:
    """Return the contents of each file of a new plugin, by its path in the plugin's folder."""
    words = name.split("-")
    topic = words[:-1] if words[-1] in _NOTES else words
    variables = {
        "name": name,
        "word": name.replace("-", "_"),
        "topic": "".join(f"{each}_" for each in topic),  # of `find_lunch_menu_notes`
        "spoken": "".join(f"{each} " for each in topic),
        "title": name.replace("-", " ").capitalize(),
        "setting": name.replace("-", "_").upper() + "_FILE",
    }
    here = files(__name__)
    return {
        Template(path).substitute(variables): Template(
            here.joinpath(source).read_text(encoding="utf-8")
        ).substitute(variables)
        for path, source in _FILES.items()
    }
