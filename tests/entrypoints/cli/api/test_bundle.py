"""Documents in several files, from a folder or an archive."""

import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from domain.shared.errors import Unprocessable
from entrypoints.cli.api.bundle import is_bundle, read_bundle
from tests.entrypoints.cli.conftest import Command

FILES = {
    "api/openapi.yaml": """
openapi: 3.0.3
info: {title: Several files, version: "1"}
servers: [{url: "http://127.0.0.1:8201"}]
paths:
  /boxes: {$ref: paths/boxes.yaml}
  /lids: {post: {$ref: "../operations/add lid.json"}}
  /out: {post: {$ref: ../../secret.yaml}}
  /gone: {post: {$ref: nowhere.yaml}}
  /own: {post: {$ref: "file:///etc/hosts.yaml"}}
  /far: {post: {$ref: "https://elsewhere.example/far.yaml"}}
""",
    "api/paths/boxes.yaml": """
get: {operationId: listBoxes, parameters: [{$ref: "../../common.yml#/wide"}]}
""",
    "operations/add lid.json": json.dumps({"operationId": "addLid", "responses": {}}),
    "common.yml": "wide: {name: wide, in: query, schema: {type: boolean}}",
    "notes.txt": "no document",
}
SECRET = "operationId: secret\nresponses: {}\n"


@pytest.fixture(params=["folder", "docs.zip", "docs.tar.gz"])
def bundle(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    folder = tmp_path / "folder"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "secret.yaml").write_text(SECRET)
    if request.param == "folder":
        (folder / "linked.yaml").symlink_to(tmp_path / "secret.yaml")
        return str(folder)
    archive = tmp_path / request.param
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w") as packed:
            for name in FILES:
                packed.write(folder / name, name)
    else:
        with tarfile.open(archive, "w:gz") as tarred:
            tarred.add(folder, ".")
    return str(archive)


def test_what_is_beside_a_document_is_followed_and_nothing_else(
    puerto: Command, bundle: str
) -> None:
    result = puerto("learn", "--dry-run", "--json", bundle)
    assert result.exit_code == 0, result.stderr
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    tools = {line["name"]: line for line in lines if "name" in line}
    assert list(tools) == ["listBoxes", "addLid"]
    assert list(tools["listBoxes"]["parameters"]["properties"]) == ["wide"]
    skipped = {line["skipped"]: line["message"] for line in lines if "skipped" in line}
    assert "no file 'secret.yaml' beside the document" in skipped["POST /out"]
    assert "no file 'api/nowhere.yaml'" in skipped["POST /gone"]
    assert "leads outside" in skipped["POST /far"]
    assert "no file 'etc/hosts.yaml' beside" in skipped["POST /own"]  # not the machine's own


def test_a_folder_is_learned(puerto: Command, bundle: str) -> None:
    learned = puerto("learn", bundle)
    assert learned.exit_code == 0, learned.stderr
    assert learned.stdout.startswith("learned Several files: tools: 2, operations: 6")
    refreshed = puerto("api", "refresh", "Several files", bundle)
    assert "Nothing changed." in refreshed.stdout


def test_what_is_no_bundle_is_told(tmp_path: Path) -> None:
    assert is_bundle(str(tmp_path))
    assert not is_bundle("https://a.example/docs.zip")
    with pytest.raises(Unprocessable, match="No file in"):
        read_bundle(str(tmp_path), 1_000)
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("openapi: 3.0.0\n")
    with pytest.raises(Unprocessable, match=r"several documents: a.yaml, b.yaml"):
        read_bundle(str(tmp_path), 1_000)
    (tmp_path / "openapi.json").write_text('{"openapi": "3.0.0"}')
    assert read_bundle(str(tmp_path), 1_000).main == "openapi.json"
    with pytest.raises(Unprocessable, match="more than may be read"):
        read_bundle(str(tmp_path), 20)
    (tmp_path / "no.zip").write_text("no archive")
    with pytest.raises(Unprocessable, match="cannot be read"):
        read_bundle(str(tmp_path / "no.zip"), 1_000)
