"""Preflight: loads a new plugin in a subprocess first, which can be killed.

A thread cannot be killed: a plugin that loops at import would use a core until the service stops,
and one that exits would end the service. So code that was not seen before is tried in a subprocess.
"""

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from plugins.authoring.hookspecs import PROJECT
from plugins.host.candidates import Candidate
from plugins.host.isolation import Unfit

START_SECONDS: Final = 10.0  # that the start of the interpreter and Puerto's imports may take
_MOST: Final = 1_000  # digests that are stored
_LATE: Final = 2  # the limit of all steps together, as a multiple of that of one step
_CHILD: Final = (
    "import json, sys; given = json.load(sys.stdin); sys.path[:] = given['path'];"
    "from plugins.host.preflight import take_in_here; take_in_here(given)"
)

_log: Final = logging.getLogger(__name__)


class Preflight:
    """Tries plugins in a subprocess before they are loaded, each state of their code once.

    ``folder`` is the folder of plugins that are files; ``seconds`` limits the import and each hook.
    The digests of code that passed are stored in the file ``passed``, if that can be written.
    """

    def __init__(
        self,
        folder: Path | None,
        seconds: float,
        passed: Path,
        *,
        start_seconds: float = START_SECONDS,
    ) -> None:
        self._folder = folder
        self._seconds = seconds
        self._limit = start_seconds + _LATE * seconds
        self._file = passed
        self._passed: list[str] | None = None

    def require_harmless(self, candidate: Candidate) -> None:
        """Try a plugin, unless its code has passed before, is built in, or is an object.

        Raises:
            Unfit: it hangs, or ends the process that loads it.

        """
        if candidate.problem or not candidate.is_found or candidate.distribution == PROJECT:
            return
        known = self._passed if self._passed is not None else self._read()
        if candidate.digest and candidate.digest in known:
            return
        self._try(candidate)
        if candidate.digest:
            self._store([*known, candidate.digest][-_MOST:])

    def _try(self, candidate: Candidate) -> None:
        order = {
            "path": [str(folder) for folder in sys.path],
            "folder": None if self._folder is None else str(self._folder),
            "key": candidate.key,
            "seconds": self._seconds,
        }
        try:
            read_end, write_end = os.pipe()
            with os.fdopen(read_end, "rb") as pipe:
                status = self._run(order | {"answer": write_end}, write_end)
                answer = pipe.read(10_000).decode(errors="replace")
        except OSError as error:  # no more processes: it is loaded without a preflight
            _log.warning("plugin %s cannot be tried beforehand: %s", candidate.name, error)
            return
        if status is None:
            raise Unfit(f"taking it in took longer than {self._seconds:g} seconds, and was ended")
        if not answer:
            raise Unfit(f"taking it in ended the process that tried it first, with {status}")
        if late := str(json.loads(answer)["late"]):
            raise Unfit(late)

    def _run(self, order: Mapping[str, Any], write_end: int) -> int | None:
        """Return the exit status of the subprocess; None if it took too long and was killed."""
        try:
            process = subprocess.Popen(  # noqa: S603  Puerto's own program
                [sys.executable, "-c", _CHILD],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[write_end],
                start_new_session=True,
            )
        finally:
            os.close(write_end)
        try:
            process.communicate(json.dumps(order).encode(), timeout=self._limit)
        except subprocess.TimeoutExpired:
            return None
        finally:
            with contextlib.suppress(ProcessLookupError):  # kill its children, too
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return process.returncode

    def _read(self) -> list[str]:
        try:
            digests = json.loads(self._file.read_bytes())
            self._passed = [str(digest) for digest in digests][-_MOST:]
        except (OSError, ValueError, TypeError):
            self._passed = []
        return self._passed

    def _store(self, passed: list[str]) -> None:
        self._passed = passed
        if not self._file.parent.is_dir():  # a command that must not create the data folder
            return
        part = self._file.with_suffix(f".{os.getpid()}")
        try:
            part.write_text(json.dumps(passed))
            part.replace(self._file)
        except OSError as error:
            _log.warning("%s cannot be written: %s", self._file, error.strerror)


def take_in_here(given: Mapping[str, Any]) -> None:
    """Load a plugin in this subprocess, report a timeout over the pipe, and exit.

    All other errors show again, and are reported, when the service loads the plugin.
    """
    from plugins.host.discovery import candidates
    from plugins.host.isolation import TooSlow
    from plugins.host.loading import load_plugin

    folder = None if given["folder"] is None else Path(given["folder"])
    late = ""
    for candidate in candidates(folder):
        if list(candidate.key) == given["key"]:
            try:
                load_plugin(candidate, given["seconds"])
            except TooSlow as error:
                late = str(error)
            except Unfit:
                pass
    os.write(given["answer"], json.dumps({"late": late}).encode())
    os._exit(0)  # whatever the plugin left running
