"""Plugins that are one ``.py`` file in a folder."""

import sys
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Final

from plugins.host.candidates import Candidate

PREFIX: Final = "puerto_file_"  # of module names: the file's name may be that of a library


def files_in(folder: Path) -> Iterator[Candidate]:
    """Yield a candidate for each file, sorted by name; names that begin with ``_`` are skipped."""
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
    """Execute the source as a module, without bytecode, which may be of an older version."""
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
