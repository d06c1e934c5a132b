"""Parses dates and times in English and Spanish."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta

_ENGLISH = """january february march april may june july august september october november
december"""
_SPANISH = """enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre
diciembre"""
_MONTHS: dict[str, int] = {
    **{name[:3]: month for month, name in enumerate(_ENGLISH.split(), 1)},
    **{name[:3]: month for month, name in enumerate(_SPANISH.split(), 1)},
    **{name: month for month, name in enumerate(_ENGLISH.split(), 1)},
    **{name: month for month, name in enumerate(_SPANISH.split(), 1)},
    "sept": 9,
    "setiembre": 9,
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_WEEKDAYS = {
    **dict.fromkeys(("monday", "lunes"), 0),
    **dict.fromkeys(("tuesday", "martes"), 1),
    **dict.fromkeys(("wednesday", "miercoles"), 2),
    **dict.fromkeys(("thursday", "jueves"), 3),
    **dict.fromkeys(("friday", "viernes"), 4),
    **dict.fromkeys(("saturday", "sabado"), 5),
    **dict.fromkeys(("sunday", "domingo"), 6),
}
_RELATIVE = {
    **dict.fromkeys(("today", "hoy"), 0),
    **dict.fromkeys(("the day after tomorrow", "pasado manana"), 2),
    **dict.fromkeys(("tomorrow", "manana"), 1),
    **dict.fromkeys(("the day before yesterday", "anteayer"), -2),
    **dict.fromkeys(("yesterday", "ayer"), -1),
}
_YEAR = r"(?P<year>\d{4})"
_DATES = tuple(
    re.compile(rf"(?<![\w/.-]){pattern}(?![\w/]|[.-]\d)")
    for pattern in (
        rf"{_YEAR}[-/](?P<month>\d{{1,2}})[-/](?P<day>\d{{1,2}})",
        rf"(?P<day>\d{{1,2}})[-/.](?P<month>\d{{1,2}})[-/.]{_YEAR}",
        (
            rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of| de)? (?P<name>{_MONTH})\.?,?"
            rf"(?:(?: de| del| of)? {_YEAR})?"
        ),
        rf"(?P<name>{_MONTH})\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,? {_YEAR})?(?![:.,]\d)",
        rf"(?P<relative>{'|'.join(_RELATIVE)})",
        rf"(?:next |on |this |el (?:proximo )?)(?P<weekday>{'|'.join(_WEEKDAYS)})",
        r"(?:in |en |dentro de )(?P<ahead>\d{1,3}) (?P<span>days?|dias?|weeks?|semanas?)",
    )
)
# A date and a time in one word, as RFC 3339 writes them.
_ISO_MOMENT = re.compile(
    rf"(?<![\w/.-]){_YEAR}-(?P<month>\d\d)-(?P<day>\d\d)t"
    r"(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)?(?P<zone>z|[+-]\d\d:\d\d)?"
    r"(?![\w:])"
)
_TIME = re.compile(
    r"(?<![\w:.])(?P<hour>\d{1,2})(?::(?P<minute>\d\d))?(?::(?P<second>\d\d))? ?"
    r"(?P<half>[ap]\.?m\b\.?)?(?P<zone> ?(?:utc|z)\b|[+-]\d\d:\d\d)?(?![\w:])"
)
_AT = re.compile(r"(?:\bat|\ba las?|\bat the)$")
_JOINT = re.compile(r"[ ,]+(?:at |a las? )?")
_WEEK, _NOON = 7, 12


@dataclass(frozen=True, slots=True)
class Moment:
    """A date in a text with its position, and its time of day if there is one.

    ``zone`` is the offset as in RFC 3339; a time without one is UTC.
    """

    day: date
    clock: time | None
    zone: str
    start: int
    end: int

    @property
    def rfc3339(self) -> str:
        """The moment in RFC 3339 format; midnight without a time of day."""
        return f"{self.day.isoformat()}T{(self.clock or time()).isoformat()}{self.zone}"


def _day(match: re.Match[str], today: date) -> date | None:
    parts = match.groupdict()
    try:
        if (relative := parts.get("relative")) is not None:
            return today + timedelta(days=_RELATIVE[relative])
        if (weekday := parts.get("weekday")) is not None:
            ahead = (_WEEKDAYS[weekday] - today.weekday() - 1) % _WEEK + 1
            return today + timedelta(days=ahead)
        if (ahead_text := parts.get("ahead")) is not None:
            scale = 1 if parts["span"].startswith("d") else _WEEK
            return today + timedelta(days=int(ahead_text) * scale)
        name = parts.get("name")
        month = _MONTHS[name] if name else int(parts["month"])
        return date(int(parts["year"] or today.year), month, int(parts["day"]))
    except (ValueError, OverflowError):
        return None


def _clock(match: re.Match[str]) -> time | None:
    parts = match.groupdict()
    hour, half = int(parts["hour"]), (parts.get("half") or "")[:1]
    if half and 1 <= hour <= _NOON:
        hour = hour % _NOON + (_NOON if half == "p" else 0)
    try:
        return time(hour, int(parts["minute"] or 0), int(parts["second"] or 0))
    except ValueError:
        return None


def _zone(match: re.Match[str]) -> str:
    zone = (match["zone"] or "").strip()
    return zone if zone.startswith(("+", "-")) else "Z"


def find_times(folded: str) -> Iterator[tuple[time, str, int, int]]:
    """Yield the times of day in a folded text, with zones and positions."""
    for match in _TIME.finditer(folded):
        said = match["minute"] or match["half"] or _AT.search(folded[: match.start()].rstrip())
        clock = _clock(match) if said else None
        if clock is not None:
            yield clock, _zone(match), match.start(), match.end()


def _with_time(day: date, start: int, end: int, folded: str) -> Moment:
    """Add the time of day that follows the date, if there is one."""
    joint = _JOINT.match(folded, end)
    match = _TIME.match(folded, joint.end()) if joint else None
    if joint and match and (match["minute"] or match["half"] or joint.group().strip(" ,")):
        clock = _clock(match)
        if clock is not None:
            return Moment(day, clock, _zone(match), start, match.end())
    return Moment(day, None, "Z", start, end)


def find_moments(folded: str, today: date) -> list[Moment]:
    """Return the dates of a folded text from left to right, relative to ``today``.

    The day comes before the month where both are digits. A date without a year is in this year.
    """
    moments: list[Moment] = []
    for match in _ISO_MOMENT.finditer(folded):
        day, clock = _day(match, today), _clock(match)
        if day is not None and clock is not None:
            moments.append(Moment(day, clock, _zone(match), match.start(), match.end()))
    for pattern in _DATES:
        for match in pattern.finditer(folded):
            day = _day(match, today)
            if day is None or any(m.start < match.end() and match.start() < m.end for m in moments):
                continue
            moments.append(_with_time(day, match.start(), match.end(), folded))
    return sorted(moments, key=lambda moment: moment.start)
