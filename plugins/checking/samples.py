"""Sample arguments for the trial runs of tools: ``PUERTO_CHECK`` in the plugin's module.

It is a dict: the arguments, or a list of them, by the name of the tool.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from domain.shared.errors import InvalidArguments
from domain.shared.text import did_you_mean
from plugins.checking.findings import Finding, Level
from plugins.checking.tools import place_of
from plugins.host.admission import AdmittedTool

SAMPLES_NAME: Final = "PUERTO_CHECK"

Samples = Mapping[str, Sequence[Mapping[str, Any]]]


def read_samples(
    plugin: object, tools: Mapping[str, AdmittedTool]
) -> tuple[Samples, list[Finding]]:
    """Return the valid sample arguments by tool, and findings about the invalid ones.

    A tool without a sample is sampled with no arguments, if it can be called so.
    """
    given = getattr(plugin, SAMPLES_NAME, {})
    if not isinstance(given, Mapping):
        return {}, [_sample_error("", f"{SAMPLES_NAME} is no dict", "write {tool: arguments}")]
    findings = [
        _sample_error(
            str(name), f"{SAMPLES_NAME} has samples for a tool that there is not", hint.strip()
        )
        for name in given
        if name not in tools
        for hint in [did_you_mean(str(name), tools)]
    ]
    samples: dict[str, list[Mapping[str, Any]]] = {}
    for name, tool in tools.items():
        calls = _as_list(given[name]) if name in given else [{}]
        for arguments in calls:
            try:
                checked = tool.check(arguments)
            except (InvalidArguments, TypeError, ValueError) as error:
                if name in given:
                    finding = _sample_error(
                        name, f"its sample does not fit: {error}", "mend the sample"
                    )
                    findings.append(finding.at(place_of(tool.tool)))
            else:
                samples.setdefault(name, []).append(checked)
    return samples, findings


def _as_list(given: Any) -> Sequence[Any]:
    return given if isinstance(given, list | tuple) else [given]


def _sample_error(tool: str, message: str, advice: str) -> Finding:
    return Finding(Level.ERROR, "sample", tool, message, advice)
