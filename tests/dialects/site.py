"""A service for one module: a scripted model, and a plugin with what the examples are about."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shutil import copy
from typing import Any, Final

import httpx2

from tests.support.service import RunningService

PATIENCE: Final = 60.0
PAGE: Final = "http://localhost:4200"  # where Angular serves a page that is being written
CLOUD: Final = Path(__file__).with_name("cloud_plugin.py")
_LISTED: Final = (
    {
        "pieces": [
            {"reasoning": "Analizando request..."},
            {"tool": "list_ec2_instances", "arguments": {}},
        ]
    },
    {"pieces": [{"text": "Encontré "}, {"text": "5 instancias..."}]},
)


@dataclass
class Site:
    """A running service, and the file of the alerts that are raised."""

    service: RunningService
    alerts: Path

    @cached_property
    def admin(self) -> str:
        """The first administrator's token."""
        return self.service.admin()

    def client(self, token: str | None = None) -> httpx2.Client:
        """Return a client that knows the address, and shows a token if there is one."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return httpx2.Client(base_url=self.service.url, headers=headers, timeout=PATIENCE)


@contextmanager
def running_site(
    folder: Path,
    database_url: str,
    answers: Any = _LISTED * 3,
    plugin: Path = CLOUD,
    **settings: str,
) -> Iterator[Site]:
    """Run the service with this plugin; its model plays ``answers``."""
    plugins, alerts, cassette = folder / "plugins", folder / "alerts", folder / "cassette.json"
    plugins.mkdir()
    copy(plugin, plugins)
    cassette.write_text(json.dumps(answers))
    given = {
        "DATABASE_URL": database_url,
        "CORS_ORIGINS": f"{PAGE},http://localhost:4201",
        "RATE_LIMIT_PER_MINUTE": "60",
        "PUERTO_CASSETTE": str(cassette),
        "PUERTO_PLUGINS_FOLDER": str(plugins),
        "PUERTO_PLUGINS_BLOCKED": "aws,azure,gcp",
        "PUERTO_COLLECT_SECONDS": "1",
        "PUERTO_OPEN_HOSTS": "127.0.0.1",
        "ALERTS": str(alerts),
        "ANTHROPIC_API_KEY": "sk-ant-nobody-is-asked",
    }
    with RunningService(folder, **given | settings) as service:
        yield Site(service, alerts)
