"""Parsers of options whose value is a JSON object, on the command line or in a file."""

import json
from pathlib import Path
from typing import Any

import typer


def json_object(text: str | bytes, option: str) -> dict[str, Any]:
    """Parse the JSON object of an option.

    Raises:
        typer.BadParameter: it is no JSON object; the message does not hold the value, which may be
            secret.

    """
    try:
        value = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"no JSON: {error}", param_hint=option) from error
    if not isinstance(value, dict):
        raise typer.BadParameter("must be a JSON object", param_hint=option)
    return value


def json_file(path: Path, option: str) -> dict[str, Any]:
    """Parse the JSON object in the file of an option.

    Raises:
        typer.BadParameter: the file cannot be read, or holds no JSON object.

    """
    try:
        text = path.read_bytes()
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise typer.BadParameter(message, param_hint=option) from error
    return json_object(text, option)
