"""Calls of every operation of three documents, judged by what does not know our code."""

import importlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
DOCUMENTS = Path(__file__).parent / "called"


def test_no_call_is_malformed(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    command = [sys.executable, str(ROOT / "benchmarks" / "calls.py"), str(DOCUMENTS)]
    done = subprocess.run(
        [*command, "--calls", "15", "--json", str(report)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(report.read_text())
    assert [(each["document"], each["tools"], each["calls"], each["argued"]) for each in found] == [
        ("old.json", 4, 60, 0),
        ("shop.yaml", 6, 90, 0),
        ("zoo.yaml", 4, 60, 0),
    ]


SHOP = "GET /items/{id}/{kind}/{colours}/{size}"
GOOD = "/v1/eu/items/7/.a/;colours=red/;size=w,1?ids=1"
JSON = ("Content-Type", "application/json")
FORM = ("Content-Type", "application/x-www-form-urlencoded")
PARTS = ("Content-Type", "multipart/form-data; boundary=x")
ITEM = {"name": "Rex", "code": "AB-123"}

Headers = Sequence[tuple[str, str]]


@pytest.fixture(scope="module")
def judges() -> Mapping[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        judge = importlib.import_module("calls_judge")
        original = importlib.import_module("calls_original")
        return {
            path.stem: (judge.Judge(original.Original(original.load(path.read_bytes()))), judge)
            for path in DOCUMENTS.iterdir()
        }


def problems(
    judges: Mapping[str, Any],
    document: str,
    operation: str,
    target: str,
    headers: Headers = (),
    body: bytes = b"",
) -> str:
    judge, module = judges[document]
    method = operation.partition(" ")[0]
    return "; ".join(judge.problems(operation, module.Received(method, target, headers, body)))


@pytest.mark.parametrize(
    ("target", "headers", "told"),
    [
        (GOOD, [], ""),
        (GOOD.replace("/v1/eu", "/v1"), [], "under none of the servers"),
        (GOOD.replace("/7/", "/7/8/"), [], "is one of nothing"),
        (GOOD.replace(".a", "a"), [], "'kind': it is missing"),
        (GOOD.replace("red", "green"), [], "'green' is not one of"),
        (GOOD.replace("w,1", "h,1"), [], "'w' is a required property"),
        (GOOD.replace("ids=1", ""), [], "'ids': it is missing"),
        (GOOD.replace("ids=1", "ids=1,2"), [], "'1,2' is not of type 'integer'"),
        (f"{GOOD}&tags=1,x", [], "'x' is not of type 'integer'"),
        (f"{GOOD}&words=1,2", [], "'1,2' is not of type 'integer'"),
        (f"{GOOD}&words=1%7C2", [], ""),
        (f"{GOOD}&filter%5Bprice%5D%5Bto%5D=1", [], "'from' is a required property"),
        (f"{GOOD}&limit=x", [], "'x' is not of type 'integer'"),
        (f"{GOOD}&where=%7B%22a%22%3A%22b%22%7D", [], "'b' is not of type 'integer'"),
        (f"{GOOD}&other=1", [], "'other' was unexpected"),
        (GOOD, [("X-Trace", "1,x")], "'x' is not of type 'integer'"),
        (GOOD, [("X-Other", "1")], "header: 'X-Other' is not declared"),
        (GOOD, [("Authorization", "Bearer a")], "Authorization was sent"),
        (GOOD, [("Cookie", "theme=red")], "'red' is not one of"),
        (GOOD, [("Cookie", "other=red")], "cookie: 'other' is not declared"),
        (GOOD, [JSON], "body: none is declared"),
    ],
)
def test_wrong_parameters_are_found(
    judges: Mapping[str, Any], target: str, headers: Headers, told: str
) -> None:
    found = problems(judges, "shop", SHOP, target, headers)
    assert told in found if told else not found


@pytest.mark.parametrize(
    ("operation", "header", "body", "told"),
    [
        ("POST /items", JSON, json.dumps(ITEM), ""),
        ("POST /items", JSON, json.dumps({"name": "Rex"}), "'code' is a required property"),
        ("POST /items", JSON, json.dumps({**ITEM, "id": "1"}), "read-only"),
        ("POST /items", JSON, json.dumps({**ITEM, "price": 0}), "0"),
        ("POST /items", FORM, "name=Rex", "is none of application/json"),
        ("POST /items", None, "", "body: it is missing"),
        ("PUT /items", FORM, "name=Rex&lines%5B0%5D%5Bsku%5D=a&codes=1,2", ""),
        ("PUT /items", FORM, "name=Rex&lines%5B0%5D%5Bname%5D=a", "'sku' is a required property"),
        ("PUT /items", FORM, "name=Rex&lines%5B0%5D%5Bsku%5D=a&codes=1&codes=x", "'x' is not of"),
        ("PATCH /items", PARTS, '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--',
         "'photo' is a required property"),
        ("POST /items/photo", ("Content-Type", "image/jpeg"), "no text", "it is not base64"),
        ("PUT /items/photo", ("Content-Type", "text/plain"), "text", "is none of image/*"),
    ],
)  # fmt: skip
def test_wrong_bodies_are_found(
    judges: Mapping[str, Any], operation: str, header: tuple[str, str] | None, body: str, told: str
) -> None:
    target = "/v1/eu" + operation.partition(" ")[2]
    found = problems(judges, "shop", operation, target, [header] if header else [], body.encode())
    assert told in found if told else not found
