"""Tokenization of queries and tools: case folding, splitting, stemming, stop words."""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import Final

# Runs of letters or of digits. Scripts without spaces are split into bigrams by `_pieces`.
_WORD: Final = re.compile(r"[^\W\d_]+|\d+")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_UNSPACED: Final = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]+")
_VOWEL: Final = re.compile(r"[aeiouy]")
_LONGEST: Final = 40
_SHORTEST_STEMMED: Final = 4


def fold(text: str) -> str:
    """Return the text caseless and without accents."""
    text = text.casefold()
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def split(text: str) -> list[str]:
    """Return the folded words in order, ``camelCase``, ``snake_case`` and ``v2`` taken apart."""
    words = _WORD.findall(fold(_HUMP.sub(" ", text)))
    if text.isascii():
        return words
    return [piece for word in words for piece in _pieces(word)]


def _pieces(word: str) -> list[str]:
    if len(word) < 2 or not _UNSPACED.fullmatch(word):  # noqa: PLR2004 - two letters make a pair
        return [word]
    return [first + second for first, second in pairwise(word)]


@lru_cache(maxsize=1 << 14)
def stem(word: str) -> str:
    """Return the folded word without the commonest English endings.

    The forms of one word (``calculates``, ``calculating``, ``calculation``) have the same stem,
    which need not be a word. Words of other scripts, and very long ones, stay as they are.
    """
    if not (_SHORTEST_STEMMED <= len(word) <= _LONGEST) or not word.isascii():
        return word
    return _without_noun(_without_tense(_without_plural(word)))


def _without_plural(word: str) -> str:
    if not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:  # noqa: PLR2004 - "ties" and "dies" are not "ty"
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("sses", "shes", "ches", "xes", "zes")) else word[:-1]


def _without_tense(word: str) -> str:
    for ending in ("ing", "ed"):
        root = word.removesuffix(ending)
        if root != word and len(root) >= 3 and _VOWEL.search(root):  # noqa: PLR2004 - not "sing"
            return root[:-1] if root[-1] == root[-2] and root[-1] not in "lsz" else root
    return word


# An ending is removed if at least so many letters remain: "location" keeps "at", "comment" all.
_NOUN_ENDINGS: Final = (("ly", 5), ("ment", 6), ("ion", 5), ("e", 3), ("at", 4))


def _without_noun(word: str) -> str:
    for ending, least in _NOUN_ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= least:
            word = word[: -len(ending)]
    return word


_STOPWORDS: Final = """
a about above after again all also am an and any anything are as at be because been before being
below between both but by can could did do does doing done down during each either else ever every
few for from further get give given go going got had has have having he hello help hence her here
hers hey hi him his how however i if in into is it its itself just kindly know let like ll make many
may me might more most much must my need no nor not now of off ok okay on once only or other our
ours out over own please provide re s same see several she should since so some something such t
take tell than thank thanks that the their them then there these they thing things this those
through to too under until up us use using ve very via want was we well were what when where whether
which while who whom whose why will with within without would yes yet you your yours
first second next last lastly finally additionally moreover furthermore afterwards afterward
following addition regarding specific called named titled interested looking wondering wonder
assist assistance able
al algo alguna alguno ante aqui asi con cual cuando de del dime donde el ella ellas ellos en entre
era es esa ese eso esos esta estan este esto favor ha hay haz la las le les lo los luego mas mi mis
muy necesito ni nos nuestra nuestro para pero por porque puede puedes puedo que quien quiero se sea
ser si sin sobre son su sus tambien te tengo tiene todo todos tu tus un una unas unos usted ya yo
"""
# Words of little meaning in requests, even if they are rare in a catalogue.
_WEAK: Final = """
access accurate active actual add additional advanced affordable aim amazing amount area around ask
aspect associated available aware back base based basic become begin benefit best better big bring
capability capture case cause certain change check choice choose clear close come comfortable common
complete comprehensive concept concern condition consider contain content context convenient cost
couple create current currently curious custom customized day deal dedicated deep depth description
desire detail detailed different difficult direct discuss display diverse easy effective efficient
effort enable end engaging enhance enjoy ensure entire especially essential even exact example
excellent excited exciting existing expect experience expert explain explore extensive extra factor
fast favorite feature feel field fill find fix focus form free frequent friendly full fun function
general generate good great group guide handle happen hard hear helpful high hope huge idea ideal
identify important improve include including individual info information insight instruction involve
issue item keep key kind large late latest lead learn least leave level life light line list little
live location long lot love low main major manage manner matter maximum mean method minimum minute
modern moment month multiple name near necessary new nice number numerous object obtain offer often
old online open opinion option order original overall particular part past people perfect perform
person personal personalized place plan platform play point popular positive possible potential
powerful practical precise prefer preference present previous price process proper properly purpose
put quality quick range rate reach read ready real really reason receive recent recommend refer
related relevant reliable request require requirement resource respond response result retrieve
review right run save search seek select send service set share short show significant similar
simple situation size small smart solution sort source special start state stay step still stop
store story strategy struggle stuff style subject suggest suggestion suitable support sure talk task
team technique term test thorough tip title today together tool top topic total touch trouble true
try trying turn type ultimate understand unique update upcoming user valuable value variety various
version view visit wait way week wide wish wonderful work world worry worth write wrong year
one two three four five six seven eight nine ten third id
"""
STOPWORDS: Final = frozenset(_STOPWORDS.split())
WEAK: Final = frozenset(stem(word) for word in _WEAK.split())


@lru_cache(maxsize=1 << 12)
def content(text: str) -> tuple[str, ...]:
    """Return the stems of the words that are not stop words, in order.

    It is cached: tools of one API repeat the descriptions of their parameters.
    """
    return tuple(stem(word) for word in split(text) if word not in STOPWORDS)
