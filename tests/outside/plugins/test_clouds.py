"""A cloud behind a running service: instances listed, exactly one stopped, an alarm told once."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.adapters.llm.wire.openai import OpenAIWireServer
from tests.plugins.builtin.clouds.moto_server import OTHER, REGION, LocalAws, local_aws
from tests.support.service import RunningService

PLUGIN = Path(__file__).with_name("watching_plugin.py")
PATIENCE = 60
Frames = list[dict[str, Any]]


@dataclass
class Site:
    """A service with a cloud, its administrator, and what its observer wrote down."""

    service: RunningService
    aws: LocalAws
    admin: str
    file: Path

    def watched(self) -> list[Any]:
        text = self.file.read_text() if self.file.exists() else ""
        return [json.loads(line) for line in text.splitlines()]

    def metrics(self) -> dict[str, Any]:
        return self.service.call("GET", "/api/metrics", token=self.admin)

    def count(self) -> float:
        """Return how many instances the plugin counted last."""
        return float(self.metrics()["infrastructure"]["aws_instances"])

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not is_so():
                await asyncio.sleep(0.05)

    async def another_round(self) -> None:
        """Wait until the plugins were asked again."""
        before = self.metrics()["sources"]
        await self.until(lambda: self.metrics()["sources"] != before)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    (folder / "plugins").mkdir()
    shutil.copy(PLUGIN, folder / "plugins")
    with ExitStack() as stack:
        aws = stack.enter_context(local_aws())
        aws.reset()
        model = stack.enter_context(OpenAIWireServer())
        settings = aws.variables | {
            "OPENAI_BASE_URL": model.base_url,
            "OPENAI_API_KEY": "sk-wire",
            "PUERTO_COLLECT_SECONDS": "1",
            "PUERTO_PLUGINS_FOLDER": str(folder / "plugins"),
            "WATCHED": str(folder / "watched.txt"),
        }
        service = stack.enter_context(RunningService(folder, **settings))
        admin = service.admin()
        enable = {"cloud_providers": {"aws": {"enabled": True}}}
        service.call("PUT", "/api/config", enable, token=admin)
        yield Site(service, aws, admin, folder / "watched.txt")
        assert "Traceback" not in service.log


@asynccontextmanager
async def socket_of(site: Site, token: str) -> AsyncIterator[ClientConnection]:
    """Open a WebSocket, and log in over it."""
    address = site.service.url.replace("http", "ws", 1) + "/ws"
    async with asyncio.timeout(PATIENCE), connect(address) as socket:
        await socket.send(json.dumps({"type": "auth", "token": token}))
        assert json.loads(await socket.recv()) == {"type": "ready"}
        yield socket


async def say(socket: ClientConnection, **frame: Any) -> Frames:
    """Send a frame, and return what comes up to the end of the run or its pause."""
    await socket.send(json.dumps(frame))
    frames: Frames = []
    while not frames or frames[-1]["type"] != "done":
        frames.append(json.loads(await socket.recv()))
    return frames


async def test_instances_are_listed_and_the_one_that_was_meant_is_stopped(site: Site) -> None:
    first, second = site.aws.run("web-1", "web-2")
    (third,) = site.aws.run("db", region=OTHER)
    async with socket_of(site, site.service.user("ann")) as socket:
        frames = await say(socket, type="chat", message="call list_ec2_instances {}")
        (result,) = [frame for frame in frames if frame["type"] == "tool_result"]
        found = {(each["id"], each["name"], each["region"]) for each in result["result"]}
        assert found == {
            (first, "web-1", REGION),
            (second, "web-2", REGION),
            (third, "db", OTHER),
        }
        assert frames[-1]["status"] == "completed"

        asked = json.dumps({"instance_ids": [second]})
        frames = await say(socket, type="chat", message=f"call stop_ec2_instances {asked}")
        assert frames[-1]["status"] == "waiting_consent"
        (request,) = [f["consent_request"] for f in frames if f["type"] == "consent_required"]
        assert (request["tool"], request["effect"]) == ("stop_ec2_instances", "destructive")
        assert request["params"]["instance_ids"] == [second]
        lines = {line["kind"]: line["text"] for line in request["preview_lines"]}
        assert lines["target"] == f"web-2 ({second}) in {REGION}"
        assert (lines["amount"], lines["reversible"]) == ("1 machine", "can be undone")
        assert set(site.aws.states().values()) == {"running"}

        yes = {"consent_request_id": request["id"], "approved": True}
        frames = await say(socket, type="consent", **yes)
        assert frames[-1]["status"] == "completed"
        assert site.aws.states() == {first: "running", second: "stopped"}
        assert site.aws.states(OTHER) == {third: "running"}


async def test_an_alarm_is_told_once_each_time_that_it_is_raised(site: Site) -> None:
    title = f"cpu ({REGION})"
    site.aws.alarm("cpu")
    await site.until(lambda: site.metrics()["alerts"]["ok"] == 1)
    assert site.watched() == []
    expected = []
    for state, type_ in (("ALARM", "critical"), ("OK", "ok"), ("ALARM", "critical")):
        site.aws.set_alarm("cpu", state)
        expected.append([f"alert.{type_}", title])
        await site.until(lambda: len(site.watched()) >= len(expected))
    await site.another_round()
    assert site.watched() == expected
    told = site.metrics()
    assert told["alerts"] == {"critical": 1, "warning": 0, "ok": 0}
    assert [alert["title"] for alert in told["open_alerts"]] == [title]
    assert told["infrastructure"]["aws_instances"] == 3


async def test_settings_of_a_cloud_are_changed_without_a_restart(site: Site) -> None:
    path, token = "/api/plugins/aws/settings", site.admin
    shown = site.service.call("GET", path, token=token)
    assert shown["values"]["regions"] == [REGION, OTHER]
    assert shown["values"]["secret_access_key"] == "***"

    site.aws.reset()
    site.aws.run("here")
    site.aws.run("there", region=OTHER)
    await site.until(lambda: site.count() == 2)
    site.service.call("PUT", path, {"values": {"regions": [REGION]}}, token=token)
    await site.until(lambda: site.count() == 1)
    site.service.call("PUT", path, {"values": {"regions": None}}, token=token)
    await site.until(lambda: site.count() == 2)
