"""Conversations: their use cases, and following one run by run."""

from dataclasses import dataclass
from functools import partial

from domain.configuration.configuration import require_configured
from domain.conversations.service import ConversationService
from domain.runs.conversation_following import ConversationFeed
from domain.shared.clock import Clock
from entrypoints.wiring.adapters.persistence import Persistence
from entrypoints.wiring.models import ModelParts


@dataclass(frozen=True, slots=True)
class ConversationParts:
    """What reads and changes conversations."""

    conversations: ConversationService
    feed: ConversationFeed


def wire_conversations(
    persistence: Persistence, models: ModelParts, clock: Clock
) -> ConversationParts:
    """Put together what reads and changes conversations."""
    store, runs = persistence.store, persistence.runs
    configured = partial(require_configured, models=models.providers)
    feed = ConversationFeed(
        store.conversations,
        queries=store.run_queries,
        runs=runs.runs,
        log=runs.log,
        live=runs.live,
    )
    return ConversationParts(ConversationService(store.conversations, clock, configured), feed)
