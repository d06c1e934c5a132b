"""What changes the process that all plugins share, in the source and while it runs."""

import logging
import os
import sys
import threading
import time
from pathlib import Path

import pytest

from plugins.checking.findings import NOWHERE, Finding, Level, SourcePlace
from plugins.checking.process_watch import LeftThreads, watched_process
from plugins.checking.source import read_source

SOURCE = """
import json, logging, os, os.path as p, signal, sys, threading
from logging.config import dictConfig
from threading import Thread
from time import sleep as pause

os.chdir("/")
signal.signal(signal.SIGTERM, print)
logging.basicConfig(level="DEBUG")
dictConfig({})
os.environ["A"] = "b"
os.environ.setdefault("A", "b")
del os.environ["A"]
json.dumps = print
sys.stdout = None
Thread(target=print).start()

Thread(target=print, daemon=True).start()
thread = threading.Timer(1, print)
logging.getLogger(__name__).setLevel("DEBUG")
A = os.environ["A"], os.environ.get("A"), os.getcwd(), json.dumps({})

class Mine:
    def __init__(self):
        self.dumps = json.dumps

if __name__ == "__main__":
    logging.basicConfig()
"""


def test_statements_that_change_the_process_are_named_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(SOURCE)
    found = read_source(tmp_path / "mine.py")
    assert {(each.level, each.rule) for each in found} == {(Level.WARNING, "process")}
    assert all(each.advice for each in found)
    assert [(each.place.line, each.message.split()[0]) for each in found] == [
        *((7, "os.chdir"), (8, "signal.signal"), (9, "logging.basicConfig")),
        *((10, "logging.config.dictConfig"), (11, "os.environ"), (12, "os.environ.setdefault")),
        *((13, "os.environ"), (14, "json.dumps"), (15, "sys.stdout"), (16, "this")),
    ]


def test_a_thread_that_is_made_a_daemon_later_is_fine(tmp_path: Path) -> None:
    source = "import threading\nt = threading.Thread(target=print)\nt.daemon = True\nt.start()\n"
    (tmp_path / "mine.py").write_text(source)
    assert read_source(tmp_path / "mine.py") == []


def change_folder() -> None:
    os.chdir("/")


def change_environment() -> None:
    os.environ["PUERTO_CHECKED"] = "1"
    os.environ["PATH"] = ""


def silence() -> None:
    logging.disable()


def replace() -> None:
    time.time = lambda: 0.0


@pytest.mark.parametrize(
    ("act", "level", "message"),
    [
        (change_folder, Level.WARNING, "the working folder was changed to /"),
        (change_environment, Level.WARNING, "environment were set (PATH, PUERTO_CHECKED)"),
        (silence, Level.WARNING, "logging was disabled"),
        (replace, Level.ERROR, "replaced time.time"),
    ],
)
def test_what_code_changes_is_found_and_put_back(act: object, level: Level, message: str) -> None:
    assert callable(act)
    before = Path.cwd(), dict(os.environ), time.time
    with watched_process("mine", "greet", SourcePlace("mine.py", 3)) as findings:
        act()
    assert (Path.cwd(), dict(os.environ), time.time) == before
    [found] = findings
    assert (found.level, found.rule, found.subject) == (level, "process", "greet")
    assert (message in found.message, found.place) == (True, SourcePlace("mine.py", 3))


def test_code_that_changes_nothing() -> None:
    with watched_process("mine", "", NOWHERE) as findings:
        os.environ.get("PATH")
        sys.getrecursionlimit()
    assert findings == []


GO_ON = threading.Event()


def wait() -> None:
    GO_ON.wait(60)


def left(*, daemon: bool, owner: str = __name__) -> list[Finding]:
    threads = LeftThreads()
    thread = threading.Thread(target=wait, name="mine-1", daemon=daemon)
    thread.start()
    try:
        return list(threads.findings(lambda module: module == owner))
    finally:
        GO_ON.set()
        thread.join()
        GO_ON.clear()


def test_a_thread_that_goes_on_is_found() -> None:
    [found] = left(daemon=False)
    assert "goes on, and keeps the service from stopping" in found.message
    assert found.place == SourcePlace(__file__, wait.__code__.co_firstlineno)
    assert left(daemon=True) == []
    assert left(daemon=False, owner="other") == []
