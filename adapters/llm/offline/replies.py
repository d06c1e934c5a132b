"""The model's own replies, in English and Spanish."""

from collections.abc import Sequence
from typing import Any

from adapters.llm.offline.conversation import Exchange, is_scalar
from adapters.llm.offline.planning import PlannedCall, Question
from adapters.llm.offline.reports import clip, shown
from adapters.llm.offline.schemas import Field, Kind, choices
from adapters.llm.offline.text.language import Language, terms
from domain.tools.tool import ToolSpec

_LISTED = 20  # tools
_RECALLED = 5  # messages
_LINE = 160  # characters


def _either(language: Language, english: str, spanish: str) -> str:
    return spanish if language is Language.SPANISH else english


def _who(language: Language) -> str:
    return _either(
        language,
        "I am Puerto's offline model: there is no language model behind me. I match your words to "
        "tools, call them, and report what they answer.",
        "Soy el modelo sin conexión de Puerto: no hay ningún modelo de lenguaje detrás de mí. "
        "Busco la herramienta que encaja con tus palabras, la llamo y cuento lo que responde.",
    )


def _how_to_think(language: Language) -> str:
    return _either(
        language,
        "To think with a real model, set `OPENAI_API_KEY` (or `OPENAI_BASE_URL` for a server of "
        "your own, or another provider's key) and start the service again.",
        "Para pensar con un modelo de verdad, define `OPENAI_API_KEY` (o `OPENAI_BASE_URL` para un "
        "servidor propio, o la clave de otro proveedor) y arranca el servicio de nuevo.",
    )


def _tool_lines(tools: Sequence[ToolSpec]) -> str:
    lines = []
    for tool in tools:
        first = next(iter(tool.description.strip().splitlines()), "")
        lines.append(f"- `{tool.name}`: {clip(first, _LINE)}" if first else f"- `{tool.name}`")
    return "\n".join(lines)


def greeting(language: Language) -> str:
    """Greet, and introduce the model."""
    hello = _either(language, "Hello!", "¡Hola!")
    ask = _either(language, "Ask me “what can you do?”.", "Pregúntame «¿qué puedes hacer?».")
    return f"{hello} {_who(language)} {ask} {_how_to_think(language)}"


def identity(language: Language) -> str:
    """Explain what the model is."""
    return f"{_who(language)} {_how_to_think(language)}"


def no_prompt(language: Language) -> str:
    """Explain that the model follows no prompt."""
    return _either(
        language,
        "I follow no prompt, so there is none to show or to ignore. ",
        "No sigo ningún prompt, así que no hay ninguno que mostrar ni que ignorar. ",
    ) + _who(language)


def first_message(language: Language, conversation: Exchange) -> str:
    """Repeat the user's first message."""
    said = next((each for each in conversation.earlier_messages if each.strip()), None)
    if said is None:
        return recall(language, conversation)
    first = clip(" ".join(said.split()), _LINE)
    return _either(language, f"First you said: “{first}”", f"Primero dijiste: «{first}»")


def thanks(language: Language) -> str:
    """Answer thanks."""
    return _either(language, "You are welcome.", "De nada.")


def noted(language: Language, zone: str) -> str:
    """Confirm where the user is."""
    return _either(
        language,
        f"You are in the time zone {zone}. Asked for a time without a place, I take that one.",
        f"Estás en la zona horaria {zone}. Si preguntas la hora sin decir dónde, uso esa.",
    )


def cancelled(language: Language) -> str:
    """Confirm that a question is dropped."""
    return _either(language, "All right, I leave it there.", "De acuerdo, lo dejo aquí.")


def abilities(language: Language, tools: Sequence[ToolSpec]) -> str:
    """Introduce the model and list the tools, one on each line."""
    if not tools:
        none = _either(
            language, "I have no tools at the moment.", "Ahora mismo no tengo herramientas."
        )
        return f"{_who(language)}\n\n{none} {_how_to_think(language)}"
    count = len(tools)
    head = _either(
        language,
        f"I can use {count} tool{'' if count == 1 else 's'}:",
        f"Puedo usar {count} herramienta{'' if count == 1 else 's'}:",
    )
    more = count - _LISTED
    tail = _either(language, f"\n... and {more} more.", f"\n... y {more} más.") if more > 0 else ""
    lines = _tool_lines(tools[:_LISTED])
    return f"{_who(language)}\n\n{head}\n{lines}{tail}\n\n{_how_to_think(language)}"


def is_advised(answer: str) -> bool:
    """Return whether an earlier answer has the advice on using a real model."""
    return any(_how_to_think(language) in answer for language in Language)


def nothing_fits(
    language: Language, message: str, nearest: Sequence[ToolSpec], *, advised: bool
) -> str:
    """Say that no tool fits, what was understood, and what can be done.

    With ``advised``, the advice on using a real model is not repeated.
    """
    heard = clip(" ".join(message.split()), _LINE)
    if heard:
        understood = _either(
            language,
            f"I cannot do that: I read “{heard}” and found no tool that fits.",
            f"No puedo: he leído «{heard}» y no encuentro ninguna herramienta que encaje.",
        )
    else:
        understood = _either(language, "Your message is empty.", "Tu mensaje está vacío.")
    parts = [understood if advised else f"{_who(language)} {understood}"]
    if {"delete", "conversation"} <= set(terms(message)):
        parts.append(
            _either(
                language,
                "A conversation is deleted with `DELETE /api/conversations/{id}`.",
                "Una conversación se borra con `DELETE /api/conversations/{id}`.",
            )
        )
    if nearest:
        head = _either(language, "The nearest are:", "Las más cercanas son:")
        parts.append(f"{head}\n{_tool_lines(nearest)}")
    if not advised:
        parts.append(_how_to_think(language))
    return "\n\n".join(parts)


_KINDS = {
    Kind.EMAIL: ("an e-mail address", "una dirección de correo"),
    Kind.URI: ("an address such as https://...", "una dirección como https://..."),
    Kind.UUID: ("a UUID", "un UUID"),
    Kind.MOMENT: ("a date and time", "una fecha y hora"),
    Kind.DATE: ("a date", "una fecha"),
    Kind.TIME: ("a time of day", "una hora"),
    Kind.ZONE: ("a city or a zone such as Europe/Madrid", "una ciudad o zona como Europe/Madrid"),
    Kind.REGION: ("such as us-east-1", "como us-east-1"),
    Kind.BOOLEAN: ("yes or no", "sí o no"),
    Kind.NUMBER: ("a number", "un número"),
    Kind.ARRAY: ("a list", "una lista"),
    Kind.OBJECT: ("a JSON object", "un objeto JSON"),
    Kind.EXPRESSION: ("such as 17 * 23", "como 17 * 23"),
}


def _need(field: Field, language: Language) -> str:
    """Return a line about a missing parameter: name, type, description, choices."""
    english, spanish = _KINDS.get(field.kind, ("", ""))
    sort = _either(language, english, spanish)
    line = f"- `{field.name}`" + (f" ({sort})" if sort else "")
    description = field.schema.get("description")
    if isinstance(description, str) and description.strip():
        line += f": {clip(' '.join(description.split()), _LINE)}"
    allowed = [str(choice) for choice in choices(field.schema)[:_LISTED]]
    if allowed:
        head = _either(language, "One of", "Uno de")
        line = f"{line.rstrip('.')}. {head}: {', '.join(allowed)}."
    low, high = field.schema.get("minimum"), field.schema.get("maximum")
    if low is not None and is_scalar(low):
        line += _either(language, f" At least {low}.", f" Como mínimo {low}.")
    if high is not None and is_scalar(high):
        line += _either(language, f" At most {high}.", f" Como máximo {high}.")
    return line


def ask_back(language: Language, question: Question) -> str:
    """Ask for the missing arguments of a call."""
    name = question.tool.name
    head = _either(language, f"To use `{name}` I still need:", f"Para usar `{name}` me falta:")
    lines = "\n".join(_need(field, language) for field in question.missing)
    known = ""
    if question.arguments:
        understood = _either(language, "So far I have", "Hasta ahora tengo")
        known = f"\n{understood}: {_arguments(question.arguments)}."
    return f"{head}\n{lines}{known}"


def _arguments(arguments: dict[str, Any]) -> str:
    return ", ".join(f"{name}: {clip(shown(value), 80)}" for name, value in arguments.items())


def intention(language: Language, call: PlannedCall) -> str:
    """Announce a tool call and its arguments."""
    text = _either(language, f"I will use `{call.tool.name}`", f"Voy a usar `{call.tool.name}`")
    with_ = _either(language, "with", "con")
    return f"{text} {with_} {_arguments(call.arguments)}." if call.arguments else f"{text}."


def recall(language: Language, conversation: Exchange) -> str:
    """Repeat the user's earlier messages."""
    said = [clip(" ".join(each.split()), _LINE) for each in conversation.earlier_messages]
    said = [each for each in said if each]
    if not said:
        return _either(
            language,
            "This is the first thing that you say in this conversation.",
            "Esto es lo primero que dices en esta conversación.",
        )
    if len(said) == 1:
        return _either(language, f"Before, you said: “{said[0]}”", f"Antes dijiste: «{said[0]}»")
    head = _either(language, "Before, you said:", "Antes dijiste:")
    return "\n".join([head, *(f"- {each}" for each in said[-_RECALLED:])])


def last_result(language: Language, value: str | None) -> str:
    """Repeat the last tool result."""
    if value is None:
        return _either(
            language, "There is no earlier result yet.", "Todavía no hay ningún resultado."
        )
    return _either(
        language,
        f"The last result was {clip(value, _LINE)}.",
        f"El último resultado fue {clip(value, _LINE)}.",
    )
