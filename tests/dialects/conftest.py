"""A service for the golden clients of a module, and one user's client of it."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.dialects.site import Site, running_site


@pytest.fixture(scope="module")
def site(module_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(Path(tmp_path_factory.mktemp("site")), module_url) as running:
        yield running


@pytest.fixture(scope="module")
def token(site: Site) -> str:
    return site.service.user("ann")


@pytest.fixture
def api(site: Site, token: str) -> Iterator[httpx2.Client]:
    with site.client(token) as client:
        yield client
