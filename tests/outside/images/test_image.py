"""The image: built from a bare Debian by buildah, and run by runc as a cluster would."""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.outside.images.tools import program, run
from tests.support.ports import free_port
from tests.support.service import ROOT

# Debian's release with this Python, for which the wheels are.
SUITES = {(3, 11): "bookworm", (3, 13): "trixie"}
DOWNLOAD = ("download", "--quiet", "--only-binary=:all:", f"--requirement={ROOT}/requirements.lock")
PATIENCE = 120.0
RUNC = ("--root", "state")

pytestmark = pytest.mark.long


@dataclass(frozen=True)
class Image:
    """``config`` is the image's, as Docker has it; ``files`` the folder of its files."""

    config: dict[str, Any]
    files: Path


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """Build the image, of wheels that this machine's pip finds, without a network."""
    suite = SUITES.get(sys.version_info[:2])
    if suite is None or os.geteuid() != 0:
        pytest.skip(f"the image is built by root, with a Python of {sorted(SUITES)}")
    buildah, debootstrap = program("buildah"), program("debootstrap")
    program("runc")
    with _folder_in_memory() as folder:
        base = folder / "base"
        packages = "--include=python3,python3-venv,ca-certificates"
        _fetch(debootstrap, "--variant=minbase", packages, suite, base)
        _fetch(sys.executable, "-m", "pip", *DOWNLOAD, "--dest", base / "wheels")
        (base / "etc" / "pip.conf").write_text("[global]\nno-index = true\nfind-links = /wheels\n")
        store = ("--root", folder / "store", "--runroot", folder / "run")
        build = (buildah, *store, "--storage-driver=vfs", "bud", "--isolation=chroot", "--quiet")
        plain = folder / "Dockerfile"
        plain.write_text("FROM scratch\nADD . /\n")
        run(*build, "--tag=localhost/base", f"--file={plain}", base)
        options = ("--format=docker", "--build-arg=BASE=localhost/base", "--tag=localhost/puerto")
        run(*build, *options, ROOT)
        ours = (buildah, *store, "--storage-driver=vfs")
        inspected = run(*ours, "inspect", "--type=image", "localhost/puerto")
        container = run(*ours, "from", "localhost/puerto").strip()
        files = Path(run(*ours, "mount", container).strip())
        yield Image(json.loads(inspected)["Docker"]["config"], files)
        run(*ours, "rm", container)


@contextmanager
def _folder_in_memory() -> Iterator[Path]:
    """Yield a temporary folder, in memory where it can: a disk takes minutes to sync all of it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        mount = ("mount", "-t", "tmpfs", "-o", "size=4g,mode=0755", "tmpfs", name)
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        try:
            yield Path(name)
        finally:
            if mounted:
                subprocess.run(["umount", "--lazy", name], check=True)


def _fetch(*command: str | Path) -> None:
    """Fetch what the image is built of; skip the test where it cannot be had."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"the image's parts cannot be fetched: {(done.stderr or done.stdout)[-300:]}")


class Container:
    """The image in a container of its own: its root read-only, and no capability left."""

    def __init__(self, image: Image, folder: Path, *options: str) -> None:
        self.port = free_port()
        self.lines: list[str] = []
        self._folder = folder
        (folder / "config.json").write_text(json.dumps(_bundle(image, self.port, options)))
        self._process = subprocess.Popen(
            ["runc", *RUNC, "run", "--bundle", ".", "puerto"],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        self.lines.extend(self._process.stdout)

    def execute(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the container, as its user."""
        return subprocess.run(
            ["runc", *RUNC, "exec", "puerto", *command],
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )

    def stop(self) -> int:
        subprocess.run(["runc", *RUNC, "kill", "puerto", "TERM"], cwd=self._folder, check=True)
        return self._process.wait(PATIENCE)

    def close(self) -> None:
        if self._process.poll() is None:
            subprocess.run(["runc", *RUNC, "kill", "puerto", "KILL"], cwd=self._folder, check=False)
        self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        if self._process.stdout is not None:
            self._process.stdout.close()


def _bundle(image: Image, port: int, options: Sequence[str]) -> dict[str, Any]:
    """Return the container as the Open Container Initiative describes one (config.md)."""
    safe = ["nosuid", "nodev"]
    empty = [
        ("/dev", "tmpfs", ["nosuid", "mode=755"]),
        ("/dev/shm", "tmpfs", [*safe, "mode=1777"]),
        ("/tmp", "tmpfs", [*safe, "mode=1777"]),
        (*image.config["Volumes"], "tmpfs", [*safe, "mode=0700", "uid=10001", "gid=10001"]),
        ("/proc", "proc", safe),
    ]
    user, group = map(int, image.config["User"].split(":"))
    return {
        "ociVersion": "1.0.0",
        "process": {
            "user": {"uid": user, "gid": group},
            "args": [*image.config["Entrypoint"], *image.config["Cmd"], *options],
            "env": [*image.config["Env"], "API_HOST=127.0.0.1", f"API_PORT={port}"],
            "cwd": image.config["WorkingDir"],
            "capabilities": {},
            "noNewPrivileges": True,
        },
        "root": {"path": str(image.files), "readonly": True},
        "mounts": [
            {"destination": place, "type": kind, "source": kind, "options": options}
            for place, kind, options in empty
        ],
        # Its network is this machine's: the test has to reach it.
        "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]},
    }


@contextmanager
def healthy(image: Image, folder: Path, *options: str) -> Iterator[Container]:
    """Run a container, from when its own health check calls it healthy."""
    started = Container(image, folder, *options)
    try:
        kind, *check = image.config["Healthcheck"]["Test"]
        assert kind == "CMD"
        deadline = time.monotonic() + PATIENCE
        while started.execute(*check).returncode != 0:
            assert time.monotonic() < deadline, "".join(started.lines)
            time.sleep(0.5)
        yield started
    finally:
        started.close()


def test_nothing_is_amiss_in_the_dockerfile() -> None:
    assert run(program("hadolint"), ROOT / "Dockerfile") == ""


ASK = """
import json, re, sys
from urllib.request import Request, urlopen
def post(path, body, token=""):
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    url = f"http://127.0.0.1:{sys.argv[1]}{path}"
    return json.load(urlopen(Request(url, json.dumps(body).encode(), headers), timeout=60))
login = {"username": "admin", "password": sys.argv[2]}
token = post("/api/auth/login", login)["access_token"]
print(post("/api/chat", {"message": "What is 17 * 23?"}, token)["message"])
"""


def test_it_answers_as_nobody_in_particular_over_files_that_it_cannot_change(
    image: Image, tmp_path: Path
) -> None:
    with healthy(image, tmp_path) as container:
        assert container.execute("id", "--user").stdout == "10001\n"
        found = re.search(r"log in as admin with the password (\S+)", "".join(container.lines))
        assert found is not None
        asked = container.execute("python3", "-c", ASK, str(container.port), found[1])
        assert "391" in asked.stdout, asked.stderr
        for place in ("/", "/opt/puerto", "/usr"):
            assert "Read-only file system" in container.execute("touch", f"{place}/new").stderr
        status = container.execute("grep", "Cap\\(Eff\\|Bnd\\)", "/proc/1/status").stdout
        assert re.findall(r"\t(\w+)", status) == ["0" * 16] * 2


def test_its_workers_stop_when_they_are_told_to(image: Image, tmp_path: Path) -> None:
    with healthy(image, tmp_path, "--workers", "2") as container:
        assert container.stop() == 0
    assert any("Puerto has stopped" in line for line in container.lines)


def test_what_is_installed_is_what_was_tested(image: Image) -> None:
    (packages,) = (image.files / "opt" / "puerto" / "lib").glob("python3*/site-packages")
    installed = dict(_versions(importlib.metadata.distributions(path=[str(packages)])))
    lock = (ROOT / "requirements.lock").read_text()
    tested = dict(re.findall(r"^([\w.-]+)==(\S+)", lock, re.MULTILINE))
    del tested["setuptools"]  # it installed the others
    assert installed.pop("puerto")
    assert {name: tested.get(name) for name in installed} == installed
    assert {"uvicorn", "asyncpg", "openai"} <= set(installed)  # the rest is for other systems
    assert not {"pip", "setuptools", "pytest"} & set(installed)


def _versions(found: Iterable[importlib.metadata.Distribution]) -> Iterator[tuple[str, str]]:
    for each in found:
        yield re.sub(r"[-_.]+", "-", each.name).lower(), each.version
