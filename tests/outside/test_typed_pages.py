"""What the pages of the documentation say to type, typed against a service, and what is not typed.

The README, the tutorials and the example of a plugin have tests of their own. Addresses that are
examples lead to a server of the test; nothing else of a page is changed.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError

import pytest

from tests.adapters.llm.wire.anthropic import AnthropicWireServer
from tests.support.nursery import nursery_line, stand_in_for_puerto
from tests.support.pages import EXAMPLE_PAGES, PAGES, README, ROOT, Block, blocks_of
from tests.support.pets import DOCUMENT
from tests.support.service import RunningService
from tests.support.web_server import Reply, Seen, WebServer, serving

HOW_TO: Final = ROOT / "docs" / "how-to"
TUTORIALS: Final = ROOT / "docs" / "tutorials"
LEARNED: Final = ROOT / "examples" / "learned-api"
DICE: Final = ROOT / "examples" / "puerto-plugin-dice"
SHELLS: Final = frozenset({"bash", "console", "sh", "shell"})
OFFICE: Final = "{scheme}://developer.uspto.gov/ds-api"
PASSWORD: Final = "a long password"

# Typed by other tests: pages, and who types them.
ELSEWHERE: Final = {
    README: "tests/test_readme.py",
    TUTORIALS / "first-conversation.md": "tests/test_readme.py",
    TUTORIALS / "your-first-tool.md": "tests/test_first_tool.py",
    HOW_TO / "generate-a-client.md": "tests/outside/test_generated_clients.py",
    HOW_TO / "python-client.md": "tests/clients/test_page.py",
    DICE / "README.md": "tests/plugins/test_example_plugin.py",
}
TYPED: Final = frozenset(
    {
        HOW_TO / "api-keys.md",
        HOW_TO / "call-an-api.md",
        HOW_TO / "clients-of-other-backends.md",
        HOW_TO / "clouds.md",
        HOW_TO / "learn-an-api.md",
        HOW_TO / "manage-users.md",
        HOW_TO / "monitoring.md",
        HOW_TO / "operate.md",
        HOW_TO / "test-a-plugin.md",
        HOW_TO / "usage-and-budgets.md",
        HOW_TO / "use-a-model.md",
        HOW_TO / "use-from-a-browser.md",
        HOW_TO / "webhooks.md",
        LEARNED / "README.md",
    }
)
# Blocks by words of theirs, and why nobody types them in a test.
LEFT_OUT: Final = {
    "-m tests": "the whole suite, of which this test is a part",
    ".venv/bin/pytest --database=postgresql": "the same",
    "makemigrations": "writes a file into the sources",
    "docs/generate.py": "writes the pages; a test compares what it would write",
    ".ci/lock": "asks the package registry",
    "benchmarks/all.py": "takes minutes of a quiet machine",
    "pg_restore": "needs PostgreSQL's own programs; test_backup.py of the adapter has it",
    "createuser": "needs a PostgreSQL of the machine's own",
    "puerto plugin dev": "serves until Ctrl-C; test_dev.py of the command line has it",
    "puerto plugin settings crm": "the same, from the command line",
    "puerto plugin show desk": "needs a broken plugin; tests of the command have one",
    "/api/plugins/crm/settings": "needs the page's plugin; test_plugin_settings.py has it",
    "docker ": "needs a container engine; tests/outside/images runs the image without one",
    "puerto[otel]": "installs from the package registry, and serves until Ctrl-C",
    "kubectl": "needs a cluster; tests/outside/images has what the chart makes",
    "serve --host 0.0.0.0 --workers 4": "listens on every network; others start workers",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """A folder in which somebody types, beside a running service."""

    folder: Path
    service: RunningService
    admin: str

    @property
    def programs(self) -> Path:
        """The folder with the program ``puerto``."""
        return self.service.folder / "programs"

    def environment(self, **env: str) -> dict[str, str]:
        """Return what somebody has in the shell, who has activated the environment of Puerto."""
        return {
            "HOME": str(self.folder),
            "PATH": os.pathsep.join(
                [str(self.programs), str(Path(sys.executable).parent), os.environ["PATH"]]
            ),
            "PUERTO": self.service.url,
            "PUERTO_DATA_DIR": str(self.service.folder / "data"),
            "token": self.admin,
            **stand_in_for_puerto(self.programs),
            **env,
        }

    def type(self, page: Path, blocks: list[Block], replaced: dict[str, str], **env: str) -> str:
        """Type the commands of these blocks, one after the other, and return what is printed."""
        text = "".join(map(commands, blocks))
        for example, real in replaced.items():
            assert example in text, f"{page} does not say {example}"
            text = text.replace(example, real)
        done = subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", text],
            cwd=self.folder,
            env=self.environment(**env),
            pass_fds=[nursery_line()],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
        return done.stdout


def shell_blocks(page: Path) -> list[Block]:
    """Return what a page says to type."""
    return [block for block in blocks_of(page) if block.language in SHELLS]


def commands(block: Block) -> str:
    """Return what is typed: in a ``console`` block only what follows the prompt."""
    if block.language != "console":
        return block.text
    return "".join(f"{line}\n" for line in re.findall(r"^ *\$ (.*)$", block.text, re.MULTILINE))


def answer(seen: Seen) -> Reply:
    """Answer as the APIs of the pages: with the document of the pets, or with what was asked."""
    if seen.target == "/openapi.json":
        return Reply(body=json.dumps(pets(f"http://{seen.header('host')}")).encode())
    return Reply(body=json.dumps({"target": seen.target, "name": "Tom"}).encode())


def pets(server: str) -> dict[str, Any]:
    """Return the document of an API that wants no credentials, at that server."""
    return {**DOCUMENT, "servers": [{"url": server}], "security": [], "components": {}}


@pytest.fixture(scope="module")
def api() -> Iterator[WebServer]:
    with serving(answer) as server:
        yield server


def logged_in(folder: Path, service: RunningService) -> Stage:
    """Return the stage of somebody who is logged in as the administrator."""
    return Stage(folder, service, service.admin())


@pytest.fixture(scope="module")
def stage(api: WebServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    (folder / "pets.yaml").write_text(json.dumps(pets(api.url)))  # JSON is YAML, too
    office = (LEARNED / "uspto.yaml").read_text()
    assert OFFICE in office
    (folder / "uspto.yaml").write_text(office.replace(OFFICE, f"{api.url}/ds-api"))
    with RunningService(folder, PUERTO_OPEN_HOSTS="127.0.0.1") as service:
        yield logged_in(folder, service)


def test_every_command_of_every_page_is_typed_or_left_out_with_a_reason() -> None:
    told = set(LEFT_OUT)
    for page in {*PAGES, *EXAMPLE_PAGES} - set(ELSEWHERE):
        for block in shell_blocks(page):
            reasons = {words for words in LEFT_OUT if words in block.text}
            is_told = page in TYPED or reasons
            assert is_told, f"{page}:{block.line} is typed by no test:\n{block.text}"
            told -= reasons
    assert not told, "these are not there any more"
    for page in TYPED:
        assert shell_blocks(page), page
    for test in ELSEWHERE.values():
        assert (ROOT / test).exists()


def test_calling_an_api(stage: Stage) -> None:
    page = HOW_TO / "call-an-api.md"
    call, hosts = shell_blocks(page)
    printed = stage.type(page, [call], {}, PUERTO_OPEN_HOSTS="127.0.0.1")
    assert "200" in printed
    assert '"/pets/7"' in printed
    stage.type(page, [hosts, call_nothing()], {})


def call_nothing() -> Block:
    """Return a command that refuses settings which are wrong."""
    return Block("bash", "puerto doctor --json > /dev/null\n", 0)


def test_talking_as_clients_of_other_backends(stage: Stage) -> None:
    page = HOW_TO / "clients-of-other-backends.md"
    replaced = {"http://localhost:8000": stage.service.url}

    printed = stage.type(page, shell_blocks(page), replaced, TOKEN=stage.admin)

    assert "data: [DONE]" in printed
    assert '"tokens_used"' in printed
    assert "pto_" in printed


def test_learning_an_api(stage: Stage, api: WebServer) -> None:
    page = HOW_TO / "learn-an-api.md"
    look, strict, learn, change, hosts = shell_blocks(page)
    assert "listPets" in stage.type(page, [look], {})
    valid = {"pets.yaml": "uspto.yaml"}  # neither the page's document nor ours is
    assert "3 tools" in stage.type(page, [strict], valid)
    printed = stage.type(
        page, [learn], {"https://pets.example": api.url}, PUERTO_OPEN_HOSTS="127.0.0.1"
    )
    assert "learned Pet Shop: tools: 4" in printed
    (stage.folder / "fixed.json").write_text('{"GET /pets": {"kind": "cat"}}')
    ours = {"change Pets": "change 'Pet Shop'", "/pets/find": "/pets"}
    assert "Pet Shop" in stage.type(page, [change], ours, PUERTO_OPEN_HOSTS="127.0.0.1")
    stage.type(page, [hosts, call_nothing()], {})


def test_the_example_of_a_learned_api(stage: Stage, api: WebServer) -> None:
    page = LEARNED / "README.md"
    look, *rest = shell_blocks(page)
    would, wire = [block.text for block in blocks_of(page) if block.language == "text"]
    assert stage.type(page, [look], {}) == would
    api.seen.clear()
    printed = stage.type(page, rest, {})
    for name in ("list_patent_data_sets", "list_patent_fields", "search_patent_records"):
        assert name in printed
    (seen,) = api.seen
    sent = f"{seen.method} {seen.target}\ncontent-type: {seen.header('content-type')}\n\n"
    assert sent + seen.body.decode() + "\n" == wire


def test_clouds(stage: Stage) -> None:
    page = HOW_TO / "clouds.md"
    switch_on, regions, renew = shell_blocks(page)
    printed = stage.type(page, [switch_on, Block("bash", "echo\n", 0), regions], {})
    switched_on, settings = map(json.loads, printed.splitlines())
    assert switched_on["cloud_providers"]["aws"] == {"enabled": True}
    assert settings["values"]["regions"] == ["eu-west-1", "us-east-1"]
    user = "user add prometheus --email prometheus@example.com --role operator --password-stdin"
    add = Block("bash", f"echo '{PASSWORD}' | puerto {user}\n", 0)
    stage.type(page, [add, renew], {}, PASSWORD=PASSWORD)
    token = (stage.folder / "puerto.token").read_text()
    assert "agent_stats" in stage.service.call("GET", "/api/metrics", token=token)


def test_using_an_api_key(stage: Stage) -> None:
    page = HOW_TO / "api-keys.md"
    made = json.loads(stage.type(page, shell_blocks(page), {}))
    stage.service.call("GET", "/api/conversations", token=made["key"])


def test_testing_a_plugin(stage: Stage) -> None:
    page = HOW_TO / "test-a-plugin.md"
    recorded, check = [each for each in shell_blocks(page) if "plugin dev" not in each.text]
    (written,) = set(re.findall(r"record (\S+) ", recorded.text))
    *asked, record = commands(recorded).splitlines()
    (stage.folder / "tests").mkdir()
    first = stage.type(page, [Block("bash", "\n".join([*asked, ""]), 0)], {})
    run = json.loads(first)["run_id"]
    printed = stage.type(page, [Block("bash", f"{record}\n", 0)], {written: run})
    assert "tests/lima.json" in printed
    for file in DICE.glob("*.*"):
        (stage.folder / file.name).write_text(file.read_text())
    assert "no errors" in stage.type(page, [check], {})


def test_using_a_model(stage: Stage) -> None:
    page = HOW_TO / "use-a-model.md"
    (doctor,) = shell_blocks(page)
    with AnthropicWireServer() as wire:
        printed = stage.type(
            page,
            [doctor],
            {"claude-haiku-4-5": "text"},
            ANTHROPIC_BASE_URL=wire.base_url,
            ANTHROPIC_API_KEY="sk-ant-wire",
        )
    assert re.search(r"^ok +provider anthropic +text answers ", printed, re.MULTILINE)


def test_operating(tmp_path: Path) -> None:
    page = HOW_TO / "operate.md"
    logs, _, backup, restore, *_ = shell_blocks(page)
    (tmp_path / "backups").mkdir()
    places = {"/var/backups/puerto": str(tmp_path / "backups")}
    with RunningService(tmp_path) as service:
        stage = logged_in(tmp_path, service)
        service.user("ann")
        here = {"localhost:8000": service.url, "level=ERROR": "level=INFO"}
        entries = json.loads(stage.type(page, [logs], here, TOKEN=stage.admin))
        assert entries[0].keys() == {"timestamp", "level", "message", "metadata"}
        stage.type(page, [backup], {**places, ".venv/bin/puerto": "puerto"})
        service.user("bob")
        service.stop()
        stage.type(page, [restore], {**places, ".puerto/": f"{tmp_path}/data/"})
        service.start()
        service.user("bob")  # who is not there any more, as in the backup
        with pytest.raises(HTTPError, match="409"):
            service.user("ann")


def test_managing_users(stage: Stage) -> None:
    page = HOW_TO / "manage-users.md"
    change, reset = shell_blocks(page)
    stage.service.user("ada")
    found = stage.service.call("GET", "/api/users?prefix=ada", token=stage.admin)
    (user,) = found["users"]
    printed = stage.type(page, [change], {"prefix=ad": "prefix=ada"}, id=user["id"])
    assert '"role":"operator"' in printed
    made = stage.service.call("POST", f"/api/users/{user['id']}/reset", {}, stage.admin)
    assert stage.type(page, [reset], {'"token": "..."': f'"token": "{made["token"]}"'}) == ""


def test_reading_usage_and_setting_a_budget(stage: Stage) -> None:
    page = HOW_TO / "usage-and-budgets.md"
    usage, budget = shell_blocks(page)
    here = {"http://127.0.0.1:8000": stage.service.url}
    assert "usage" in stage.type(page, [usage], here, TOKEN=stage.admin)
    assert '"max_cost_usd":' in stage.type(page, [budget], here, TOKEN=stage.admin)


def test_making_a_webhook(stage: Stage) -> None:
    page = HOW_TO / "webhooks.md"
    assert "whsec_" in stage.type(page, shell_blocks(page), {})


def test_letting_prometheus_in(stage: Stage) -> None:
    page = HOW_TO / "monitoring.md"
    (block,) = (each for each in shell_blocks(page) if "prometheus" in each.text)
    another = {"user add prometheus": "user add scraping", "prometheus@": "scraping@"}
    another["key add prometheus"] = "key add scraping"  # the page on keys has made the other
    assert "pto_" in stage.type(page, [block], another)


def test_using_it_from_a_browser(stage: Stage) -> None:
    (serve,) = shell_blocks(HOW_TO / "use-from-a-browser.md")
    command = serve.text.replace("puerto serve", "exec puerto serve --port 0")
    with subprocess.Popen(
        ["bash", "-eu", "-c", command],
        cwd=stage.folder,
        env=stage.environment(PUERTO_DATA_DIR=str(stage.folder / "other")),
        pass_fds=[nursery_line()],
        stdout=subprocess.PIPE,
        text=True,
    ) as serving:
        assert serving.stdout is not None
        assert any("Puerto listens on " in line for line in serving.stdout)
        serving.terminate()
    assert serving.returncode == 0
