"""``puerto learn`` without ``--dry-run``: learn into the installation's database."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from entrypoints.cli.json_options import json_file
from entrypoints.cli.local import with_services

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from domain.api_documents import Document
    from domain.api_drafts import Draft, Order
    from domain.api_patterns import EffectRule
    from domain.fixed_arguments import Values
    from domain.learned_apis import Selection
    from entrypoints.services import Services

_KINDS = {"tag": "tags", "path": "paths", "method": "methods", "operation": "operations"}


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
) -> None:
    """Learn an API, and tell what came of it. Running services follow within 2 seconds.

    Raises:
        PuertoError: it cannot be learned.

    """
    from domain.api_drafts import Order
    from domain.learned_apis import ApiSettings

    order = Order(
        document_of(spec),
        name or "",
        ApiSettings(
            base_url=base_url or "",
            include=_selection(include),
            exclude=_selection(exclude),
            per_user=per_user,
            effects=tuple(map(_effect, effects)),
        ),
        json_file(auth, "--auth") if auth is not None else None,
        _fixed(fixed) if fixed is not None else None,
    )
    draft, told = with_services(lambda services: _learn(services, order), with_plugins=True)
    api = draft.api
    typer.echo(f"learned {api.name}: tools: {api.tools}, operations: {api.endpoints}, id: {api.id}")
    for warning in told:
        typer.echo(f"! {warning}")
    typer.echo("Running services follow within 2 seconds.")


async def _learn(services: "Services", order: "Order") -> "tuple[Draft, list[str]]":
    from domain.api_warnings import warnings
    from entrypoints.cli.embedded import LOCAL_USER
    from entrypoints.service import user_named

    user, learning = await user_named(services, LOCAL_USER), services.learning
    draft = await learning.learn(user, order)
    await learning.keep(draft)
    await learning.announce(draft)
    told = list(warnings(draft.api, draft.summary, list(order.credentials or ())))
    return draft, told + await learning.closed_hosts(draft)


def _selection(entries: Iterable[str]) -> "Selection":
    """Return what entries such as ``tag:pets``, ``path:/pets*`` and ``method:GET`` mean."""
    from domain.learned_apis import Selection

    listed: dict[str, list[str]] = {kind: [] for kind in _KINDS.values()}
    for entry in entries:
        kind, colon, value = entry.partition(":")
        known = _KINDS.get(kind) if colon else None
        listed[known or "operations"].append(value if known else entry)
    return Selection(**{kind: tuple(values) for kind, values in listed.items()})


def document_of(spec: str) -> "Document":
    """Return the document that is meant: a file, a folder, an archive, an address, or input."""
    from domain.api_documents import Document
    from entrypoints.cli.bundle import is_bundle, read_bundle
    from entrypoints.settings import load_settings

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


def _effect(text: str) -> "EffectRule":
    """Return what ``POST /find*=read`` means."""
    from domain.api_patterns import EffectRule
    from domain.tools import Effect

    pattern, _, effect = text.rpartition("=")
    if not pattern.strip() or effect not in list(Effect):
        message = f'{text!r} is not such as "POST /find*=read" (read, write or destructive)'
        raise typer.BadParameter(message, param_hint="--effect")
    return EffectRule(pattern.strip(), Effect(effect))


def _fixed(path: Path) -> "Values":
    told = json_file(path, "--fixed")
    if not all(isinstance(arguments, dict) for arguments in told.values()):
        message = 'each pattern must have an object: {"GET /pets*": {"argument": value}}'
        raise typer.BadParameter(message, param_hint="--fixed")
    return told
