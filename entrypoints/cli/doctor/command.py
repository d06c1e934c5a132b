"""``puerto doctor``: the command."""

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from entrypoints.cli.tables import show, show_json

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from entrypoints.cli.doctor.findings import DoctorFinding


def command(
    *,
    provider: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Ask this provider one small question, for real."),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="The model to ask. Not given: the provider's default.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Look for what is broken or missing.

    Lists what is configured, what is reachable and what is set for nothing, and changes nothing.
    With --provider it asks that provider one question, which may cost a fraction of a cent, and
    says in plain words what is wrong if no answer comes.

    The exit status is 1 when something that is needed does not work.
    """
    from entrypoints.cli.doctor.findings import State

    findings = asyncio.run(_examine(provider, model))
    if json:
        show_json([asdict(finding) for finding in findings])
    else:
        colours = {"state": {"ok": "green", "note": "yellow", "broken": "red"}}
        rows = [[each.state.value, each.subject, each.detail] for each in findings]
        show(["state", "what", "found"], rows, colours)
    if any(finding.state is State.BROKEN for finding in findings):
        raise typer.Exit(1)


async def _examine(provider: str | None, model: str | None) -> "list[DoctorFinding]":
    from entrypoints.cli.doctor.checks import examine
    from entrypoints.cli.doctor.findings import DoctorFinding, State
    from entrypoints.cli.doctor.providers import ask
    from entrypoints.server.logs import configure_logging
    from entrypoints.settings.loading import SettingsError, load_settings

    try:
        settings = load_settings()
    except SettingsError as error:
        return [DoctorFinding("settings", State.BROKEN, str(error))]
    configure_logging(settings.model_copy(update={"log_level": "CRITICAL"}))  # the table has it
    return await (examine(settings) if provider is None else ask(settings, provider, model))
