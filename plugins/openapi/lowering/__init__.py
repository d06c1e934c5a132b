"""Operations of an API, lowered to tools that any model can be shown."""

from plugins.openapi.lowering.tools import LoweredTool, Options, lower

__all__ = ["LoweredTool", "Options", "lower"]
