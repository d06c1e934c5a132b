"""Which tools a message may mean, among many."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.tools.ranking import ToolIndex
from domain.tools.tool import Effect, ToolSpec


def tool(name: str, description: str = "", /, **parameters: Any) -> ToolSpec:
    schema = {"type": "object", "properties": parameters}
    return ToolSpec(name, description, schema, Effect.READ)


def operation(api: str, name: str, told: str, called: str, /) -> ToolSpec:
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    return ToolSpec(
        name, told, schema, Effect.READ, category=api, plugin="learned", operation=called
    )


TOOLS = (
    tool("list_ec2_instances", "List the virtual machines of a region."),
    tool("get_forecast", "What the sky will do.", place={"description": "A town"}),
    tool("createInvoice", "Bill a customer for an amount."),
    tool("stock_quotes", "Follow shares and the market."),
    tool("translate", "Put a text into another language.", to={"enum": ["Swahili", "Basque"]}),
    tool("AirQualityIndex", "How many particles there are."),
    tool("cafe_menü", "Que hay para comer."),
    tool("天気予報", "明日の天気を調べる"),
    tool("pay", "Send funds.", card={"properties": {"iban": {"type": "string"}}}),
)
MANY = tuple(tool(f"get_{i}_report", f"Get the report number {i}") for i in range(200))

TRUCKS = (
    operation("fleet", "devices_list", "The devices of a truck.", "GET /devices"),
    operation("fleet", "devices_get", "A device.", "GET /devices/{id}"),
    operation("fleet", "devices_delete", "Take a device away.", "DELETE /devices/{id}"),
    operation("fleet", "devices_stop", "Halt it.", "POST /devices/{id}/commands/{kind}/halt"),
    operation("fleet", "drivers", "Who drives a truck.", "GET /drivers"),
)
PHONES = (
    operation("phones", "list_devices", "The devices of a person.", "GET /devices"),
    operation("phones", "delete_device", "Take a device away.", "DELETE /devices/{id}"),
    operation("phones", "calls", "Who called a person.", "GET /calls"),
)


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("please list my ec2 instances", "list_ec2_instances"),
        ("call list_ec2_instances", "list_ec2_instances"),
        ("listing an instance", "list_ec2_instances"),
        ("is it going to rain?", "get_forecast"),
        ("which town", "get_forecast"),
        ("INVOICES!", "createInvoice"),
        ("an invioce for ACME", "createInvoice"),
        ("hazme una factura", "createInvoice"),
        ("bitcoin", "stock_quotes"),
        ("say it in basque", "translate"),
        ("airquality in Lima", "AirQualityIndex"),
        ("MENU", "cafe_menü"),
        ("明日の天気は\uff1f", "天気予報"),
        ("what is an IBAN", "pay"),
    ],
)
def test_what_is_meant_comes_first(message: str, name: str) -> None:
    assert ToolIndex((*MANY, *TOOLS)).rank(message, 3)[0] == name


def test_each_request_finds_its_tool() -> None:
    message = (
        "I work on invoices, invoices and billing of customers: create the invoice of customer 12. "
        "After that, tell me the forecast, and translate it."
    )
    ranked = ToolIndex((*MANY, *TOOLS)).rank(message, 3)
    assert set(ranked) == {"createInvoice", "get_forecast", "translate"}


def test_a_common_word_ranks_what_a_rare_one_found() -> None:
    pears = (tool("pear_shop", "A pear."), tool("pear_report", "A pear."))
    others = (tool(f"shelf{at}", "A shelf.") for at in range(300))
    index = ToolIndex((*pears, *MANY, *others))
    assert index.rank("a report on pears", 5) == ["pear_report", "pear_shop"]


def test_common_words_alone_find_something() -> None:
    assert set(ToolIndex(MANY).rank("reports", 5)) <= {spec.name for spec in MANY}
    assert len(ToolIndex(MANY).rank("reports", 5)) == 5


@pytest.mark.parametrize("message", ["", "   ", "?!", "please do it for me", "zzyzx", "🙂"])
def test_a_message_about_nothing_finds_nothing(message: str) -> None:
    assert list(ToolIndex(TOOLS).rank(message, 5)) == []


def test_no_more_than_asked_for() -> None:
    index = ToolIndex(MANY)
    assert [len(index.rank("report", limit)) for limit in (-1, 0, 1, 50)] == [0, 0, 1, 50]


def test_only_what_is_allowed() -> None:
    index = ToolIndex(TOOLS)
    assert index.rank("list instances, bill the customer", 9, among={"createInvoice"}) == [
        "createInvoice"
    ]
    assert list(index.rank("list instances", 9, among=())) == []


def test_the_end_of_a_long_message_is_read() -> None:
    pasted = "nothing of note here\n" * 5_000
    assert ToolIndex(TOOLS).rank(f"{pasted}Translate this", 1) == ["translate"]


def test_a_schema_of_any_shape_is_read() -> None:
    nested: dict[str, Any] = {"type": "string", "description": "bottomless"}
    for _ in range(500):
        nested = {"items": nested}
    odd = [nested, {"anyOf": [{"description": "quince"}], "enum": [1, None]}, True, {"items": []}]
    spec = tool("odd", **{f"field{at}": part for at, part in enumerate(odd)})
    index = ToolIndex([spec, ToolSpec("bare", "", {}, Effect.READ)])
    assert index.rank("quince", 1) == ["odd"]
    assert list(index.rank("bottomless", 1)) == []


MESSAGES = (
    "delete a device",
    "the truck, drivers",
    "list the machines",
    "rain and bills",
    "report",
    "translate shares",
    "card",
)


def answers(index: ToolIndex) -> list[Sequence[str]]:
    return [index.rank(message, 5) for message in MESSAGES]


@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from(TOOLS + MANY[:3] + TRUCKS + PHONES)), max_size=30
    )
)
def test_tools_come_and_go(changes: Iterable[tuple[bool, ToolSpec]]) -> None:
    index = ToolIndex()
    kept: dict[str, ToolSpec] = {}
    for is_added, spec in changes:
        kept.pop(spec.name, None)
        if is_added:
            kept[spec.name] = spec
            index.add(spec)
        else:
            index.discard(spec.name)
    assert len(index) == len(kept)
    assert answers(index) == answers(ToolIndex(kept.values()))


def test_a_new_version_takes_the_place_of_the_old() -> None:
    index = ToolIndex([tool("box", "Holds pears.")])
    index.add(tool("box", "Holds quinces."))
    assert index.rank("quince", 2) == ["box"]
    assert list(index.rank("pear", 2)) == []


@pytest.mark.parametrize("name", [spec.name for spec in (*TOOLS, *MANY[:20], *TRUCKS)])
@pytest.mark.parametrize("message", ["{}", "{}?", "please call {} for me", "list it with `{}`"])
def test_a_tool_that_is_named_comes_first(name: str, message: str) -> None:
    decoys = (tool(f"{spec.name}_again", f"{spec.name} " * 9) for spec in TOOLS)
    index = ToolIndex((*decoys, *MANY, *TOOLS, *TRUCKS))
    if not name.isascii() and "{} " in message:
        name = name.upper()  # which is the same word
    assert index.rank(message.format(name), 3)[0].casefold() == name.casefold()


def test_tools_are_named_in_the_order_of_the_message() -> None:
    message = "GET_FORECAST, list_ec2_instances and createinvoice, in this order"
    assert ToolIndex((*MANY, *TOOLS)).rank(message, 3) == [
        "get_forecast",
        "list_ec2_instances",
        "createInvoice",
    ]


def test_capitals_tell_names_apart_that_differ_by_nothing_else() -> None:
    index = ToolIndex([tool("getUser"), tool("getuser"), tool("GetUser")])
    assert [index.rank(name, 1)[0] for name in ("getUser", "getuser", "GetUser")] == [
        "getUser",
        "getuser",
        "GetUser",
    ]


def test_a_name_that_is_a_word_is_no_name_where_it_is_only_said() -> None:
    index = ToolIndex((*MANY, *TOOLS))
    assert index.rank("list the instances that I pay for", 1) == ["list_ec2_instances"]
    assert index.rank("list the instances, use pay", 1) == ["pay"]


def test_a_named_tool_that_may_not_come_back_does_not() -> None:
    assert list(ToolIndex(TOOLS).rank("createInvoice", 3, among={"get_forecast"})) == []


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("remove a device of a truck", "devices_delete"),
        ("remove a device of a person, in phones", "delete_device"),
        ("erase the device in the fleet", "devices_delete"),
    ],
)
def test_operations_of_one_api_support_each_other(message: str, name: str) -> None:
    for tools in ((*TRUCKS, *PHONES), (*PHONES, *TRUCKS)):
        assert ToolIndex((*MANY, *tools)).rank(message, 3)[0] == name


def test_a_large_group_is_not_supported_for_having_each_word_somewhere() -> None:
    words = ["halt", "driver", "route", "fuel", "depot"]
    large = tuple(
        operation("shop", f"shop_{at}", (words * 48)[at], f"GET /shop/{at}") for at in range(240)
    )
    small = tuple(operation("fleet", f"f_{word}", word, f"GET /{word}") for word in words)
    for tools in ((*large, *small), (*small, *large)):
        assert ToolIndex(tools).rank("fuel on the route", 1)[0].startswith("f_")


@pytest.mark.parametrize(
    ("message", "names"), [("what is in box", ["box_files"]), ("log in", ["login"])]
)
def test_a_stop_word_begins_no_compound(message: str, names: list[str]) -> None:
    tools = (tool("get_inbox", "Fetch it."), tool("box_files", "All of it."), tool("login"))
    assert ToolIndex((*MANY, *tools)).rank(message, 5) == names


def test_words_that_many_tools_have_find_beside_a_rare_one() -> None:
    nouns, verbs = ("lamp", "chair", "stove"), ("paint", "mend", "weigh")
    tools = [tool(f"{verb}_{noun}_{at}") for verb in verbs for noun in nouns for at in range(40)]
    ranked = ToolIndex([*tools, tool("glue_pot")]).rank("mend this chair with glue", 6)
    assert sum(name.startswith("mend_chair") for name in ranked) == 5


def test_what_finds_the_id_comes_behind_the_tool_that_needs_it() -> None:
    index = ToolIndex((*MANY, *TOOLS, *PHONES, *TRUCKS[3:], TRUCKS[0]))
    assert index.rank("halt", 5) == ["devices_stop", "devices_list"]
    assert index.rank("halt", 5, among={"devices_stop"}) == ["devices_stop"]
    index.discard("devices_list")
    assert index.rank("halt", 5) == ["devices_stop"]


@pytest.mark.parametrize("verb", ["drop", "erase", "remove", "borra"])
def test_another_verb_for_the_same_finds_the_same(verb: str) -> None:
    pets = (
        operation("pets", "add_pet", "Add a pet.", "POST /pets"),
        operation("pets", "find_pet", "Find a pet.", "GET /pets"),
        operation("pets", "delete_pet", "Delete a pet.", "DELETE /pets/{id}"),
    )
    assert ToolIndex((*MANY, *pets)).rank(f"{verb} pet", 3)[0] == "delete_pet"


def test_words_of_another_language_are_not_misspelt() -> None:
    index = ToolIndex((*MANY, tool("carry", "Carry a porter."), tool("sail", "A boat.")))
    assert list(index.rank("carra borter bost salz wird nicht", 5)) == []
    assert index.rank("a portor", 5) == ["carry"]


@given(
    st.lists(st.sampled_from(TOOLS + MANY[:60] + TRUCKS + PHONES), unique_by=lambda one: one.name),
    st.randoms(),
)
def test_many_may_go_at_once(tools: list[ToolSpec], random: Any) -> None:
    index = ToolIndex(tools)
    gone = {spec.name for spec in tools if random.random() < 0.6}
    next(iter(index.discard_many(gone)), None)  # and not stepped through
    for _ in index.discard_many([*gone, "nobody"]):
        pass
    kept = ToolIndex(spec for spec in tools if spec.name not in gone)
    assert len(index) == len(kept)
    assert answers(index) == answers(kept)
