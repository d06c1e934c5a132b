"""A small API of pets: its document in several versions, and a server that is it."""

import copy
import json
from typing import Any

from tests.support.web_server import Reply, Seen

KEY = "sk-pets-0123456789abcdef"

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Pet Shop", "version": "1"},
    "paths": {
        "/pets": {
            "get": {
                "operationId": "listPets",
                "summary": "List the pets of the shop.",
                "tags": ["pets"],
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer"}},
                    {
                        "name": "kind",
                        "in": "query",
                        "schema": {"type": "string", "enum": ["cat", "dog"]},
                    },
                ],
            },
            "post": {
                "operationId": "addPet",
                "summary": "Add a pet to the shop.",
                "tags": ["pets"],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "properties": {"name": {"type": "string"}},
                                "required": ["name"],
                            }
                        }
                    },
                },
            },
        },
        "/pets/{id}": {
            "get": {
                "operationId": "getPet",
                "summary": "Get one pet of the shop.",
                "tags": ["pets"],
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                ],
            },
        },
        "/hours": {
            "get": {
                "operationId": "openingHours",
                "summary": "Say when the shop is open.",
                "tags": ["shop"],
                "security": [],
            },
            "put": "see above",
        },
    },
    "components": {
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Pet-Key"}}
    },
    "security": [{"key": []}],
}


def without(*operations: str) -> dict[str, Any]:
    """Return the document without some operations, such as ``GET /hours``."""
    document = copy.deepcopy(DOCUMENT)
    for operation in operations:
        method, path = operation.split(" ")
        del document["paths"][path][method.lower()]
    return document


class PetShop:
    """Answers as the API, and serves its document, which a test may change."""

    def __init__(self) -> None:
        self.document: bytes = json.dumps(DOCUMENT).encode()

    def __call__(self, seen: Seen) -> Reply:
        path = seen.target.partition("?")[0]
        if path == "/openapi.json":
            return Reply(body=self.document)
        if path == "/hours":
            return Reply(body=b'{"hours": "9 to 5"}')
        if seen.header("x-pet-key") is None:
            return Reply(401, body=b'{"message": "Who are you?"}')
        told = {"target": seen.target, "key": seen.header("x-pet-key")}
        return Reply(body=json.dumps(told).encode())
