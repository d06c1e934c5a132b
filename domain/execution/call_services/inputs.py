"""What a call gets from its user: answers to its questions, and credentials of their accounts."""

import asyncio

from domain.connected_accounts.access import AccountAccess
from domain.connected_accounts.connected_account import AccountKey
from domain.execution.call_services.questions import CallQuestions
from domain.runs.run import Call
from domain.shared.errors import AskDeclined, ToolError, ToolFailed
from domain.tools.credentials import AccountCredentials
from domain.tools.questions import AnswerForms, Asker, ToolQuestion, account_asked_for
from domain.tools.secrets import Secrets


class UserInputs:
    """Makes what one attempt of a call asks its user with."""

    def __init__(self, forms: AnswerForms, accounts: AccountAccess) -> None:
        self._forms = forms
        self._accounts = accounts

    def questions(self, call: Call, secrets: Secrets) -> CallQuestions:
        """Return what puts the questions of an attempt of this call."""
        return CallQuestions(call, self._forms, secrets)

    def credentials(
        self, user_id: str, plugin: str, secrets: Secrets, asker: Asker
    ) -> "CallCredentials":
        """Return what gets the user's credentials; ``asker`` asks for what is not connected."""
        return CallCredentials(self._accounts, user_id, plugin, secrets, asker)

    async def is_given(self, user_id: str, question: ToolQuestion) -> bool:
        """Tell whether what a question asks for is there, whatever was answered to it."""
        account = account_asked_for(question)
        return account is not None and await self._accounts.is_connected(
            AccountKey(user_id, *account)
        )


class CallCredentials:
    """Gets the credentials of the user who calls, and redacts them in whatever the call says."""

    def __init__(
        self,
        accounts: AccountAccess,
        user_id: str,
        plugin: str,
        secrets: Secrets,
        asker: Asker,
    ) -> None:
        self._accounts = accounts
        self._user_id = user_id
        self._plugin = plugin
        self._secrets = secrets
        self._asker = asker
        self._loop = asyncio.get_running_loop()

    async def __call__(self, name: str, rejected: str) -> AccountCredentials:
        """Return valid credentials; where there are none, the user is asked to connect the account.

        Raises:
            AskDeclined: the user does not want to.
            ToolFailed: the plugin declares no such account, the credentials cannot be had now, or
                there are none and the user cannot be asked here.

        """
        if asyncio.get_running_loop() is not self._loop:
            raise ToolFailed("Only an async tool can use its user's account: write async def.")
        key = AccountKey(self._user_id, self._plugin, name)
        while (found := await self._accounts.credentials(key, rejected)) is None:
            await self._ask(await self._accounts.question(key))
        self._secrets.also_hide(*found.secrets())
        return found

    async def _ask(self, question: ToolQuestion) -> None:
        lacking = f"No account of {question.fields['title']} is connected."
        try:
            await self._asker.put(question)
        except AskDeclined as error:
            raise AskDeclined(f"{lacking} {error.message}") from error
        except ToolError as error:  # nobody can be asked: in a preview, or below another tool
            raise ToolFailed(f"{lacking} {error.message}") from error
