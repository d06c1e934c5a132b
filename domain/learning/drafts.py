"""Drafts of learned APIs, and their validation before they are stored."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from domain.learning.api.credentials import Credentials
from domain.learning.api.fixed_arguments import Values, names_of, path_in
from domain.learning.api.learned_api import LearnedApi
from domain.learning.api.patterns import fits
from domain.learning.api.settings import ApiSettings
from domain.learning.api.summary import ApiSummary, summary_of
from domain.learning.api.version import ApiVersion
from domain.learning.diff.changes import Diff
from domain.learning.documents import Document
from domain.shared.errors import Conflict, FieldProblem, InvalidRequest, Unprocessable
from domain.shared.ids import new_id

NAME_LENGTH: Final = 100


@dataclass(frozen=True, slots=True)
class LearnOrder:
    """A request to learn an API.

    ``credentials`` are the operator's, in the form of `Credentials.of`; ``fixed`` are the values of
    the fixed arguments. ``strict`` accepts only a valid document.
    """

    document: Document
    name: str = ""
    settings: ApiSettings = field(default_factory=ApiSettings)
    credentials: Mapping[str, Any] | None = field(default=None, repr=False)
    fixed: Values | None = field(default=None, repr=False)
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of an API; None leaves a field as it is.

    ``{}`` removes credentials and fixed arguments.
    """

    name: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    credentials: Mapping[str, Any] | None = field(default=None, repr=False)
    fixed: Values | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """An API as it would be stored, with its version in use.

    ``event`` is ``learned``, ``changed``, ``refreshed`` (``unchanged`` if the refresh found nothing
    new) or ``accepted``. ``diff`` holds the changes of a refresh or acceptance. ``waiting`` is a
    version that waits to be accepted. ``summary`` is that of the version in use.
    """

    event: str
    api: LearnedApi
    version: ApiVersion
    diff: Diff | None = None
    waiting: ApiVersion | None = None
    credentials: Mapping[str, Any] | None = field(default=None, repr=False)
    fixed: Values | None = field(default=None, repr=False)
    summary: ApiSummary = field(default_factory=ApiSummary, repr=False)


def with_fixed_named(settings: ApiSettings, fixed: Values | None) -> ApiSettings:
    """Return the settings with the names of these fixed arguments; None changes nothing."""
    if fixed is None:
        return settings
    return replace(settings, fixed=names_of(fixed), fixed_version=new_id() if fixed else "")


def require_arguments(draft: Draft) -> None:
    """Check that the newly fixed arguments exist.

    Raises:
        InvalidRequest: no operation has one of them, or a credential is not valid.

    """
    tools = [tool for each in _versions(draft) for tool in each.tools]
    for pattern, names in names_of(draft.fixed or {}).items():
        fitting = [tool for tool in tools if fits(pattern, tool.operation, tool.operation_id)]
        asked = {name for tool in fitting for name in tool.asks}
        Credentials.of({name: (draft.fixed or {})[pattern][name] for name in asked & {*names}})
        for name in names:
            if name not in asked and not any(path_in(tool.parameters, name) for tool in fitting):
                message = f"No operation that fits {pattern!r} takes an argument {name!r}."
                raise InvalidRequest(message, [FieldProblem("fixed_arguments", message)])


def with_known_operations(draft: Draft, known: Iterable[str]) -> Draft:
    """Return the draft with overrides by operation id changed to overrides by operation.

    Operations in ``known`` are accepted though the document does not have them any more.

    Raises:
        InvalidRequest: there is no such operation.

    """
    settings, tools = draft.api.settings, [tool for each in _versions(draft) for tool in each.tools]
    ids = {tool.operation_id: tool.operation for tool in tools}
    operations = {*known, *(tool.operation for tool in tools)}
    overrides = {
        name if name in operations else ids.get(name, name): override
        for name, override in settings.overrides.items()
    }
    if unknown := [name for name in overrides if name not in operations]:
        message = f"The document has no operation {unknown[0]!r} that is learned."
        raise InvalidRequest(message, [FieldProblem("overrides", message)])
    return replace(draft, api=replace(draft.api, settings=replace(settings, overrides=overrides)))


def require_schemes(draft: Draft) -> None:
    """Check that the credentials are for security schemes of the document.

    Raises:
        Unprocessable: they are not.

    """
    known = {scheme.name for version in _versions(draft) for scheme in version.schemes}
    if unknown := [name for name in draft.credentials or () if name not in known]:
        named = f"It has {', '.join(sorted(known))}." if known else "It has none."
        raise Unprocessable(f"The document has no security scheme {unknown[0]!r}. {named}")


def names_given(draft: Draft) -> Sequence[str]:
    """Return the names of tools set by overrides."""
    overrides = draft.api.settings.overrides.values()
    return [each.name for each in overrides if each.name is not None]


def require_free(given: Sequence[str], taken: Collection[str], draft: Draft) -> None:
    """Check that each name is unique; ``taken`` are names of other APIs' and plugins' tools.

    Raises:
        Conflict: one is not.

    """
    overrides = draft.api.settings.overrides
    others = {
        tool.spec.name
        for tool in draft.version.tools
        if tool.operation not in overrides or overrides[tool.operation].name is None
    }
    for name in given:
        if name in taken or name in others or given.count(name) > 1:
            raise Conflict(f"There is a tool {name!r} already.")


def renamed(version: ApiVersion, names: Mapping[str, str]) -> ApiVersion:
    """Return the version with these names of tools, by operation."""
    tools = (
        tool
        if tool.spec.name == names[tool.operation]
        else replace(tool, spec=replace(tool.spec, name=names[tool.operation]))
        for tool in version.tools
    )
    return replace(version, tools=tuple(tools))


def counted(draft: Draft) -> Draft:
    """Return the draft with its summary, and its API's counts, computed from its version."""
    api, version = draft.api, draft.version
    summary = summary_of(api.settings, version)
    return replace(
        draft,
        summary=summary,
        api=replace(
            api,
            title=version.title,
            digest=version.digest,
            endpoints=version.endpoints,
            tools=len(summary.tools),
        ),
    )


def checked(draft: Draft, known: Iterable[str], taken: Collection[str]) -> Draft:
    """Validate a draft; return it, counted. CPU-bound: for a thread.

    ``known`` are operations that may be missing, ``taken`` the names of others' tools.

    Raises:
        InvalidRequest: a setting names what the document does not have.
        Unprocessable: so do the credentials.
        Conflict: a name is taken.

    """
    draft = with_known_operations(draft, known)
    require_schemes(draft)
    require_arguments(draft)
    if given := names_given(draft):
        require_free(given, taken, draft)
    return counted(draft)


def _versions(draft: Draft) -> list[ApiVersion]:
    return [each for each in (draft.version, draft.waiting) if each is not None]
