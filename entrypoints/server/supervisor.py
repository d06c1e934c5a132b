"""Supervisor of worker processes that share one listening socket, and restarts those that die."""

import asyncio
import contextlib
import logging
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Final

from domain.shared.errors import PuertoError
from entrypoints.server.logs import configure_logging, log_uncaught
from entrypoints.server.main_loop import run_to_end
from entrypoints.settings.settings import Settings

FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
_STEADY_SECONDS: Final = 60.0  # after a worker that lived this long the backoff starts anew
_MARGIN_SECONDS: Final = 15.0  # beyond the two graces that a worker's runs may take to end

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_log: Final = logging.getLogger("puerto.supervisor")


class Supervisor:
    """Keeps ``count`` workers running on ``listener``.

    ``on_ready`` is called when the first worker accepts connections. Dead workers are replaced
    with exponential backoff.
    """

    def __init__(
        self,
        settings: Settings,
        listener: socket.socket,
        count: int,
        on_ready: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._listener = listener
        self._count = count
        self._on_ready = on_ready
        self._context = multiprocessing.get_context("spawn")
        self._ready_receiver, self._ready_sender = self._context.Pipe(duplex=False)
        self._stopping = asyncio.Event()
        self._is_ready = False
        self._running: set[SpawnProcess] = set()

    async def run(self) -> None:
        """Start the workers and replace those that die, until SIGTERM or SIGINT ends them all."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._stop)
        loop.add_reader(self._ready_receiver.fileno(), self._on_worker_ready)
        try:
            await asyncio.gather(*(self._run_forever() for _ in range(self._count)))
        finally:
            loop.remove_reader(self._ready_receiver.fileno())
            for number in _SIGNALS:
                loop.remove_signal_handler(number)

    def _on_worker_ready(self) -> None:
        """Receive the message of a ready worker; the first one makes the supervisor ready."""
        self._ready_receiver.recv_bytes()
        if not self._is_ready:
            self._is_ready = True
            self._on_ready()

    def _stop(self) -> None:
        if self._stopping.is_set():  # a second signal asks for a stop at once
            for process in self._running:
                process.kill()
            return
        self._stopping.set()
        self._listener.close()
        for process in self._running:
            process.terminate()

    async def _run_forever(self) -> None:
        pause = FIRST_PAUSE
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            began = loop.time()
            status = await self._run_one()
            if self._stopping.is_set():
                return
            if loop.time() - began > _STEADY_SECONDS:
                pause = FIRST_PAUSE
            _log.warning(
                "a worker ended with status %s; another starts in %.1f s",
                _status_text(status),
                pause,
            )
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _run_one(self) -> int | None:
        """Run one worker to its end and return its exit status."""
        process = self._context.Process(
            target=work,
            args=(self._settings, self._listener, self._ready_sender),
            name="puerto-worker",
        )
        process.start()
        self._running.add(process)
        ended = asyncio.create_task(_end_of(process))
        try:
            stopping = asyncio.create_task(self._stopping.wait())
            await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            timeout = self._settings.grace_seconds * 2 + _MARGIN_SECONDS
            if not (await asyncio.wait({ended}, timeout=timeout))[0]:
                process.kill()
                await ended
            process.join()
            return process.exitcode
        finally:
            self._running.discard(process)


def _status_text(status: int | None) -> str:
    """Return an exit status as text, with the signal's name where one ended the process."""
    if status is None or status >= 0:
        return str(status)
    try:
        name = signal.Signals(-status).name
    except ValueError:
        return str(status)
    if name == "SIGKILL":  # the kernel's OOM killer leaves no other trace
        name += ", perhaps of the kernel, for want of memory"
    return f"{status} ({name})"


async def _end_of(process: SpawnProcess) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(process.sentinel, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(process.sentinel)


def work(settings: Settings, listener: socket.socket, ready: Connection) -> None:
    """Run one worker process until SIGTERM, or until the parent is gone.

    ``ready`` is the pipe to the parent, to which a message is sent when the worker accepts
    connections.
    """
    os.setsid()  # a Ctrl-C at the terminal goes to the parent alone, which passes it on
    configure_logging(settings)
    log_uncaught()
    try:
        run_to_end(_work(settings, listener, ready))
    except PuertoError as error:
        _log.error("a worker cannot start: %s", error.message)
        sys.exit(1)


async def _work(settings: Settings, listener: socket.socket, ready: Connection) -> None:
    from entrypoints.server.server import serve

    parent = multiprocessing.parent_process()
    if parent is not None:
        asyncio.get_running_loop().add_reader(
            parent.sentinel, lambda: os.kill(os.getpid(), signal.SIGTERM)
        )
    await serve(settings, listener, lambda: ready.send_bytes(b"ready"))
