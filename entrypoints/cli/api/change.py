"""``puerto api change``: change of a learned API's settings."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entrypoints.cli.api.options import (
    Auth,
    BaseUrl,
    Effects,
    Exclude,
    Fixed,
    Include,
    effect_rule,
    fixed_values,
    selection,
)
from entrypoints.cli.clients.local import with_services
from entrypoints.cli.json_options import json_file

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from collections.abc import Sequence

    from domain.learning.drafts import Draft, Edit
    from entrypoints.wiring.services import Services


class Removable(StrEnum):
    """A setting that can be removed."""

    BASE_URL = "base-url"
    INCLUDE = "include"
    EXCLUDE = "exclude"
    EFFECTS = "effects"
    FIXED = "fixed"
    AUTH = "auth"


def command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The API's name, or its id.")],
    *,
    new_name: Annotated[str | None, typer.Option("--name", help="Another name.")] = None,
    base_url: BaseUrl = None,
    include: Include = None,
    exclude: Exclude = None,
    auth: Auth = None,
    fixed: Fixed = None,
    effect: Effects = None,
    per_user: Annotated[
        bool | None,
        typer.Option(
            "--per-user/--shared",
            help="Each user calls with credentials of their own, or all with the operator's.",
        ),
    ] = None,
    clear: Annotated[
        list[Removable] | None, typer.Option(help="Take this away. Can be repeated.")
    ] = None,
) -> None:
    """Change what is wanted of a learned API. Running services follow within 2 seconds.

    What is not said stays as it is. What is said takes the place of all that was said of it before:
    with one --effect, the rules from before are gone.
    """
    from domain.learning.drafts import Edit
    from entrypoints.cli.api.learning import print_result

    cleared = frozenset(clear or ())
    options: dict[str, Any] = {
        "base_url": base_url,
        "include": selection(include) if include else None,
        "exclude": selection(exclude) if exclude else None,
        "effects": tuple(map(effect_rule, effect)) if effect else None,
        "per_user": per_user,
    }
    given = {key: value for key, value in options.items() if value is not None}
    edit = Edit(
        new_name,
        _cleared(cleared) | given,
        json_file(auth, "--auth") if auth else {} if Removable.AUTH in cleared else None,
        fixed_values(fixed) if fixed else {} if Removable.FIXED in cleared else None,
    )
    if edit == Edit():
        raise typer.BadParameter("say what is to be otherwise; --help lists what can be")
    print_result(*with_services(lambda services: _changed(services, name, edit), with_plugins=True))


def _cleared(parts: frozenset[Removable]) -> dict[str, Any]:
    from domain.learning.api.settings import ApiSettings

    before = ApiSettings()
    empty = {
        Removable.BASE_URL: ("base_url", before.base_url),
        Removable.INCLUDE: ("include", before.include),
        Removable.EXCLUDE: ("exclude", before.exclude),
        Removable.EFFECTS: ("effects", before.effects),
    }
    return dict(empty[part] for part in parts if part in empty)


async def _changed(services: "Services", name: str, edit: "Edit") -> "tuple[Draft, Sequence[str]]":
    from entrypoints.cli.api.learning import keep_and_warn, named
    from entrypoints.cli.clients.embedded import LOCAL_USER
    from entrypoints.server.lifecycle import user_named

    api, user = await named(services, name), await user_named(services, LOCAL_USER)
    draft = await services.apis.learning.change(user, api.id, edit)
    return draft, await keep_and_warn(services, draft)
