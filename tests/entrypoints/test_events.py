"""A kind of event has all its faces: a name to be stored under, and what clients see of it."""

from collections.abc import Iterator
from dataclasses import dataclass, is_dataclass
from enum import Enum
from typing import Any, ClassVar, get_args, get_type_hints

import pytest

from adapters.persistence.runs.event_bodies import read_bodies, write_bodies
from domain.models.messages import StopReason
from domain.runs import events
from domain.runs.event_json import from_json, to_json
from domain.runs.events import KINDS, Body
from entrypoints.encoding import ENCODERS
from entrypoints.http.openapi.events import RunEvents
from tests.entrypoints.event_samples import BODIES

SHOWN = {
    get_args(model.model_fields["type"].annotation)[0] for model in get_args(get_args(RunEvents)[0])
}


def missing_faces(kind: type[Any]) -> Iterator[str]:
    """Yield what a kind of event lacks."""
    if KINDS.get(kind.type) is not kind:
        yield "it is not in the union Body"
    if (kind.wire_name is not None) != (kind in ENCODERS):
        yield "it is seen without an encoder, or encoded without being seen"
    if kind.wire_name is not None and kind.wire_name not in SHOWN:
        yield "it is seen, and the OpenAPI document does not know it"


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_has_all_its_faces(kind: type[Body]) -> None:
    assert list(missing_faces(kind)) == []


def test_a_kind_that_lacks_a_face_is_refused() -> None:
    @dataclass(frozen=True, slots=True)
    class Stray:
        type: ClassVar[str] = "stray"
        wire_name: ClassVar[str | None] = "stray"

    assert len(list(missing_faces(Stray))) == len(("stored", "encoded", "described"))


def test_every_class_with_a_stored_name_is_registered() -> None:
    classes = {each for each in vars(events).values() if is_dataclass(each)}
    assert {each for each in classes if hasattr(each, "type")} == set(KINDS.values())
    assert len(KINDS) == len(get_args(Body))  # no two under one name


def test_whatever_is_described_is_sent() -> None:
    assert {kind.wire_name for kind in KINDS.values()} - {None} == SHOWN


@pytest.mark.parametrize("body", BODIES, ids=repr)
def test_every_kind_is_read_as_it_was_stored(body: Body) -> None:
    (again,) = read_bodies(write_bodies([body]))

    assert again == body
    for name, hint in get_type_hints(type(body)).items():
        if isinstance(hint, type) and issubclass(hint, Enum):
            assert type(getattr(again, name)) is hint, name


def test_a_value_that_no_enum_has_is_refused() -> None:
    stored = to_json(events.StepEnded(StopReason.END, 1, 2, 0)) | {"stop": "tired"}
    with pytest.raises(ValueError, match="tired"):
        from_json(stored)
