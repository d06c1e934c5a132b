"""What each provider takes of a tool, and where that is said.

OpenAI
    Names ``^[a-zA-Z0-9_-]{1,64}$`` and descriptions of 1024 characters are what its errors say
    (``string_above_max_length``). Without ``strict``, the schema "must have type 'object' and
    not have 'oneOf'/'anyOf'/'allOf'/'enum'/'const'/'not' at the top level", an array must have
    ``items``, and a ``pattern`` must be a regular expression of Python's. With ``strict``: the
    page "Structured outputs", sections "Supported schemas" and "Supported properties".
Anthropic
    Names ``^[a-zA-Z0-9_-]{1,128}$``; parameters ``^[a-zA-Z0-9_.-]{1,64}$``; a schema that
    "must match JSON Schema draft 2020-12" and "does not support oneOf, allOf, or anyOf at the
    top level": its errors. Beyond that it takes all of JSON Schema, recursion included.
Google
    Names begin with a letter or an underscore (``FunctionDeclaration`` says 128 characters,
    the service has said 64); parameters the same with letters, digits and underscores alone.
    The keywords are those that ``GenerationConfig.responseJsonSchema`` lists, which also says
    that recursion is unrolled "to a limited degree" and that nothing may stand beside a
    ``$ref``; so references are replaced by what they mean. Enums hold strings and numbers.
    A depth is refused that no page names; six levels are known to have been.
"""

import re
from dataclasses import dataclass
from typing import Final

_ANNOTATIONS: Final = frozenset({"description", "title", "default", "examples"})
_SHARED: Final = frozenset({"type", "description", "enum", "anyOf", "items", "minItems"}) | {
    *("maxItems", "minimum", "maximum", "properties", "required", "additionalProperties"),
    *("format", "prefixItems"),
}
_EVERY: Final = (
    _SHARED
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

    ``tool_name`` and ``parameter_name`` are patterns that the whole name must match, of at most
    ``longest_name`` and 64 characters. ``longest_description`` is in characters. ``keywords``
    are those of JSON Schema that may stand in the schema, ``formats`` the values of ``format``,
    ``enum_kinds`` the types that values of an enum may have. ``references`` says whether there
    may be ``$defs``, ``composes`` whether other keywords may stand beside ``$ref`` and
    ``anyOf``. ``levels`` is how deep objects and arrays may lie in each other, ``largest`` the
    largest number. ``strict`` is OpenAI's way of leaving nothing open.
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


OPENAI: Final = Target(
    name="openai",
    tool_name=re.compile(r"[a-zA-Z0-9_-]{1,64}"),
    longest_name=64,
    longest_description=1024,
    keywords=_EVERY,
)
OPENAI_STRICT: Final = Target(
    name="openai-strict",
    tool_name=OPENAI.tool_name,
    longest_name=64,
    longest_description=1024,
    keywords=_SHARED | {"const", "pattern", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
    formats=frozenset(
        {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
    ),
    enum_kinds=frozenset({"string", "integer", "number", "boolean", "null"}),
    composes=False,
    strict=True,
    levels=24,
)
ANTHROPIC: Final = Target(
    name="anthropic",
    tool_name=re.compile(r"[a-zA-Z0-9_-]{1,128}"),
    longest_name=128,
    parameter_name=re.compile(r"[a-zA-Z0-9_.-]{1,64}"),
    keywords=_EVERY,
)
GOOGLE: Final = Target(
    name="google",
    tool_name=re.compile(r"[a-zA-Z_][a-zA-Z0-9_.-]{0,63}"),
    longest_name=64,
    parameter_name=re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,63}"),
    keywords=_SHARED,
    formats=frozenset({"date-time", "date", "time"}),
    enum_kinds=frozenset({"string", "integer", "number"}),
    references=False,
    composes=False,
    levels=3,  # and below them, objects and arrays whose inside is not shown
    largest=2**53,  # its JSON has no integers, only doubles
)

TARGETS: Final = {each.name: each for each in (OPENAI, OPENAI_STRICT, ANTHROPIC, GOOGLE)}
