"""The front door."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def start(tmp_path: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "puerto", "--help"],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )


def install(tmp_path: Path, distribution: str, *names: str) -> None:
    """Write what an installed distribution with these top-level names leaves behind."""
    info = installed_without_names(tmp_path, distribution)
    (info / "top_level.txt").write_text("\n".join(names))


def installed_without_names(tmp_path: Path, distribution: str, *files: str) -> Path:
    """Write what an installer leaves behind of a distribution that only lists its files."""
    info = tmp_path / f"{distribution}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "RECORD").write_text("".join(f"{file},sha256=x,1\n" for file in files))
    return info


@pytest.mark.parametrize("name", ["adapters", "domain", "entrypoints", "plugins", "puerto"])
def test_refuses_to_run_beside_a_package_with_our_names(tmp_path: Path, name: str) -> None:
    install(tmp_path, "harbour", "wharf", name)
    result = start(tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        f"puerto: the installed package harbour brings a module {name!r} of its own, which "
        "Puerto needs; install Puerto in an environment of its own\n"
    )


@pytest.mark.parametrize("file", ["plugins/__init__.py", "plugins.py", "plugins.abi3.so"])
def test_a_package_that_only_lists_its_files_is_known_by_them(tmp_path: Path, file: str) -> None:
    installed_without_names(tmp_path, "harbour", "wharf/domain/__init__.py", file)
    result = start(tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert "harbour brings a module 'plugins'" in result.stderr


def test_refuses_also_where_the_other_hides_ours(tmp_path: Path) -> None:
    install(tmp_path, "harbour", "domain")
    (tmp_path / "domain").mkdir()
    (tmp_path / "domain" / "__init__.py").touch()
    result = start(tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert "harbour" in result.stderr
    assert result.stderr.count("\n") == 1


def test_runs_beside_others(tmp_path: Path) -> None:
    install(tmp_path, "harbour", "wharf")
    install(tmp_path, "Puerto", "puerto", "domain")
    files = ("wharf/domain/__init__.py", "domain-1.0.dist-info/RECORD", "domains/__init__.py")
    installed_without_names(tmp_path, "pier", *files)
    result = start(tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("Usage: puerto ")
