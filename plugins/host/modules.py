"""A plugin's modules: which are its own, and reading them from disk again."""

import importlib
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.metadata import Distribution, distributions
from types import ModuleType

from plugins.authoring.hookspecs import PROJECT


def root_of(module: str, distribution: str) -> str:
    """Return the name of the module that, with all beneath it, is the plugin's own.

    That is the top package of its entry point if no other distribution puts anything there,
    else the entry point's own module. In our own distribution, which is more than its plugins,
    it is always the latter.
    """
    if distribution in {"", PROJECT}:
        return module
    top = module.partition(".")[0]
    return top if set(_owners().get(top, ())) <= {distribution} else module


@cache
def _owners() -> Mapping[str, Collection[str]]:
    """Return which distributions put something into each top package; that takes a while.

    The standard library's own function for it does not get past broken metadata.
    """
    owners: dict[str, set[str]] = {}
    for distribution in distributions():
        try:
            name, tops = distribution.name, _tops_of(distribution)
        except Exception:  # noqa: BLE001, S112 - the search for plugins tells of it
            continue
        for top in tops:
            owners.setdefault(top, set()).add(name)
    return owners


def _tops_of(distribution: Distribution) -> Collection[str]:
    declared = distribution.read_text("top_level.txt")
    if declared:
        return declared.split()
    return {file.parts[0].removesuffix(".py") for file in distribution.files or ()}


def look_again() -> None:
    """Let modules be found that came since, or changed hands."""
    importlib.invalidate_caches()
    _owners.cache_clear()


def is_beneath(module: str, root: str) -> bool:
    """Tell whether a module is that root, or inside it."""
    return module == root or module.startswith(f"{root}.")


@contextmanager
def read_again(root: str) -> Iterator[None]:
    """Let the modules beneath the root be read from disk when they are imported inside.

    If that raises, the modules from before are back.
    """
    before = _beneath(root)
    _forget(before)
    look_again()
    try:
        yield
    except BaseException:
        _forget(_beneath(root))
        sys.modules.update(before)
        raise


def _beneath(root: str) -> dict[str, ModuleType]:
    return {name: found for name, found in list(sys.modules.items()) if is_beneath(name, root)}


def _forget(modules: dict[str, ModuleType]) -> None:
    for name in modules:
        sys.modules.pop(name, None)
