"""Check of the range of Puerto's versions that a plugin declares."""

from collections.abc import Iterator

from plugins.authoring.hookspecs import PROJECT
from plugins.checking.findings import Finding, Level
from plugins.host.candidates import Candidate
from plugins.host.compatibility import has_upper_bound, shown, supported

_ADVICE = 'as `dependencies = ["puerto>=0.1,<0.2"]` in its pyproject.toml'


def check_range(candidate: Candidate) -> Iterator[Finding]:
    """Yield a finding if the plugin's distribution does not say which Puerto it works with."""
    if candidate.requires is None or candidate.distribution == PROJECT:
        return
    fitting = supported(candidate.requires)
    if fitting is None:
        message = "its distribution does not say which versions of Puerto it works with"
        yield Finding(Level.WARNING, "range", "", message, f"declare them, {_ADVICE}")
    elif not has_upper_bound(fitting):
        told = f"Puerto {shown(fitting)}" if len(fitting) else "any Puerto"
        message = f"it declares to work with {told}, also with later versions that may break it"
        yield Finding(Level.WARNING, "range", "", message, f"declare an upper bound, {_ADVICE}")
