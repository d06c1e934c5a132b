"""The use cases of the policy: what would it say, and what would another one have said."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.accounts.users import Role, User
from domain.configuration.configuration import Configuration
from domain.configuration.ports import Configurations
from domain.plugins.vetoes import Guard
from domain.policy.audit import Audit, Decided
from domain.policy.policy import Autonomy, Decision, Policy, Proposal, Rule, Verdict
from domain.shared.paging import Page
from domain.tools.ports import Toolbox
from domain.tools.tool import Effect

_PAGE = 100

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Difference:
    """A recorded call of which another policy would have decided otherwise."""

    recorded: Decided
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Simulation:
    """What came of a replay: how many calls were looked at, and where the answers differ."""

    replayed: int
    differences: Sequence[Difference]


class PolicyDesk:
    """Reads, changes, explains and tries out the policy."""

    def __init__(
        self, configurations: Configurations, toolbox: Toolbox, audit: Audit, guard: Guard
    ) -> None:
        self._configurations = configurations
        self._toolbox = toolbox
        self._audit = audit
        self._guard = guard

    async def rules(self, user: User) -> Sequence[Rule]:
        """Return the operator's rules, in their order.

        Raises:
            Forbidden: the user is no operator.

        """
        user.require(Role.OPERATOR)
        return (await self._configurations.load()).rules

    async def replace(self, user: User, rules: Sequence[Rule]) -> Sequence[Rule]:
        """Put other rules in their place.

        They hold for runs that begin, and for those that are taken up again after a wait.

        Raises:
            Forbidden: the user is no administrator.

        """
        user.require(Role.ADMIN)

        def edit(configuration: Configuration) -> Configuration:
            return configuration.with_rules(rules)

        kept = (await self._configurations.change(edit)).rules
        _log.info("the policy was changed: it has %d rules now", len(kept))
        return kept

    async def explain(self, user: User, name: str, params: Mapping[str, Any]) -> Verdict:
        """Say whether this call would run unasked, and by which rule or which plugin's veto.

        Raises:
            UnknownTool: no enabled tool has this name.
            InvalidArguments: the arguments do not fit.

        """
        tool = self._toolbox.get(name)
        policy = (await self._configurations.load()).policy()
        checked = tool.check(params)
        proposal = Proposal(name, tool.spec.effect, checked, user.username)
        verdict = policy.judge(proposal)
        if verdict.decision is not Decision.DENY:
            (objection,) = await self._guard.objections([proposal])
            if objection is not None:
                return Verdict(Decision.DENY, objection)
        return verdict

    async def decisions(self, user: User, limit: int, cursor: str | None) -> Page[Decided]:
        """Return what was decided about calls, of everybody's, the newest first.

        Raises:
            Forbidden: the user is no operator.
            InvalidRequest: the cursor did not come from here.

        """
        user.require(Role.OPERATOR)
        return await self._audit.page(limit, cursor)

    async def simulate(
        self, user: User, rules: Sequence[Rule], autonomy: Autonomy | None, last: int
    ) -> Simulation:
        """Replay the last recorded decisions of the policy against another one.

        Without an autonomy level it is the one that holds now.

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
                    continue  # what a human or a plugin decided is no word of the policy
                replayed += 1
                effect = Effect(decided.effect)
                proposal = Proposal(decided.tool, effect, decided.params, decided.username)
                verdict = policy.judge(proposal)
                if verdict.decision != decided.decision:
                    differences.append(Difference(decided, verdict))
            cursor = page.next_cursor
            if cursor is None:
                break
        return Simulation(replayed, differences)
