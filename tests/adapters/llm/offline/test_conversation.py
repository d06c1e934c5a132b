"""What the offline model makes of what was said before."""

import pytest

from domain.models.messages import Reasoning
from tests.adapters.llm.offline.asking import TOOLS, Talk, ask, calls_of, spec, text_of

PRODUCT = {"calculator": {"expression": "17 * 23", "result": "391", "exact": True}}


@pytest.mark.parametrize(
    ("message", "expression"),
    [
        ("And multiply that by 2?", "391 * 2"),
        ("y eso por 3", "391 * 3"),
        ("double it", "391 * 2"),
        ("add 10 to the result", "391 + 10"),
        ("súmale 10 al resultado", "391 + 10"),
        ("plus 5", "391 + 5"),
        ("y más 5", "391 + 5"),
        ("divide the result by 2", "391 / 2"),
        ("what is half of that?", "391 / 2"),
        ("multiplícalo por 2", "391 * 2"),
        ("¿y el 10% de eso?", "391 * 10 / 100"),
        ("and that squared", "391 ** 2"),
        ("subtract 91", "391 - 91"),
    ],
)
async def test_that_means_the_last_result(message: str, expression: str) -> None:
    talk = Talk(PRODUCT)
    await talk.say("What is 17 * 23?")
    assert "391" in talk.answer
    assert calls_of(await talk.say(message)) == [("calculator", {"expression": expression})]


@pytest.mark.parametrize(
    ("result", "operand"),
    [(391, "391"), ("391.5", "391.5"), ({"value": -2.5}, "(-2.5)"), ({"total": "2/3"}, "(2/3)")],
)
async def test_the_last_result_may_have_any_shape(result: object, operand: str) -> None:
    talk = Talk({"calculator": result})
    await talk.say("What is 17 * 23?")
    expected = [("calculator", {"expression": f"{operand} * 2"})]
    assert calls_of(await talk.say("multiply that by 2")) == expected


async def test_a_result_that_is_no_number_is_not_calculated_with() -> None:
    talk = Talk({"current_time": {"timezone": "UTC", "iso": "2026-11-20T10:30:00+00:00"}})
    await talk.say("What time is it?")
    pieces = await talk.say("multiply that by 2")
    assert calls_of(pieces) == []
    assert "`expression`" in text_of(pieces)


async def test_an_answer_completes_the_call_that_was_asked_about() -> None:
    talk = Talk({"stop_instance": {"stopped": True}})
    await talk.say("stop the instance")
    assert "`instance_id`" in talk.answer
    pieces = await talk.say("i-0abc123")
    assert calls_of(pieces) == [("stop_instance", {"instance_id": "i-0abc123"})]


async def test_answers_may_come_one_by_one() -> None:
    talk = Talk({"create_invoice": {"number": 7}})
    await talk.say("crea una factura para Acme")
    assert calls_of(await talk.say("300 euros")) == []
    assert "`due_date`" in talk.answer
    assert "`amount`" not in talk.answer
    assert calls_of(await talk.say("mañana")) == [
        ("create_invoice", {"customer": "Acme", "amount": 300, "due_date": "2026-11-21"})
    ]


@pytest.mark.parametrize(
    ("question", "answer", "call"),
    [
        ("what's the weather?", "Lisbon", ("get_weather", {"city": "Lisbon"})),
        ("¿qué tiempo hace?", "en Sevilla", ("get_weather", {"city": "Sevilla"})),
        (
            "what time is it in Smallville?",
            "Chicago",
            ("current_time", {"timezone": "America/Chicago"}),
        ),
        (
            "search my conversations",
            "the blue whale",
            ("search_conversations", {"query": "the blue whale"}),
        ),
        (
            "send an email to ana@example.com",
            "subject: Hi, body: See you",
            ("send_email", {"to": "ana@example.com", "subject": "Hi", "body": "See you"}),
        ),
        (
            "stop the instance",
            "the instance is i-0abc123",
            ("stop_instance", {"instance_id": "i-0abc123"}),
        ),
        ("stop the instance", "list my instances", ("list_ec2_instances", {})),
        ("stop the instance", "what is 2+2?", ("calculator", {"expression": "2 + 2"})),
    ],
)
async def test_an_answer_is_told_from_another_wish(
    question: str, answer: str, call: tuple[str, dict[str, object]]
) -> None:
    talk = Talk({spec.name: None for spec in TOOLS})
    await talk.say(question)
    assert calls_of(await talk.say(answer)) == [call]


@pytest.mark.parametrize("message", ["never mind", "déjalo", "cancel"])
async def test_a_question_can_be_dropped(message: str) -> None:
    talk = Talk({"stop_instance": None})
    await talk.say("stop the instance")
    assert calls_of(await talk.say(message)) == []
    assert calls_of(await talk.say("i-0abc123")) == []


async def test_the_complete_half_is_done_and_the_other_half_asked_about() -> None:
    talk = Talk({"calculator": {"expression": "2 + 2", "result": "4"}, "stop_instance": None})
    pieces = await talk.say("what is 2+2 and stop the instance")
    assert calls_of(pieces) == [("calculator", {"expression": "2 + 2"})]
    assert "2 + 2 = 4" in talk.answer
    assert "`instance_id`" in talk.answer
    call = ("stop_instance", {"instance_id": "i-0abc123"})
    assert calls_of(await talk.say("i-0abc123")) == [call]


@pytest.mark.parametrize("message", ["what did I ask before?", "¿Qué te pregunté antes?"])
async def test_it_remembers_what_was_asked(message: str) -> None:
    talk = Talk(PRODUCT)
    await talk.say("What is 17 * 23?")
    assert "What is 17 * 23?" in text_of(await talk.say(message))


async def test_it_knows_when_nothing_was_said_before() -> None:
    assert "first thing" in text_of(await ask("What did I say before?"))


async def test_it_knows_the_last_result() -> None:
    talk = Talk(PRODUCT)
    await talk.say("What is 17 * 23?")
    assert "391" in text_of(await talk.say("what was the result?"))


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("what can you do?", "offline model"),
        ("help", "offline model"),
        ("¿Qué puedes hacer?", "modelo sin conexión"),
        ("ayuda", "modelo sin conexión"),
    ],
)
async def test_it_says_what_it_can_do_and_what_it_is(message: str, says: str) -> None:
    text = text_of(await ask(message))
    assert says in text
    assert all(f"`{spec.name}`: {spec.description}" in text for spec in TOOLS)


@pytest.mark.parametrize(
    ("message", "says"),
    [("Hello!", "offline model"), ("good morning", "offline"), ("¡Hola!", "modelo sin conexión")],
)
async def test_it_greets(message: str, says: str) -> None:
    text = text_of(await ask(message))
    assert says in text
    assert "OPENAI_API_KEY" in text


async def test_it_says_that_nothing_fits_and_what_comes_near() -> None:
    text = text_of(await ask("write me a poem about the current mood"))
    assert "offline model" in text
    assert "a poem about the current mood" in text
    assert "`current_time`" in text
    assert "OPENAI_API_KEY" in text


async def test_it_answers_in_the_language_of_the_message() -> None:
    text = text_of(await ask("escríbeme un poema"))
    assert "modelo sin conexión" in text
    assert "Hasta" not in text


async def test_without_tools_it_says_so() -> None:
    assert "no tools" in text_of(await ask("what can you do?", ()))
    assert "found no tool" in text_of(await ask("what is 2 + 2?", ()))


async def test_it_says_what_it_is_about_to_do() -> None:
    pieces = await ask("what is 17 * 23?")
    assert isinstance(pieces[0], Reasoning)
    assert pieces[0].content.strip() == "I will use `calculator` with expression: 17 * 23."


async def test_the_same_advice_is_given_once() -> None:
    talk = Talk({})
    await talk.say("I love bananas")
    assert "OPENAI_API_KEY" in talk.answer
    await talk.say("I love apples")
    assert "OPENAI_API_KEY" not in talk.answer
    assert talk.answer.startswith("I cannot do that: I read “I love apples”")


async def test_the_first_question_is_the_first() -> None:
    talk = Talk({"calculator": {"result": "5"}})
    for message in ("What is 2 + 3?", "I love bananas", "What was my first question?"):
        await talk.say(message)
    assert talk.answer == "First you said: “What is 2 + 3?”"


HALF_PAST_TEN = {"current_time": {"timezone": "X", "iso": "2026-11-20T10:30:00+00:00"}}


@pytest.mark.parametrize(
    ("said", "asked", "zone"),
    [
        (["I am in Tokyo"], "what time is it?", "Asia/Tokyo"),
        (["I\u2019m based in New York."], "what time is it", "America/New_York"),
        (["hello, we live in Paris", "thanks"], "What day is it?", "Europe/Paris"),
        (["my time zone is UTC+2"], "what time is it?", "Etc/GMT-2"),
        (["Estoy en Madrid"], "¿Qué hora es?", "Europe/Madrid"),
        (["mi zona horaria es America/Lima"], "¿qué hora es?", "America/Lima"),
        (["I am in Tokyo", "I moved, I am in Madrid now"], "what time is it?", "Europe/Madrid"),
        (["I am in Tokyo"], "what time is it in London?", "Europe/London"),
        (["I am in Tokyo"], "I am in Lima, what time is it?", "America/Lima"),
    ],
)
async def test_where_the_user_is_counts_for_the_whole_conversation(
    said: list[str], asked: str, zone: str
) -> None:
    talk = Talk(HALF_PAST_TEN)
    for message in said:
        await talk.say(message)
    assert calls_of(await talk.say(asked)) == [("current_time", {"timezone": zone})]


@pytest.mark.parametrize(
    "said",
    [
        "What time is it in Tokyo?",
        "I was in Tokyo",
        "I am not in Tokyo",
        "I live in Narnia",
        "I am in a meeting about Tokyo",
        'search for "I am in Tokyo"',
        'search for "today I am in Tokyo"',
        "busca «estoy en Madrid»",
    ],
)
async def test_a_place_that_is_only_named_is_not_where_the_user_is(said: str) -> None:
    talk = Talk({**HALF_PAST_TEN, "search_conversations": []})
    await talk.say(said)
    assert calls_of(await talk.say("what time is it?")) == [("current_time", {})]


async def test_where_the_user_is_gives_way_to_a_place_that_is_not_known() -> None:
    talk = Talk(HALF_PAST_TEN)
    await talk.say("I am in Tokyo")
    assert "Asia/Tokyo" in talk.answer
    pieces = await talk.say("what time is it in Narnia?")
    assert calls_of(pieces) == []
    assert "`timezone`" in text_of(pieces)


async def test_of_two_zones_none_is_where_the_user_is() -> None:
    zones = {name: {"type": "string", "description": "IANA name."} for name in ("source", "target")}
    convert = spec("convert_time", "Convert the time between zones.", zones, ["source", "target"])
    talk = Talk({}, (convert,))
    await talk.say("I am in Tokyo")
    pieces = await talk.say("convert the time")
    assert calls_of(pieces) == []
    assert "`source`" in text_of(pieces)
