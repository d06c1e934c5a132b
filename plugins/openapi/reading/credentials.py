"""Credentials that a document declares as ordinary parameters: ``?api_key=``, ``X-Auth-Token``.

Many documents have no security scheme for them. Each such parameter becomes a scheme of its name
here, so that no model is asked for the key, and the operator can set it like any other credential.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from plugins.openapi.operation import Parameter, ParameterLocation, SecurityScheme
from plugins.openapi.reading.values import bare_name, entries, text

Security = Sequence[Mapping[str, Sequence[str]]]
Schemes = Mapping[str, SecurityScheme]

_PLACES: Final = frozenset(
    {ParameterLocation.QUERY, ParameterLocation.HEADER, ParameterLocation.COOKIE}
)
_NAMES: Final = frozenset(  # that only credentials have, in lower case without punctuation
    {
        *("apikey", "apitoken", "apisecret", "apipassword", "appkey", "applicationkey"),
        *("accesstoken", "authtoken", "authorizationtoken", "authenticationtoken", "bearertoken"),
        *("appsecret", "secretkey", "accesskey", "accesskeyid", "subscriptionkey", "authkey"),
        *("ocpapimsubscriptionkey", "securitytoken", "rapidapikey", "developerkey", "devkey"),
        *("consumersecret", "oauthtoken", "apiaccesskey"),
    }
)
_PERHAPS: Final = frozenset(  # names of credentials only if the description says so, too
    {
        *("key", "token", "secret", "auth", "appid", "authorization", "authentication", "bearer"),
        *("password", "credential", "credentials", "clientsecret", "privatekey", "jwt"),
        *("customerkey", "partnerkey", "accountkey", "licensekey", "userkey", "consumerkey"),
    }
)
_SAYS_SO: Final = re.compile(
    r"\b(?:api|app(?:lication)?|access|auth(?:entication|orization|orisation)?|secret|subscription|"
    r"developer|bearer|security|oauth2?|jwt)[ _-]?(?:keys?|tokens?)\b"
    r"|\b(?:api|app)[ _-]?(?:id|password)\b|\byour (?:\w+ ){0,2}(?:key|token|secret|credentials?)\b"
    r"|\bauthenticat\w+\b|\bcredentials?\b",
    re.IGNORECASE,
)
_YOURS: Final = re.compile(r"\byour\b|\bauthenticat\w+\b", re.IGNORECASE)
ABOUT_CREDENTIALS: Final = (
    r"introspect|revo(?:ke|cation)|verif|validat|reset|exchange|refresh|debug|oauth|invit|confirm"
)
"""A pattern of the paths of operations whose subject is a token or key."""
_ABOUT_THEM: Final = re.compile(ABOUT_CREDENTIALS, re.IGNORECASE)
_TEXTS: Final = frozenset({"", "string"})


def with_credentials(
    path: str, parameters: Iterable[Parameter], security: Security, schemes: Schemes, known: Schemes
) -> tuple[Security, Schemes]:
    """Return the security of an operation and its schemes, with credentials among its parameters.

    ``known`` are the schemes of the document. The document's alternatives are kept.
    """
    needed: dict[str, SecurityScheme] = {}
    optional: dict[str, SecurityScheme] = {}
    declared = {(scheme.place, scheme.name.lower()) for scheme in schemes.values()}
    for parameter in parameters:
        if not _is_credential(parameter, path, may_be_header=not schemes):
            continue
        if (parameter.place, parameter.name.lower()) in declared:
            continue
        name, scheme = _scheme(parameter, known)
        (needed if parameter.required else optional)[name] = scheme
    if not needed and not optional:
        return security, schemes
    return alternatives(security, needed, optional), {**schemes, **needed, **optional}


def likely_credentials(arguments: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the arguments that look like credentials, of pairs of argument and description.

    They are of a path or a body (``body.token``), where they may as well be the subject of the
    call: only the operator can tell, so the model still sets them.
    """
    for argument, described in arguments:
        name = bare_name(argument.rpartition(".")[2])
        if names_credential(name) or (name in _PERHAPS and _YOURS.search(described)):
            yield argument


def names_credential(bare: str) -> bool:
    """Return whether only a credential has that name; ``bare`` is as of `bare_name`."""
    return bare in _NAMES


def may_name_credential(bare: str) -> bool:
    """Return whether a credential may have that name, among other things."""
    return bare in _NAMES or bare in _PERHAPS


def _is_credential(parameter: Parameter, path: str, *, may_be_header: bool) -> bool:
    """Return whether a parameter is a credential, by its name and description."""
    schema = entries(parameter.schema)
    is_text = text(schema.get("type")) in _TEXTS and "enum" not in schema and "$ref" not in schema
    if parameter.place not in _PLACES or not is_text:
        return False
    name = bare_name(parameter.name)
    if parameter.place is ParameterLocation.HEADER:
        if name == "authorization":
            return may_be_header
        name = name.removeprefix("x")
    if _ABOUT_THEM.search(path):
        return False
    description = f"{parameter.description} {text(schema.get('description'))}"
    return name in _NAMES or (name in _PERHAPS and _SAYS_SO.search(description) is not None)


def _scheme(parameter: Parameter, known: Schemes) -> tuple[str, SecurityScheme]:
    """Return name and scheme of a parameter: the document's scheme if it has it, or a new one."""
    made = SecurityScheme("apiKey", name=parameter.name, place=parameter.place, is_parameter=True)
    for name, scheme in known.items():
        is_same = scheme.kind == "apiKey" and scheme.place is parameter.place
        if is_same and scheme.name.lower() == parameter.name.lower():
            return name, scheme
    is_taken = parameter.name in known
    return (f"{parameter.name}_{parameter.place}" if is_taken else parameter.name), made


def alternatives(security: Security, needed: Schemes, optional: Schemes) -> Security:
    """Return the alternatives, first those with all credentials, then those with fewer.

    The parameters alone are an alternative, too: often they carry what the document's scheme would.
    """
    none: Sequence[Mapping[str, Sequence[str]]] = [{}]
    declared = security or none
    more = [
        *({**each, **_requiring(needed), **_requiring(optional)} for each in declared),
        *({**each, **_requiring(needed)} for each in declared if each or needed or optional),
        *(each for each in declared if each or not needed),
        *(each for each in (_requiring({**needed, **optional}), _requiring(needed)) if each),
    ]
    return list(_once(more))


def _requiring(schemes: Schemes) -> Mapping[str, Sequence[str]]:
    return dict.fromkeys(schemes, ())


def _once(alternatives: Iterable[Mapping[str, Sequence[str]]]) -> Iterator[dict[str, list[str]]]:
    seen: set[frozenset[str]] = set()
    for each in alternatives:
        if frozenset(each) not in seen:
            seen.add(frozenset(each))
            yield {name: list(scopes) for name, scopes in each.items()}
