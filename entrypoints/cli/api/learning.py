"""Learning an API into the installation's database, for ``puerto learn`` without ``--dry-run``."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from entrypoints.cli.api.options import effect_rule, fixed_values, selection
from entrypoints.cli.api.strict import refuse
from entrypoints.cli.clients.local import with_services
from entrypoints.cli.json_options import json_file

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from domain.learning.api.learned_api import LearnedApi
    from domain.learning.documents import Document
    from domain.learning.drafts import Draft, LearnOrder
    from entrypoints.wiring.services import Services


def learn(
    spec: str,
    *,
    name: str | None,
    base_url: str | None,
    include: Iterable[str],
    exclude: Iterable[str],
    auth: Path | None,
    fixed: Path | None,
    effects: Iterable[str],
    per_user: bool,
    strict: bool,
    json: bool,
) -> None:
    """Learn an API, and print the result. Running services follow within 2 seconds.

    ``json`` prints the findings of a strict validation as JSON.

    Raises:
        PuertoError: the API cannot be learned.

    """
    from domain.learning.api.settings import ApiSettings
    from domain.learning.drafts import LearnOrder
    from domain.learning.findings import InvalidDocument

    order = LearnOrder(
        document_of(spec),
        name or "",
        ApiSettings(
            base_url=base_url or "",
            include=selection(include),
            exclude=selection(exclude),
            per_user=per_user,
            effects=tuple(map(effect_rule, effects)),
        ),
        json_file(auth, "--auth") if auth is not None else None,
        fixed_values(fixed) if fixed is not None else None,
        strict,
    )
    try:
        draft, warnings = with_services(lambda services: _learn(services, order), with_plugins=True)
    except InvalidDocument as error:
        refuse(spec, order.document, error.report, json=json)
    print_result(draft, warnings)


def print_result(draft: "Draft", warnings: Iterable[str]) -> None:
    """Print what was learned or changed, and the warnings."""
    api = draft.api
    what = f"tools: {api.tools}, operations: {api.endpoints}, id: {api.id}"
    typer.echo(f"{draft.event} {api.name}: {what}")
    for warning in warnings:
        typer.echo(f"! {warning}")
    typer.echo("Running services follow within 2 seconds.")


async def keep_and_warn(services: "Services", draft: "Draft") -> Sequence[str]:
    """Store a draft and announce it; return its warnings."""
    await services.apis.changes.take_over(draft)
    return (await services.apis.inspection.draft(draft, 0, 0)).warnings


async def _learn(services: "Services", order: "LearnOrder") -> "tuple[Draft, Sequence[str]]":
    from entrypoints.cli.clients.embedded import LOCAL_USER
    from entrypoints.server.lifecycle import user_named

    user = await user_named(services, LOCAL_USER)
    draft = await services.apis.learning.learn(user, order)
    return draft, await keep_and_warn(services, draft)


def document_of(spec: str) -> "Document":
    """Return the document of a file, folder, archive, URL, or ``-`` for standard input."""
    from domain.learning.documents import Document
    from entrypoints.cli.api.bundle import is_bundle, read_bundle
    from entrypoints.settings.loading import load_settings

    if is_bundle(spec):
        bundle = read_bundle(spec, load_settings().max_document_bytes)
        return Document(data=bundle.data, path=bundle.main, files=bundle.files)
    return Document(spec) if "://" in spec[:12] else Document(data=_read(spec))


def _read(spec: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if spec == "-" else Path(spec).read_bytes()
    except OSError as error:
        typer.echo(f"puerto: {spec} cannot be read: {error.strerror}", err=True)
        raise typer.Exit(1) from error


async def named(services: "Services", name: str) -> "LearnedApi":
    """Return the API with that name or id.

    Raises:
        NotFound: there is no such API.

    """
    from domain.shared.errors import NotFound

    for api in await services.learned_apis.all():
        if name in (api.id, api.name):
            return api
    raise NotFound(f"There is no learned API {name!r}. See: puerto api list")
