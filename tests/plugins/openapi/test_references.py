"""References: within the document they are followed, however they are written; never beyond."""

from typing import Any

import pytest

from plugins.openapi.reading import ReadingLimits, Reason
from plugins.openapi.reading.problems import BadReference
from plugins.openapi.reading.references import References

TREE: dict[str, Any] = {
    "components": {
        "schemas": {
            "Pet": {"type": "object", "properties": {"name": {"type": "string"}}},
            "a/b~c d": {"type": "integer"},
            "100%25": {"type": "null"},
            "Alias": {"$ref": "#/components/schemas/Pet"},
            "Described": {"$ref": "#/components/schemas/Alias", "description": "x"},
            "Round": {"$ref": "#/components/schemas/Trip"},
            "Trip": {"$ref": "#/components/schemas/Round"},
            "Self": {"$ref": "#/components/schemas/Self"},
            "Nullable": {"$ref": "#/components/schemas/Pet", "nullable": True},
            "Named": {"$id": "https://x.example/named", "$defs": {"In": {"$anchor": "in"}}},
            "Old": {"id": "#old", "type": "number"},
            "Property": {"properties": {"$ref": {"type": "boolean"}}},
        },
        "parameters": {"P": {"name": "p", "in": "query"}},
    },
    "paths": {"/x/{id}": {"get": {"parameters": [{"name": "q"}]}}},
}
PET = TREE["components"]["schemas"]["Pet"]


def follow(reference: str, tree: dict[str, Any] = TREE, **limits: int) -> Any:
    references = References(
        tree, ["https://x.example/api/spec.yaml", "spec.yaml"], ReadingLimits(**limits)
    )
    return references.follow(reference).value


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        ("#/components/schemas/Pet", PET),
        ("#/components/schemas/a~1b~0c%20d", {"type": "integer"}),
        ("#/paths/~1x~1%7Bid%7D/get/parameters/0/name", "q"),
        ("#/components/schemas/100%25", {"type": "null"}),
        ("#/components/schemas/Alias", PET),
        ("#/components/schemas/Described", PET),
        ("#/components/schemas/Alias/properties/name", {"type": "string"}),
        ("#/components/schemas/Nullable", TREE["components"]["schemas"]["Nullable"]),
        ("#/components/schemas/Property/properties/$ref", {"type": "boolean"}),
        ("#/definitions/Pet", PET),
        ("#/parameters/P", {"name": "p", "in": "query"}),
        ("#components/schemas/Pet", PET),
        ("#Pet", PET),
        ("Pet", PET),
        ("spec.yaml#/components/schemas/Pet", PET),
        ("./spec.yaml#/components/schemas/Pet", PET),
        ("https://x.example/api/spec.yaml#/components/schemas/Pet", PET),
        ("https://x.example/named", TREE["components"]["schemas"]["Named"]),
        ("https://x.example/named#in", {"$anchor": "in"}),
        ("https://x.example/named#/$defs/In", {"$anchor": "in"}),
        ("#/$defs/In", {"$anchor": "in"}),
        ("#in", {"$anchor": "in"}),
        ("#old", {"id": "#old", "type": "number"}),
        ("#", TREE),
    ],
)
def test_what_is_within_is_found(reference: str, value: Any) -> None:
    assert follow(reference) == value


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("http://169.254.169.254/latest", Reason.OUTSIDE_REFERENCE),
        ("https://y.example/api/spec.yaml#/components/schemas/Pet", Reason.OUTSIDE_REFERENCE),
        ("file:///etc/passwd", Reason.OUTSIDE_REFERENCE),
        ("python://os/environ", Reason.OUTSIDE_REFERENCE),
        ("../spec.yaml#/a", Reason.OUTSIDE_REFERENCE),
        ("other.yaml", Reason.OUTSIDE_REFERENCE),
        ("//x.example/spec.yaml", Reason.OUTSIDE_REFERENCE),
        ("#/components/schemas/Missing", Reason.DANGLING_REFERENCE),
        ("#/paths/~1x~1{id}/get/parameters/1", Reason.DANGLING_REFERENCE),
        ("#/paths/~1x~1{id}/get/parameters/-1", Reason.DANGLING_REFERENCE),
        ("#missing", Reason.DANGLING_REFERENCE),
        ("http://[broken#x", Reason.OUTSIDE_REFERENCE),
        ("#/components/schemas/Self", Reason.CIRCULAR_REFERENCE),
        ("#/components/schemas/Round", Reason.CIRCULAR_REFERENCE),
        ("#/components/schemas/Round/properties/x", Reason.DANGLING_REFERENCE),
    ],
)
def test_where_there_is_nothing_to_be_had_is_said(reference: str, reason: Reason) -> None:
    with pytest.raises(BadReference) as bad:
        follow(reference)
    assert bad.value.reason is reason
    assert reference in bad.value.message


def test_chains_end_where_they_are_too_long() -> None:
    chain = {f"s{n}": {"$ref": f"#/definitions/s{n + 1}"} for n in range(2_000)}
    tree = {"definitions": {**chain, "s2000": {"type": "string"}}}
    assert follow("#/definitions/s0", tree) == {"type": "string"}
    with pytest.raises(BadReference):
        follow("#/definitions/s0", tree, steps=1_000)
