"""What Google accepts of a tool, and where that is documented.

Names begin with a letter or an underscore (``FunctionDeclaration`` says 128 characters,
the service has said 64); parameters the same with letters, digits and underscores alone.
The keywords are those that ``GenerationConfig.responseJsonSchema`` lists, which also says
that recursion is unrolled "to a limited degree" and that nothing may stand beside a
``$ref``; so references are replaced by what they mean. Enums hold strings and numbers.
A depth is refused that no page names; six levels are known to have been.
"""

import re
from typing import Final

from adapters.llm.schemas.targets import SHARED, Target

GOOGLE: Final = Target(
    name="google",
    tool_name=re.compile(r"[a-zA-Z_][a-zA-Z0-9_.-]{0,63}"),
    longest_name=64,
    parameter_name=re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,63}"),
    keywords=SHARED,
    formats=frozenset({"date-time", "date", "time"}),
    enum_kinds=frozenset({"string", "integer", "number"}),
    references=False,
    composes=False,
    levels=3,  # and below them, objects and arrays whose inside is not shown
    largest=2**53,  # its JSON has no integers, only doubles
)
