"""What Anthropic accepts of a tool, and where that is documented.

Names ``^[a-zA-Z0-9_-]{1,128}$``; parameters ``^[a-zA-Z0-9_.-]{1,64}$``; a schema that
"must match JSON Schema draft 2020-12" and "does not support oneOf, allOf, or anyOf at the
top level": its errors. Beyond that it takes all of JSON Schema, recursion included.
"""

import re
from typing import Final

from adapters.llm.schemas.targets import EVERY, Target

ANTHROPIC: Final = Target(
    name="anthropic",
    tool_name=re.compile(r"[a-zA-Z0-9_-]{1,128}"),
    longest_name=128,
    parameter_name=re.compile(r"[a-zA-Z0-9_.-]{1,64}"),
    keywords=EVERY,
)
