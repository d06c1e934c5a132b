"""What an operation's words say of its effect, where its method alone would make it a read."""

from typing import Any

import pytest

from domain.tools.tool import Effect
from tests.plugins.openapi.usable import api, made

READ, WRITE, DESTRUCTIVE = Effect.READ, Effect.WRITE, Effect.DESTRUCTIVE
ACTIONS = {"name": "Action", "in": "query", "required": True}


def effect(path: str, *, method: str = "get", **said: Any) -> Effect:
    tools, skipped = made(api({"responses": {}, **said}, path, method))
    assert not skipped
    (tool,) = tools.values()
    return tool.spec.effect


@pytest.mark.parametrize(
    ("path", "said", "effect_class"),
    [
        ("/x", {"operationId": "createUser"}, WRITE),
        ("/x", {"operationId": "GET_DeleteShip"}, DESTRUCTIVE),
        ("/x", {"operationId": "get_CreateShip"}, WRITE),
        ("/x", {"operationId": "get_delete_ship"}, DESTRUCTIVE),
        ("/x", {"operationId": "users.create"}, WRITE),
        ("/x", {"operationId": "UserController_deleteUser"}, DESTRUCTIVE),
        ("/x", {"operationId": "bulk_delete_messages"}, DESTRUCTIVE),
        ("/x", {"operationId": "lockThing"}, WRITE),
        ("/x", {"operationId": "get_delete_status"}, READ),
        ("/x", {"operationId": "getDeletedItems"}, READ),
        ("/x", {"operationId": "getCreateForm"}, READ),
        ("/x", {"operationId": "order"}, READ),
        ("/x", {"operationId": "orders_list"}, READ),
        ("/x", {"operationId": "order_get"}, READ),
        ("/x", {"operationId": "get_run"}, READ),
        ("/x", {"operationId": "backups.create.status"}, READ),
        ("/x", {"operationId": "___"}, READ),
        ("/trips/{id}/cancel", {}, WRITE),
        ("/v1/createUser", {}, WRITE),
        ("/delete/{kind}/{id}", {}, DESTRUCTIVE),
        ("/delete/things", {}, DESTRUCTIVE),
        ("/user-delete", {}, DESTRUCTIVE),
        ("/messages/bulk-delete", {}, DESTRUCTIVE),
        ("/auth.revoke", {}, WRITE),
        ("/lock/{id}", {}, READ),
        ("/repos/{id}/import", {}, READ),
        ("/jobs/{id}/cancel-reason", {}, READ),
        ("/", {}, READ),
        ("/x", {"summary": "Lock a thing"}, WRITE),
        ("/x", {"summary": "Cancels the trip."}, WRITE),
        ("/x", {"summary": "Removes users"}, DESTRUCTIVE),
        ("/x", {"description": "Modifies all of them."}, WRITE),
        ("/x", {"summary": "Lock history of a door"}, READ),
        ("/x", {"summary": "Update history"}, READ),
        ("/x", {"summary": "Orders"}, READ),
        ("/x", {"summary": "Get the users that were created"}, READ),
        ("/x", {"summary": "Publishes the page"}, WRITE),
    ],
)
def test_a_get_that_changes_the_world_is_no_read(
    path: str, said: dict[str, Any], effect_class: Effect
) -> None:
    assert effect(path, **said) is effect_class


@pytest.mark.parametrize(
    ("action", "effect_class"),
    [
        ("DeleteShip", DESTRUCTIVE),
        ("BatchDeleteShips", DESTRUCTIVE),
        ("CreateShip", WRITE),
        ("RunInstances", WRITE),
        ("FrobnicateShip", WRITE),
        ("DescribeShips", READ),
        ("ListShips", READ),
        ("Fleet_20240101.DeleteShip", DESTRUCTIVE),
    ],
)
def test_an_action_is_the_verb_of_what_is_done(action: str, effect_class: Effect) -> None:
    assert effect(f"/#Action={action}") is effect_class
    assert effect(f"/?Action={action}") is effect_class
    parameter = {**ACTIONS, "schema": {"type": "string", "enum": [action]}}
    assert effect("/", parameters=[parameter]) is effect_class


def test_an_action_that_may_be_left_out_is_a_filter() -> None:
    filtered = {**ACTIONS, "required": False, "schema": {"enum": ["create", "delete"]}}
    assert effect("/audit", parameters=[filtered]) is READ


@pytest.mark.parametrize(
    ("method", "said", "effect_class"),
    [
        ("post", {"summary": "Deletes a ship"}, DESTRUCTIVE),
        ("post", {"summary": "Find ships"}, WRITE),
        ("put", {"operationId": "UsersRemove"}, WRITE),
        ("delete", {"summary": "Get"}, DESTRUCTIVE),
        ("head", {"operationId": "createUser"}, WRITE),
    ],
)
def test_words_make_no_method_more_harmless(
    method: str, said: dict[str, Any], effect_class: Effect
) -> None:
    assert effect("/x", method=method, **said) is effect_class
