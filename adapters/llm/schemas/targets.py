"""How a provider's rules for tools are written down: names, descriptions, and JSON Schema.

`SHARED` are the keywords that every provider accepts, `EVERY` those that any accepts. The rules
themselves are in the providers' folders (``schema_rules.py``).
"""

import re
from dataclasses import dataclass
from typing import Final

_ANNOTATIONS: Final = frozenset({"description", "title", "default", "examples"})
SHARED: Final = frozenset({"type", "description", "enum", "anyOf", "items", "minItems"}) | {
    *("maxItems", "minimum", "maximum", "properties", "required", "additionalProperties"),
    *("format", "prefixItems"),
}
EVERY: Final = (
    SHARED
    | _ANNOTATIONS
    | {
        *("const", "allOf", "not", "if", "then", "else", "dependentSchemas", "dependentRequired"),
        *("patternProperties", "propertyNames", "minProperties", "maxProperties"),
        *("contains", "minContains", "maxContains", "uniqueItems"),
        *("minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType"),
        *("exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    }
)


@dataclass(frozen=True, slots=True)
class Target:
    """One provider's rules.

    ``tool_name`` and ``parameter_name`` are patterns for the whole name, of at most
    ``longest_name`` and 64 characters. ``longest_description`` is in characters. ``keywords`` are
    the accepted keywords of JSON Schema, ``formats`` the accepted values of ``format``,
    ``enum_kinds`` the accepted types of enum values. ``references`` says whether ``$defs`` are
    accepted, ``composes`` whether other keywords may stand beside ``$ref`` and ``anyOf``.
    ``levels`` is the accepted nesting depth of objects and arrays, ``largest`` the largest number.
    ``strict`` means OpenAI's strict mode.
    """

    name: str
    tool_name: re.Pattern[str]
    longest_name: int
    keywords: frozenset[str]
    parameter_name: re.Pattern[str] | None = None
    longest_description: int | None = None
    formats: frozenset[str] | None = None
    enum_kinds: frozenset[str] | None = None
    references: bool = True
    composes: bool = True
    strict: bool = False
    levels: int = 24
    largest: int = 2**63 - 1
