"""Everything a plugin needs.

A plugin is a module that an entry point of the group ``puerto`` names. A whole one::

    from puerto import hookimpl, tool

    @tool(effect="read")
    async def capital(country: str) -> str:
        \"\"\"Tell the capital of a country.\"\"\"
        return {"Peru": "Lima"}.get(country, "unknown")

    @hookimpl
    def puerto_register(registry):
        registry.add_tools(capital)

``puerto plugin new NAME`` creates such a package, ``puerto plugin check`` finds its mistakes.
``help(puerto.tool)`` and so on shows each name in full.

Tools
    tool, FunctionTool        makes a tool of a typed function; what it makes
    Effect                    what a call does: read, write or destructive
    ToolContext               what a tool may know and use: the user, secrets, HTTP, progress; it
                              reads results by the ResultPage
    User, Message             who asks, with a Role; what was said, with a MessageRole
    CallRequest, CallOutcome  its `tool_calls` and `results`; a failed one has a Problem
    Secrets, HttpClient       the settings that the tool requires; the plugin's HTTP client
    Artifact                  a file to return
    Confirmed                 marks an argument that a person must type again
    Preview                   what a call will do, for the person who is asked to approve it
    AskDeclined               the user said no to a question of the tool
    ToolRefused               another tool, or a model, may not be asked from here
    ToolFailed, ToolError     tells the model what went wrong; the family of such errors
    InvalidArguments          the arguments do not fit the schema: a FieldProblem for each mistake
    OAuthAccount, KeyAccount  accounts that each user connects: the user's own access to a service
    AccountCredentials        what a tool gets of one
    Tool, ToolSpec            for tools that are no functions: the protocol, the description
    ToolDefinitionError       a function that cannot be a tool

Registration: the hook puerto_register, marked with hookimpl, is given a Registry
    Registry       takes tools, chat models, agents and what follows
    PluginContext  what every part may use: settings, the log, HTTP, a Clock
    Storage        its small values, kept in the service's database
    Agent          a role that a message can be addressed to
    Alert          the state of something watched, with a Severity
    Proposal       a call that a veto sees first, of a CallSource; it answers Deny or Ask
    GuardedMessage a text that a guard sees first, at a GuardPoint; it answers Block or Replace
    Notice         what an observer receives, of a NoticeType
    LiveTools      tools that come and go while the plugin is in use
    puerto.models  what a chat model is made of
    puerto.types   the types of the functions that are registered, for annotations

Deprecated: the hooks puerto_register_tools and so on, RegisterTool, HOOK_VERSION

For tests: the fixtures of puerto.pytest_plugin, and puerto.testing.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domain.accounts.users import Role, User
    from domain.agents.agent import Agent
    from domain.connected_accounts.account import KeyAccount, OAuthAccount
    from domain.conversations.calls import CallOutcome, CallRequest, Problem
    from domain.conversations.conversation import Message, MessageRole
    from domain.monitoring.alerts import Alert, Severity
    from domain.notifications.notices import Notice, NoticeType
    from domain.plugins.guards import Block, GuardedMessage, GuardPoint, Replace
    from domain.policy.policy import Ask, CallSource, Deny, Proposal
    from domain.shared.clock import Clock
    from domain.shared.errors import (
        AskDeclined,
        FieldProblem,
        InvalidArguments,
        ToolError,
        ToolFailed,
        ToolRefused,
    )
    from domain.tools.artifacts import Artifact
    from domain.tools.context import PluginContext
    from domain.tools.credentials import AccountCredentials
    from domain.tools.http import HttpClient
    from domain.tools.preview import Preview
    from domain.tools.result_pages import ResultPage
    from domain.tools.secrets import Secrets
    from domain.tools.storage import Storage
    from domain.tools.tool import Effect, Tool, ToolSpec
    from domain.tools.tool_context import ToolContext
    from plugins.authoring.errors import ToolDefinitionError
    from plugins.authoring.hookspecs import HOOK_VERSION, RegisterTool, hookimpl
    from plugins.authoring.parameters import Confirmed
    from plugins.authoring.registry import LiveTools, Registry
    from plugins.authoring.tool import FunctionTool, tool

__all__ = [
    "HOOK_VERSION",
    "AccountCredentials",
    "Agent",
    "Alert",
    "Artifact",
    "Ask",
    "AskDeclined",
    "Block",
    "CallOutcome",
    "CallRequest",
    "CallSource",
    "Clock",
    "Confirmed",
    "Deny",
    "Effect",
    "FieldProblem",
    "FunctionTool",
    "GuardPoint",
    "GuardedMessage",
    "HttpClient",
    "InvalidArguments",
    "KeyAccount",
    "LiveTools",
    "Message",
    "MessageRole",
    "Notice",
    "NoticeType",
    "OAuthAccount",
    "PluginContext",
    "Preview",
    "Problem",
    "Proposal",
    "RegisterTool",
    "Registry",
    "Replace",
    "ResultPage",
    "Role",
    "Secrets",
    "Severity",
    "Storage",
    "Tool",
    "ToolContext",
    "ToolDefinitionError",
    "ToolError",
    "ToolFailed",
    "ToolRefused",
    "ToolSpec",
    "User",
    "hookimpl",
    "tool",
]

# Names are imported when first used: the command `puerto` starts in this package and must be able
# to report that another distribution's `domain` hides ours.
if not TYPE_CHECKING:
    from importlib import import_module

    _HOMES = {
        "AccountCredentials": "domain.tools.credentials",
        "Agent": "domain.agents.agent",
        "Alert": "domain.monitoring.alerts",
        "Artifact": "domain.tools.artifacts",
        "Ask": "domain.policy.policy",
        "AskDeclined": "domain.shared.errors",
        "Block": "domain.plugins.guards",
        "CallOutcome": "domain.conversations.calls",
        "CallRequest": "domain.conversations.calls",
        "CallSource": "domain.policy.policy",
        "Clock": "domain.shared.clock",
        "Confirmed": "plugins.authoring.parameters",
        "Deny": "domain.policy.policy",
        "Effect": "domain.tools.tool",
        "FieldProblem": "domain.shared.errors",
        "FunctionTool": "plugins.authoring.tool",
        "GuardPoint": "domain.plugins.guards",
        "GuardedMessage": "domain.plugins.guards",
        "HOOK_VERSION": "plugins.authoring.hookspecs",
        "HttpClient": "domain.tools.http",
        "InvalidArguments": "domain.shared.errors",
        "KeyAccount": "domain.connected_accounts.account",
        "LiveTools": "plugins.authoring.registry",
        "Message": "domain.conversations.conversation",
        "MessageRole": "domain.conversations.conversation",
        "Notice": "domain.notifications.notices",
        "NoticeType": "domain.notifications.notices",
        "OAuthAccount": "domain.connected_accounts.account",
        "PluginContext": "domain.tools.context",
        "Preview": "domain.tools.preview",
        "Problem": "domain.conversations.calls",
        "Proposal": "domain.policy.policy",
        "RegisterTool": "plugins.authoring.hookspecs",
        "Registry": "plugins.authoring.registry",
        "Replace": "domain.plugins.guards",
        "ResultPage": "domain.tools.result_pages",
        "Role": "domain.accounts.users",
        "Secrets": "domain.tools.secrets",
        "Severity": "domain.monitoring.alerts",
        "Storage": "domain.tools.storage",
        "Tool": "domain.tools.tool",
        "ToolContext": "domain.tools.tool_context",
        "ToolDefinitionError": "plugins.authoring.errors",
        "ToolError": "domain.shared.errors",
        "ToolFailed": "domain.shared.errors",
        "ToolRefused": "domain.shared.errors",
        "ToolSpec": "domain.tools.tool",
        "User": "domain.accounts.users",
        "hookimpl": "plugins.authoring.hookspecs",
        "tool": "plugins.authoring.tool",
    }

    def __getattr__(name: str) -> object:
        """Import one of the names above.

        Raises:
            AttributeError: it is none of them.

        """
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = getattr(import_module(_HOMES[name]), name)
        return globals()[name]
