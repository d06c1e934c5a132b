"""The help desk behind the plugin ``tickets``: an authorization server, and its API."""

import json
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.authorization_server import AuthorizationServerApp
from tests.support.web_server import Reply, Seen

QUEUES: Final = ["printers", "network"]


@dataclass
class Desk:
    """Replies to requests; ``closed`` are the tickets that were closed, with the queue of each."""

    authorization: AuthorizationServerApp = field(default_factory=AuthorizationServerApp)
    closed: list[tuple[int, str]] = field(default_factory=list)

    def __call__(self, seen: Seen) -> Reply:
        path = seen.target.partition("?")[0]
        if path in {"/authorize", "/token", "/revoke"}:
            return self.authorization(seen)
        token = (seen.header("authorization") or "").removeprefix("Bearer ")
        if self.authorization.token(token) is None:
            return Reply(401)
        answer = self._answer(path.strip("/").split("/"), seen.body)
        return Reply(404) if answer is None else Reply(body=json.dumps(answer).encode())

    def _answer(self, path: list[str], body: bytes) -> Any:
        match path:
            case ["tickets"]:
                return [ticket(7), ticket(8)]
            case ["queues"]:
                return QUEUES
            case ["tickets", "7" | "8" as number]:
                return ticket(int(number))
            case ["tickets", "7" | "8" as number, "close"]:
                self.closed.append((int(number), json.loads(body)["queue"]))
                return {}
        return None


def ticket(number: int) -> dict[str, Any]:
    return {"number": number, "title": "Printer on fire", "queue": "new", "messages": 3}
