"""What the README and the tutorials say to type, typed."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest

from tests.support.pages import PAGES, README, ROOT, Block, blocks_of, prose_of
from tests.support.service import RunningService

CONVERSATION = ROOT / "docs" / "tutorials" / "first-conversation.md"
DEMO, TESTS, *REST = blocks_of(README)
EXAMPLES = [block for block in REST if block.language != "text"]
TEXTS = [block for block in REST if block.language == "text"]
RUNNERS = {
    "bash": ["bash", "-eu", "-c"],
    "python": [sys.executable, "-W", "error", "-c"],
    "javascript": ["node", "--input-type=module", "-e"],
}
ANSWERS = ("391", "782")


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    with RunningService() as running:
        yield running


def run(language: str, text: str, url: str) -> str:
    """Run a program against the service at that address, and return what it prints."""
    command = [*RUNNERS[language]]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    if language == "javascript" and "WebSocket" in text:
        command[1:1] = node_options()
    done = subprocess.run(
        [*command, text],
        env=os.environ | {"PUERTO": url, "PYTHONPATH": str(ROOT / "clients" / "python")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def node_options() -> Sequence[str]:
    """Return the options with which this Node knows WebSockets."""
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    major = int(version.stdout.removeprefix("v").partition(".")[0])
    return ["--experimental-websocket", "--no-warnings"] if major < 22 else []


def test_the_first_two_blocks_are_the_commands_that_ci_runs() -> None:
    assert (DEMO.language, TESTS.language) == ("bash", "bash")
    install = (
        "python3 -m venv .venv && .venv/bin/pip install -q -r {} &&\n"
        "  .venv/bin/pip install -q --no-deps --no-build-isolation -e . && .venv/bin/{}\n"
    )
    assert DEMO.text == install.format("requirements.lock", "puerto demo")
    assert TESTS.text == install.format("requirements-dev.lock", "python -m tests")
    ci = (ROOT / ".ci" / "run").read_text()
    [extract] = re.findall(r"command=\$\((awk .*?README\.md)\)", ci)
    told = subprocess.run(
        ["bash", "-c", extract], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout == TESTS.text


def test_the_demo_shows_what_the_readme_says() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "puerto", "demo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout
    lines = [line for line in told.splitlines() if line.strip()]
    [shown] = TEXTS
    promised = shown.text.splitlines()
    begin = lines.index(promised[0])
    assert lines[begin : begin + len(promised)] == promised


@pytest.mark.parametrize("block", EXAMPLES, ids=lambda block: f"{block.language}-{block.line}")
def test_each_example_holds_the_conversation(block: Block, service: RunningService) -> None:
    printed = run(block.language, block.text, service.url)
    assert all(answer in printed for answer in ANSWERS), printed


def test_a_client_of_each_language_talks_on_this_database(database_url: str) -> None:
    last = {block.language: block.text for block in EXAMPLES}
    assert last.keys() == RUNNERS.keys()
    with RunningService(None, DATABASE_URL=database_url) as running:
        for language, text in last.items():
            printed = run(language, text, running.url)
            assert all(answer in printed for answer in ANSWERS), printed


@pytest.mark.parametrize("language", RUNNERS)
def test_there_are_examples_in_each_language(language: str) -> None:
    texts = "".join(block.text for block in EXAMPLES if block.language == language)
    ways = ["/api/chat", "stream"] if language == "bash" else ["/api/chat", "stream", "/ws"]
    assert all(way in texts for way in ways)


def test_the_first_tutorial_works_typed_from_top_to_bottom(service: RunningService) -> None:
    blocks = blocks_of(CONVERSATION)
    assert {block.language for block in blocks} <= {"bash", "console", "text"}
    session = "".join(block.text for block in blocks if block.language == "bash")
    printed = run("bash", session, service.url)
    assert all(answer in printed for answer in ANSWERS), printed


def test_the_tutorial_comes_back_to_a_stream_without_loss(service: RunningService) -> None:
    blocks = blocks_of(CONVERSATION)
    typed = [block.text for block in blocks if block.language == "bash"]
    back = next(number for number, text in enumerate(typed) if "Last-Event-ID" in text)
    lost, resumed = 'echo "$seen"\n', "echo RESUMED\n"
    session = "".join([*typed[:back], "echo LOST\n", lost, resumed, typed[back]])
    before, after = run("bash", session, service.url).partition("LOST")[2].split("RESUMED")
    assert numbers_in(before) == [1, 2]
    assert numbers_in(after)[0] == 3
    assert '"type":"done"' in after


def test_the_addresses_in_the_documentation_exist(service: RunningService) -> None:
    known = {re.sub(r"{.*?}", "{}", path) for path in service.call("GET", "/openapi.json")["paths"]}
    others = {
        *("/openapi.json", "/api/docs", "/api/redoc", "/api"),
        *("/ws", "/ws/chat", "/ws/chat/{}", "/api/auth/oidc/login", "/api/auth/oidc/callback"),
    }
    code = [code for page in PAGES for code in re.findall(r"`([^`\n]+)`", prose_of(page))]
    pattern = r"^(?:[A-Z]+ )?(/(?:api|health|openapi|ws)[\w/{}.-]*)"
    paths = {re.sub(r"{.*?}", "{}", path) for text in code for path in re.findall(pattern, text)}
    assert len(paths) > 10
    assert paths - others <= known


def numbers_in(stream: str) -> list[int]:
    """Return the numbers of the events in a stream, out of their cursors."""
    return [int(number) for number in re.findall(r"^id: \S+-(\d+)$", stream, re.MULTILINE)]
