"""Formats tool results as text, in English and Spanish."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from adapters.llm.offline.conversation import RESULT_NAMES, is_scalar, main_value, parse
from adapters.llm.offline.text.language import Language
from domain.models.messages import ToolTurn, ToolUse
from domain.shared.error_codes import Refusal

_LISTED = 10  # items of a list
_FIELDS = 8  # fields of an item on its line
_DEPTH = 4  # levels of a result that are walked
_LINE = 300  # characters
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d)(?:\.\d+)?)?\s?(Z|[+-]\d\d:?\d\d)?"
)
_ZERO = frozenset({"Z", "+00:00", "+0000"})
_BARE: Mapping[Language, Mapping[bool | None, str]] = {
    Language.ENGLISH: {None: "none", True: "yes", False: "no"},
    Language.SPANISH: {None: "nada", True: "sí", False: "no"},
}
_REFUSED = re.compile(
    r"consent|approv|autonomy|refus|denied|forbidden|not allowed|permission", re.IGNORECASE
)
_NAMES_FIRST = ("name", "title", "subject", "content", "text", "id")
_WEEKDAYS = {
    Language.ENGLISH: [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ],
    Language.SPANISH: ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
}


def clip(text: str, length: int) -> str:
    """Return the text, shortened to the length with an ellipsis."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _moment(text: str) -> str:
    match = _MOMENT.fullmatch(text)
    if match is None:
        return text
    day, clock, _, zone = match.groups()
    if zone is None:
        return f"{day} {clock}"
    return f"{day} {clock} (UTC{'' if zone in _ZERO else zone})"


def shown(value: Any, language: Language = Language.ENGLISH, depth: int = 0) -> str:
    """Return a JSON value on one line, readable for people."""
    if value is None or isinstance(value, bool):
        return _BARE[language][value]
    if isinstance(value, str):
        return clip(" ".join(_moment(value).split()), _LINE)
    if not isinstance(value, Mapping | list | tuple):
        return str(value)
    if depth >= _DEPTH:
        return "..."
    if isinstance(value, Mapping):
        return ", ".join(_pairs(value, language, depth))
    items = [shown(each, language, depth + 1) for each in value[:_LISTED]]
    return ", ".join(items) + (" ..." if len(value) > _LISTED else "")


def _label(key: Any) -> str:
    return " ".join(str(key).replace("_", " ").split())


def _pairs(value: Mapping[Any, Any], language: Language, depth: int) -> list[str]:
    """Return "key: value" for the first fields; nested objects in brackets."""
    pairs = []
    for key, each in list(value.items())[:_FIELDS]:
        text = shown(each, language, depth + 1)
        pairs.append(
            f"{_label(key)}: ({text})" if isinstance(each, Mapping) else f"{_label(key)}: {text}"
        )
    return pairs


def _item_line(item: Any, language: Language) -> str:
    """Return a list item on one line: its name first, then its other fields."""
    if not isinstance(item, Mapping):
        return f"- {shown(item, language)}"
    name = next((key for key in _NAMES_FIRST if item.get(key) and is_scalar(item[key])), None)
    if name is None:
        return f"- {shown(item, language)}"
    # Beside a name, the ids of other things say nothing to a reader.
    rest = {k: v for k, v in item.items() if k != name and not str(k).endswith("_id")}
    pairs = ", ".join(_pairs(rest, language, 0))
    return f"- {shown(item[name], language)}" + (f": {pairs}" if pairs else "")


Object = Mapping[Any, Any]
_OF_LISTS = frozenset({"limit", "query", "next_cursor", "has_more"})
"""Fields beside a list that say nothing the list does not."""


def _listing(items: Sequence[Any], language: Language, of: str = "") -> str:
    spanish = language is Language.SPANISH
    count = len(items)
    what = f" ({of})" if of else ""
    if not count:
        return f"No hay resultados{what}." if spanish else f"There are no results{what}."
    if spanish:
        head = f"Hay {count} resultado{'' if count == 1 else 's'}{what}:"
    else:
        head = f"There {'is 1 result' if count == 1 else f'are {count} results'}{what}:"
    lines = [head, *(_item_line(item, language) for item in items[:_LISTED])]
    if count > _LISTED:
        more = count - _LISTED
        lines.append(f"... y {more} más." if spanish else f"... and {more} more.")
    return "\n".join(lines)


def _fields(value: Mapping[Any, Any], language: Language, depth: int = 0) -> list[str]:
    """Return an object as lines: simple fields first, then lists."""
    lines, lists = [], []
    for key, each in value.items():
        if isinstance(each, list) and (not each or isinstance(each[0], Mapping)):
            lists.append(_listing(each, language, _label(key)))
        elif isinstance(each, Mapping) and depth < 1 and each:
            lines.append(f"- {_label(key)}:")
            lines.extend(f"  {line}" for line in _fields(each, language, depth + 1))
        else:
            lines.append(f"- {_label(key)}: {shown(each, language)}")
    return [*lines, *lists]


def _sentence(value: Any, language: Language) -> str:
    """Return one plain value as a sentence."""
    spanish = language is Language.SPANISH
    text = shown(value, language)
    if value is None or text == "":
        return "Hecho: no devuelve nada." if spanish else "Done: nothing was returned."
    if isinstance(value, str) and (len(text.split()) > 1 and not _MOMENT.fullmatch(value)):
        return value.strip()
    return f"El resultado es {text}." if spanish else f"The result is {text}."


def _hour(zone: str, moment: str, language: Language) -> str:
    try:
        day = _WEEKDAYS[language][datetime.fromisoformat(moment).weekday()] + " "
    except ValueError:
        day = ""
    spanish = language is Language.SPANISH
    if zone == "UTC":  # the moment says so itself
        lead = "Es" if spanish else "It is"
    else:
        lead = f"En {zone} es" if spanish else f"In {zone} it is"
    return f"{lead} {day}{_moment(moment)}."


def _of_calculation(value: Object, language: Language) -> str:
    expression, main = value.get("expression"), main_value(value)
    if not isinstance(expression, str) or main is None or main == expression:
        return ""
    return f"{expression} = {shown(main, language)}"


def _of_clock(value: Object, language: Language) -> str:
    zone = value.get("timezone", value.get("zone"))
    clock = next((v for v in value.values() if isinstance(v, str) and _MOMENT.fullmatch(v)), None)
    return "" if clock is None or not isinstance(zone, str) else _hour(zone, clock, language)


def _of_result(value: Object, language: Language) -> str:
    """Return a single simple result as a sentence, with the other fields in brackets."""
    main = main_value(value)
    if main is None or (len(value) > 1 and value.keys().isdisjoint(RESULT_NAMES)):
        return ""
    others = {k: v for k, v in value.items() if v is not main and is_scalar(v)}
    if len(others) + 1 != len(value):
        return ""
    tail = f" ({', '.join(_pairs(others, language, 0))})" if others else ""
    return _sentence(main, language).removesuffix(".") + tail + "."


def _of_list(value: Object, language: Language) -> str:
    """Return an object that is one list and fields that only describe it."""
    lists = [each for each in value.values() if isinstance(each, list)]
    plain = {str(key) for key, each in value.items() if is_scalar(each)}
    if len(lists) != 1 or len(plain) + 1 != len(value):
        return ""
    counts = {key for key in ("count", "total") if value.get(key) == len(lists[0])}
    return _listing(lists[0], language) if plain <= _OF_LISTS | counts else ""


_FORMS = (_of_calculation, _of_clock, _of_result, _of_list)
"""The first that does not return nothing says what an object is."""


def _of_object(value: Object, tool: str, language: Language) -> str:
    if told := next(filter(None, (form(value, language) for form in _FORMS)), ""):
        return told
    head = f"`{tool}` responde:" if language is Language.SPANISH else f"`{tool}` answers:"
    return "\n".join([head, *_fields(value, language)])


def _error(content: str, tool: str, language: Language) -> str:
    """Explain that a call failed, why, and what can be done."""
    value = parse(content)
    if isinstance(value, Mapping) and value.get("code") == Refusal.CONSENT_DENIED:
        return (
            "De acuerdo, no lo hago." if language is Language.SPANISH else "All right, I did not."
        )
    if isinstance(value, Mapping):
        value = value.get("error", value.get("message", value.get("detail", value)))
    if isinstance(value, Mapping):
        value = value.get("message", value)
    reason = shown(value, language).rstrip(".") or "?"
    refused = _REFUSED.search(reason) is not None
    if language is Language.SPANISH:
        if refused:
            return f"La llamada a `{tool}` fue rechazada: {reason}. No lo he vuelto a intentar."
        return f"No he podido usar `{tool}`: {reason}. Revisa los datos y pídemelo otra vez."
    if refused:
        return f"The call to `{tool}` was refused: {reason}. I did not try again."
    return f"I could not use `{tool}`: {reason}. Check what you gave and ask me again."


def _result(turn: ToolTurn, language: Language) -> str:
    if turn.is_error:
        return _error(turn.content, turn.tool, language)
    value = parse(turn.content)
    if isinstance(value, list):
        return _listing(value, language)
    if isinstance(value, Mapping):
        if not value:
            return _sentence(None, language)
        return _of_object(value, turn.tool, language)
    return _sentence(value, language)


def report(results: Sequence[tuple[ToolTurn, ToolUse | None]], language: Language) -> str:
    """Return the results as text; if there are several, each below its call."""
    if len(results) == 1:
        return _result(results[0][0], language)
    parts = []
    for turn, use in results:
        text = _result(turn, language)
        asked = shown(use.arguments, language) if use is not None and use.arguments else ""
        # An answer that says its own question needs no title.
        speaks = turn.is_error or any(
            str(value) in text for value in (use.arguments.values() if use is not None else ())
        )
        title = f"`{turn.tool}`" + (f" ({clip(asked, 80)})" if asked else "")
        parts.append(text if speaks else f"{title}: {text}")
    return "\n\n".join(parts)
