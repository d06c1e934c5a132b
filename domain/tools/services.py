"""What a tool can have done for it during a call: a model asked, another tool called."""

from collections.abc import Mapping
from typing import Any, Protocol

from typing_extensions import override

from domain.shared.errors import ToolRefused
from domain.tools.questions import Asker


class CallServices(Protocol):
    """Serves one attempt of a call, under the policy and on the account of its run."""

    async def ask_model(self, prompt: str, system: str) -> str:
        """Return the answer of the run's model.

        Raises:
            ToolRefused: the prompt is too long, a guard blocks it, or the call has asked enough.
            ToolFailed: no model gave an answer.

        """
        ...

    async def call_tool(self, name: str, arguments: Mapping[str, Any], asker: Asker) -> Any:
        """Return the result of a call of another tool; ``asker`` asks for consent to it.

        Raises:
            UnknownTool: the run has no tool of that name.
            InvalidArguments: the arguments do not fit.
            ToolRefused: the policy or a plugin forbids it, or it cannot be made from here.
            AskDeclined: the user did not consent.
            ToolFailed: it gave no result.

        """
        ...


class NoServices(CallServices):
    """Does nothing for a tool."""

    @override
    async def ask_model(self, prompt: str, system: str) -> str:
        raise ToolRefused("There is no model here.")

    @override
    async def call_tool(self, name: str, arguments: Mapping[str, Any], asker: Asker) -> Any:
        raise ToolRefused("No tool can be called here.")
