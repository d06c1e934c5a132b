"""What an operator should know of an API that was learned, or would be."""

from collections.abc import Collection, Iterator

from domain.api_summary import ApiSummary
from domain.learned_apis import LearnedApi


def warnings(api: LearnedApi, summary: ApiSummary, given: Collection[str]) -> Iterator[str]:
    """Yield sentences; ``given`` are the schemes that there are credentials of the operator for."""
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
                "asked for it: give it as one (auth.credentials), or fix it (fixed_arguments)."
            )
    if summary.noted:
        yield f"Something was mended or shortened; the notes say what. Tools: {summary.noted}."


def given_none(asks: Collection[str], given: Collection[str]) -> bool:
    """Tell whether there are no credentials for any of the schemes."""
    return not set(asks) & set(given)
