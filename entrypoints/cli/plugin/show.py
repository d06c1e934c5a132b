"""``puerto plugin show``: all that is known of one plugin."""

from collections.abc import Sequence
from typing import Annotated, Final

import typer

from entrypoints.cli.clients.client import Json, Login, Token, Url
from entrypoints.cli.plugin.line import with_plugins
from entrypoints.cli.tables import AsJson, show, show_json

_TIMES: Final = ["calls", "mean ms", "slowest ms", "last ms"]


def command(
    name: Annotated[str, typer.Argument(help="The plugin's name.")],
    *,
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
    login: Login = None,
) -> None:
    """Show all that a plugin brings, what is wrong with it and what to do, and its timings.

    Without --url it is loaded in this command; calls and failures are known to a running service.
    """
    plugin = with_plugins(url, token, login, lambda line: line.details(name))
    if as_json:
        show_json(plugin)
        return
    _say(_headline(plugin))
    for problem in plugin["problems"]:
        _show_problem(problem)
    for note in plugin["notes"]:
        _say(f"note: {note}")
    _show_tools(plugin["brings"]["tools"])
    _show_functions(plugin["brings"]["functions"])
    _show_named(plugin["brings"])
    show_settings(plugin["settings"])


def show_settings(settings: Sequence[Json]) -> None:
    """Print a table of declared settings, if there are any."""
    rows = [
        [
            each["name"],
            each["source"],
            each["variable"],
            "yes" if each["secret"] else "no",
            "yes" if each["required"] else "no",
        ]
        for each in settings
    ]
    colours = {"source": {"missing": "red"}}
    _table(["setting", "source", "variable", "secret", "required"], rows, colours)


def _headline(plugin: Json) -> str:
    version = f" {plugin['version']}" if plugin["version"] else ""
    home = plugin["distribution"] or plugin["file"]
    line = f"{plugin['name']}{version} ({home}): {plugin['state']}"
    if plugin["reason"] and not plugin["problems"]:
        line += f", {plugin['reason']}"
    if plugin["requires"]:
        line += f"; for Puerto {plugin['requires']}"
    if (load := plugin["load"]) is not None:
        line += f"; loaded {load['at']}, import {load['import_ms']:g} ms,"
        line += f" registration {load['register_ms']:g} ms"
    return line


def _show_problem(problem: Json) -> None:
    _say(f"{problem['kind']}: {problem['what']}", "red")
    times = f"{problem['count']} times" if problem["count"] > 1 else ""
    since = f"since {problem['since']}" if problem["since"] else ""
    seen = ", ".join(filter(None, [problem["where"], since, times]))
    for line in filter(None, [seen, problem["remedy"]]):
        _say(f"  {line}")


def _show_tools(tools: Sequence[Json]) -> None:
    rows = [
        [
            each["name"],
            each["effect"],
            "on" if each["enabled"] else "off",
            each["source"] or "-",
            *_times(each["calls"]),
            each["title"] or "-",
        ]
        for each in tools
    ]
    colours = {"effect": {"destructive": "red", "write": "yellow"}}
    _table(["tool", "effect", "state", "source", *_TIMES, "title"], rows, colours)
    previews = [each for each in tools if each["previews"]["count"]]
    _table(
        ["preview of", *_TIMES], [[each["name"], *_times(each["previews"])] for each in previews]
    )


def _show_functions(functions: Sequence[Json]) -> None:
    rows = [
        [each["part"], each["name"], *_times(each["calls"]), each["where"] or "-"]
        for each in functions
    ]
    _table(["part", "function", *_TIMES, "where"], rows)


def _show_named(brings: Json) -> None:
    models, agents, accounts = brings["chat_models"], brings["agents"], brings["accounts"]
    _table(["chat model", "default"], [[each["name"], each["default_model"]] for each in models])
    _table(["agent", "what for"], [[each["name"], each["description"]] for each in agents])
    _table(["account", "title"], [[each["name"], each["title"]] for each in accounts])


def _times(calls: Json) -> list[str]:
    if not calls["count"]:
        return ["0", "-", "-", "-"]
    times = (calls["mean_ms"], calls["slowest_ms"], calls["last_ms"])
    return [str(calls["count"]), *(f"{each:.1f}" for each in times)]


def _table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    colours: dict[str, dict[str, str]] | None = None,
) -> None:
    if rows:
        typer.echo("")
        show(columns, rows, colours)


def _say(text: str, colour: str | None = None) -> None:
    from entrypoints.cli.screen import plain

    typer.echo(typer.style(plain(text).replace("\n", " "), fg=colour))
