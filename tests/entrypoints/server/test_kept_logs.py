"""What is kept of a log record."""

import logging
from datetime import UTC, datetime

from domain.monitoring.logs import LogEntry
from domain.shared.log_context import bound
from domain.tools.secrets import Secrets, discreet_log
from entrypoints.server.kept_logs import KeepingHandler, keeping_logs
from entrypoints.server.logs import LINE_CHARACTERS

log = logging.getLogger("puerto.of_test")


def test_an_entry_has_what_its_record_is_about() -> None:
    entries: list[LogEntry] = []
    with keeping_logs(entries.append), bound(request="q-1", run="r-1", user="ada", user_id="u-1"):
        log.warning("it took %d s", 3)

    (entry,) = entries
    assert (entry.level, entry.message) == ("WARNING", "it took 3 s")
    assert entry.metadata == {
        "logger": "puerto.of_test",
        "request_id": "q-1",
        "run_id": "r-1",
        "user": "ada",
        "user_id": "u-1",
    }
    assert abs((datetime.now(UTC) - entry.at).total_seconds()) < 3600


def test_debug_messages_and_what_is_logged_later_are_not_kept() -> None:
    entries: list[LogEntry] = []
    log.setLevel(logging.DEBUG)
    with keeping_logs(entries.append):
        log.debug("the wire")
        log.info("a request")
    log.info("later")
    log.setLevel(logging.NOTSET)
    assert [entry.message for entry in entries] == ["a request"]


def test_an_error_is_bounded_and_has_no_secret() -> None:
    entries: list[LogEntry] = []
    with keeping_logs(entries.append, ["sk-12345"]):
        try:
            raise ValueError("of sk-12345" + "x" * 100_000)  # noqa: TRY301  its traceback is tested
        except ValueError:
            log.exception("the key sk-12345 %s", "y" * 100_000, stack_info=True)

    (entry,) = entries
    texts = (entry.message, entry.metadata["exception"], entry.metadata["stack"])
    assert all(len(text) < LINE_CHARACTERS + 100 for text in texts)
    assert not any("sk-12345" in text for text in texts)
    assert "ValueError: of ***" in entry.metadata["exception"]


def test_the_traceback_of_a_tool_with_secrets_is_kept_without_them() -> None:
    entries: list[LogEntry] = []
    tool_log = discreet_log("puerto.of_test", lambda: Secrets({"KEY": "hush-hush"}))
    with keeping_logs(entries.append):
        try:
            raise ValueError("of hush-hush")  # noqa: TRY301  its traceback is tested
        except ValueError:
            tool_log.exception("it failed")
    (entry,) = entries
    assert entry.metadata["exception"].endswith("ValueError: of ***")


def test_a_record_that_cannot_be_formatted_is_kept_all_the_same() -> None:
    entries: list[LogEntry] = []
    record = logging.LogRecord("puerto", logging.WARNING, "", 1, "%d", ("x",), None)
    KeepingHandler(entries.append).handle(record)
    assert "cannot be formatted: TypeError(" in entries[0].message
