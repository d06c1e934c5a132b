"""Options whose value is a JSON object, on the line itself or in a file."""

import json
from pathlib import Path
from typing import Any

import typer


def json_object(text: str | bytes, option: str) -> dict[str, Any]:
    """Return the object that an option holds.

    Raises:
        typer.BadParameter: it is none; the words hold nothing of it, since it may be secret.

    """
    try:
        value = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"no JSON: {error}", param_hint=option) from error
    if not isinstance(value, dict):
        raise typer.BadParameter("must be a JSON object", param_hint=option)
    return value


def json_file(path: Path, option: str) -> dict[str, Any]:
    """Return the object in the file that an option names.

    Raises:
        typer.BadParameter: the file cannot be read, or holds none.

    """
    try:
        text = path.read_bytes()
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise typer.BadParameter(message, param_hint=option) from error
    return json_object(text, option)
