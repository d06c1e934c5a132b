"""Reader of security schemes and security requirements."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from plugins.openapi.operation import AWS_SIGNED, ParameterLocation, SecurityScheme
from plugins.openapi.reading.problems import BadReference
from plugins.openapi.reading.references import References
from plugins.openapi.reading.values import entries, text, texts

_BASIC: Final = SecurityScheme("http", scheme="basic")
_PLACES: Final = {
    place.value: place
    for place in (ParameterLocation.HEADER, ParameterLocation.QUERY, ParameterLocation.COOKIE)
}


def security_schemes(
    tree: Mapping[str, Any], references: References
) -> Mapping[str, SecurityScheme]:
    """Return the known kinds of security schemes, by name."""
    named = {
        **entries(tree.get("securityDefinitions")),
        **entries(entries(tree.get("components")).get("securitySchemes")),
    }
    schemes = {}
    for name, value in named.items():
        try:
            raw = references.resolved(value)
        except BadReference:
            continue
        if not isinstance(raw, dict):
            continue
        if text(raw.get("x-amazon-apigateway-authtype")).lower() == "awssigv4":
            schemes[name] = SecurityScheme(AWS_SIGNED, name=_signing_name(tree))
        elif (scheme := _scheme(raw)) is not None:
            schemes[name] = scheme
    return schemes


def _scheme(raw: Mapping[str, Any]) -> SecurityScheme | None:
    match kind := text(raw.get("type")):
        case "":
            return None
        case "basic":  # of Swagger 2
            return _BASIC
        case "apiKey":
            place = _PLACES.get(text(raw.get("in")).lower(), ParameterLocation.HEADER)
            name = text(raw.get("name"))
            return SecurityScheme(kind, name=name, place=place) if name else None
        case "http":
            return SecurityScheme(kind, scheme=text(raw.get("scheme")).lower())
        case "oauth2":
            return SecurityScheme(kind, token_url=_token_url(raw))
        case _:
            return SecurityScheme(kind)


def _signing_name(tree: Mapping[str, Any]) -> str:
    """Return the signing name of an AWS service, where the document has it (as APIs.guru's do)."""
    info = entries(tree.get("info"))
    return text(info.get("x-aws-signingName")) or text(info.get("x-serviceName"))


def _token_url(raw: Mapping[str, Any]) -> str:
    """Return the token URL of the first flow that has one, or that of the scheme (Swagger 2)."""
    urls = [text(entries(flow).get("tokenUrl")) for flow in entries(raw.get("flows")).values()]
    return next(filter(None, urls), text(raw.get("tokenUrl")))


def requirements(value: Any) -> Sequence[Mapping[str, Sequence[str]]] | None:
    """Return the alternatives of a list of Security Requirement Objects, or None without a list."""
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        return None
    return [
        {name: texts(scopes) for name, scopes in each.items()}
        for each in value
        if isinstance(each, dict)
    ]
