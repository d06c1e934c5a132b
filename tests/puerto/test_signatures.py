"""Every type that a signature of the public face names can be imported from it."""

import dataclasses
import inspect
import typing
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Final

import puerto
import puerto.models
import puerto.testing
import puerto.types

FACES: Final[tuple[ModuleType, ...]] = (puerto, puerto.models, puerto.testing, puerto.types)
OURS: Final = ("domain.", "adapters.", "plugins.", "entrypoints.", "puerto.")
PUBLIC: Final = {name: getattr(face, name) for face in FACES for name in face.__all__}

# Made and filled by the service alone; authors read none of these.
METHODS_OF_THE_SERVICE: Final = {"PuertoService.__init__", "ScriptedModel.replayed_calls"}
OF_THE_SERVICE: Final = METHODS_OF_THE_SERVICE | {
    *(f"FunctionTool.{name}" for name in ("parameters", "previewer", "result_type", "threads")),
    "ToolContext.asker",
    "ToolContext.services",
}


def classes_in(hint: Any) -> Iterator[type]:
    """Yield the classes that an annotation names, at any depth."""
    for part in typing.get_args(hint):
        for inner in part if isinstance(part, list | tuple) else [part]:
            yield from classes_in(inner)
    origin = typing.get_origin(hint) or hint
    if isinstance(origin, type):
        yield origin


def annotated(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the places of a public name, each with one annotation."""
    if inspect.isfunction(value):
        for each, hint in typing.get_type_hints(value).items():
            yield f"{name}({each})", hint
    elif inspect.isclass(value) and value.__module__.startswith(OURS):
        written = set() if dataclasses.is_dataclass(value) else {"__init__"}
        if dataclasses.is_dataclass(value):
            for field, hint in typing.get_type_hints(value).items():
                yield f"{name}.{field}", hint
        for member, found in inspect.getmembers(value):
            function = found.fget if isinstance(found, property) else inspect.unwrap(found)
            is_ours = inspect.isroutine(function) and _is_of_ours(function)
            if is_ours and (not member.startswith("_") or member in written):
                place = f"{name}.{member}"
                if place not in OF_THE_SERVICE:
                    yield from ((place, hint) for _, hint in annotated(place, _plain(function)))


def _is_of_ours(function: Any) -> bool:
    return (getattr(function, "__module__", None) or "").startswith(OURS)


def _plain(function: Any) -> Any:
    return getattr(function, "__func__", function)


def test_every_type_of_a_signature_can_be_imported() -> None:
    public = {id(value) for value in PUBLIC.values()}
    places = [place for name, value in PUBLIC.items() for place in annotated(name, value)]
    assert len(places) > 300
    hidden = {
        (place, kind.__qualname__)
        for place, hint in places
        for kind in classes_in(hint)
        if kind.__module__.startswith(OURS) and id(kind) not in public
    }
    assert {each for each in hidden if each[0] not in OF_THE_SERVICE} == set()


def test_the_service_keeps_no_more_to_itself_than_it_must() -> None:
    fields = {place for name, value in PUBLIC.items() for place, _ in annotated(name, value)}
    assert fields >= OF_THE_SERVICE - METHODS_OF_THE_SERVICE


def test_the_page_on_types_names_all_of_them() -> None:
    page = inspect.getdoc(puerto.types) or ""
    assert all(f"`{name}`" in page for name in puerto.types.__all__)
