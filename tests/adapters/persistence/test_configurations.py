"""The contract of `Configurations`."""

import asyncio
from dataclasses import replace

import pytest

from adapters.persistence import Database, Store
from domain.configuration.configuration import Configuration
from domain.conversations.conversation import new_conversation
from domain.conversations.model_preference import ModelPreference
from domain.conversations.sampling import Sampling
from domain.models.messages import ModelChoice
from domain.policy.policy import Autonomy, Comparison, Condition, Decision, Rule
from domain.shared.ids import new_id
from domain.tools.tool import Effect
from tests.adapters.persistence.stores import NOW

ANN, BOB = new_id(), new_id()


async def test_nothing_changed_means_the_initial_one(store: Store) -> None:
    assert await store.configurations.load() == Configuration()


async def test_a_change_holds(store: Store) -> None:
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
    fallbacks = (ModelChoice("anthropic", "claude-x"), ModelChoice("offline", ""))
    wanted = Configuration("openai", "gpt-x", Autonomy.FULL, rules, {"aws": True}, fallbacks)

    assert await store.configurations.change(lambda _: wanted) == wanted

    assert await store.configurations.load() == wanted


@pytest.mark.parametrize("changed", [True, False])
async def test_a_conversation_may_prefer_a_model(store: Store, changed: bool) -> None:
    if changed:
        await store.configurations.change(lambda _: Configuration("openai", "gpt-x"))
    general = await store.configurations.load()
    plain = new_conversation(ANN, "", NOW)
    choosy = new_conversation(
        ANN, "", NOW, ModelPreference("anthropic", "claude-x"), Sampling(seed=7, stop=("x",))
    )
    for conversation in (plain, choosy):
        await store.conversations.add(conversation)
    load = store.configurations.load_for

    expected = replace(general, provider="anthropic", model="claude-x", sampling=choosy.sampling)
    assert await load(ANN, choosy.id) == expected
    for user, other in [(ANN, plain.id), (ANN, "none"), (ANN, new_id()), (BOB, choosy.id)]:
        assert await load(user, other) == general


async def test_edits_do_not_overlap(store: Store) -> None:
    def longer(configuration: Configuration) -> Configuration:
        return replace(configuration, model=(configuration.model or "") + "x")

    await asyncio.gather(*(store.configurations.change(longer) for _ in range(10)))

    assert (await store.configurations.load()).model == "x" * 10


async def test_an_edit_that_fails_changes_nothing(store: Store) -> None:
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

    assert await Store(database).configurations.load() == read
