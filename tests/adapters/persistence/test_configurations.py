"""The contract of `Configurations`."""

import asyncio
from dataclasses import replace

import pytest

from adapters.persistence import Database, Store
from domain.configuration import Configuration
from domain.policy import Autonomy, Comparison, Condition, Decision, Rule
from domain.tools import Effect
from tests.adapters.persistence.stores import AnyStore


async def test_nothing_changed_means_the_initial_one(store: AnyStore) -> None:
    assert await store.configurations.load() == Configuration()


async def test_a_change_holds(store: AnyStore) -> None:
    rules = (
        Rule(Decision.DENY, "no deletes", "*_delete", Effect.WRITE, "ann"),
        Rule(
            Decision.ASK,
            arguments=(
                Condition("to.street", Comparison.LIKE, "*\0é"),
                Condition("amount", Comparison.ABOVE, 10.5),
                Condition("n", Comparison.EQUALS, [None, {"deep": 2**70}]),
                Condition("note", Comparison.PRESENT),
            ),
        ),
    )
    wanted = Configuration("openai", "gpt-x", Autonomy.FULL, rules, {"aws": True})

    assert await store.configurations.change(lambda _: wanted) == wanted

    assert await store.configurations.load() == wanted


async def test_edits_do_not_overlap(store: AnyStore) -> None:
    def longer(configuration: Configuration) -> Configuration:
        return replace(configuration, model=(configuration.model or "") + "x")

    await asyncio.gather(*(store.configurations.change(longer) for _ in range(10)))

    assert (await store.configurations.load()).model == "x" * 10


async def test_an_edit_that_fails_changes_nothing(store: AnyStore) -> None:
    def fail(_: Configuration) -> Configuration:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await store.configurations.change(fail)

    assert await store.configurations.load() == Configuration()


BEFORE_RULES = '{"provider":"openai","model":null,"autonomy":"full","clouds":{}}'
OF_A_LATER_VERSION = """
    {"provider": "offline", "model": "m", "autonomy": "manual", "clouds": {}, "later": 1,
     "rules": [{"decision": "deny", "name": "", "tool": "x", "effect": null, "user": "*",
                "later": [], "arguments": [
                    {"argument": "a", "test": "equals", "value": 1, "later": {}}]}]}
"""
DENY_X = Rule(Decision.DENY, tool="x", arguments=(Condition("a", Comparison.EQUALS, 1),))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (BEFORE_RULES, Configuration("openai", None, Autonomy.FULL, (), {})),
        (
            OF_A_LATER_VERSION.strip(),
            Configuration("offline", "m", Autonomy.MANUAL, (DENY_X,), {}),
        ),
    ],
)
async def test_what_another_version_wrote(
    database: Database, written: str, read: Configuration
) -> None:
    sql = "INSERT INTO configuration (key, value) VALUES ('configuration', $1) RETURNING key"
    await database.fetch(sql, written)

    assert await Store.over(database).configurations.load() == read
