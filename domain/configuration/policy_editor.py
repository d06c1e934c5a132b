"""The use cases of the policy: read, replace and explain its rules, and simulate other ones."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.accounts.users import Role, User
from domain.configuration.configuration import Configuration
from domain.configuration.ports import Configurations
from domain.plugins.vetoes import VetoCheck
from domain.policy.audit import Audit, Decided
from domain.policy.policy import (
    Autonomy,
    CallSource,
    Decision,
    Policy,
    Proposal,
    Rule,
    Verdict,
    confirmed,
    tightened,
)
from domain.shared.errors import UnknownTool
from domain.shared.paging import Page
from domain.tools.ports import Toolbox
from domain.tools.tool import Effect

_PAGE = 100

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Difference:
    """A recorded decision that the simulated policy would have made differently."""

    recorded: Decided
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Simulation:
    """The result of a simulation: how many decisions were replayed, and which differ."""

    replayed: int
    differences: Sequence[Difference]


class PolicyService:
    """Reads, replaces, explains and simulates the policy."""

    def __init__(
        self, configurations: Configurations, toolbox: Toolbox, audit: Audit, vetoes: VetoCheck
    ) -> None:
        self._configurations = configurations
        self._toolbox = toolbox
        self._audit = audit
        self._vetoes = vetoes

    async def rules(self, user: User) -> Sequence[Rule]:
        """Return the operator's rules, in their order.

        Raises:
            Forbidden: the user is no operator.

        """
        user.require(Role.OPERATOR)
        return (await self._configurations.load()).rules

    async def replace(self, user: User, rules: Sequence[Rule]) -> Sequence[Rule]:
        """Replace the rules.

        The new ones hold for new runs, and for runs that are resumed after a wait.

        Raises:
            Forbidden: the user is no administrator.

        """
        user.require(Role.ADMIN)

        def edit(configuration: Configuration) -> Configuration:
            return configuration.with_rules(rules)

        stored = (await self._configurations.change(edit)).rules
        _log.info("the policy was changed: it has %d rules now", len(stored))
        return stored

    async def explain(self, user: User, name: str, params: Mapping[str, Any]) -> Verdict:
        """Return the verdict of the policy and the plugins' vetoes on a call, without running it.

        Raises:
            UnknownTool: no enabled tool has this name.
            InvalidArguments: the arguments do not fit.

        """
        tool = self._toolbox.get(name)
        policy = (await self._configurations.load()).policy()
        checked = tool.check(params)
        proposal = Proposal(
            tool=name,
            effect=tool.spec.effect,
            arguments=checked,
            user=user.username,
            user_id=user.id,
            role=user.role,
            source=CallSource.DIRECT,
            plugin=tool.spec.plugin,
        )
        verdict = confirmed(policy.judge(proposal), self._to_be_typed(name, checked))
        if verdict.decision is Decision.DENY:
            return verdict
        (said,) = await self._vetoes.verdicts([proposal])
        return tightened(verdict, said)

    async def decisions(self, user: User, limit: int, cursor: str | None) -> Page[Decided]:
        """Return the audited decisions about all users' calls, the newest first.

        Raises:
            Forbidden: the user is no operator.
            InvalidRequest: the cursor did not come from here.

        """
        user.require(Role.OPERATOR)
        return await self._audit.page(limit, cursor)

    async def simulate(
        self, user: User, rules: Sequence[Rule], autonomy: Autonomy | None, last: int
    ) -> Simulation:
        """Replay the last ``last`` recorded decisions of the policy against other rules.

        ``autonomy`` None means the configured level.

        Raises:
            Forbidden: the user is no operator.

        """
        user.require(Role.OPERATOR)
        policy = Policy(autonomy or (await self._configurations.load()).autonomy, rules)
        replayed, differences = 0, list[Difference]()
        cursor: str | None = None
        while replayed < last:
            page = await self._audit.page(_PAGE, cursor)
            for decided in page.items:
                if decided.decision not in set(Decision) or replayed == last:
                    continue  # a human or a plugin decided, not the policy
                replayed += 1
                effect = Effect(decided.effect)
                proposal = Proposal(decided.tool, effect, decided.params, decided.username)
                to_be_typed = self._to_be_typed(decided.tool, decided.params)
                verdict = confirmed(policy.judge(proposal), to_be_typed)
                if verdict.decision != decided.decision:
                    differences.append(Difference(decided, verdict))
            cursor = page.next_cursor
            if cursor is None:
                break
        return Simulation(replayed, differences)

    def _to_be_typed(self, name: str, params: Mapping[str, Any]) -> Sequence[str]:
        """Return the arguments that a human must type again; none if the tool is gone."""
        try:
            spec = self._toolbox.get(name).spec
        except UnknownTool:
            return ()
        return [argument for argument in spec.confirm if argument in params]
