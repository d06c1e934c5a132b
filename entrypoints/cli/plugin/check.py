"""``puerto plugin check``: check of a plugin in a subprocess without a network."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from plugins.checking import CheckReport, Finding

ROOT: Final = Path(__file__).parents[3]
IMPORT_SECONDS: Final = 15.0
START_SECONDS: Final = 10.0  # for the process itself, on a busy machine
_LAST_WORDS: Final = 300  # characters at the end of a crashed subprocess's standard error


def command(
    target: Annotated[
        str,
        typer.Argument(help="A .py file, a package's folder, or the name of what is installed."),
    ] = ".",
    *,
    run: Annotated[
        bool,
        typer.Option(
            "--run",
            help="Also enter the lifespans, and run previews and the tools that read, with the"
            " samples in PUERTO_CHECK.",
        ),
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings count as errors.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the reports as JSON.")] = False,
    deadline: Annotated[
        float, typer.Option(min=1, help="Seconds that one plugin may take.")
    ] = 60.0,
) -> None:
    """Check a plugin: its hooks, its tools and their schemas, its code.

    The plugin is imported in a process of its own, without a network. Nothing is installed, and
    nothing of it runs but its import and its hooks, unless --run is given.

    The exit status is 1 when there are errors.
    """
    from plugins.checking import Level, find_plugins

    reports = [
        _report(target, candidate.name, deadline, run=run) for candidate in find_plugins(target)
    ]
    worst = {finding.level for report in reports for finding in report.findings}
    failed = Level.ERROR in worst or (strict and Level.WARNING in worst)
    if as_json:
        typer.echo(_as_json(reports, ok=not failed))
    else:
        for report in reports:
            _show(report)
    if failed:
        raise typer.Exit(1)


def _report(target: str, name: str, deadline: float, *, run: bool) -> "CheckReport":
    """Check one plugin in a subprocess; a crash or timeout of it becomes a finding."""
    order = {
        "target": target,
        "name": name,
        "seconds": min(IMPORT_SECONDS, deadline),
        "run": run,
    }
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "entrypoints.cli.plugin.inspection"],
            input=json.dumps(order),
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
            capture_output=True,
            text=True,
            timeout=deadline + START_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _crash_report(name, f"the check took longer than {deadline:g} s, and was stopped")
    try:
        return _report_from(json.loads(done.stdout))
    except (ValueError, KeyError):
        words = done.stderr.strip()[-_LAST_WORDS:]
        return _crash_report(name, f"it ended the process (status {done.returncode}): {words}")


def _crash_report(name: str, message: str) -> "CheckReport":
    from plugins.checking import CheckReport, Finding, Level

    advice = "do nothing but definitions when a module is imported"
    return CheckReport(name, (), (Finding(Level.ERROR, "plugin", "", message, advice),))


def _report_from(data: dict[str, Any]) -> "CheckReport":
    from plugins.checking import CheckReport, Finding, Level, SourcePlace

    findings = [
        Finding(**{**each, "level": Level(each["level"]), "place": SourcePlace(**each["place"])})
        for each in data["findings"]
    ]
    lists = {name: tuple(data[name]) for name in ("tools", "parts")}
    return CheckReport(**{**data, **lists, "findings": tuple(findings)})


def _as_json(reports: "list[CheckReport]", *, ok: bool) -> bytes:
    from dataclasses import asdict

    from entrypoints.encoding import dump

    return dump({"ok": ok, "plugins": [asdict(report) for report in reports]})


def _show(report: "CheckReport") -> None:
    from entrypoints.cli.screen import as_line, plain
    from plugins.checking import Level

    for finding in report.findings:
        about = f"{finding.subject}: " if finding.subject else ""
        typer.echo(plain(f"{finding.level:<8}{_place(finding)}{about}{finding.message}"))
        if finding.advice:
            typer.echo(plain(f"        {finding.advice}"))
    for name, schema in report.results.items():
        typer.echo(f"{plain(name)} returns {as_line(schema)}")
    counted = ", ".join(_many(report.count(level), level.value) for level in Level)
    tools = [_many(len(report.tools), "tool")] if report.tools or not report.parts else []
    typer.echo(f"{report.plugin}: {', '.join([*tools, *report.parts])}; {counted}")


def _place(finding: "Finding") -> str:
    place = finding.place
    if not place.file:
        return ""
    path = Path(place.file)
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return f"{shown}:{place.line}: " if place.line else f"{shown}: "


def _many(count: int, word: str) -> str:
    return f"{count or 'no'} {word}{'' if count == 1 else 's'}"
