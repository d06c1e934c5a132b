"""Both faces of the client, one after the other."""

import pytest

from tests.clients.wire import FACES, Make


@pytest.fixture(params=FACES, ids=lambda face: face.__name__)
def make(request: pytest.FixtureRequest) -> Make:
    """Make a client of one face or the other, before a `Wire`."""
    face: Make = request.param
    return face
