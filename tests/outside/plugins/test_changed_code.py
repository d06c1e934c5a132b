"""A plugin of which a module was changed, under the same version, after somebody said yes."""

import json
from pathlib import Path
from typing import Any

from tests.outside.workers import until
from tests.plugins.packages import install
from tests.support.service import RunningService

PLUGIN = '''
import os
from parcel.deep.words import WORD
from puerto import hookimpl, tool

@tool(effect="write")
def send() -> str:
    """Send a word."""
    with open(os.environ["SENT"], "a") as sent:
        sent.write(WORD + "\\n")
    return WORD

@hookimpl
def puerto_register(registry):
    registry.add_tools(send)
'''


def test_what_was_approved_is_not_run_by_other_code(tmp_path: Path) -> None:
    site, sent = tmp_path / "site", tmp_path / "sent"
    words = site / "parcel" / "deep" / "words.py"
    words.parent.mkdir(parents=True)
    words.write_text("WORD = 'harmless'\n")
    for folder in (site / "parcel", site / "parcel" / "deep"):
        (folder / "__init__.py").touch()
    (site / "parcel" / "plugin.py").write_text(PLUGIN)
    install(site, "parcel", "", "parcel = parcel.plugin")
    cassette = tmp_path / "cassette.json"
    calls = [{"tool": "send", "arguments": {}}]
    cassette.write_text(json.dumps([{"pieces": calls}, {"pieces": [{"text": "Done."}]}]))
    settings = {
        "PYTHONPATH": str(site),
        "SENT": str(sent),
        "PUERTO_CASSETTE": str(cassette),
    }
    with RunningService(tmp_path, **settings) as service:
        token = service.user("ann")
        answer(service, token, approve(service, token))
        assert sent.read_text() == "harmless\n"  # by the code that was asked about

        request = approve(service, token)
        assert service.stop() == 0
        words.write_text("WORD = 'harmful!'\n")
        service.start()
        result = answer(service, token, request)
        assert result["error"]["code"] == "TOOL_REFUSED"
        assert "has changed since" in result["error"]["message"]
        assert sent.read_text() == "harmless\n"


def approve(service: RunningService, token: str) -> dict[str, Any]:
    """Ask for the call, and return what the user is asked."""
    service.call("POST", "/api/chat", {"message": "Do it."}, token)
    listed = service.call("GET", "/api/consents?status=waiting", token=token)["consents"]
    assert len(listed) == 1
    return dict(listed[0])


def answer(service: RunningService, token: str, request: dict[str, Any]) -> dict[str, Any]:
    """Say yes, and return what came of the call."""
    said = {"consent_request_id": request["id"], "approved": True}
    service.call("POST", "/api/chat/consent", said, token)
    path = f"/api/runs/{request['run_id']}"
    until(
        lambda: service.call("GET", path, token=token)["status"],
        lambda status: status not in {"running", "waiting_consent"},
    )
    listed = service.call("GET", "/api/conversations", token=token)["conversations"]
    history = service.call("GET", f"/api/chat/{listed[0]['id']}/history", token=token)
    (result,) = history["messages"][-1]["results"]
    return dict(result)
