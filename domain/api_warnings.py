"""What an operator should know of an API that was learned, or would be."""

from collections.abc import Collection, Iterator

from domain.learned_apis import ApiSettings, ApiVersion, offered


def warnings(settings: ApiSettings, version: ApiVersion, given: Collection[str]) -> Iterator[str]:
    """Yield sentences; ``given`` are the schemes that there are credentials of the operator for."""
    tools = offered(settings, version)
    if version.skipped:
        count, first = len(version.skipped), version.skipped[0]
        yield (
            f"{count} of {version.endpoints} operations cannot be learned. "
            f"The first, {first.operation}: {first.message}"
        )
    if not tools:
        yield "No tool is offered: all operations are excluded or disabled."
    if not settings.base_url and any(not tool.places[:1] or not tool.places[0] for tool in tools):
        yield "The document does not say where the API is: set base_url."
    asking = [tool for tool in tools if not tool.is_open]
    if not settings.per_user and any(given_none(tool.asks, given) for tool in asking):
        names = ", ".join(sorted({name for tool in asking for name in tool.asks}))
        yield f"Credentials are asked for and not set: {names}."
    if changed := sum(bool(tool.notes) for tool in tools):
        yield f"Something was mended or shortened; the notes say what. Tools: {changed}."


def given_none(asks: Collection[str], given: Collection[str]) -> bool:
    """Tell whether there are no credentials for any of the schemes."""
    return not set(asks) & set(given)
