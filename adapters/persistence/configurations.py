"""The repository of the configuration, which is one row."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from typing_extensions import override

from adapters.persistence.engine.codec import is_id
from adapters.persistence.engine.database import ROW_LOCK, Database
from adapters.persistence.engine.formats import CONFIGURATION
from adapters.persistence.sampling import read_sampling
from domain.configuration.configuration import Configuration
from domain.configuration.ports import Configurations
from domain.conversations.sampling import sampling_of
from domain.models.messages import ModelChoice
from domain.policy.policy import Autonomy, Comparison, Condition, Decision, Rule
from domain.tools.tool import Effect

_KEY: Final = "configuration"
_LOAD: Final = "SELECT value FROM configuration WHERE key = $1"
_LOAD_FOR: Final = """
    SELECT value, provider, model, sampling
    FROM (SELECT 1) AS always
    LEFT JOIN configuration ON key = $1
    LEFT JOIN conversations ON id = $2 AND user_id = $3
"""
_BEGIN: Final = """
    INSERT INTO configuration (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING
    RETURNING key
"""
_KEEP: Final = "UPDATE configuration SET value = $2 WHERE key = $1 RETURNING key"


class TortoiseConfigurations(Configurations):
    """The repository of the configuration; ``initial`` holds until the first change."""

    def __init__(self, database: Database, initial: Configuration | None = None) -> None:
        self._database = database
        self._initial = initial or Configuration()

    @override
    async def load(self) -> Configuration:
        rows = await self._database.fetch(_LOAD, _KEY)
        return _read(rows[0]["value"]) if rows else self._initial

    @override
    async def load_for(self, user_id: str, conversation_id: str) -> Configuration:
        if not is_id(conversation_id):
            return await self.load()
        (row,) = await self._database.fetch(_LOAD_FOR, _KEY, conversation_id, user_id)
        configuration = self._initial if row["value"] is None else _read(row["value"])
        preferred = configuration.preferring(row["provider"], row["model"])
        return preferred.sampled(read_sampling(row["sampling"]))

    @override
    async def change(self, edit: Callable[[Configuration], Configuration]) -> Configuration:
        async def work() -> Configuration:
            # The row must exist to be locked: else two first changes would overlap.
            await self._database.fetch(_BEGIN, _KEY, _write(self._initial))
            load = _LOAD + ROW_LOCK[self._database.engine]
            rows = await self._database.fetch(load, _KEY)
            changed = edit(_read(rows[0]["value"]))
            await self._database.fetch(_KEEP, _KEY, _write(changed))
            return changed

        return await self._database.unit_of_work.run(work)


def _write(configuration: Configuration) -> str:
    return CONFIGURATION.write(
        {
            "provider": configuration.provider,
            "model": configuration.model,
            "fallbacks": [[each.provider, each.model] for each in configuration.fallbacks],
            "autonomy": configuration.autonomy,
            "rules": [_write_rule(rule) for rule in configuration.rules],
            "clouds": dict(configuration.clouds),
            "sampling": configuration.sampling.given(),
        }
    )


def _write_rule(rule: Rule) -> dict[str, Any]:
    return {
        "decision": rule.decision,
        "name": rule.name,
        "tool": rule.tool,
        "effect": rule.effect,
        "user": rule.user,
        "arguments": [
            {"argument": one.argument, "test": one.test, "value": one.value}
            for one in rule.arguments
        ],
    }


def _read(text: str) -> Configuration:
    """Deserialize a configuration that this, an older or a newer version of Puerto wrote."""
    data = CONFIGURATION.read(text)
    return Configuration(
        provider=data["provider"],
        model=data["model"],
        fallbacks=tuple(ModelChoice(*each) for each in data.get("fallbacks", ())),
        autonomy=Autonomy(data["autonomy"]),
        rules=tuple(_read_rule(rule) for rule in data.get("rules", ())),
        clouds=data["clouds"],
        sampling=sampling_of(data.get("sampling", {})),
    )


def _read_rule(data: Mapping[str, Any]) -> Rule:
    return Rule(
        decision=Decision(data["decision"]),
        name=data["name"],
        tool=data["tool"],
        effect=None if data["effect"] is None else Effect(data["effect"]),
        user=data["user"],
        arguments=tuple(
            Condition(one["argument"], Comparison(one["test"]), one["value"])
            for one in data["arguments"]
        ),
    )
