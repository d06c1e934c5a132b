"""Plugins: the host that takes them in, their switches, and what watches over them."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.configuration.cloud_switches import CloudSwitches
from domain.plugins.administration import PluginAdministration
from domain.plugins.guard_check import GuardCheck
from domain.plugins.incidents import Incidents
from domain.plugins.lifespans import Lifespans
from domain.plugins.notice_bus import NoticeBus
from domain.plugins.ports import Switches
from domain.plugins.required import RequiredPlugins
from domain.plugins.service import PluginService
from domain.plugins.settings import CurrentSettings
from domain.plugins.settings_service import SettingsAdministration, SettingsReader
from domain.plugins.vetoes import VetoCheck
from domain.shared.cipher import Cipher
from domain.shared.clock import Clock
from domain.tools.context import PluginContexts
from entrypoints.settings.settings import Settings
from entrypoints.settings.values import PROVIDER_NAMES
from entrypoints.wiring.adapters.persistence import Persistence
from entrypoints.wiring.adapters.web import WebParts
from plugins.containment.left_tasks import LeftTasks
from plugins.containment.offences import Offences
from plugins.host.host import PluginHost
from plugins.host.preflight import Preflight
from plugins.host.watchdog import LoopWatch


@dataclass(frozen=True, slots=True)
class PluginParts:
    """The plugins, and who is told what becomes of them."""

    host: PluginHost
    contexts: PluginContexts
    incidents: Incidents
    required: RequiredPlugins
    vetoes: VetoCheck
    guards: GuardCheck
    notices: NoticeBus
    switches: Switches
    plugin_service: PluginService
    administration: PluginAdministration
    settings: SettingsAdministration
    lifespans: Lifespans
    offences: Offences
    left_tasks: LeftTasks
    loop_watch: LoopWatch


def wire_plugins(
    settings: Settings,
    environ: Mapping[str, str],
    persistence: Persistence,
    web: WebParts,
    cipher: Cipher,
    clock: Clock,
) -> PluginParts:
    """Put together what plugins need; none is taken in yet."""
    store, plugin_settings = persistence.store, CurrentSettings(environ)
    contexts = PluginContexts(
        web.plugin_clients,
        clock,
        store.plugin_values,
        settings_of=plugin_settings.value,
        secrets_of=plugin_settings.secrets,
    )
    host = _host(settings, environ, contexts, plugin_settings)
    reader = SettingsReader(store.plugin_settings, cipher, plugin_settings)
    incidents = Incidents(clock, host.chat_models)
    required = RequiredPlugins(settings.plugins_required, host, host)
    switches = CloudSwitches(store.switches, store.configurations)
    plugin_service = PluginService(
        plugins=host,
        toolbox=host,
        switches=switches,
        clock=clock,
        read_settings=reader.refresh,
    )
    administered = SettingsAdministration(
        host, plugin_settings, reader, switches, store.unit_of_work, plugin_service.look
    )
    return PluginParts(
        host=host,
        contexts=contexts,
        incidents=incidents,
        required=required,
        guards=GuardCheck(host, lacking=required.lacking_guard, tell=incidents.note),
        vetoes=VetoCheck(host, lacking=required.lacking, tell=incidents.note),
        notices=NoticeBus(host, tell=incidents.note),
        switches=switches,
        plugin_service=plugin_service,
        administration=PluginAdministration(plugin_service, incidents, administered),
        settings=administered,
        lifespans=Lifespans(source=host, set_aside=plugin_service.set_aside, tell=incidents.note),
        offences=Offences(incidents, plugin_service.set_aside),
        left_tasks=LeftTasks(incidents, host.owner_of),
        loop_watch=LoopWatch(
            owner_of=host.owner_of,
            set_aside=plugin_service.set_aside,
            seconds=settings.blocked_seconds,
        ),
    )


def _host(
    settings: Settings,
    environ: Mapping[str, str],
    contexts: PluginContexts,
    plugin_settings: CurrentSettings,
) -> PluginHost:
    """Return the plugin host, empty as yet; new code is tried in a process of its own first."""
    return PluginHost(
        settings.plugins_blocked,
        settings.plugins_folder,
        seconds=settings.plugin_seconds,
        reserved_models=PROVIDER_NAMES,
        environ=environ,
        preflight=Preflight(
            settings.plugins_folder,
            settings.plugin_seconds,
            settings.data_dir / "plugins-tried.json",
        ),
        context_of=contexts.of,
        settings=plugin_settings,
    )
