"""The whole check of one plugin, in a process that the plugin may damage."""

from collections.abc import Collection

from domain.tools.ports import ToolSchemas
from plugins.authoring.hookspecs import PROJECT
from plugins.checking.findings import CheckReport, Finding, Level, sorted_findings
from plugins.checking.samples import read_samples
from plugins.checking.sealing import close_network
from plugins.checking.source import read_source
from plugins.checking.taking_in import TakenIn, take
from plugins.checking.tools import check_tool, place_of
from plugins.checking.trials import Trials
from plugins.host.candidates import Candidate


def inspect_plugin(
    candidate: Candidate,
    schemas: ToolSchemas,
    *,
    seconds: float,
    try_tools: bool,
    taken_names: Collection[str] = (),
) -> CheckReport:
    """Import a plugin and check it; the network stays blocked in this process afterwards.

    ``seconds`` is the time limit of its import and of each hook. ``try_tools`` runs the tools with
    the effect ``read`` on their samples. ``taken_names`` holds the names of built-in tools.
    """
    attempts = close_network()
    taken = take(candidate, attempts, seconds)
    findings = list(taken.findings)
    for path in taken.files():
        findings += read_source(path)
    if taken.offer is not None:
        findings += _tool_findings(taken, schemas, taken_names)
        samples, sample_findings = read_samples(taken.plugin, taken.offer.tools)
        findings += sample_findings
        if try_tools:
            findings += Trials(taken, attempts).run(samples)
    tools = tuple(sorted(taken.offer.tools)) if taken.offer is not None else ()
    return CheckReport(candidate.name, tools, sorted_findings(findings))


def _tool_findings(
    taken: TakenIn, schemas: ToolSchemas, taken_names: Collection[str]
) -> list[Finding]:
    findings: list[Finding] = []
    offered = taken.offer.tools if taken.offer is not None else {}
    for name, admitted in offered.items():
        findings += check_tool(admitted.tool, schemas)
        if name in taken_names and taken.candidate.distribution != PROJECT:
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
