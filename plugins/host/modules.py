"""The modules of a plugin: which belong to it, and how they are reloaded."""

import importlib
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.metadata import Distribution, distributions
from types import ModuleType

from plugins.authoring.hookspecs import PROJECT


def root_of(module: str, distribution: str) -> str:
    """Return the name of the module that, with its submodules, belongs to the plugin alone.

    That is the top package of its entry point if no other distribution has files there, else the
    entry point's own module. For built-in plugins, whose distribution is the whole service, it is
    always the latter.
    """
    if distribution in {"", PROJECT}:
        return module
    top = module.partition(".")[0]
    return top if set(_owners().get(top, ())) <= {distribution} else module


@cache
def _owners() -> Mapping[str, Collection[str]]:
    """Return the distributions that have files in each top package; that takes a while.

    The standard library's `packages_distributions` fails at broken metadata.
    """
    owners: dict[str, set[str]] = {}
    for distribution in distributions():
        try:
            name, tops = distribution.name, _tops_of(distribution)
        except Exception:  # noqa: BLE001, S112 - the discovery of plugins logs it
            continue
        for top in tops:
            owners.setdefault(top, set()).add(name)
    return owners


def _tops_of(distribution: Distribution) -> Collection[str]:
    declared = distribution.read_text("top_level.txt")
    if declared:
        return declared.split()
    record = distribution.read_text("RECORD")
    if record is None:
        return {file.parts[0].removesuffix(".py") for file in distribution.files or ()}
    # To make a path of each of ten thousands of lines would take many times longer.
    tops = {line.partition("/")[0] for line in record.splitlines()}
    return {top.partition(",")[0].removesuffix(".py") for top in tops}


def look_again() -> None:
    """Clear the caches of importable modules and of their distributions."""
    importlib.invalidate_caches()
    _owners.cache_clear()


def is_beneath(module: str, root: str) -> bool:
    """Return whether a module is that root, or a submodule of it."""
    return module == root or module.startswith(f"{root}.")


@contextmanager
def read_again(root: str) -> Iterator[None]:
    """Remove the root and its submodules from ``sys.modules``, so that imports inside reload them.

    If the body raises, the modules from before are restored.
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
    return {name: module for name, module in list(sys.modules.items()) if is_beneath(name, root)}


def _forget(modules: dict[str, ModuleType]) -> None:
    for name in modules:
        sys.modules.pop(name, None)
