"""Taking a plugin in for the first time, in a process of its own.

A thread cannot be ended: a plugin that loops when it is imported would take a core until the
service stops, and one that ends its process would take the service with it. So code that was not
seen before is tried in a process that can be ended.
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

START_SECONDS: Final = 10.0  # that the interpreter and our own modules may take
_MOST: Final = 1_000  # digests that are kept
_LATE: Final = 2  # times the seconds that one step may take: for all of them together
_CHILD: Final = (
    "import json, sys; given = json.load(sys.stdin); sys.path[:] = given['path'];"
    "from plugins.host.preflight import take_in_here; take_in_here(given)"
)

_log: Final = logging.getLogger(__name__)


class Preflight:
    """Tries plugins before they are taken in, each state of their code once.

    ``folder`` is where plugins lie that are files. A step of taking a plugin in may take
    ``seconds``. What passed is kept in the file ``passed``, if that can be written.
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
        """Try a plugin, if its code is not known; ours, and objects at hand, are.

        Raises:
            Unfit: it hangs, or ends the process that takes it in.

        """
        if candidate.problem or not candidate.is_found or candidate.distribution == PROJECT:
            return
        known = self._passed if self._passed is not None else self._read()
        if candidate.digest and candidate.digest in known:
            return
        self._try(candidate)
        if candidate.digest:
            self._keep([*known, candidate.digest][-_MOST:])

    def _try(self, candidate: Candidate) -> None:
        given = {
            "path": [str(place) for place in sys.path],
            "folder": None if self._folder is None else str(self._folder),
            "key": candidate.key,
            "seconds": self._seconds,
        }
        try:
            heard, said = os.pipe()
            with os.fdopen(heard, "rb") as pipe:
                status = self._run(given | {"answer": said}, said)
                answer = pipe.read(10_000).decode(errors="replace")
        except OSError as error:  # no more processes: it is tried where it is used
            _log.warning("plugin %s cannot be tried beforehand: %s", candidate.name, error)
            return
        if status is None:
            raise Unfit(f"taking it in took longer than {self._seconds:g} seconds, and was ended")
        if not answer:
            raise Unfit(f"taking it in ended the process that tried it first, with {status}")
        if late := str(json.loads(answer)["late"]):
            raise Unfit(late)

    def _run(self, given: Mapping[str, Any], said: int) -> int | None:
        """Return the exit status of the process; None: it took too long and was ended."""
        try:
            process = subprocess.Popen(  # noqa: S603  our own program
                [sys.executable, "-c", _CHILD],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[said],
                start_new_session=True,
            )
        finally:
            os.close(said)
        try:
            process.communicate(json.dumps(given).encode(), timeout=self._limit)
        except subprocess.TimeoutExpired:
            return None
        finally:
            with contextlib.suppress(ProcessLookupError):  # with all that it started
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return process.returncode

    def _read(self) -> list[str]:
        try:
            kept = json.loads(self._file.read_bytes())
            self._passed = [str(digest) for digest in kept][-_MOST:]
        except (OSError, ValueError, TypeError):
            self._passed = []
        return self._passed

    def _keep(self, passed: list[str]) -> None:
        self._passed = passed
        if not self._file.parent.is_dir():  # a command that changes nothing
            return
        part = self._file.with_suffix(f".{os.getpid()}")
        try:
            part.write_text(json.dumps(passed))
            part.replace(self._file)
        except OSError as error:
            _log.warning("%s cannot be written: %s", self._file, error.strerror)


def take_in_here(given: Mapping[str, Any]) -> None:
    """Take a plugin in, say what took too long, and end this process.

    All other mistakes are found again, and told, where the plugin is used.
    """
    from plugins.host.discovery import candidates
    from plugins.host.intake import take_in
    from plugins.host.isolation import TooSlow

    folder = None if given["folder"] is None else Path(given["folder"])
    late = ""
    for candidate in candidates(folder):
        if list(candidate.key) == given["key"]:
            try:
                take_in(candidate, given["seconds"])
            except TooSlow as error:
                late = str(error)
            except Unfit:
                pass
    os.write(given["answer"], json.dumps({"late": late}).encode())
    os._exit(0)  # whatever the plugin left running
