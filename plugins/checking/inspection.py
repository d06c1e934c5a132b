"""The whole check of one plugin, in a process that the plugin may damage."""

from collections.abc import Collection
from typing import Final

from domain.tools.ports import ToolSchemas
from plugins.authoring.hookspecs import PROJECT
from plugins.checking.findings import CheckReport, Finding, Level, sorted_findings
from plugins.checking.loading import CheckedPlugin, load_for_check
from plugins.checking.process_watch import LeftThreads
from plugins.checking.ranges import check_range
from plugins.checking.samples import read_samples
from plugins.checking.sealing import close_network
from plugins.checking.settings import check_settings
from plugins.checking.source import read_source
from plugins.checking.tools import check_tool, place_of
from plugins.checking.trials import Trials
from plugins.host.candidates import Candidate

_PARTS: Final = (  # what a plugin brings besides tools, as `Registrations` has it
    "chat_models",
    "agents",
    "accounts",
    "figures",
    "alerts",
    "vetoes",
    "guards",
    "observers",
    "lifespans",
)


def inspect_plugin(
    candidate: Candidate,
    schemas: ToolSchemas,
    *,
    seconds: float,
    try_tools: bool,
    taken_names: Collection[str] = (),
) -> CheckReport:
    """Import a plugin and check it; the network stays blocked in this process afterwards.

    ``seconds`` is the time limit of its import and of each hook. ``try_tools`` enters and leaves
    its lifespans, and in between runs the previews, and the tools with the effect ``read``, on
    their samples. ``taken_names`` holds the names of built-in tools.
    """
    attempts, threads = close_network(), LeftThreads()
    checked = load_for_check(candidate, attempts, seconds)
    findings = [*checked.findings, *check_range(candidate)]
    for path in checked.files():
        findings += read_source(path)
    if checked.offer is not None:
        findings += _tool_findings(checked, schemas, taken_names)
        findings += check_settings(checked.offer.settings)
        samples, sample_findings = read_samples(checked.plugin, checked.offer.tools)
        findings += sample_findings
        if try_tools:
            findings += Trials(checked, attempts).run(samples)
    findings += threads.findings(checked.owns)
    tools = checked.offer.tools if checked.offer is not None else {}
    results = {
        name: schema
        for name in sorted(tools)
        if (schema := tools[name].spec.output_schema) is not None
    }
    parts = tuple(part.replace("_", " ") for part in _PARTS if getattr(checked.offer, part, ()))
    found = sorted_findings(findings)
    return CheckReport(candidate.name, tuple(sorted(tools)), found, results, parts)


def _tool_findings(
    checked: CheckedPlugin, schemas: ToolSchemas, taken_names: Collection[str]
) -> list[Finding]:
    findings: list[Finding] = []
    offered = checked.offer.tools if checked.offer is not None else {}
    for name, admitted in offered.items():
        findings += check_tool(admitted.tool, schemas)
        if name in taken_names and checked.candidate.distribution != PROJECT:
            findings.append(
                Finding(
                    Level.ERROR,
                    "name",
                    name,
                    "a tool of Puerto's own has this name: this one would be refused",
                    "begin the name with the plugin's",
                    place_of(admitted.tool),
                )
            )
    return findings
