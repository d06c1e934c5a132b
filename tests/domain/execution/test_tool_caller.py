"""What tools are given for a call, and what becomes of what they give back."""

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any

import pytest

from domain.conversations.calls import CallOutcome
from domain.conversations.conversation import Message, MessageRole, new_conversation
from domain.execution.progress import MESSAGE_LENGTH
from domain.execution.results import RESULT_BYTES, Results
from domain.execution.tool_caller import ToolCaller
from domain.runs.call_events import ToolErred, ToolFinished, ToolIntended, ToolProgressed
from domain.runs.events import Body
from domain.runs.run import Call
from domain.shared.errors import ToolFailed
from domain.tools import artifacts as limits
from domain.tools.artifacts import Artifact
from domain.tools.context import PluginContexts
from domain.tools.questions import ToolQuestion
from domain.tools.result_pages import PAGE_LENGTH
from domain.tools.tool import Effect, Tool, missing
from domain.tools.tool_context import ToolContext
from plugins.host.admission import admit
from tests.domain.builders import ANN, NOW, RUN, call, run_of, step
from tests.fakes.authorization_servers import inputs_over
from tests.fakes.clock import FakeClock
from tests.fakes.persistence import FakeStore
from tests.fakes.tools import FakeHttpClients, FakeTool, FakeToolbox, tool_selector_of

SECRET, SHORT = "s3cr3t-value-of-ours", "pin1"
ENVIRON = {"CRM_TOKEN": f" {SECRET}\n", "CRM_PIN": SHORT, "OTHER_TOKEN": "somebody else's"}
CALL = Call("c1", "look", {"q": 1}, Effect.READ, "v1")


class House:
    """A caller, and all that it said and kept."""

    def __init__(self) -> None:
        self.store = FakeStore()
        self.said: list[Body] = []
        results = Results(self.store.artifacts, FakeClock(NOW))
        tool_selector = tool_selector_of(FakeToolbox())
        contexts = PluginContexts(FakeHttpClients(), FakeClock(NOW), self.store.plugin_values)
        self.caller = ToolCaller(
            self.store.conversations,
            results,
            contexts,
            ENVIRON,
            tool_selector,
            inputs_over(self.store, FakeClock(NOW)),
        )

    async def call(self, tool: Tool, *before: Body) -> ToolFinished | ToolErred:
        run = run_of(*before, conversation_id="")
        body = await self.caller.call(tool, CALL, run, ANN, self.said.append)
        assert not isinstance(body, ToolQuestion)
        return body

    async def result(self, value: Any, *requires: str) -> Any:
        """Return the result of a tool that returns this value, as it is kept."""
        body = await self.call(returning(value, *requires))
        assert isinstance(body, ToolFinished)
        return body.result


@pytest.fixture
def house() -> House:
    return House()


def returning(value: Any, *requires: str) -> FakeTool:
    async def work(_arguments: Mapping[str, Any]) -> Any:
        return value

    return FakeTool("look", work=work, requires=requires)


def using(use: Any, *requires: str) -> FakeTool:
    """Return a tool whose work is ``use`` with its context."""

    async def work(_arguments: Mapping[str, Any]) -> Any:
        return await use(tool.contexts[-1])

    tool = FakeTool("look", work=work, requires=requires)
    return tool


async def test_pieces_of_a_result_are_streamed_without_secrets(house: House) -> None:
    async def yields(context: ToolContext) -> None:
        context.stream_output(f"the token is {SECRET}, and so on, to the end of it all")

    await house.call(using(yields, "CRM_TOKEN"))
    (progress,) = (body for body in house.said if isinstance(body, ToolProgressed))
    assert progress.output.startswith("the token is ***, and so on")


def test_a_tool_says_which_settings_it_misses() -> None:
    spec = FakeTool("look", requires=("CRM_TOKEN", "CRM_URL", "CRM_PIN")).spec
    assert missing(spec, ENVIRON | {"CRM_PIN": " "}) == ["CRM_URL", "CRM_PIN"]
    assert missing(spec, ENVIRON | {"CRM_URL": "x"}) == []


async def test_a_tool_is_given_the_settings_that_it_declared(house: House) -> None:
    tool = returning(None, "CRM_TOKEN", "CRM_URL")
    await house.call(tool)
    (context,) = tool.contexts
    assert dict(context.secrets) == {"CRM_TOKEN": SECRET}
    with pytest.raises(KeyError, match="OTHER_TOKEN is not set, or"):
        context.secrets["OTHER_TOKEN"]
    assert SECRET not in repr(context)
    assert "CRM_TOKEN" in repr(context)


async def test_secrets_do_not_leave_the_call(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    async def tell(context: ToolContext) -> Any:
        context.log.warning("the token is %s", SECRET)
        try:
            int(SECRET)
        except ValueError:
            context.log.exception("it failed")
        await context.progress(f"using {SECRET}")
        image = Artifact(b"\x00" + SECRET.encode() + b"\xff", "image/png", f"{SECRET}.png")
        return {SECRET: [f"a{SECRET}b", SHORT, 1], "image": image}

    body = await house.call(using(tell, "CRM_TOKEN", "CRM_PIN"))
    assert isinstance(body, ToolFinished)
    assert body.result["***"] == ["a***b", SHORT, 1]
    assert body.result["image"]["name"] == "***.png"
    (kept,) = house.store.memory.artifacts.values()
    assert kept.artifact.data == b"\x00" + b"*" * len(SECRET) + b"\xff"
    assert [said.message for said in house.said if isinstance(said, ToolProgressed)] == [
        "using ***"
    ]
    assert "the token is ***" in caplog.text
    assert "base 10: '***'" in caplog.text
    assert SECRET not in caplog.text
    assert {record.name for record in caplog.records} == {"puerto.tools.look"}


async def test_secrets_are_no_part_of_errors(house: House) -> None:
    async def fail(_context: ToolContext) -> Any:
        raise ToolFailed(f"401 for {SECRET}", details={"url": f"/?token={SECRET}"})

    body = await house.call(using(fail, "CRM_TOKEN"))
    assert isinstance(body, ToolErred)
    assert (body.message, body.details) == ("401 for ***", {"url": "/?token=***"})


async def test_secrets_are_hidden_wherever_they_stand(house: House) -> None:
    hiding = {"tuple": (SECRET,), "set": {SECRET}, (SECRET, 1): [{"deep": (SECRET, {SECRET})}]}
    finished = await house.call(admit(returning(hiding, "CRM_TOKEN"), "p"))
    assert isinstance(finished, ToolFinished)
    assert SECRET not in str(finished.result)
    assert finished.result["tuple"] == finished.result["set"] == ["***"]

    async def fail(_context: ToolContext) -> Any:
        raise ToolFailed("no", details={"tuple": (SECRET,), "error": ValueError(SECRET)})

    erred = await house.call(admit(using(fail, "CRM_TOKEN"), "p"))
    assert isinstance(erred, ToolErred)
    assert erred.details == {"tuple": ["***"], "error": "ValueError: ***"}


async def test_other_calls_log_what_they_like(caplog: pytest.LogCaptureFixture) -> None:
    await House().call(returning(None, "CRM_TOKEN"))
    logging.getLogger("puerto.tools.look").warning(SECRET)
    assert SECRET in caplog.text


async def test_progress_is_told_from_the_loop_and_from_threads(house: House) -> None:
    async def work(context: ToolContext) -> None:
        await asyncio.to_thread(context.report_progress, "from a thread", 7)
        await asyncio.sleep(0)

    await house.call(using(work))
    assert house.said == [ToolProgressed("c1", "look", "from a thread", 1.0)]


async def test_progress_is_neither_long_nor_often_nor_late(house: House) -> None:
    contexts: list[ToolContext] = []

    async def work(context: ToolContext) -> None:
        contexts.append(context)
        for n in range(1000):
            await context.progress(f"{n}\ud800" + "x" * 1000, fraction=n / 1000)

    await house.call(using(work))
    await contexts[0].progress("too late")
    await asyncio.to_thread(contexts[0].report_progress, "too late")
    (said,) = house.said
    assert isinstance(said, ToolProgressed)
    assert said.fraction == 0.0
    assert len(said.message) <= MESSAGE_LENGTH
    assert said.message.startswith("0\ufffdx")


async def test_of_reports_that_come_too_soon_the_last_is_told(house: House) -> None:
    async def work(context: ToolContext) -> None:
        for text in ("first", "second", "third"):
            context.report_progress(text)
        async with asyncio.timeout(60):
            while len(house.said) < 2:
                await asyncio.sleep(0.01)

    await house.call(using(work))
    messages = [said.message for said in house.said if isinstance(said, ToolProgressed)]
    assert messages == ["first", "third"]


async def test_artifacts_are_kept_and_referred_to(house: House) -> None:
    image = Artifact(b"\x89PNG", "image/png", "plot.png")
    table = Artifact(b"a,b", "text/csv", "año.csv")
    result = await house.result({"plot": image, "tables": [table, "plain"], "n": 1})
    assert (result["n"], result["tables"][1]) == (1, "plain")
    for reference, artifact in ((result["plot"], image), (result["tables"][0], table)):
        kept = house.store.memory.artifacts[reference["artifact"]]
        assert (kept.user_id, kept.run_id, kept.call_id) == (ANN.id, RUN, "c1")
        assert kept.artifact == artifact
        assert reference == {
            "artifact": kept.id,
            "name": artifact.name,
            "media_type": artifact.media_type,
            "size": len(artifact.data),
            "url": f"/api/artifacts/{kept.id}",
        }


async def test_what_there_is_no_room_for_says_so_in_its_place(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = Artifact(b"123456", "text/plain", "a.txt")
    many = await house.result([file] * (limits.ARTIFACTS_OF_CALL + 1))
    assert {each["not_kept"] for each in many} == {"a call can return 20 artifacts, not 21"}

    monkeypatch.setattr("domain.execution.results.ARTIFACT_BYTES_OF_USER", 10)
    assert "artifact" in await house.result(file)
    refused = await house.result({"done": True, "file": file})
    assert refused["done"] is True
    assert refused["file"]["name"] == "a.txt"
    assert "limit is 10" in refused["file"]["not_kept"]
    assert len(house.store.memory.artifacts) == 1
    big = await house.result("x" * RESULT_BYTES)
    assert "was not kept" in big["note"]


@pytest.mark.parametrize(
    ("data", "media_type", "name", "said"),
    [
        ("text", "text/plain", "a.txt", "data: bytes"),
        (b"", "text/plain", None, "name: str"),
        (b"", "png", "a.png", "no media type"),
        (b"", "text/html\r\nSet-Cookie: a=b", "a", "no media type"),
        (b"", "text/plain", "", "no name"),
        (b"", "text/plain", "../etc/passwd", "no name"),
        (b"", "text/plain", "a\nb", "no name"),
        (b"x" * (limits.ARTIFACT_BYTES + 1), "text/plain", "a", "limit is 10,000,000"),
    ],
)
def test_what_is_no_artifact(data: Any, media_type: str, name: Any, said: str) -> None:
    with pytest.raises((TypeError, ValueError), match=said):
        Artifact(data, media_type, name)


async def read_all(house: House, *before: Body) -> str:
    """Return what a tool reads of call ``a``, page by page to the last."""
    texts: list[str] = []

    async def work(context: ToolContext) -> None:
        pages = 1
        while len(texts) < pages:
            page = await context.read_result("a", len(texts) + 1)
            assert len(page.text) <= PAGE_LENGTH
            texts.append(page.text)
            pages = page.pages
        with pytest.raises(ToolFailed, match=f"has {pages}"):
            await context.read_result("a", pages + 1)
        with pytest.raises(ToolFailed, match="no result of a call 'b'"):
            await context.read_result("b", 1)

    assert isinstance(await house.call(using(work), *before), ToolFinished)
    return "".join(texts)


async def second_page(context: ToolContext) -> Any:
    return (await context.read_result("a", 2)).to_json()


async def test_a_result_too_large_for_an_event_is_kept_whole_and_read_in_pages(
    house: House,
) -> None:
    rows = [{"n": n, "text": 'añ"o' * 10} for n in range(20_000)]
    result = await house.result(rows)
    text = json.dumps(rows, ensure_ascii=False)
    kept = house.store.memory.artifacts[result["artifact"]].artifact
    assert (kept.name, kept.media_type) == ("look.json", "application/json")
    assert json.loads(kept.data) == rows
    assert result["text"] == text[:PAGE_LENGTH]
    assert (result["call_id"], result["page"]) == ("c1", 1)

    earlier = ToolIntended("a", "look", {}, Effect.READ, "v1")
    whole = await read_all(house, earlier, step(), ToolFinished("a", "look", result, 1.0))
    assert whole == text


async def test_a_result_beyond_all_limits_is_not_cut_in_silence(house: House) -> None:
    result = await house.result(["x" * limits.ARTIFACT_BYTES])
    assert "was not kept" in result["note"]
    assert "Ask for less" in result["note"]


async def test_results_of_earlier_messages_can_be_read_and_of_other_users_not(
    house: House,
) -> None:
    text = "word " * PAGE_LENGTH
    for user_id in (ANN.id, "somebody else"):
        run = run_of(user_id=user_id)
        conversation = new_conversation(user_id, "t", NOW)
        await house.store.conversations.add(conversation)
        results = [CallOutcome("a", "look", text)]
        message = Message(
            "m", conversation.id, MessageRole.ASSISTANT, "", NOW, run.id, results=results
        )
        house.store.memory.say(message)
        mine = run_of(conversation_id=conversation.id)
        body = await house.caller.call(using(second_page), CALL, mine, ANN, house.said.append)
        if user_id == ANN.id:
            assert isinstance(body, ToolFinished)
            assert body.result["text"] == json.dumps(text)[PAGE_LENGTH : 2 * PAGE_LENGTH]
        else:
            assert isinstance(body, ToolErred)


async def test_a_page_of_a_lost_result_is_an_error(house: House) -> None:
    page = {"call_id": "a", "page": 1, "pages": 2, "text": "x", "artifact": RUN}
    before = (call("a"), step(), ToolFinished("a", "look", page, 1.0))
    body = await house.call(using(second_page), *before)
    assert isinstance(body, ToolErred)
    assert "not kept any more" in body.message
