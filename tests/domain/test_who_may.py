"""Who may do what is decided by the use case, whatever face it is called through."""

import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

import pytest

from domain.accounts.administration import UserAdministration
from domain.accounts.export import UserExport
from domain.accounts.users import Role, User
from domain.configuration.policy_editor import PolicyService
from domain.configuration.service import ConfigurationChange, ConfigurationService
from domain.connected_accounts.service import AccountService
from domain.consents.service import ConsentService
from domain.monitoring.log_keeper import LogService
from domain.monitoring.logs import LogQuery
from domain.plugins.administration import PluginAdministration, ToolAdministration
from domain.shared.errors import Forbidden
from domain.usage.administration import BudgetService
from domain.usage.budgets import BudgetLimit, BudgetPeriod, BudgetScope
from domain.webhooks.endpoint import WebhookEdit
from domain.webhooks.service import WebhookService
from tests.domain.builders import ANN, NOW

SERVICES = (
    AccountService,
    BudgetService,
    ConfigurationService,
    ConsentService,
    LogService,
    PluginAdministration,
    PolicyService,
    ToolAdministration,
    UserAdministration,
    UserExport,
    WebhookService,
)
OTHERS: dict[Role, Role] = {Role.OPERATOR: Role.USER, Role.ADMIN: Role.OPERATOR}
Call = Callable[[User], Any]


class Untouched:
    """A collaborator that must not be used."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was used")


def made(service: type[Any]) -> Any:
    """Return a service over collaborators that must not be used."""
    given = inspect.signature(service).parameters.values()
    return service(*[Untouched() for each in given if each.kind is not each.KEYWORD_ONLY])


def use_cases(service: type[Any]) -> dict[str, Any]:
    return {
        name: each
        for name, each in vars(service).items()
        if inspect.isfunction(each) and not name.startswith("_")
    }


@pytest.mark.parametrize("service", SERVICES)
def test_no_use_case_is_called_without_a_user(service: type[Any]) -> None:
    assert use_cases(service)
    for name, use_case in use_cases(service).items():
        first = list(inspect.signature(use_case).parameters)[1]
        assert get_type_hints(use_case)[first] is User, name


BUDGETS: BudgetService = made(BudgetService)
CONFIGURATION: ConfigurationService = made(ConfigurationService)
LOGS: LogService = made(LogService)
POLICY: PolicyService = made(PolicyService)
PLUGINS: PluginAdministration = made(PluginAdministration)
TOOLS: ToolAdministration = made(ToolAdministration)
USERS: UserAdministration = made(UserAdministration)
EXPORT: UserExport = made(UserExport)
WEBHOOKS: WebhookService = made(WebhookService)
HIGHER: dict[str, tuple[Role, Call]] = {
    "BudgetService.page": (Role.OPERATOR, lambda user: BUDGETS.page(user, 1, None)),
    "BudgetService.get": (Role.OPERATOR, lambda user: BUDGETS.get(user, "")),
    "BudgetService.put": (
        Role.OPERATOR,
        lambda user: BUDGETS.put(
            user, BudgetScope.USER, "", BudgetPeriod.DAY, BudgetLimit(1, None)
        ),
    ),
    "BudgetService.remove": (Role.OPERATOR, lambda user: BUDGETS.remove(user, "")),
    "ConfigurationService.change": (
        Role.ADMIN,
        lambda user: CONFIGURATION.change(user, ConfigurationChange()),
    ),
    "LogService.newest": (Role.OPERATOR, lambda user: LOGS.newest(user, LogQuery(1))),
    "PolicyService.rules": (Role.OPERATOR, POLICY.rules),
    "PolicyService.replace": (Role.ADMIN, lambda user: POLICY.replace(user, [])),
    "PolicyService.simulate": (Role.OPERATOR, lambda user: POLICY.simulate(user, [], None, 1)),
    "PolicyService.decisions": (Role.OPERATOR, lambda user: POLICY.decisions(user, 1, None)),
    "PluginAdministration.all": (Role.OPERATOR, PLUGINS.all),
    "PluginAdministration.get": (Role.OPERATOR, lambda user: PLUGINS.get(user, "basics")),
    "PluginAdministration.turn": (
        Role.OPERATOR,
        lambda user: PLUGINS.turn(user, "basics", is_on=False),
    ),
    "PluginAdministration.reload": (Role.OPERATOR, lambda user: PLUGINS.reload(user, "basics")),
    "PluginAdministration.search": (Role.OPERATOR, PLUGINS.search),
    "WebhookService.all": (Role.OPERATOR, WEBHOOKS.all),
    "WebhookService.get": (Role.OPERATOR, lambda user: WEBHOOKS.get(user, "w")),
    "WebhookService.add": (
        Role.OPERATOR,
        lambda user: WEBHOOKS.add(user, "https://x.org/", ["*"], "", None),
    ),
    "WebhookService.change": (
        Role.OPERATOR,
        lambda user: WEBHOOKS.change(user, "w", WebhookEdit()),
    ),
    "WebhookService.rotate": (Role.OPERATOR, lambda user: WEBHOOKS.rotate(user, "w", None)),
    "WebhookService.remove": (Role.OPERATOR, lambda user: WEBHOOKS.remove(user, "w")),
    "WebhookService.deliveries": (
        Role.OPERATOR,
        lambda user: WEBHOOKS.deliveries(user, "w", None, 1, None),
    ),
    "WebhookService.test": (Role.OPERATOR, lambda user: WEBHOOKS.test(user, "w")),
    "WebhookService.redeliver": (Role.OPERATOR, lambda user: WEBHOOKS.redeliver(user, "d")),
    "WebhookService.redeliver_since": (
        Role.OPERATOR,
        lambda user: WEBHOOKS.redeliver_since(user, "w", NOW),
    ),
    "ToolAdministration.turn": (Role.OPERATOR, lambda user: TOOLS.turn(user, "look", is_on=False)),
    "UserAdministration.find": (Role.ADMIN, lambda user: USERS.find(user, 1, None)),
    "UserAdministration.get": (Role.ADMIN, lambda user: USERS.get(user, ANN.id)),
    "UserAdministration.change": (Role.ADMIN, lambda user: USERS.change(user, ANN.id)),
    "UserAdministration.log_out": (Role.ADMIN, lambda user: USERS.log_out(user, ANN.id)),
    "UserExport.records": (Role.ADMIN, lambda user: EXPORT.records(user, ANN.id)),
    "UserAdministration.remove": (Role.ADMIN, lambda user: USERS.remove(user, ANN.id)),
}


OWN = {  # what everybody may: on what is their own, or only to look
    "AccountService.disconnect",
    "AccountService.find",
    "AccountService.set_key",
    "ConfigurationService.get",
    "ConsentService.account_connected",
    "ConsentService.answer",
    "ConsentService.find",
    "ConsentService.get",
    "PolicyService.explain",
    "ToolAdministration.fitting",
    "ToolAdministration.get",
    "ToolAdministration.listed",
}


def test_of_every_use_case_it_is_known_who_may() -> None:
    known = {each.__qualname__ for service in SERVICES for each in use_cases(service).values()}
    assert known == OWN | HIGHER.keys()


@pytest.mark.parametrize("what", HIGHER)
async def test_a_lower_role_is_refused_before_anything_is_looked_at(what: str) -> None:
    needed, call = HIGHER[what]
    below = User(ANN.id, ANN.email, ANN.username, "", OTHERS[needed], NOW)

    with pytest.raises(Forbidden, match=f"role {needed}"):
        await call(below)

    with pytest.raises(AssertionError, match="was used"):  # the role itself goes on
        await call(User(ANN.id, ANN.email, ANN.username, "", needed, NOW))
