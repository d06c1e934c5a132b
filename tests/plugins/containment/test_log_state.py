"""Whatever a plugin does to the log, the service goes on to say what it said."""

import logging
import logging.config
from collections.abc import Callable, Iterator

import pytest

from plugins.containment.log_state import LogState

ROOT = logging.getLogger()
OURS = logging.getLogger("domain.of_a_test")
BELOW = logging.getLogger("domain.of_a_test.below")


class Kept(logging.Handler):
    """A handler that keeps what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@pytest.fixture
def handler() -> Iterator[Kept]:
    """The service's handler; the log is as it was again when the test is over."""
    before = LogState()
    handler = Kept()
    ROOT.addHandler(handler)
    OURS.setLevel(logging.INFO)
    yield handler
    OURS.setLevel(logging.NOTSET)
    ROOT.removeHandler(handler)
    list(before.put_back())


def configure_anew() -> None:
    logging.config.dictConfig({"version": 1})


def begin_anew() -> None:
    logging.basicConfig(force=True, handlers=[logging.NullHandler()])


def lose_handlers() -> None:
    ROOT.handlers = []


def clear_handlers() -> None:
    ROOT.handlers.clear()


def hush_handlers() -> None:
    for each in ROOT.handlers:
        each.setLevel(100)


@pytest.mark.parametrize(
    ("silence", "said"),
    [
        (lambda: logging.disable(100), "logging was disabled"),
        (lambda: ROOT.setLevel(100), "the level of the logger root was set to 100"),
        (lambda: ROOT.setLevel(1), "the level of the logger root was set to 1"),
        (lambda: OURS.setLevel(100), "the level of the logger domain.of_a_test was set to 100"),
        (
            lambda: setattr(OURS, "propagate", False),
            "domain.of_a_test no longer propagates",
        ),
        (lambda: setattr(ROOT, "disabled", True), "1 loggers were disabled (root)"),
        (clear_handlers, "the handlers of the logger root were removed"),
        (lose_handlers, "the handlers of the logger root were removed"),
        (begin_anew, "the handlers of the logger root were removed"),
        (configure_anew, " loggers were disabled ("),
        (hush_handlers, "the level of a handler of the log was set to 100"),
    ],
)
def test_what_silences_the_log_is_named_and_put_back(
    handler: Kept, silence: Callable[[], None], said: str
) -> None:
    state, level, handlers = LogState(), ROOT.level, [*ROOT.handlers]
    silence()
    changes = list(state.put_back())
    assert any(said in each for each in changes), changes
    for each in (OURS, BELOW):
        each.info("from %s", each.name)
    assert handler.messages == [f"from {OURS.name}", f"from {BELOW.name}"]
    assert (ROOT.level, ROOT.handlers) == (level, handlers)
    assert list(state.put_back()) == []


def test_a_plugin_may_have_loggers_and_handlers_of_its_own(handler: Kept) -> None:
    state, own, off = LogState(), Kept(), logging.getLogger("domain.of_a_test.off")
    ROOT.addHandler(own)
    theirs = logging.getLogger("a_plugin")
    theirs.setLevel(logging.DEBUG)
    theirs.addHandler(own)
    off.disabled = True
    try:
        assert list(state.put_back()) == []
        OURS.info("said")
        assert (handler.messages, own.messages) == (["said"], ["said"])
    finally:
        ROOT.removeHandler(own)
        theirs.handlers.clear()


def test_what_was_disabled_before_stays_so(handler: Kept) -> None:
    BELOW.disabled = True
    try:
        state = LogState()
        configure_anew()
        list(state.put_back())
        assert BELOW.disabled
        assert not OURS.disabled
    finally:
        BELOW.disabled = False
