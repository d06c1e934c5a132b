"""``benchmarks/wire.py`` makes each case the request that it must be, seen by a server."""

import email
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl

import pytest

from tests.support.web_server import Seen, serving

ROOT = Path(__file__).parent.parent.parent
SHARED = ROOT.parent / "shared" / "cases"
FILES = ("oas-wire.json", "real-calls.json")

Case = dict[str, Any]


def own_case(name: str, operation: Case, expect: Case, **rest: Any) -> Case:
    """Return a case of a document with one operation, ``POST /p``."""
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": "SERVER"}],
        "paths": {"/p": {"post": {"responses": {}, **operation}}},
    } | rest.pop("top", {})
    expected = {"method": "POST", "path": ["/p"], **expect}
    return {
        "id": name,
        "doc": document,
        "op": {"method": "post", "path": "/p"},
        "expect": expected,
    } | rest


SAME = [{"name": "id", "in": place, "schema": {"type": "string"}} for place in ("query", "header")]
KEY = {"name": "Idempotency-Key", "in": "header", "required": True, "schema": {"type": "string"}}
UPLOAD = {"type": "object", "properties": {"file": {"$ref": "#/components/schemas/File"}}}
OWN = [
    own_case(
        "a parameter is identified by name and place",
        {"parameters": SAME},
        {"query": ["id=Q"], "headers": {"id": ["H"]}},
        args=[
            {"in": "query", "name": "id", "value": "Q"},
            {"in": "header", "name": "ID", "value": "H"},
        ],
    ),
    own_case(
        "the id of the call is the key",
        {"parameters": [KEY]},
        {"headers": {"idempotency-key": ["k-1"]}},
        args=[{"in": "header", "name": "Idempotency-Key", "value": "k-1"}],
    ),
    own_case(
        "a file whose schema is elsewhere",
        {"requestBody": {"content": {"multipart/form-data": {"schema": UPLOAD}}}},
        {
            "content_type": "multipart/form-data",
            "body": {"multipart": [{"name": "file", "value": "hi there"}]},
        },
        body={"media_type": "multipart/form-data", "value": {"file": "data:;base64,aGkgdGhlcmU="}},
        top={"components": {"schemas": {"File": {"type": "string", "format": "binary"}}}},
    ),
    own_case(
        "no model sets who is asking",
        {"parameters": [{"name": "Authorization", "in": "header", "schema": {"type": "string"}}]},
        {"refuse_ok": True, "no_headers": {"authorization": "evil"}},
        args=[{"in": "header", "name": "Authorization", "value": "evil"}],
    ),
]


def checked(cases: Sequence[Case]) -> Iterator[tuple[str, list[Any]]]:
    """Yield each case's id with what is wrong with the request that it became."""
    command = [sys.executable, str(ROOT / "benchmarks" / "wire.py")]
    with serving() as server:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, cwd=ROOT, **pipes) as runner:  # type: ignore[call-overload]  # by name
            for case in cases:
                text = json.dumps({key: case[key] for key in case if key != "expect"})
                text = text.replace("SERVERHOST", f"127.0.0.1:{server.port}")
                server.seen.clear()
                print(text.replace("SERVER", server.url), file=runner.stdin, flush=True)
                said = json.loads(runner.stdout.readline())
                assert said["id"] == case["id"]
                yield case["id"], _wrong(case["expect"], said, server.seen)
            runner.stdin.close()
            assert runner.wait(timeout=10) == 0


def _wrong(expect: Case, said: Case, seen: Sequence[Seen]) -> list[Any]:
    if not said["ok"]:
        assert said["error"]
        return [said] if seen or not expect.get("refuse_ok") else []
    (one,) = seen
    path, mark, query = one.target.partition("?")
    kind = (one.header("content-type") or "").partition(";")[0]
    pairs = [one.method != expect["method"], path not in expect["path"]]
    if "query" in expect:
        pairs.append((query if mark else None) not in (expect["query"] or [None]))
    pairs += [one.header(name) not in values for name, values in expect.get("headers", {}).items()]
    pairs += [bad in str(one.header(name)) for name, bad in expect.get("no_headers", {}).items()]
    pairs.append("cookie" in expect and one.header("cookie") not in expect["cookie"])
    pairs.append("content_type" in expect and kind != expect["content_type"])
    if "pairs" in expect:
        pairs.append(
            [
                [k, _like(v, text)]
                for (k, text), (_, v) in zip(parse_qsl(query), expect["pairs"], strict=True)
            ]
            != expect["pairs"]
        )
    pairs.append(not _is_body(expect.get("body", {}), one))
    return [one, expect] if any(pairs) else []


def _like(wanted: Any, text: str) -> Any:
    """Return a text in the form in which the other is given."""
    return {"json": json.loads(text)} if isinstance(wanted, dict) else text


def _is_body(wanted: Case, one: Seen) -> bool:
    match wanted:
        case {"json": value}:
            return bool(json.loads(one.body) == value)
        case {"text": text}:
            return bool(one.body.decode() == text)
        case {"form": form}:
            pairs = parse_qsl(one.body.decode(), keep_blank_values=True)
            return bool([list(pair) for pair in pairs] == form)
        case {"absent_or": values}:
            return not one.body or json.loads(one.body) in values
        case {"multipart": parts}:
            return _are_parts(parts, one)
        case _:
            return True


def _are_parts(wanted: list[Case], one: Seen) -> bool:
    head = f"Content-Type: {one.header('content-type')}\r\n\r\n".encode()
    found = []
    for part, like in zip(
        email.message_from_bytes(head + one.body).walk(), [None, *wanted], strict=True
    ):
        if like is not None:
            text = bytes(cast("bytes", part.get_payload(decode=True))).decode()
            name = part.get_param("name", header="content-disposition")
            found.append(
                {"name": name} | ({"json": json.loads(text)} if "json" in like else {"value": text})
            )
    return found == wanted


def test_cases_become_the_requests_that_they_must_be() -> None:
    assert dict(checked(OWN)) == {case["id"]: [] for case in OWN}


@pytest.mark.parametrize("file", FILES)
def test_shared_cases_become_the_requests_that_they_must_be(file: str) -> None:
    if not (SHARED / file).exists():
        pytest.skip(f"{SHARED / file} is not there")
    assert [found for found in checked(json.loads((SHARED / file).read_text())) if found[1]] == []
