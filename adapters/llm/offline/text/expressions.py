"""Parses arithmetic in words and signs: ``17 * 23``, "15% of 80", "multiply that by 2"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.llm.offline.text.language import Language
from adapters.llm.offline.text.numbers import NUMBER_WORDS, NUMERAL, plain, word_value

_REFERENCE = (
    r"(?:the |that |this |el |ese |la )?(?:last |previous |ultimo )?"
    r"(?:result|answer|resultado|respuesta)(?: anterior)?|that(?: number)?|this|it|lo anterior|"
    r"eso|esto|ese numero"
)
_WORDS = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
_OPERAND = rf"(?:-?(?:{NUMERAL})|\b(?:{_WORDS}|{_REFERENCE})\b)"
REFERS = re.compile(rf"\b(?:{_REFERENCE})\b")

_SHARE = "(?: (?:tip|discount|tax|vat|propina|descuento|iva))? (?:of|on|de|sobre|en)"

# What is said, and how it is written; A and B are the operands.
_SAYINGS = tuple(
    (re.compile(rf"(?<![\w.]){said}(?![\w%])".replace("NUM", _OPERAND)), written)
    for said, written in (
        (
            r"(?:multiply|multiplica(?:lo)?) (?P<A>NUM)? ?(?:by|por|times) (?P<B>NUM)",
            "A * B",
        ),
        (r"(?:divide|dividelo) (?P<A>NUM)? ?(?:by|por|entre) (?P<B>NUM)", "A / B"),
        (r"(?:add|suma|plus) (?P<A>NUM),? (?:and|with|y|con) (?P<B>NUM)", "A + B"),
        (r"add (?P<B>NUM) to (?P<A>NUM)", "A + B"),
        (r"(?:suma(?:le|r)?|agrega(?:le)?) (?P<B>NUM)(?: al? (?P<A>NUM))?", "A + B"),
        (
            r"(?:subtract|take|resta(?:le|r)?) (?P<B>NUM) (?:from|away from|del?|al?) (?P<A>NUM)",
            "A - B",
        ),
        (r"add (?P<B>NUM)", "A + B"),
        (r"(?:subtract|resta(?:le)?) (?P<B>NUM)", "A - B"),
        (r"(?:double|twice|el doble de|duplica(?:lo)?|dobla(?:lo)?)(?: (?P<A>NUM))?", "A * 2"),
        (r"(?:triple|triplica(?:lo)?|el triple de)(?: (?P<A>NUM))?", "A * 3"),
        (r"(?:halve|half(?: of)?|la mitad(?: de)?)(?: (?P<A>NUM))?", "A / 2"),
        (
            rf"(?P<B>NUM) ?(?:%|percent|per cent|por ?ciento){_SHARE} [$€£]?(?P<A>NUM)",
            "A * B / 100",
        ),
        (r"(?P<A>NUM) [a-z]+,? (?:and|plus|y) (?P<B>NUM) more", "A + B"),
        (r"(?P<A>NUM) [a-z]+,? (?:y|mas) (?P<B>NUM) mas", "A + B"),
        (r"(?:square root|raiz cuadrada|sqrt)(?: of| de)?(?: \(?|\()(?P<A>NUM)\)?", "sqrt(A)"),
        (r"(?P<A>NUM) factorial", "factorial(A)"),
        (r"factorial (?:of|de) (?P<A>NUM)", "factorial(A)"),
        (r"square (?P<A>NUM)", "A ** 2"),
        (r"(?P<A>NUM) (?:squared|al cuadrado)", "A ** 2"),
        (r"(?P<A>NUM) (?:cubed|al cubo)", "A ** 3"),
        (r"(?:product of|producto de) (?P<A>NUM) (?:and|y|por) (?P<B>NUM)", "A * B"),
        (r"(?:difference between|diferencia entre) (?P<A>NUM) (?:and|y) (?P<B>NUM)", "A - B"),
    )
)
_SUM = re.compile(
    rf"\b(?:sum(?: of)?|add(?: up)?|total of|suma(?:r)?(?: de)?) "
    rf"(?P<list>{_OPERAND}(?:(?:, ?(?:and |y )?| and | y ){_OPERAND})+)(?![\w%])"
)
_TOKEN = re.compile(
    rf"(?P<number>{NUMERAL})|(?P<sign>\*\*|//|[-+*/^\u00d7÷\u2212·%()])"
    rf"|(?P<said>\b(?:plus|mas|minus|menos|times|multiplied by|multiplicado por|por|divided by|"
    rf"dividido(?: por| entre)?|entre|modulo|mod|to the power of|elevado a(?: la)?|"
    rf"raised to(?: the power of)?|x)\b|(?<=\d)x(?=\d))"
    rf"|(?P<function>\bsqrt\b|\babs\b)|(?P<reference>\b(?:{_REFERENCE})\b)|(?P<word>\b(?:{_WORDS})\b)"
    rf"|(?P<space>\s+)|(?P<other>[^\W_]+|.)",
    re.DOTALL,
)
_OPERATORS = {
    **dict.fromkeys(("plus", "mas"), "+"),
    **dict.fromkeys(("minus", "menos", "\u2212"), "-"),
    **dict.fromkeys(("times", "multiplied by", "multiplicado por", "por", "x", "\u00d7", "·"), "*"),
    **dict.fromkeys(("divided by", "dividido", "dividido por"), "/"),
    **dict.fromkeys(("dividido entre", "entre", "÷"), "/"),
    **dict.fromkeys(("modulo", "mod"), "%"),
    **dict.fromkeys(("to the power of", "elevado a", "elevado a la", "^"), "**"),
    **dict.fromkeys(("raised to", "raised to the power of"), "**"),
}
_LEAD_IN = re.compile(
    r"(?:and|y|then|now|ahora|luego|entonces|what about|que tal|ok|okay|e|por)?[\s,¿]*$"
)
_PLAIN = re.compile(r"\d+(?:\.\d+)?")
# A result, a fraction, or an expression of our own making; not 2026-11-20.
_ARITHMETIC = re.compile(r"(?!.*\d-\d)(?=.*\d)[\d. ()+*/%-]+|sqrt\([\d. ]+\)")
_LONGEST = 2000  # characters of a message that are searched


@dataclass(frozen=True, slots=True)
class Expression:
    """An arithmetic expression in a calculator's notation, and its position in the text.

    ``text`` is None if the expression needs an earlier result and there is none.
    """

    text: str | None
    start: int
    end: int


def as_operand(value: str) -> str | None:
    """Return an earlier result as an operand, in brackets if needed; None if it is no number."""
    value = value.strip()
    if not _ARITHMETIC.fullmatch(value):
        return None
    return value if _PLAIN.fullmatch(value) else f"({value})"


def _operand(said: str | None, language: Language, previous: str | None) -> str | None:
    if said is None:
        return previous
    said = said.strip()
    numeral = plain(said.lstrip("-"), language)
    if numeral is not None:
        return f"-{numeral}" if said.startswith("-") else numeral
    value = word_value(said, language)
    return previous if value is None else str(value)


def _stands_alone(match: re.Match[str], folded: str) -> bool:
    """Tell "add 5" from "add 5 users": an expression without an operand must end the message."""
    said = match.groupdict()
    if said.get("A") is not None:
        return True
    goes_on = folded[match.end() :].strip(" ?!.") != ""
    return not goes_on and not REFERS.fullmatch(said.get("B") or "")


def _filled(
    written: str, said: dict[str, str | None], language: Language, previous: str | None
) -> str | None:
    """Return the template with its operands filled in; None if one is unknown."""
    for name in "AB":
        if name in written:
            operand = _operand(said.get(name), language, previous)
            if operand is None:
                return None
            written = re.sub(rf"\b{name}\b", operand, written)
    return written


def _from_saying(folded: str, language: Language, previous: str | None) -> Expression | None:
    if match := _SUM.search(folded):
        said = re.findall(_OPERAND, match["list"])
        known = [operand for each in said if (operand := _operand(each, language, previous))]
        text = " + ".join(known) if len(known) == len(said) else None
        return Expression(text, match.start(), match.end())
    for saying, written in _SAYINGS:
        if (match := saying.search(folded)) is None or not _stands_alone(match, folded):
            continue
        text = _filled(written, match.groupdict(), language, previous)
        return Expression(text, match.start(), match.end())
    return None


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # "operand", "operator", "(", ")", "function"
    text: str
    start: int
    end: int


def _tokens(folded: str, language: Language, previous: str | None) -> list[list[_Token]]:
    """Return the runs of arithmetic tokens in the text."""
    runs: list[list[_Token]] = [[]]
    for match in _TOKEN.finditer(folded):
        kind, text = str(match.lastgroup), match[0]
        if kind == "space":
            continue
        token: tuple[str, str] | None = None
        if kind in {"number", "word", "reference"}:
            operand = _operand(text, language, previous)
            token = ("operand", operand or ("?" if kind == "reference" else ""))
        elif kind in {"sign", "said"}:
            token = (text, text) if text in "()" else ("operator", _OPERATORS.get(text, text))
        elif kind == "function":
            token = ("function", text)
        if token is None or not token[1]:
            runs.append([])
        else:
            runs[-1].append(_Token(*token, match.start(), match.end()))
    return [run for run in runs if run]


_SHAPES = {"operand": "n", "function": "f", "(": "(", ")": ")"}
_CHAIN = r"-?n(?:[-o]-?n)*"


def _well_formed(run: Sequence[_Token]) -> bool:
    """Return whether the tokens are one complete expression with an operator."""
    shape = "".join(_SHAPES.get(t.kind) or ("-" if t.text == "-" else "o") for t in run)
    if re.search(r"f|[n)][-o]", shape) is None:
        return False
    inner = ""
    while inner != shape:
        # What stands in brackets becomes an operand, from the inside out.
        inner, shape = shape, re.sub(rf"f?\({_CHAIN}\)", "n", shape)
    return re.fullmatch(_CHAIN, shape) is not None


def _written(run: Sequence[_Token]) -> str:
    text = ""
    for before, token in zip([None, *run], run, strict=False):
        unary = token.kind == "operator" and (before is None or before.kind in {"(", "operator"})
        spaced = token.kind == "operator" and not unary
        text += f" {token.text} " if spaced else token.text
    return text


def _longest(run: Sequence[_Token]) -> Sequence[_Token] | None:
    run = run[:200]
    if _well_formed(run):
        return run
    for size in range(min(len(run), 24), 1, -1):
        for start in range(len(run) - size + 1):
            if _well_formed(run[start : start + size]):
                return run[start : start + size]
    return None


def _from_signs(folded: str, language: Language, previous: str | None) -> Expression | None:
    best: Sequence[_Token] = ()
    for run in _tokens(folded, language, previous):
        first = run[0]
        leads = first.kind == "operator" and _LEAD_IN.fullmatch(folded[: first.start])
        if leads and previous is not None and len(run) > 1:
            # "plus 5" on its own goes on from the earlier result.
            implied = [_Token("operand", previous, first.start, first.start), *run]
            if _well_formed(implied):
                return Expression(_written(implied), first.start, run[-1].end)
        found = _longest(run)
        if found is not None and len(found) > len(best):
            best = found
    if not best:
        return None
    text = None if any(token.text == "?" for token in best) else _written(best)
    return Expression(text, best[0].start, best[-1].end)


def find_expression(folded: str, language: Language, previous: str | None) -> Expression | None:
    """Return the arithmetic that a folded text asks for; None without any.

    ``previous`` is the operand for "that" and "the result".
    """
    folded = folded[:_LONGEST]
    saying = _from_saying(folded, language, previous)
    worker_status = _from_signs(folded, language, previous)
    if saying is None or worker_status is None:
        return saying or worker_status
    # "2 plus 15% of 80" is too much for a saying; the longer of the two read more of the text.
    return max(saying, worker_status, key=lambda each: each.end - each.start)
