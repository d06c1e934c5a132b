"""Three ways to have a turn with the service: REST, server-sent events and WebSocket."""

import json
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

import httpx2
from websockets.sync.client import connect

Event = dict[str, Any]
Reply = Callable[[Event], Event | None]
"""Answers a consent request: the body of the answer, or None where something else answers it."""

SECONDS: Final = 120.0  # many times what a turn takes


class Face(Protocol):
    """Sends a message, answers what is asked, and returns what came of it."""

    def __call__(self, api: httpx2.Client, message: Event, reply: Reply) -> list[Event]: ...


def over_rest(api: httpx2.Client, message: Event, reply: Reply) -> list[Event]:
    """Ask again and again how the run stands; its events are read when it is over."""
    answer = api.post("/api/chat", json=message)
    if "run_id" not in answer.json():  # the run failed
        return [{"type": "error"} | answer.json()]
    run, answered, deadline = answer.json()["run_id"], set[str](), time.monotonic() + SECONDS
    while api.get(f"/api/runs/{run}").json()["status"] in {"running", "waiting_consent"}:
        waiting = api.get("/api/consents", params={"status": "waiting"}).json()["consents"]
        for request in waiting:
            if request["run_id"] == run and request["id"] not in answered:
                answered.add(request["id"])
                _answer(api, request, reply)
        assert time.monotonic() < deadline, waiting
        time.sleep(0.05)
    return _events(api, "GET", f"/api/runs/{run}/events")


def over_sse(api: httpx2.Client, message: Event, reply: Reply) -> list[Event]:
    """Read the stream up to a question, answer it, and read on from there."""
    events = _events(api, "POST", "/api/chat", json=message | {"stream": True})
    answered = 0
    while events[-1].get("status") == "waiting_consent":
        requests = [e["consent_request"] for e in events if e["type"] == "consent_required"]
        for request in requests[answered:]:
            _answer(api, request, reply)
        answered = len(requests)
        path = f"/api/runs/{events[0]['run_id']}/events"
        events += _events(api, "GET", path, params={"after": events[-1]["cursor"]})
    return events


def over_websocket(api: httpx2.Client, message: Event, reply: Reply) -> list[Event]:
    """Send and answer over one socket, which goes on by itself."""
    address = str(api.base_url).replace("http", "ws", 1).rstrip("/") + "/ws"
    headers = {"Authorization": api.headers["Authorization"]}
    events: list[Event] = []
    with connect(address, additional_headers=headers) as socket:
        socket.send(json.dumps({"type": "chat"} | message))
        while True:
            frame = json.loads(socket.recv(SECONDS))
            events.append(frame)
            if frame["type"] == "consent_required":
                request = frame["consent_request"]
                if (body := reply(request)) is not None:
                    named = {"type": "consent", "consent_request_id": request["id"]}
                    socket.send(json.dumps(named | body))
            elif frame["type"] == "done" and frame["status"] != "waiting_consent":
                return events
            else:
                assert frame["type"] != "error" or "run_id" in frame, frame


def _answer(api: httpx2.Client, request: Event, reply: Reply) -> None:
    if (body := reply(request)) is not None:
        api.post(f"/api/consents/{request['id']}", json=body).raise_for_status()


def _events(api: httpx2.Client, method: str, path: str, **options: Any) -> list[Event]:
    with api.sse(path, method=method, **options) as source:
        return [{**json.loads(event.data), "cursor": event.id} for event in source]
