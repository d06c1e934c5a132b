"""Lowering: converts the operations of an API to tools with schemas that any model accepts."""

from plugins.openapi.lowering.tools import LoweredTool, Options, lower

__all__ = ["LoweredTool", "Options", "lower"]
