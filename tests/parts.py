"""The parts of the suite: which folders are a process of their own, and which know no database."""

from typing import Final

COMMAND_LINE: Final = "tests/entrypoints/cli"
HTTP: Final = "tests/entrypoints/http"
ROUTES: Final = "tests/entrypoints/http/routes"  # about half of HTTP by time
# The real service, seen by others' programs.
OUTSIDE: Final = ("tests/outside", "tests/dialects", "tests/clients")
PLUGINS: Final = "tests/plugins"

# About half of OUTSIDE by time.
EXTENSIONS: Final = ("tests/outside/learned", "tests/outside/plugins")

# Each of these, on SQLite, is a process of its own beside the rest.
APART: Final = (*OUTSIDE, HTTP, PLUGINS, COMMAND_LINE)
# No test in these uses a database, so that a run on PostgreSQL need not read them.
WITHOUT_DATABASE: Final = ("tests/domain", "tests/adapters/llm", PLUGINS, COMMAND_LINE)


def without(*parts: str) -> tuple[str, ...]:
    """Return the arguments of pytest that leave these out."""
    return tuple(f"--ignore={part}" for part in parts)
