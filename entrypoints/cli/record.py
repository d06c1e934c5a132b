"""``puerto record``: recording of a stored run as a cassette."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

_TIMEOUT: Final = 10.0  # seconds, for a run that is about to end

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from domain.runs.events import Event


def command(
    run_id: Annotated[
        str, typer.Argument(help="The id of the run, as `ask --json` and the API give it.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file to write. Not given: standard output."),
    ] = None,
) -> None:
    """Record a run that is over as a cassette.

    Played by the provider `scripted` (PUERTO_CASSETTE), it asks for the same calls of tools and
    gives the same text, without a network. The tools run again; it holds their results, too, which
    tests can replay instead.
    """
    import json

    from adapters.llm.scripted.recording import recorded

    cassette = recorded(asyncio.run(_events(run_id)))
    text = json.dumps(cassette, ensure_ascii=False, indent=2) + "\n"
    if output is None:
        typer.echo(text, nl=False)
        return
    _write(output, text)
    typer.echo(f"Wrote {output}: {_summary(cassette)}.")


async def _events(run_id: str) -> "list[Event]":
    """Return all events of a run.

    Raises:
        NotFound: there is no such run.
        Conflict: the run has not ended, or it is a direct call of a tool.

    """
    from domain.runs.events import Ended, RunStarted
    from domain.shared.errors import Conflict
    from entrypoints.cli.clients.embedded import installation

    async with installation() as services:
        owner = await services.run_lookup.owner(run_id)
        reader = await services.chat.follow(owner, run_id)
        try:
            async with asyncio.timeout(_TIMEOUT):
                events = [event async for batch in reader.events() for event in batch]
        except TimeoutError:
            raise Conflict("The run is not over yet: record it when it is.") from None
    if not isinstance(events[-1].body, Ended):
        raise Conflict("The run waits for a consent: answer first, then record.")
    start = events[0].body
    if isinstance(start, RunStarted) and start.is_direct and not start.question:
        raise Conflict("No model answers in this run: it is one call of a tool.")
    return events


def _write(path: Path, text: str) -> None:
    """Write the file.

    Raises:
        Unavailable: the file cannot be written.

    """
    from domain.shared.errors import Unavailable

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}.") from error


def _summary(cassette: list[dict[str, Any]]) -> str:
    calls = sum("tool" in piece for answer in cassette for piece in answer["pieces"])
    return ", ".join(
        f"{count} {word}{'' if count == 1 else 's'}"
        for count, word in ((len(cassette), "answer"), (calls, "call"))
    )
