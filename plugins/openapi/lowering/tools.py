"""Conversion of operations to tools: the specification for the model, and what a call needs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from domain.execution.tool_selection import SCHEMA_TOOL
from domain.learning.api.fixed_arguments import all_within, without_properties
from domain.shared.json_pointers import join
from domain.shared.json_schema import properties_of, without
from domain.tools.tool import Effect, ToolSpec
from plugins.openapi.lowering.bodies import body_schema
from plugins.openapi.lowering.caller_keys import CallerKeys, with_keys
from plugins.openapi.lowering.choices import without_null
from plugins.openapi.lowering.cutting import Cutting, size_of, unwrapped
from plugins.openapi.lowering.effects import effect_of, is_idempotent
from plugins.openapi.lowering.names import argument_names, tool_names
from plugins.openapi.lowering.schemas import Schemas
from plugins.openapi.lowering.shapes import Shapes
from plugins.openapi.lowering.walk import Notes, Schema
from plugins.openapi.lowering.words import joined, plain, shortened
from plugins.openapi.operation import Operation, OperationBody, Parameter, ParameterLocation
from plugins.openapi.reading import OpenApiDocument, Reason, Skipped
from plugins.openapi.reading.credentials import likely_credentials
from plugins.openapi.reading.values import text
from plugins.openapi.reserved import is_idempotency_key, is_reserved

_MOST_WORDS: Final = 1_000  # characters of a tool's description
_LONG_ARGUMENT: Final = 400
_FEW_WORDS: Final = 60
_SUSPECT: Final = "{!r} looks like a credential: if it is, fix it (fixed_arguments)."
_CUT: Final = "Its arguments take more than is shown here."
_LOOK_UP: Final = f"{SCHEMA_TOOL} shows the rest."
_WHOLE: Final = 300_000  # bytes of the schema that is looked up where a tool's is cut
_MOST_NOTES: Final = 20
_FRAME: Final = 120  # bytes of what stands around a tool's parts


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the conversion; operations are keys such as ``GET /pets``.

    ``prefix`` begins every generated name, ``names`` holds names to keep, and ``effects`` overrides
    effect classes. ``size`` is the limit of a tool in bytes of JSON.
    """

    prefix: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    effects: Mapping[str, Effect] = field(default_factory=dict)
    size: int = 16_000
    category: str = "api"


@dataclass(frozen=True, slots=True)
class LoweredTool:
    """A tool, and the operation that it calls.

    ``operation`` has the names of the tool's arguments, and shapes in place of schemas. ``notes``
    are sentences on what was corrected, left out or cut. ``whole`` is the schema of all arguments
    if that of the tool is abridged. ``suspects`` are arguments that look like credentials: whether
    they are, only the operator can tell.
    """

    spec: ToolSpec
    operation: Operation
    notes: Sequence[str] = ()
    whole: Schema | None = field(default=None, repr=False)
    suspects: Sequence[str] = ()

    @property
    def tokens(self) -> int:
        """The estimated number of tokens of the tool in a request to a model."""
        return self.spec.tokens


def lower(
    document: OpenApiDocument, options: Options | None = None
) -> Iterator[LoweredTool | Skipped]:
    """Yield a tool for each operation of a document, or why it is skipped, in order.

    Raises:
        DocumentRefused: the document exceeds the limit of work or time.

    """
    yield from OperationLowering(document, options or Options()).tools()


class OperationLowering:
    """Generator of one document's tools, which are made on demand and not stored."""

    def __init__(self, document: OpenApiDocument, options: Options) -> None:
        self._document, self._options = document, options
        self._schemas = Schemas(document)
        self._cutting = Cutting(self._schemas.definitions.named, document.effort)
        self._shapes = Shapes(self._schemas.definitions.named)

    def tools(self) -> Iterator[LoweredTool | Skipped]:
        """Yield the tools."""
        read = list(self._document.operations())
        operations = [each for each in read if isinstance(each, Operation)]
        options, title = self._options, self._document.title
        names = tool_names(operations, prefix=options.prefix, given=options.names, title=title)
        keys = CallerKeys(self._document, operations)
        for each in read:
            yield each if isinstance(each, Skipped) else self._tool(each, names[each.name], keys)

    def _tool(self, operation: Operation, name: str, keys: CallerKeys) -> LoweredTool | Skipped:
        notes: Notes = dict.fromkeys(operation.notes)
        lowered, properties, required = self._arguments(operation, notes)
        root: Schema = {"type": "object", "properties": properties}
        if required:
            root["required"] = required
        root["additionalProperties"] = False
        description = _described(operation)
        room = self._options.size - size_of([name, description, _CUT, _LOOK_UP]) - _FRAME
        schema = self._schemas.definitions.whole(root, notes, room)
        whole = None
        if schema is None:
            whole = self._schemas.definitions.whole(root, {}, _WHOLE)
            schema = self._cutting.cut(root, room)
            if schema is None:
                return _too_large(operation, self._options.size)
            description = joined(description, f"{_CUT} {_LOOK_UP}" if whole else _CUT)
            notes[_CUT] = None
        schema = unwrapped(schema)
        if caller_keys := keys.of(lowered, whole or schema):
            lowered = with_keys(lowered, caller_keys, whole or schema)
            hidden = [each.path for each in caller_keys.values()]
            schema = without_properties(schema, hidden)
            whole = without_properties(whole, hidden) if whole else None
        suspects = list(likely_credentials(_perhaps_credentials(lowered, whole or schema)))
        notes.update((_SUSPECT.format(name), None) for name in suspects)
        effect = self._options.effects.get(operation.name) or effect_of(operation)
        spec = ToolSpec(
            name=name,
            description=description,
            parameters=schema,
            effect=effect,
            idempotent=is_idempotent(operation),
            open_world=True,
            category=self._options.category,
            operation=operation.name,
            is_abridged=whole is not None,
        )
        return LoweredTool(spec, lowered, list(notes)[:_MOST_NOTES], whole, suspects)

    def _arguments(
        self, operation: Operation, notes: Notes
    ) -> tuple[Operation, dict[str, Schema], list[str]]:
        """Return the operation with argument names, the arguments' schemas, and required names."""
        hidden = [self._is_hidden(one, operation) for one in operation.parameters]
        shown = [one for one, hides in zip(operation.parameters, hidden, strict=True) if not hides]
        names, body_name = argument_names(shown, operation.body.argument if operation.body else "")
        next_names = iter(names)
        properties: dict[str, Schema] = {}
        required, parameters = [], []
        for parameter, hides in zip(operation.parameters, hidden, strict=True):
            schema = self._schemas.lower(parameter.schema, {} if hides else notes)
            if parameter.required and not _can_send_null(parameter):
                schema = without_null(schema)
            argument = "" if hides else next(next_names)
            shape = self._shapes.of(schema)
            parameters.append(replace(parameter, argument=argument, schema=shape))
            if not hides:
                properties[argument] = _argument(parameter, argument, schema)
                if parameter.required:
                    required.append(argument)
        body = self._body(operation.body, body_name, properties, notes)
        if body is not None and body.required:
            required.append(body_name)
        return replace(operation, parameters=parameters, body=body), properties, required

    def _body(
        self, body: OperationBody | None, name: str, properties: dict[str, Schema], notes: Notes
    ) -> OperationBody | None:
        """Add the body to the arguments' schemas, and return it with shapes in place of schemas."""
        if body is None:
            return None
        properties[name], contents = body_schema(body, self._schemas, self._shapes, notes)
        return replace(body, argument=name, contents=contents)

    def _is_hidden(self, parameter: Parameter, operation: Operation) -> bool:
        schemes = [*self._document.security_schemes.values(), *operation.schemes.values()]
        return is_reserved(parameter, schemes) or is_idempotency_key(parameter)


def _can_send_null(parameter: Parameter) -> bool:
    """Return whether null can be sent; elsewhere null means to leave the parameter out."""
    is_empty = parameter.allow_empty and parameter.place is ParameterLocation.QUERY
    return (
        parameter.media_type is not None
        or parameter.place is ParameterLocation.QUERYSTRING
        or is_empty
    )


def _perhaps_credentials(operation: Operation, schema: Schema) -> Iterator[tuple[str, str]]:
    """Yield the arguments of the path and the body, with their descriptions."""
    for parameter in operation.parameters:
        if parameter.place is ParameterLocation.PATH and parameter.argument in properties_of(
            schema
        ):
            yield parameter.argument, parameter.description
    if operation.body is not None:
        for name, inner in all_within(schema, operation.body.argument):
            yield name, text(inner.get("description"))


def _argument(parameter: Parameter, argument: str, schema: Schema) -> Schema:
    """Return the schema with the parameter's own description, which takes precedence."""
    description = shortened(plain(parameter.description), _LONG_ARGUMENT)
    inner = schema.get("description", "")
    if not description:
        description = inner
    elif inner and inner not in description and len(inner) < _FEW_WORDS:  # an example, a pattern
        description = joined(description, inner)
    if not parameter.name.isascii() and argument != parameter.name:
        description = joined(description, f"Sent as {parameter.name}")
    rest = without(schema, "description")
    return {**rest, "description": description} if description else rest


def _described(operation: Operation) -> str:
    summary, description = plain(operation.summary), plain(operation.description)
    if description.lower().startswith(summary.lower().rstrip(".")):
        summary = ""
    whole = joined(summary, description)
    if len(whole) < _FEW_WORDS:
        whole = joined(whole, operation.name)
    if operation.deprecated:
        whole = joined("Deprecated", whole)
    return shortened(whole, _MOST_WORDS)


def _too_large(operation: Operation, most: int) -> Skipped:
    pointer = join("paths", operation.path, operation.method.lower())
    message = f"Its arguments cannot be described in {most:,} bytes."
    return Skipped(operation.name, Reason.TOO_LARGE, pointer, message)
