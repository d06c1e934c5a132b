# noqa: INP001 - a folder of pages, not a package
"""Write the pages of the documentation that are made from the code: ``python docs/generate.py``.

A page is a path beneath ``docs/`` and the function that returns its text. A test compares each
with what lies there, so a page cannot go stale.
"""

from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path
from typing import Any, Final, get_args

from pydantic.fields import FieldInfo

from entrypoints.settings import PREFIX, Settings, variables

DOCS: Final = Path(__file__).parent
NOTICE: Final = "<!-- Written by docs/generate.py from the code: change it there. -->"

SETTINGS_INTRODUCTION: Final = """\
Settings are environment variables. A file `.env` in the working directory may hold them too, one
`NAME=value` a line; the environment wins over the file. All are optional, and an empty value
counts as not set.

A wrong value, a weak secret, or a misspelt name that begins with `PUERTO_` stops the start with
one line, which names the variable and says what to do. That line never holds the value.
"""


def settings_page() -> str:
    """Return the table of settings, those that other programs share first."""
    fields = list(Settings.model_fields.values())
    own = [field for field in fields if variables(field)[0].startswith(PREFIX)]
    shared = [field for field in fields if field not in own]
    parts = [
        "# Settings",
        NOTICE,
        SETTINGS_INTRODUCTION.rstrip(),
        "## Names that many programs share",
        _settings_table(shared),
        "## Puerto's own",
        _settings_table(own),
    ]
    return "\n\n".join(parts) + "\n"


def _settings_table(fields: Iterable[FieldInfo]) -> str:
    rows = ["| variable | default | what it does |", "|---|---|---|"]
    for field in fields:
        preferred, *others = (f"`{name}`" for name in variables(field))
        names = preferred + "".join(f", also {name}" for name in others)
        meaning = f"{field.description}{_choices(field.annotation)}"
        rows.append(f"| {names} | {_default(field.default)} | {meaning} |")
    return "\n".join(rows)


def _default(value: Any) -> str:
    if value in (None, ()):
        return ""
    return f"`{value.value if isinstance(value, Enum) else value}`"


def _choices(annotation: Any) -> str:
    """Return the values to choose from, where the type lists them."""
    flat = [part for kind in (annotation, *get_args(annotation)) for part in get_args(kind)]
    words = list(dict.fromkeys(part for part in flat if isinstance(part, str)))
    return f" One of {', '.join(f'`{word}`' for word in words)}." if words else ""


PAGES: Final[list[tuple[Path, Callable[[], str]]]] = [
    (DOCS / "reference" / "settings.md", settings_page),
]


def main() -> None:
    """Write every page."""
    for path, render in PAGES:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
