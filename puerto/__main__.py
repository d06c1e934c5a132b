"""The command ``puerto``, also as ``python -m puerto``."""

import io
import re
import sys
from importlib.metadata import Distribution, distributions
from typing import Final

OUR_NAMES: Final = ("adapters", "domain", "entrypoints", "plugins", "puerto")
_WRONG_INSTALLATION: Final = 2
# A folder or a file of ours at the top of what a distribution installed: a line of its RECORD.
_OURS: Final = re.compile(rf"^({'|'.join(OUR_NAMES)})(?:/|\.[^/\n]*,)", re.MULTILINE)


def name_clash() -> str | None:
    """Return an error line if another distribution owns one of our top-level packages.

    Every command checks this first. ``importlib.metadata.packages_distributions`` knows it too, but
    creates an object for every installed file, which takes seven times as long.
    """
    for distribution in distributions():
        names = _names_of_ours(distribution)
        if names and (stranger := distribution.name).lower() != "puerto":
            return (
                f"the installed package {stranger} brings a module {min(names)!r} of its own, "
                "which Puerto needs; install Puerto in an environment of its own"
            )
    return None


def _names_of_ours(distribution: Distribution) -> set[str]:
    """Return which of our names a distribution declares, or else has installed."""
    if said := (distribution.read_text("top_level.txt") or "").split():
        return set(OUR_NAMES).intersection(said)
    return set(_OURS.findall(distribution.read_text("RECORD") or ""))


def main() -> None:
    """Run the command line; refuse if another distribution's package could hide ours."""
    if (clash := name_clash()) is not None:
        print(f"puerto: {clash}", file=sys.stderr)  # noqa: T201  to the person at the terminal
        sys.exit(_WRONG_INSTALLATION)
    for stream in (sys.stdout, sys.stderr):  # a console of another encoding shows what it can
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    from entrypoints.cli import app
    from entrypoints.server.ending import force_exit_later

    status: object = 1
    try:
        app(prog_name="puerto")
    except SystemExit as end:
        status = end.code
        raise
    finally:
        force_exit_later(status)


if __name__ == "__main__":
    main()
