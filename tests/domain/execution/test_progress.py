"""What followers see of a running call: reports, and pieces of its result."""

import asyncio

import pytest

from domain.execution import progress
from domain.execution.progress import OUTPUT_LENGTH, Reporter
from domain.runs.call_events import ToolProgressed
from domain.runs.events import Body
from domain.tools.secrets import Secrets

SECRET = "s3cr3t-of-ours"


class Listener:
    """Everything that a reporter has said."""

    def __init__(self, secrets: Secrets | None = None) -> None:
        self.said: list[Body] = []
        self.came = asyncio.Event()
        self.reporter = Reporter("c1", "look", secrets or Secrets(), self._say)

    def _say(self, body: Body) -> None:
        self.said.append(body)
        self.came.set()

    @property
    def reports(self) -> list[ToolProgressed]:
        return [each for each in self.said if isinstance(each, ToolProgressed)]

    async def outputs(self, length: int) -> list[str]:
        """Return the pieces, once they have so many characters."""
        while len("".join(each.output for each in self.reports)) < length:
            self.came.clear()
            await self.came.wait()
        return [each.output for each in self.reports]


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PAUSE_SECONDS", 0.001)


async def test_pieces_that_come_within_a_pause_are_joined() -> None:
    listener = Listener()
    for piece in ("one ", "two\n", "three"):
        listener.reporter.stream_output(piece)
    assert await listener.outputs(13) == ["one ", "two\nthree"]
    assert [each.message for each in listener.reports] == [
        "one",
        "two three",
    ]


async def test_a_long_piece_comes_in_several_and_not_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "OUTPUT_OF_CALL", OUTPUT_LENGTH + 10)
    listener = Listener()
    listener.reporter.stream_output("x" * (OUTPUT_LENGTH + 50))
    listener.reporter.stream_output("never shown")
    assert await listener.outputs(OUTPUT_LENGTH + 10) == ["x" * OUTPUT_LENGTH, "x" * 10]


async def test_a_secret_that_comes_in_two_pieces_is_hidden() -> None:
    listener = Listener(Secrets({"TOKEN": SECRET}))
    listener.reporter.stream_output(f"the token is {SECRET[:7]}")
    listener.reporter.stream_output(f"{SECRET[7:]}, and that is all of it")
    shown = "".join(await listener.outputs(len("the token is ***, ")))
    assert shown.startswith("the token is ***,")
    assert SECRET[:7] not in shown


async def test_a_report_between_pieces_is_not_lost() -> None:
    listener = Listener()
    listener.reporter.stream_output("one")
    listener.reporter.report("half", 0.5)
    listener.reporter.stream_output("two")
    assert await listener.outputs(6) == ["one", "", "two"]
    assert [each.fraction for each in listener.reports] == [
        None,
        0.5,
        None,
    ]


async def test_nothing_comes_after_the_end() -> None:
    listener = Listener()
    listener.reporter.close()
    listener.reporter.stream_output("late")
    assert listener.said == []
