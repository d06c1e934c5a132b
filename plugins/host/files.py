"""Plugins that are one ``.py`` file in a folder."""

import sys
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Final

from plugins.host.candidates import Candidate

PREFIX: Final = "puerto_file_"  # of the modules' names: a file's own name may be a library's


def files_in(folder: Path) -> Iterator[Candidate]:
    """Yield a plugin for each file in the folder, by name; those that begin with ``_`` are none."""
    for path in sorted(path for path in folder.glob("*.py") if path.name[0] not in "._"):
        module = PREFIX + path.stem
        try:
            source = path.read_bytes()
        except OSError as error:
            problem = f"it cannot be read: {error.strerror}"
            yield Candidate(path.stem, lambda: None, file=str(path), problem=problem)
            continue
        load = partial(_load, module, path, source)
        digest = sha256(source).hexdigest()
        yield Candidate(path.stem, load, file=str(path), module=module, digest=digest)


def _load(name: str, path: Path, source: bytes) -> ModuleType:
    """Run the source as a module: exactly what was read, and no bytecode of an older one."""
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    try:
        exec(compile(source, path, "exec"), module.__dict__)  # noqa: S102  that is what a plugin is
    except BaseException:
        if sys.modules.get(name) is module:
            del sys.modules[name]
        raise
    return module
