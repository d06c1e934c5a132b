"""Warnings for the operator about a learned API or a draft."""

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from domain.learning.api.learned_api import LearnedApi
from domain.learning.api.summary import ApiSummary

_MOST: Final = 10  # suspicious arguments with a warning of their own


def warnings(api: LearnedApi, summary: ApiSummary, given: Collection[str]) -> Iterator[str]:
    """Yield the warnings; ``given`` are the schemes with credentials of the operator."""
    settings = api.settings
    if summary.skipped:
        yield (
            f"{summary.skipped} of {api.endpoints} operations cannot be learned. "
            f"The first, {summary.first_skipped}"
        )
    if not summary.tools:
        yield "No tool is offered: all operations are excluded or disabled."
    if not settings.base_url and not summary.is_placed:
        yield "The document does not say where the API is: set base_url."
    if not settings.per_user and any(given_none(asks, given) for asks in summary.asking):
        names = ", ".join(sorted({name for asks in summary.asking for name in asks}))
        yield f"Credentials are asked for and not set: {names}."
    for name, count in summary.keys_as_parameters:
        if name not in given:
            yield (
                f"{name!r}, a parameter of {count} operations, is a credential, and no model is "
                f"asked for it: give it, as auth.credentials {_given(name)}, or with "
                f"`puerto api change {api.name!r} --auth FILE` and that in the file."
            )
    yield from _suspected(api, summary.suspects)
    if summary.noted:
        yield f"Something was mended or shortened; the notes say what. Tools: {summary.noted}."


def _suspected(api: LearnedApi, suspects: Sequence[tuple[str, Sequence[str]]]) -> Iterator[str]:
    """Yield warnings about arguments that look like credentials but are asked of the model."""
    for name, operations in suspects[:_MOST]:
        pattern = operations[0] if len(operations) == 1 else "*"
        yield (
            f"{name!r}, an argument of {_counted(operations)}, looks like a credential, and models "
            f"are asked for it. If it is one, fix it, as fixed_arguments "
            f"{json.dumps({pattern: {name: '...'}})}, or with `puerto api change {api.name!r} "
            "--fixed FILE` and that in the file."
        )
    if len(suspects) > _MOST:
        more = ", ".join(name for name, _ in suspects[_MOST : 2 * _MOST])
        yield f"{len(suspects) - _MOST} more arguments look like credentials: {more}."


def _counted(operations: Sequence[str]) -> str:
    return operations[0] if len(operations) == 1 else f"{len(operations)} operations"


def _given(name: str) -> str:
    return json.dumps({name: "..."})


def given_none(asks: Collection[str], given: Collection[str]) -> bool:
    """Tell whether credentials are set for none of the schemes."""
    return not set(asks) & set(given)
