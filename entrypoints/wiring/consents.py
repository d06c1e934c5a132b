"""Consents: what people are asked before a tool acts."""

from domain.consents.replies import ReplyReader
from domain.consents.service import ConsentService
from domain.shared.clock import Clock
from entrypoints.wiring.adapters.persistence import Persistence
from entrypoints.wiring.plugins import PluginParts
from entrypoints.wiring.runs import RunParts
from plugins.authoring.forms import PydanticForms


def wire_consents(
    persistence: Persistence, plugins: PluginParts, runs: RunParts, clock: Clock
) -> ConsentService:
    """Put together what takes answers; an answer wakes this worker."""
    store = persistence.store
    return ConsentService(
        consents=store.consents,
        audit=store.audit,
        configurations=store.configurations,
        replies=ReplyReader(plugins.host, PydanticForms()),
        unit_of_work=store.unit_of_work,
        wake=runs.worker.look,
        clock=clock,
    )
