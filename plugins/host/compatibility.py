"""Which versions of Puerto a plugin works with, as the metadata of its distribution says.

A requirement is a line of ``Requires-Dist`` or ``dependencies``, in the form of the specification
"Dependency specifiers" of packaging.python.org.
"""

from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from plugins.authoring.hookspecs import PROJECT

_BOUNDS: Final = {"<", "<=", "==", "===", "~="}  # operators that exclude some later versions


def supported(requirements: Iterable[str]) -> SpecifierSet | None:
    """Return the range of Puerto's versions that the requirements allow; None if they name none.

    Requirements of extras and of other environments do not count, nor do those that cannot be read.
    """
    ranges = [each.specifier for each in _of_puerto(requirements)]
    return SpecifierSet(",".join(map(str, ranges))) if ranges else None


def misfit(requirements: Sequence[str], running: str | None = None) -> str:
    """Return why a plugin with these requirements cannot be used; empty if it can.

    ``running`` is the version of Puerto; without it, that of this process.
    """
    running = running or version(PROJECT)
    fitting = supported(requirements)
    if fitting is None or fitting.contains(running, prereleases=True):
        return ""
    return (
        f"it works with Puerto {shown(fitting)}, this is {running}: install a version of it that"
        " is made for this one"
    )


def has_upper_bound(fitting: SpecifierSet) -> bool:
    """Tell whether later versions of Puerto are excluded."""
    return any(each.operator in _BOUNDS for each in fitting)


def shown(fitting: SpecifierSet) -> str:
    """Return a range as its author would write it, the lower bound first."""
    return ",".join(sorted(map(str, fitting), key=lambda each: (each[0] != ">", each)))


def _of_puerto(requirements: Iterable[str]) -> Iterator[Requirement]:
    for line in requirements:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        is_ours = canonicalize_name(requirement.name) == PROJECT
        if is_ours and (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
            yield requirement
