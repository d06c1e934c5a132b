"""The ways to the web outside: of learned APIs, of documents, and of plugins."""

from dataclasses import dataclass

from adapters.http.client import GatedWeb
from adapters.http.guard.gate import Gate
from adapters.http.guard.reference_gate import ReferenceGate
from adapters.http.guarded_transport import GatedTransport
from adapters.http.plugin_clients import PluginHttpClients
from domain.web.open_hosts import read_open_hosts
from entrypoints.settings.settings import Settings
from entrypoints.settings.version import VERSION


@dataclass(frozen=True, slots=True)
class WebParts:
    """``web`` goes through the SSRF guard; ``references`` reaches what documents refer to."""

    transport: GatedTransport
    web: GatedWeb
    references: GatedWeb
    plugin_clients: PluginHttpClients


def wire_web(settings: Settings) -> WebParts:
    """Put together the ways to the web; nothing is connected to yet."""
    opened, listed = map(read_open_hosts, (settings.open_hosts, settings.reference_hosts))
    gate = Gate(opened)
    transport = GatedTransport(gate)
    return WebParts(
        transport=transport,
        web=GatedWeb(gate, transport),
        references=GatedWeb(ReferenceGate(opened, listed), transport),
        plugin_clients=PluginHttpClients(f"puerto/{VERSION}"),
    )
