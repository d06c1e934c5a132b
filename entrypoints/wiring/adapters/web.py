"""The ways to the web outside: of learned APIs, of documents, and of plugins."""

from dataclasses import dataclass

from adapters.http.client import GuardedWeb
from adapters.http.guard.reference_guard import ReferenceGuard
from adapters.http.guard.ssrf_guard import SsrfGuard
from adapters.http.guarded_transport import GuardedTransport
from adapters.http.plugin_clients import PluginHttpClients
from domain.tools.http import HttpClients
from domain.web.open_hosts import read_open_hosts
from entrypoints.settings.settings import Settings
from entrypoints.settings.version import VERSION


@dataclass(frozen=True, slots=True)
class WebParts:
    """``web`` goes through the SSRF guard; ``references`` reaches what documents refer to."""

    ssrf_guard: SsrfGuard
    transport: GuardedTransport
    web: GuardedWeb
    references: GuardedWeb
    plugin_clients: HttpClients


def wire_web(settings: Settings) -> WebParts:
    """Put together the ways to the web; nothing is connected to yet."""
    opened, listed = map(read_open_hosts, (settings.open_hosts, settings.reference_hosts))
    ssrf_guard = SsrfGuard(opened)
    transport = GuardedTransport(ssrf_guard)
    return WebParts(
        ssrf_guard=ssrf_guard,
        transport=transport,
        web=GuardedWeb(ssrf_guard, transport),
        references=GuardedWeb(ReferenceGuard(opened, listed), transport),
        plugin_clients=PluginHttpClients(f"puerto/{VERSION}", ssrf_guard),
    )
