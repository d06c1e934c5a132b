"""A small server over TLS or plain HTTP, for local clouds: routes are patterns of paths."""

import json
import re
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request as it came; ``query`` and a form's ``body`` hold one value for each name."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: str

    @property
    def form(self) -> Mapping[str, str]:
        return _flat(parse_qs(self.body))


@dataclass(frozen=True)
class Told:
    """An answer, its body JSON."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Route = tuple[str, str, Callable[..., Told]]


class WireCloud:
    """Answers by the first of ``routes`` that fits; its groups are the arguments after the request.

    ``fault``, when set, answers everything but logins.
    """

    logins = ""

    def __init__(self, certificate: Path | None = None) -> None:
        self.requests: list[Asked] = []
        self.fault: Told | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            self._scheme = "https"

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    def routes(self) -> Sequence[Route]:
        """Return the routes: a method, a pattern of the path, and what answers."""
        return ()

    def answer(self, asked: Asked) -> Told:
        """Return the answer, and remember the request."""
        self.requests.append(asked)
        if self.fault is not None and not re.search(self.logins, asked.path):
            return self.fault
        for method, pattern, route in self.routes():
            if method == asked.method and (match := re.fullmatch(pattern, asked.path)):
                return route(asked, *match.groups())
        return Told({"error": {"code": "NotFound", "message": f"no route {asked.path}"}}, 404)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answer = self.answer

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def handle_request(self) -> None:
                parts = urlsplit(self.path)
                size = int(self.headers.get("Content-Length", 0))
                told = answer(
                    Asked(
                        self.command,
                        parts.path,
                        _flat(parse_qs(parts.query)),
                        {name.lower(): value for name, value in self.headers.items()},
                        self.rfile.read(size).decode(),
                    )
                )
                body = b"" if told.body is None else json.dumps(told.body).encode()
                self.send_response(told.status)
                headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
                for name, value in (headers | dict(told.headers)).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = handle_request  # noqa: N815  the library's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its signature
                pass

        return Handler


def _flat(found: Mapping[str, Sequence[str]]) -> Mapping[str, str]:
    return {name: values[0] for name, values in found.items()}
