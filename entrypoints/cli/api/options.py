"""Command-line options for the settings of a learned API, and their parsers."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from entrypoints.cli.json_options import json_file

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from domain.learning.api.fixed_arguments import Values
    from domain.learning.api.patterns import EffectRule
    from domain.learning.api.settings import Selection

BaseUrl = Annotated[str | None, typer.Option(help="The API's address, instead of the document's.")]
Include = Annotated[
    list[str] | None,
    typer.Option(
        help="Only these: tag:pets, path:/pets*, method:GET, or an operation. Can be repeated."
    ),
]
Exclude = Annotated[list[str] | None, typer.Option(help="Not these.")]
Auth = Annotated[
    Path | None,
    typer.Option(help="A file with credentials, as JSON: {scheme: key or {username, ...}}."),
]
Fixed = Annotated[
    Path | None,
    typer.Option(
        help="A file with arguments that are yours, not a model's, as JSON: "
        '{"GET /pets*": {"argument": value, "body.auth.token": value}}.'
    ),
]
Effects = Annotated[
    list[str] | None,
    typer.Option(
        help='What operations do, by pattern: "POST /find*=read". The first that fits counts.'
    ),
]

_KINDS = {"tag": "tags", "path": "paths", "method": "methods", "operation": "operations"}


def selection(entries: Iterable[str]) -> "Selection":
    """Parse entries such as ``tag:pets``, ``path:/pets*`` and ``method:GET``."""
    from domain.learning.api.settings import Selection

    listed: dict[str, list[str]] = {kind: [] for kind in _KINDS.values()}
    for entry in entries:
        kind, colon, value = entry.partition(":")
        known = _KINDS.get(kind) if colon else None
        listed[known or "operations"].append(value if known else entry)
    return Selection(**{kind: tuple(values) for kind, values in listed.items()})


def effect_rule(text: str) -> "EffectRule":
    """Parse an effect rule such as ``POST /find*=read``."""
    from domain.learning.api.patterns import EffectRule
    from domain.tools.tool import Effect

    pattern, _, effect = text.rpartition("=")
    if not pattern.strip() or effect not in list(Effect):
        message = f'{text!r} is not such as "POST /find*=read" (read, write or destructive)'
        raise typer.BadParameter(message, param_hint="--effect")
    return EffectRule(pattern.strip(), Effect(effect))


def fixed_values(path: Path) -> "Values":
    """Read the file of ``--fixed``: values by pattern and argument."""
    values = json_file(path, "--fixed")
    if not all(isinstance(arguments, dict) for arguments in values.values()):
        message = 'each pattern must have an object: {"GET /pets*": {"argument": value}}'
        raise typer.BadParameter(message, param_hint="--fixed")
    return values
