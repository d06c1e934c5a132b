"""Routes of the policy: get, replace, explain for a call, and simulate on recorded calls."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field
from quart import Blueprint
from quart_schema import document_response, tag, validate_request

from domain.accounts.users import Role
from domain.configuration.policy_editor import Difference
from domain.policy.policy import Autonomy, Comparison, Condition, Decision, Rule
from domain.tools.tool import Effect
from entrypoints.encoding import time_text
from entrypoints.http.fields import RequestBody, Timestamp, Whole, arguments_named, example
from entrypoints.http.openapi.document import can_fail
from entrypoints.http.security.guard import caller, for_role
from entrypoints.wiring.services import services

blueprint = Blueprint("policy", __name__, url_prefix="/api")

RULES: Final = 200
CONDITIONS: Final = 20
LENGTH: Final = 200
REPLAYED: Final = 1000

DecisionName = Literal["allow", "ask", "deny"]
EffectName = Literal["read", "write", "destructive"]
Pattern = Annotated[
    str, Field(min_length=1, max_length=LENGTH, description="A pattern with `*` and `?`.")
]
_Argument = Annotated[
    str,
    Field(min_length=1, max_length=LENGTH, description="A dotted path, such as `to.street`."),
]


class _Condition(RequestBody):
    argument: _Argument


class Equality(_Condition):
    """The argument is that value, or is not."""

    test: Literal["equals", "not_equals"]
    value: Any = Field(description="Any JSON value.")


class Likeness(_Condition):
    """The argument, as text, fits the pattern."""

    test: Literal["like"]
    value: Pattern


class Bound(_Condition):
    """The argument is a number above or below that one."""

    test: Literal["above", "below"]
    value: int | float


class Presence(_Condition):
    """The argument is given, or is not."""

    test: Literal["present"]
    value: bool = True


AnyCondition = Annotated[Equality | Likeness | Bound | Presence, Field(discriminator="test")]


class RuleBody(RequestBody):
    """One line of the policy. What is left out matches everything; all conditions must hold."""

    decision: DecisionName
    name: str = Field("", max_length=LENGTH, description="What people call it.")
    tool: Pattern = "*"
    effect: EffectName | None = None
    user: Pattern = Field("*", description="A pattern of user names, with `*` and `?`.")
    arguments: list[AnyCondition] = Field(
        default_factory=list,
        max_length=CONDITIONS,
        validation_alias=arguments_named("arguments"),
    )

    def rule(self) -> Rule:
        """Return the rule for the use case."""
        return Rule(
            decision=Decision(self.decision),
            name=self.name,
            tool=self.tool,
            effect=Effect(self.effect) if self.effect else None,
            user=self.user,
            arguments=tuple(
                Condition(condition.argument, Comparison(condition.test), condition.value)
                for condition in self.arguments
            ),
        )


class PolicyBody(RequestBody):
    """The rules in their order: the first that matches a call decides."""

    model_config = example(
        {
            "rules": [
                {"decision": "deny", "name": "nobody deletes", "effect": "destructive"},
                {
                    "decision": "ask",
                    "tool": "send_*",
                    "arguments": [{"argument": "amount", "test": "above", "value": 100}],
                },
            ]
        }
    )

    rules: list[RuleBody] = Field(max_length=RULES)

    def read(self) -> list[Rule]:
        """Return the rules for the use case."""
        return [rule.rule() for rule in self.rules]


class ConditionView(BaseModel):
    """Something that must hold of one argument."""

    argument: str
    test: Comparison
    value: Any = Field(description="Any JSON value.")


class RuleView(BaseModel):
    """One line of the policy."""

    decision: DecisionName
    name: str
    tool: str
    effect: EffectName | None
    user: str
    arguments: list[ConditionView]


class PolicyView(BaseModel):
    """The rules in their order. Where none matches, the autonomy level decides."""

    rules: list[RuleView]


def policy_view(rules: Sequence[Rule]) -> dict[str, Any]:
    """Encode rules."""
    return {"rules": [_rule_view(rule) for rule in rules]}


def _rule_view(rule: Rule) -> dict[str, Any]:
    return {
        "decision": rule.decision,
        "name": rule.name,
        "tool": rule.tool,
        "effect": rule.effect,
        "user": rule.user,
        "arguments": [
            {"argument": condition.argument, "test": condition.test, "value": condition.value}
            for condition in rule.arguments
        ],
    }


@blueprint.get("/policy")
@for_role(Role.OPERATOR)
@tag(["policy"])
@document_response(PolicyView)
async def get() -> dict[str, Any]:
    """Look at the operator's rules."""
    return policy_view(await services().policy_service.rules(caller()))


@blueprint.put("/policy")
@for_role(Role.ADMIN)
@tag(["policy"])
@validate_request(PolicyBody)
@document_response(PolicyView)
async def change(data: PolicyBody) -> dict[str, Any]:
    """Put other rules in their place, for the next run, on every worker, after a restart too."""
    return policy_view(await services().policy_service.replace(caller(), data.read()))


class ExplainRequest(RequestBody):
    """A call that you might make."""

    model_config = example({"tool": "calculator", "arguments": {"expression": "17 * 23"}})

    tool: str = Field(min_length=1, max_length=LENGTH)
    arguments: dict[str, Any] = Field(
        default_factory=dict, validation_alias=arguments_named("arguments")
    )


class Explanation(BaseModel):
    """The decision about the call."""

    decision: DecisionName
    rule: str = Field(description="The rule or plugin that decides, in words.")


@blueprint.post("/policy/explain")
@tag(["policy"])
@validate_request(ExplainRequest)
@document_response(Explanation)
@can_fail(404)
async def explain(data: ExplainRequest) -> dict[str, Any]:
    """Say whether a call of yours would run unasked, and by which rule. Nothing runs.

    Plugins that can veto calls are asked as well.
    """
    verdict = await services().policy_service.explain(caller(), data.tool, data.arguments)
    return {"decision": verdict.decision, "rule": verdict.rule}


class SimulateRequest(PolicyBody):
    """Another policy, and how many of the last recorded calls to try it on."""

    autonomy_level: Literal["manual", "semi", "full"] | None = Field(
        None, description="Not given: the one that holds now."
    )
    last: Whole = Field(100, ge=1, le=REPLAYED)

    def autonomy(self) -> Autonomy | None:
        """Return the autonomy level to simulate; None means the current one."""
        return Autonomy(self.autonomy_level) if self.autonomy_level else None


class DifferenceView(BaseModel):
    """A recorded call of which that policy would have decided otherwise."""

    call_id: str
    tool: str
    arguments: Any = Field(description="Any JSON value.")
    user: str
    before: DecisionName
    after: DecisionName
    rule: str = Field(description="The rule of that policy that decides, in words.")
    at: Timestamp


class SimulationView(BaseModel):
    """The result of the simulation."""

    replayed: int
    differences: list[DifferenceView]


def _difference_view(difference: Difference) -> dict[str, Any]:
    recorded, verdict = difference.recorded, difference.verdict
    return {
        "call_id": recorded.call_id,
        "tool": recorded.tool,
        "arguments": recorded.params,
        "user": recorded.username,
        "before": recorded.decision,
        "after": verdict.decision,
        "rule": verdict.rule,
        "at": time_text(recorded.at),
    }


@blueprint.post("/policy/simulate")
@for_role(Role.OPERATOR)
@tag(["policy"])
@validate_request(SimulateRequest)
@document_response(SimulationView)
async def simulate(data: SimulateRequest) -> dict[str, Any]:
    """Replay the last recorded calls against another policy. Nothing runs, nothing changes."""
    service = services().policy_service
    simulation = await service.simulate(caller(), data.read(), data.autonomy(), data.last)
    return {
        "replayed": simulation.replayed,
        "differences": [_difference_view(found) for found in simulation.differences],
    }
