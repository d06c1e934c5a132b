"""The tool ``current_time``: date and time in a time zone."""

import zoneinfo
from datetime import datetime
from functools import cache
from typing import Final

from domain.shared.errors import ToolFailed
from domain.shared.text import did_you_mean, shorten
from domain.tools.tool import Effect
from domain.tools.tool_context import ToolContext
from plugins.authoring.tool import tool

_WEEKDAYS: Final = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)


@tool(effect=Effect.READ, category="time")
def current_time(timezone: str = "UTC", *, context: ToolContext) -> dict[str, str]:
    """Tell the current date, time and weekday in a time zone.

    Args:
        timezone: an IANA name such as "Europe/Madrid", "America/New_York" or "UTC".
        context: has the clock.

    """
    return time_in(find_zone(timezone), context.clock.now())


def time_in(zone: zoneinfo.ZoneInfo, moment: datetime) -> dict[str, str]:
    """Return the moment (aware) as date, time and weekday in the zone; the offset as ``+05:30``."""
    local = moment.astimezone(zone).replace(microsecond=0)
    iso = local.isoformat()
    return {
        "timezone": zone.key,
        "iso": iso,
        "date": local.date().isoformat(),
        "time": local.time().isoformat(),
        "weekday": _WEEKDAYS[local.weekday()],
        "utc_offset": iso.removeprefix(local.replace(tzinfo=None).isoformat()),
    }


def find_zone(name: str) -> zoneinfo.ZoneInfo:
    """Return the zone of that IANA name, in any letter case.

    Raises:
        ToolFailed: there is no such zone; the message suggests similar ones, or that of the city.

    """
    key_of_name = "_".join(name.lower().split())
    known = _zones()
    if key_of_name in known:
        return zoneinfo.ZoneInfo(known[key_of_name])
    of_city = sorted(zone for key, zone in known.items() if key.rpartition("/")[2] == key_of_name)
    hint = (
        f" Did you mean {of_city[0]!r}?" if of_city else did_you_mean(key_of_name, known.values())
    )
    raise ToolFailed(f"There is no time zone {shorten(name, 64)!r}.{hint}")


@cache
def _zones() -> dict[str, str]:
    """Return the names of all zones, by name in lower case."""
    return {zone.lower(): zone for zone in zoneinfo.available_timezones()}
