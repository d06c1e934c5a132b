"""What OpenAI accepts of a tool, and where that is documented.

Names ``^[a-zA-Z0-9_-]{1,64}$`` and descriptions of 1024 characters are what its errors say
(``string_above_max_length``). Without ``strict``, the schema "must have type 'object' and
not have 'oneOf'/'anyOf'/'allOf'/'enum'/'const'/'not' at the top level", an array must have
``items``, and a ``pattern`` must be a regular expression of Python's. With ``strict``: the
page "Structured outputs", sections "Supported schemas" and "Supported properties".
"""

import re
from typing import Final

from adapters.llm.schemas.targets import EVERY, SHARED, Target

OPENAI: Final = Target(
    name="openai",
    tool_name=re.compile(r"[a-zA-Z0-9_-]{1,64}"),
    longest_name=64,
    longest_description=1024,
    keywords=EVERY,
)
OPENAI_STRICT: Final = Target(
    name="openai-strict",
    tool_name=OPENAI.tool_name,
    longest_name=64,
    longest_description=1024,
    keywords=SHARED | {"const", "pattern", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
    formats=frozenset(
        {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
    ),
    enum_kinds=frozenset({"string", "integer", "number", "boolean", "null"}),
    composes=False,
    strict=True,
    levels=24,
)
