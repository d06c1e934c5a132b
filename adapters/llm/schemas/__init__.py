"""Compiles tools for providers: names, descriptions, and the JSON Schema that each accepts."""

from adapters.llm.schemas.compiling import compile_tool
from adapters.llm.schemas.outcome import Compiled, Loss
from adapters.llm.schemas.speaking import for_provider, from_provider
from adapters.llm.schemas.targets import Target

__all__ = [
    "Compiled",
    "Loss",
    "Target",
    "compile_tool",
    "for_provider",
    "from_provider",
]
