"""The front door: ``puerto``, also as ``python -m puerto``."""

import io
import sys
from importlib.metadata import packages_distributions
from typing import Final

OUR_NAMES: Final = ("adapters", "domain", "entrypoints", "plugins", "puerto")
_WRONG_INSTALLATION: Final = 2


def name_clash() -> str | None:
    """Return, in one line, which other distribution owns one of our top-level names, if any."""
    owners = packages_distributions()
    for name in OUR_NAMES:
        strangers = sorted({owner for owner in owners.get(name, ()) if owner.lower() != "puerto"})
        if strangers:
            return (
                f"the installed package {strangers[0]} brings a module {name!r} of its own, which "
                "Puerto needs; install Puerto in an environment of its own"
            )
    return None


def main() -> None:
    """Run the command line, unless another distribution's code could run in the place of ours."""
    if (clash := name_clash()) is not None:
        print(f"puerto: {clash}", file=sys.stderr)  # noqa: T201  to the person at the terminal
        sys.exit(_WRONG_INSTALLATION)
    for stream in (sys.stdout, sys.stderr):  # a console of another encoding shows what it can
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    from entrypoints.cli import app

    app(prog_name="puerto")


if __name__ == "__main__":
    main()
