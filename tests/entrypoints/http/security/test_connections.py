"""Who may connect when many are connected."""

import asyncio
from typing import Any

import pytest

from entrypoints.http.security.connections import (
    RESERVED,
    SPARE_FILES,
    YOUNG_SECONDS,
    Admission,
    ClientConnection,
    ConnectionLimits,
    Connections,
    note_authenticated,
    state_of,
)

pytestmark = pytest.mark.anyio
LIMITS = ConnectionLimits(total=4, per_address=2, seconds=3600, open_files=1000)


class Line(asyncio.Transport):
    """The server's end of a connection."""

    def __init__(self, address: str, file_number: int = 10) -> None:
        super().__init__({"peername": (address, 5000), "socket": self})
        self._file_number = file_number
        self.is_cut = False

    def fileno(self) -> int:
        return self._file_number

    def abort(self) -> None:
        self.is_cut = True


class House:
    """Connections under some limits, and whoever comes."""

    def __init__(self, limits: ConnectionLimits = LIMITS) -> None:
        self.now = 0.0
        self.connections = Connections(limits, lambda: self.now)
        self.retired: list[ClientConnection] = []

    def come(self, address: str, *, busy: bool = False, **line: Any) -> tuple[Any, Any, Line]:
        transport = Line(address, **line)
        connection = ClientConnection(
            self.connections,
            transport,
            lambda: not busy,
            lambda: self.retired.append(connection),
        )
        self.now += YOUNG_SECONDS
        return self.connections.admit(connection), connection, transport


async def test_the_oldest_of_an_address_makes_room_for_its_next(
    caplog: pytest.LogCaptureFixture,
) -> None:
    house = House()
    lines = [house.come("192.0.2.1")[2] for _ in range(3)]
    _, _, other = house.come("192.0.2.2")
    assert [line.is_cut for line in [*lines, other]] == [True, False, False, False]
    (told,) = (record.getMessage() for record in caplog.records)
    assert told.startswith("one address has as many connections without credentials as it may")
    assert "(192.0.2.1, open: 2 of 4" in told


async def test_who_has_shown_credentials_makes_room_for_nobody() -> None:
    house = House()
    for _ in range(4):
        admission, connection, line = house.come("192.0.2.1")
        assert admission is Admission.OPEN
        note_authenticated({"state": state_of(connection)})
        assert not line.is_cut
    assert house.come("192.0.2.2")[0] is Admission.PROBES
    connection.closed()
    assert house.come("192.0.2.2")[0] is Admission.OPEN


async def test_in_all_the_oldest_anonymous_one_makes_room() -> None:
    house = House()
    lines = [house.come(f"192.0.2.{number}")[2] for number in range(6)]
    assert [line.is_cut for line in lines] == [True, True, False, False, False, False]


async def test_nobody_is_cut_off_while_the_service_works_for_him() -> None:
    house = House()
    lines = [house.come("192.0.2.1", busy=True)[2] for _ in range(4)]
    assert house.come("192.0.2.1")[0] is Admission.PROBES
    assert not any(line.is_cut for line in lines)


async def test_many_of_an_address_may_come_at_once() -> None:
    house = House(ConnectionLimits(total=100, per_address=2, seconds=3600, open_files=1000))
    lines = []
    for _ in range(10):
        lines.append(house.come("192.0.2.1")[2])
        house.now -= YOUNG_SECONDS
    assert not any(line.is_cut for line in lines)
    house.now += YOUNG_SECONDS
    lines.append(house.come("192.0.2.1")[2])
    assert [line.is_cut for line in lines] == [*[True] * 9, False, False]


async def test_the_reserve_for_probes_is_bounded_too() -> None:
    house = House()
    for _ in range(4):
        house.come("192.0.2.1", busy=True)
    for _ in range(RESERVED):
        assert house.come("192.0.2.1", busy=True)[0] is Admission.PROBES
    assert house.come("192.0.2.1")[0] is Admission.REFUSED


async def test_hosts_of_one_ipv6_network_are_one() -> None:
    house = House()
    lines = [house.come(f"2001:db8::{number}")[2] for number in (1, 2, 3)]
    _, _, other = house.come("2001:db8:0:1::1")
    _, _, mapped = house.come("::ffff:192.0.2.1")
    assert [line.is_cut for line in [*lines, other, mapped]] == [True, False, False, False, False]
    assert house.come("192.0.2.1")[1].address == "192.0.2.1"


async def test_no_file_is_left(caplog: pytest.LogCaptureFixture) -> None:
    house = House()
    assert house.come("192.0.2.1", file_number=900)[0] is Admission.OPEN
    assert "open files are near their limit" in caplog.text
    assert house.come("192.0.2.2", file_number=1000 - SPARE_FILES)[0] is Admission.PROBES


async def test_time_is_up_for_who_stays_anonymous() -> None:
    house = House(ConnectionLimits(total=4, per_address=2, seconds=0.01, open_files=1000))
    _, connection, line = house.come("192.0.2.1")
    _, known, other = house.come("192.0.2.1")
    known.authenticated()
    while not line.is_cut:
        await asyncio.sleep(0.01)
    assert house.retired == [connection]
    assert not other.is_cut


async def test_there_are_no_more_connections_than_files() -> None:
    assert ConnectionLimits(4096, 256, 60, open_files=1024).fitting().total == 768
    assert ConnectionLimits(100, 256, 60, open_files=1024).fitting().total == 100


async def test_without_a_server_nothing_is_noted() -> None:
    note_authenticated({})
    note_authenticated({"state": {}})
