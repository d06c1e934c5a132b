"""Plugins and their settings as JSON, for the API and the command line."""

from collections.abc import Sequence
from typing import Any

from domain.plugins.administration import PluginReport
from domain.plugins.contents import BroughtFunction, BroughtTool, PluginContents
from domain.plugins.incidents import Incident
from domain.plugins.plugin import PluginProblem, PluginState
from domain.plugins.settings_service import SettingsReport
from domain.plugins.timings import CallTimes, LoadTimes
from entrypoints.encoding import time_text


def plugin_summary(report: PluginReport) -> dict[str, Any]:
    """Encode a plugin for the list of plugins."""
    plugin = report.plugin
    return {
        "name": plugin.name,
        "version": plugin.version,
        "distribution": plugin.distribution,
        "file": plugin.file,
        "state": plugin.state,
        "enabled": plugin.state is PluginState.ACTIVE,
        "reason": plugin.reason,
        "tools": list(plugin.tools),
        "notes": list(plugin.notes),
        "incidents": [_incident(each) for each in report.incidents],
        "problems": [_problem(each) for each in report.problems],
    }


def plugin_details(report: PluginReport) -> dict[str, Any]:
    """Encode a plugin with everything that it brings."""
    contents, settings = report.contents, report.settings
    return plugin_summary(report) | {
        "requires": contents.requires,
        "load": None if contents.load is None else _load(contents.load),
        "brings": _brought(contents),
        "settings": [] if settings is None else declared_settings(settings),
    }


def declared_settings(report: SettingsReport) -> Sequence[dict[str, Any]]:
    """Encode the settings that a plugin declares, without their values."""
    return [
        {
            "name": each.name,
            "source": report.read.sources[each.name],
            "variable": each.variable,
            "secret": each.is_secret,
            "required": each.is_required,
        }
        for each in report.read.form.declared
    ]


def settings_view(report: SettingsReport) -> dict[str, Any]:
    """Encode the settings of a plugin, with their values."""
    read = report.read
    return {
        "plugin": report.plugin,
        "values": read.shown,
        "settings": declared_settings(report),
        "problems": [{"path": each.path, "message": each.message} for each in read.problems],
        "schema": read.form.schema,
    }


def _brought(contents: PluginContents) -> dict[str, Any]:
    models, agents, accounts = contents.chat_models, contents.agents, contents.accounts
    return {
        "tools": [_tool(each) for each in contents.tools],
        "functions": [_function(each) for each in contents.functions],
        "chat_models": [{"name": name, "default_model": of} for name, of in models.items()],
        "agents": [{"name": name, "description": text} for name, text in agents.items()],
        "accounts": [{"name": name, "title": title} for name, title in accounts.items()],
    }


def _tool(tool: BroughtTool) -> dict[str, Any]:
    return {
        "name": tool.spec.name,
        "title": tool.spec.title,
        "effect": tool.spec.effect,
        "enabled": tool.is_on,
        "reason": tool.reason,
        "source": tool.source,
        "calls": _calls(tool.calls),
        "previews": _calls(tool.previews),
    }


def _function(function: BroughtFunction) -> dict[str, Any]:
    return {
        "part": function.part,
        "name": function.name,
        "where": function.where,
        "calls": _calls(function.calls),
    }


def _incident(incident: Incident) -> dict[str, Any]:
    return {
        "part": incident.part,
        "count": incident.count,
        "last_error": incident.last_error,
        "where": incident.where,
        "at": time_text(incident.at),
    }


def _problem(problem: PluginProblem) -> dict[str, Any]:
    return {
        "kind": problem.kind,
        "what": problem.what,
        "where": problem.where,
        "since": None if problem.since is None else time_text(problem.since),
        "count": problem.count,
        "remedy": problem.remedy,
    }


def _load(load: LoadTimes) -> dict[str, Any]:
    return {
        "at": time_text(load.at),
        "import_ms": _milliseconds(load.importing),
        "register_ms": _milliseconds(load.registering),
    }


def _calls(calls: CallTimes) -> dict[str, Any]:
    return {
        "count": calls.count,
        "mean_ms": _milliseconds(calls.mean),
        "slowest_ms": _milliseconds(calls.slowest),
        "last_ms": _milliseconds(calls.last),
    }


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)
