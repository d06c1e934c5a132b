"""Routes of webhooks, for operators.

Adding one and replacing its secret take no idempotency key: their answers hold the secret.
"""

from typing import Any

from quart import Blueprint
from quart_schema import document_response, tag, validate_querystring, validate_request

from domain.accounts.users import Role
from domain.webhooks.delivery import DeliveryStatus
from domain.webhooks.endpoint import WebhookEdit
from entrypoints.http.idempotency import idempotent
from entrypoints.http.openapi.document import answers_nothing, can_fail
from entrypoints.http.routes.webhooks.bodies import (
    DeliveryList,
    DeliveryQuery,
    DeliveryView,
    NewSecret,
    NewWebhook,
    RedeliveryAnswer,
    RedeliverySince,
    WebhookChange,
    WebhookList,
    WebhookView,
    WebhookWithSecret,
    delivery_view,
    webhook_view,
)
from entrypoints.http.security.guard import caller, for_role
from entrypoints.wiring.services import services

blueprint = Blueprint("webhooks", __name__, url_prefix="/api/webhooks")


@blueprint.get("")
@for_role(Role.OPERATOR)
@tag(["webhooks"])
@document_response(WebhookList)
async def find() -> dict[str, Any]:
    """List all webhooks, the newest first."""
    webhooks = await services().webhooks.service.all(caller())
    return {"webhooks": [webhook_view(each) for each in webhooks]}


@blueprint.post("")
@for_role(Role.OPERATOR)
@tag(["webhooks"])
@validate_request(NewWebhook)
@document_response(WebhookWithSecret, 201)
@can_fail(409)
async def add(data: NewWebhook) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Add a webhook: an address that is told what happens, of everybody's runs.

    Deliveries are signed as Standard Webhooks 1.0 say. The secret is shown this once.
    """
    webhook, secret = await services().webhooks.service.add(
        caller(), data.url, data.events, data.description, data.secret
    )
    location = {"Location": f"{blueprint.url_prefix}/{webhook.id}"}
    return {**webhook_view(webhook), "secret": secret}, 201, location


@blueprint.get("/<webhook_id>")
@for_role(Role.OPERATOR)
@tag(["webhooks"])
@document_response(WebhookView)
async def get(webhook_id: str) -> dict[str, Any]:
    """Look at a webhook."""
    return webhook_view(await services().webhooks.service.get(caller(), webhook_id))


@blueprint.patch("/<webhook_id>")
@for_role(Role.OPERATOR)
@tag(["webhooks"])
@validate_request(WebhookChange)
@document_response(WebhookView)
async def change(webhook_id: str, data: WebhookChange) -> dict[str, Any]:
    """Change a webhook, or switch it off and on."""
    edit = WebhookEdit(data.url, data.events, data.description, data.enabled)
    return webhook_view(await services().webhooks.service.change(caller(), webhook_id, edit))


@blueprint.delete("/<webhook_id>")
@for_role(Role.OPERATOR)
@tag(["webhooks"])
@answers_nothing
async def remove(webhook_id: str) -> None:
    """Remove a webhook, with its deliveries."""
    await services().webhooks.service.remove(caller(), webhook_id)


@blueprint.post("/<webhook_id>/secret")
@for_role(Role.OPERATOR)
@tag(["webhooks"])
@validate_request(NewSecret)
@document_response(WebhookWithSecret)
@can_fail(409)
async def rotate(webhook_id: str, data: NewSecret) -> dict[str, Any]:
    """Replace a webhook's secret. For 24 hours deliveries are signed with both."""
    webhook, secret = await services().webhooks.service.rotate(caller(), webhook_id, data.secret)
    return {**webhook_view(webhook), "secret": secret}


@blueprint.get("/<webhook_id>/deliveries")
@for_role(Role.OPERATOR)
@tag(["webhooks"])
@validate_querystring(DeliveryQuery)
@document_response(DeliveryList)
async def deliveries(webhook_id: str, query_args: DeliveryQuery) -> dict[str, Any]:
    """List the deliveries to a webhook, the newest first."""
    query = query_args
    status = None if query.status is None else DeliveryStatus(query.status)
    page = await services().webhooks.service.deliveries(
        caller(), webhook_id, status, query.limit, query.cursor
    )
    return {"deliveries": list(map(delivery_view, page.items)), "next_cursor": page.next_cursor}


@blueprint.post("/<webhook_id>/test")
@for_role(Role.OPERATOR)
@tag(["webhooks"])
@document_response(DeliveryView, 202)
@can_fail(409)
@idempotent
async def test(webhook_id: str) -> tuple[dict[str, Any], int]:
    """Send a webhook the event `webhook.test`, and see in its deliveries what became of it."""
    return delivery_view(await services().webhooks.service.test(caller(), webhook_id)), 202


@blueprint.post("/<webhook_id>/redeliver")
@for_role(Role.OPERATOR)
@tag(["webhooks"])
@validate_request(RedeliverySince)
@document_response(RedeliveryAnswer)
@can_fail(409)
@idempotent
async def redeliver_since(webhook_id: str, data: RedeliverySince) -> dict[str, Any]:
    """Send all parked deliveries to a webhook again whose event is no older than a moment."""
    service = services().webhooks.service
    return {"redelivered": await service.redeliver_since(caller(), webhook_id, data.since)}


@blueprint.post("/deliveries/<delivery_id>/redeliver")
@for_role(Role.OPERATOR)
@tag(["webhooks"])
@document_response(DeliveryView, 202)
@can_fail(409)
@idempotent
async def redeliver(delivery_id: str) -> tuple[dict[str, Any], int]:
    """Send a delivery again, with the same id, whether it was parked or had arrived."""
    delivery = await services().webhooks.service.redeliver(caller(), delivery_id)
    return delivery_view(delivery), 202
