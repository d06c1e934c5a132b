"""Recognises messages about the model itself, which need no tool."""

import re
from enum import Enum, auto

from adapters.llm.offline.text.language import fold


class Intent(Enum):
    """What a message asks of the model itself."""

    GREETING = auto()
    ABILITIES = auto()
    IDENTITY = auto()
    PROMPT = auto()
    FIRST = auto()
    MEMORY = auto()
    RESULT = auto()
    THANKS = auto()
    CANCEL = auto()


_SHAPES = {
    Intent.GREETING: (
        r"(?:hi|hello|hey|good (?:morning|afternoon|evening|day)|hola|buenas|buen(?:os|as)? "
        r"(?:dias?|tardes|noches)|saludos|greetings)(?: (?:there|puerto|all|everyone|que tal|"
        r"how are you|como estas))*"
    ),
    Intent.ABILITIES: (
        r"(?:help|ayuda|ayudame|/help|help me|(?:so )?(?:and )?what (?:else )?can you do"
        r"(?: for me)?|what (?:are|do) you(?: do)?|who are you|what tools (?:do you have|are there)"
        r"|(?:list|show)(?: me)?(?: all)?(?: the| your)? tools|(?:y )?que (?:mas )?"
        r"(?:puedes|sabes) hacer(?: por mi)?|quien eres|que eres|que herramientas (?:tienes|hay)|"
        r"(?:lista|muestra|muestrame)(?: todas)? (?:las|tus) herramientas|what model (?:are you|is "
        r"this)|que modelo eres|how (?:do you work|can you help(?: me)?)|como funcionas)"
    ),
    Intent.IDENTITY: (
        r"(?:are you|eres|is this|esto es)(?: really| de verdad)?(?: an?| un[ao]?)?"
        r"(?: [\w.-]+){1,3}"
    ),
    Intent.PROMPT: (
        r".*\b(?:system prompt|system message|(?:your|tus|all previous|las) (?:instructions|"
        r"instrucciones)|prompt del sistema)\b.*"
    ),
    Intent.FIRST: (
        r"(?:what (?:was|is) (?:the first thing i (?:said|asked)|my (?:very )?first (?:question|"
        r"message))|what did i (?:say|ask)(?: you)? first|cual fue mi primera? (?:pregunta|mensaje|"
        r"frase)|que (?:te )?(?:dije|pregunte) primero)(?: (?:to )?you)?"
    ),
    Intent.MEMORY: (
        r"(?:(?:and )?what (?:did|have) i (?:just )?(?:say|said|ask|asked)(?: you)?(?: to you)?|"
        r"what was my (?:last|previous|first) (?:question|message)|(?:y )?que (?:es lo que )?"
        r"(?:te )?(?:he )?(?:pregunte|dije|dicho|preguntado|pedi|pedido)|"
        r"cual fue mi (?:ultima|anterior|primera) (?:pregunta|frase)|"
        r"do you remember what i (?:said|asked)|(?:te acuerdas|recuerdas) (?:de )?(?:lo )?que "
        r"(?:te )?(?:dije|pregunte))(?: you)?(?: (?:before|earlier|previously|first|last|just now|"
        r"so far|antes|anteriormente|hasta ahora|primero))*"
    ),
    Intent.RESULT: (
        r"(?:(?:and )?what (?:was|is) (?:the|your) ?(?:last|previous)? ?(?:result|answer)|"
        r"cual (?:fue|era|es) (?:el|la) (?:ultimo|ultima)? ?(?:resultado|respuesta))"
        r"(?: again| anterior| before)?"
    ),
    Intent.THANKS: r"(?:ok |okay |vale )?(?:many |muchas )?(?:thanks|thank you|gracias|thx)"
    r"(?: (?:a lot|so much|very much|you))*",
    Intent.CANCEL: (
        r"(?:no )?(?:cancel|never ?mind|forget (?:it|that|about it)|nothing|cancela(?:lo)?|"
        r"dejalo|olvidalo|nada|da igual|no importa|stop)(?: (?:it|that|that then|eso))?"
    ),
}
_PATTERNS = {intent: re.compile(shape) for intent, shape in _SHAPES.items()}
_GREETED = re.compile(r"(?:hi|hello|hey|hola|buenas|buenos dias) ")
_NOISE = re.compile(r"[^\w/]+")
_LONGEST = 120


def intent_of(message: str) -> Intent | None:
    """Return what the whole message asks of the model; None if it is about something else."""
    if len(message) > _LONGEST:
        return None
    words = _NOISE.sub(" ", fold(message)).strip()
    asked = _GREETED.sub("", words) or words  # "hello, who are you" asks who it is
    for said in (words, asked):
        for intent, pattern in _PATTERNS.items():
            if pattern.fullmatch(said):
                return intent
    return None
