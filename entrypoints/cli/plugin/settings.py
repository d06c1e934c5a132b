"""``puerto plugin settings``: the settings of a plugin, shown and changed."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from entrypoints.cli.clients.client import Json, Login, Token, Url
from entrypoints.cli.plugin.line import with_plugins
from entrypoints.cli.tables import AsJson, show, show_json

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from entrypoints.cli.clients.plugins import PluginLine

_ASKED: Final = "-"


def command(
    name: Annotated[str, typer.Argument(help="The plugin's name.")],
    *,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Set one, for all workers. With - as the value, which a secret needs, it is asked "
            "for, or read from standard input.",
        ),
    ] = None,
    unset: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Take back what was set: the variable or the default holds."
        ),
    ] = None,
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
    login: Login = None,
) -> None:
    """Show the settings of a plugin, or change some. Running services follow within 2 seconds.

    The exit status is 1 when they do not fit.
    """
    pairs = [_pair(each) for each in given or ()]

    async def work(line: "PluginLine") -> Json:
        found = await line.settings(name)
        if not (pairs or unset):
            return found
        secret = {each["name"] for each in found["settings"] if each["secret"]}
        values = {each: _value(each, value, secret) for each, value in pairs}
        return await line.change(name, values | dict.fromkeys(unset or ()))

    settings = with_plugins(url, token, login, work)
    if as_json:
        show_json(settings)
    else:
        _show(settings)
    if settings["problems"]:
        raise typer.Exit(1)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise typer.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--set")
    return name, value


def _value(name: str, value: str, secret: "set[str]") -> str:
    """Return the value of a setting, read where it is a dash."""
    if value == _ASKED and sys.stdin.isatty():
        asked: str = typer.prompt(name, hide_input=True, err=True)
        return asked
    if value == _ASKED:
        return sys.stdin.readline().rstrip("\r\n")
    if name in secret:
        raise typer.BadParameter(
            f"{name} is secret, and others see this command: --set {name}=- asks for it",
            param_hint="--set",
        )
    return value


def _show(settings: Json) -> None:
    from entrypoints.cli.screen import as_line, plain

    values = settings["values"]
    rows: Sequence[Sequence[str]] = [
        [
            each["name"],
            as_line(values[each["name"]]) if each["name"] in values else "-",
            each["source"],
            each["variable"],
        ]
        for each in settings["settings"]
    ]
    show(["setting", "value", "source", "variable"], rows, {"source": {"missing": "red"}})
    for problem in settings["problems"]:
        typer.echo(plain(f"{problem['path']}: {problem['message']}"))
