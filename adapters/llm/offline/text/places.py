"""Finds time zones by the names of places."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from zoneinfo import available_timezones

from adapters.llm.offline.text.language import fold
from adapters.llm.offline.text.vocabulary import STOPWORDS

_CONTINENTS = (
    "Africa/",
    "America/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)
_PLAIN = ("UTC", "GMT")
# Names that end a zone but mean something else far more often.
_COMMON_WORDS = frozenset({"center", "easter", "north", "south", "west", "yukon"})

_OTHER_NAMES: Mapping[str, str] = {
    "Africa/Cairo": "el cairo|egypt|egipto",
    "Africa/Johannesburg": "south africa|sudafrica|cape town|ciudad del cabo",
    "America/Argentina/Buenos_Aires": "argentina",
    "America/Bogota": "colombia|medellin",
    "America/Chicago": "houston|dallas|austin",
    "America/Havana": "la habana|cuba",
    "America/Lima": "peru",
    "America/Los_Angeles": "san francisco|seattle|california|san diego|silicon valley",
    "America/Mexico_City": "ciudad de mexico|mexico|cdmx",
    "America/New_York": "nueva york|nyc|washington|boston|miami",
    "America/Santiago": "chile|santiago de chile",
    "America/Sao_Paulo": "rio de janeiro|brasil|brazil",
    "Asia/Dubai": "abu dhabi",
    "Asia/Hong_Kong": "hongkong",
    "Asia/Jerusalem": "jerusalen|israel",
    "Asia/Kolkata": "india|mumbai|delhi|new delhi|nueva delhi|bangalore|bombay",
    "Asia/Seoul": "seul|korea|corea",
    "Asia/Shanghai": "beijing|pekin|china",
    "Asia/Singapore": "singapur",
    "Asia/Tokyo": "tokio|japan|japon|osaka|kyoto|kioto",
    "Europe/Athens": "atenas|greece|grecia",
    "Europe/Berlin": "munich|hamburg|frankfurt|germany|alemania",
    "Europe/Brussels": "bruselas|belgium|belgica",
    "Europe/Copenhagen": "copenhague",
    "Europe/Dublin": "ireland|irlanda",
    "Europe/Istanbul": "estambul|turkey|turquia",
    "Europe/Lisbon": "lisboa|portugal|porto|oporto",
    "Europe/London": "londres|england|inglaterra|uk|edinburgh|manchester",
    "Europe/Madrid": "barcelona|valencia|sevilla|seville|bilbao|spain|espana",
    "Europe/Moscow": "moscu",
    "Europe/Paris": "france|francia|lyon|marseille",
    "Europe/Rome": "roma|italy|italia|milan",
    "Europe/Stockholm": "estocolmo|sweden|suecia",
    "Europe/Vienna": "viena|austria",
    "Europe/Warsaw": "varsovia|poland|polonia",
    "Europe/Zurich": "switzerland|suiza|geneva|ginebra",
}
_WORDS = re.compile(r"[^\W_]+(?:[/_][^\W_]+)*")
_LONGEST_NAME = 4  # words
_SPEAKER_IS_IN = re.compile(  # before the place, in a folded text
    r"\b(?:(?:(?:i am|i['\u2019]?m|we are|we['\u2019]re)"
    r"(?: (?:based|living|staying|working|located))?|(?:i|we) (?:live|work|stay))"
    r"(?: (?:now|currently|right now))? in"
    r"|my (?:local )?time ?zone(?: is|:)"
    r"|(?:estoy|estamos|vivo|vivimos|trabajo|resido|me encuentro)(?: (?:ahora mismo|ahora))? en"
    r"|mi (?:zona horaria|huso horario) es(?: la de)?)\s+(?:the city of |la ciudad de )?"
)
_OFFSET = re.compile(r" ?([+-]\d{1,2})(?![\d:.])")
_EASTERNMOST, _WESTERNMOST = 14, -12


@cache
def _zones() -> Mapping[str, str]:
    """Return the zones by folded name: IANA name, city, and other names."""
    zones = {fold(name): name for name in _PLAIN}
    for name in sorted(available_timezones()):
        if name.startswith(_CONTINENTS):
            zones[fold(name)] = name
            city = fold(name.rsplit("/", 1)[-1].replace("_", " "))
            if city not in STOPWORDS | _COMMON_WORDS:
                zones.setdefault(city, name)
    for name, others in _OTHER_NAMES.items():
        zones.update(dict.fromkeys(others.split("|"), name))
    return zones


def _with_offset(zone: str, folded: str, end: int) -> tuple[str | None, int]:
    """Add the hours after a plain zone, as in UTC+2; None if there is no such zone."""
    if zone not in _PLAIN or folded[end : end + 2].strip()[:1] not in {"+", "-"}:
        return zone, end
    match = _OFFSET.match(folded, end)
    hours = 99 if match is None else int(match[1])
    if match is None or not _WESTERNMOST <= hours <= _EASTERNMOST:
        return None, end
    # IANA counts these zones the other way round: Etc/GMT-2 is two hours east.
    return f"Etc/GMT{-hours:+d}" if hours else zone, match.end()


def find_zones(folded: str) -> Iterator[tuple[str, int, int]]:
    """Yield the IANA zones that a folded text names, with their positions."""
    words = list(_WORDS.finditer(folded))
    at = 0
    while at < len(words):
        for size in range(min(_LONGEST_NAME, len(words) - at), 0, -1):
            start, end = words[at].start(), words[at + size - 1].end()
            zone = _zones().get(folded[start:end])
            if zone is not None:
                said, end = _with_offset(zone, folded, end)
                if said is not None:
                    yield said, start, end
                at += size - 1
                break
        at += 1


def stated_zone(folded: str) -> str | None:
    """Return the zone in which the speaker of a folded text says to be, the last if several.

    A place that is only asked about is none: "what time is it in Tokyo".
    """
    zone = None
    for match in _SPEAKER_IS_IN.finditer(folded):
        found, start, _ = next(find_zones(folded[match.end() :]), (None, 0, 0))
        zone = found if found is not None and start == 0 else zone
    return zone
