"""Read-only checks of an installation: versions, folders, database, secrets, providers, plugins."""

import asyncio
import platform
import stat
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from adapters.http.transport.environment import network_problems
from adapters.persistence import plan
from adapters.security.secrets import SecretStore
from domain.configuration.cloud_switches import without_clouds
from domain.configuration.configuration import Configuration
from domain.models.ports import NOT_CONFIGURED, ChatModels
from domain.plugins.switches import Switchboard
from domain.shared.errors import PuertoError, Unavailable
from entrypoints.cli.doctor.findings import DoctorFinding, State
from entrypoints.cli.doctor.identity import identity_findings
from entrypoints.cli.doctor.machine import machine_findings, setting_findings
from entrypoints.cli.doctor.stored import stored_findings
from entrypoints.settings.settings import Settings
from entrypoints.settings.unused import unused_settings
from entrypoints.wiring.container import Container, build
from plugins.host.host import PluginInfo, PluginState

_CONNECT_SECONDS: Final = 2.0
_DATABASE_SECONDS: Final = 5.0


async def with_plugins(settings: Settings) -> Container:
    """Return the container with the plugins loaded as at the start, without their lifespans."""
    container = build(settings)
    board = without_clouds(Switchboard(), Configuration().clouds)
    await asyncio.to_thread(container.plugins().host.apply, board)
    return container


async def examine(settings: Settings) -> list[DoctorFinding]:
    """Run all checks, those over the network included, and return the findings."""
    container = await with_plugins(settings)
    models, parts = container.models().providers, container.plugins()
    plugins, states = parts.host.plugins(), models.states()
    database = await _database(settings)
    wanting = [
        *_required(parts.required.lacking()),
        *_unused(settings, {*states, *(plugin.name for plugin in plugins)}),
    ]
    return [
        *_versions(),
        *machine_findings(settings),
        _data_folder(settings.data_dir),
        database,
        *(await stored_findings(container.persistence()) if database.state is State.OK else ()),
        *_secrets(settings),
        *await identity_findings(container),
        *[DoctorFinding("network", State.NOTE, problem) for problem in network_problems()],
        *[
            await _provider(settings, name, _state(models, name, state))
            for name, state in states.items()
        ],
        *map(_plugin, plugins),
        *wanting,
        *setting_findings(settings, {finding.subject for finding in wanting}),
    ]


def _versions() -> Iterator[DoctorFinding]:
    try:
        ours = version("puerto")
    except PackageNotFoundError:
        ours = "not installed, run from its folder"
    yield DoctorFinding("puerto", State.OK, ours)
    yield DoctorFinding("python", State.OK, f"{platform.python_version()} on {platform.system()}")


def _data_folder(folder: Path) -> DoctorFinding:
    if not folder.exists():
        return DoctorFinding("data folder", State.OK, f"{folder} (made at the first start)")
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o077:
        detail = f"{folder} is open to other users (mode {mode:04o}); run: chmod 700 {folder}"
        return DoctorFinding("data folder", State.NOTE, detail)
    return DoctorFinding("data folder", State.OK, f"{folder} (mode {mode:04o})")


async def _database(settings: Settings) -> DoctorFinding:
    database = settings.database
    parts = urlsplit(database.url)
    where = str(database.path or f"{parts.hostname or 'a socket'}{parts.path}")
    try:
        async with asyncio.timeout(_DATABASE_SECONDS):
            missing = await plan(settings.direct_database.url)
    except PuertoError as error:
        return DoctorFinding("database", State.BROKEN, f"{where}: {error.message}")
    except TimeoutError:
        detail = f"{where} did not answer within {_DATABASE_SECONDS:.0f} s"
        return DoctorFinding("database", State.BROKEN, detail)
    if missing:
        detail = f"{where}: {len(missing)} migrations to apply, which the next start does"
        return DoctorFinding("database", State.NOTE, detail)
    return DoctorFinding("database", State.OK, f"{where} ({database.engine}), up to date")


def _secrets(settings: Settings) -> Iterator[DoctorFinding]:
    folder = settings.data_dir / "secrets"
    for name in ("jwt_secret", "encryption_key"):
        variable = name.upper()
        if getattr(settings, name) is not None:
            yield DoctorFinding(variable, State.OK, "from the environment")
        elif not (folder / name).exists():
            yield DoctorFinding(variable, State.OK, "not set; one is made when it is first needed")
        else:
            yield _kept_secret(folder, name)


def _kept_secret(folder: Path, name: str) -> DoctorFinding:
    try:
        SecretStore(folder).get(name)
    except PuertoError as error:
        return DoctorFinding(name.upper(), State.BROKEN, error.message)
    return DoctorFinding(name.upper(), State.OK, f"kept in {folder / name}")


def _state(models: ChatModels, provider: str, state: str) -> str:
    """Return the state of a provider, with the variable that is missing, if one is."""
    if state != NOT_CONFIGURED:
        return state
    try:
        models.get(provider)
    except Unavailable as error:
        return f"{state}: {error.details['missing']} is not set"
    return state


async def _provider(settings: Settings, name: str, state: str) -> DoctorFinding:
    subject = f"provider {name}"
    is_chosen = name == settings.chosen_provider
    chosen = ", chosen by the settings" if is_chosen else ""
    worst = State.BROKEN if is_chosen else State.NOTE
    if state != "ready":
        return DoctorFinding(subject, worst if is_chosen else State.OK, state + chosen)
    if url := settings.address_of(name):
        reached = await _reaches(url)
        host = urlsplit(url).netloc
        word = "answers" if reached else f"does not answer within {_CONNECT_SECONDS:.0f} s"
        detail = f"{state}{chosen}; {host} {word}"
        return DoctorFinding(subject, State.OK if reached else worst, detail)
    return DoctorFinding(subject, State.OK, state + chosen)


async def _reaches(url: str) -> bool:
    """Return whether the server of a URL accepts TCP connections."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


def _plugin(plugin: PluginInfo) -> DoctorFinding:
    works = plugin.state is PluginState.DISABLED or (
        plugin.state is PluginState.ACTIVE and not plugin.reason
    )
    tools = f"tools: {', '.join(plugin.tools)}" if plugin.tools else "no tools"
    words = [plugin.state.value, plugin.reason, tools if plugin.state is PluginState.ACTIVE else ""]
    detail = "; ".join(word for word in words if word)
    return DoctorFinding(f"plugin {plugin.name}", State.OK if works else State.NOTE, detail)


def _required(lacking: str | None) -> Iterator[DoctorFinding]:
    if lacking is not None:
        yield DoctorFinding("PUERTO_PLUGINS_REQUIRED", State.BROKEN, lacking)


def _unused(settings: Settings, present: set[str]) -> Iterator[DoctorFinding]:
    """Yield a finding for each setting without effect."""
    for name, why in unused_settings(settings, present):
        yield DoctorFinding(name, State.NOTE, f"set, but unused: {why}")
