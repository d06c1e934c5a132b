# noqa: INP001 - a folder of pages, not a package
"""Write the pages of the documentation that are made from the code: ``python docs/generate.py``.

A page is a path beneath ``docs/`` and the function that returns its text. A test compares each
with what lies there, so a page cannot go stale.
"""

from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path
from typing import Any, Final, get_args

import typer
from markdown_parts import NOTICE, meaning
from plugin_contract import hooks_page, tools_page
from pydantic.fields import FieldInfo
from typer.main import get_command

from adapters.llm.provider_record import ProviderRecord
from adapters.llm.providers import PROVIDERS
from adapters.telemetry import names
from domain.telemetry.metrics import METRICS, Metric
from entrypoints.cli import app
from entrypoints.http import errors as http_errors
from entrypoints.http.error_texts import TIMED_OUT
from entrypoints.settings.providers import provider_fields
from entrypoints.settings.settings import PREFIX, Settings
from entrypoints.settings.values import variables

DOCS: Final = Path(__file__).parent

SETTINGS_INTRODUCTION: Final = """\
Settings are environment variables, or lines `NAME=value` in a file `.env` in the working directory;
the environment wins. All are optional. An empty value counts as not set.

The start fails, with one line that names the variable and says what to do, on: a wrong value, a
weak secret, an unknown name that begins with `PUERTO_`, an unreadable line of the file, or a chosen
provider without its key. The line never contains the value. Settings without effect (the key of a
provider that Puerto does not have, another program's spelling) are named in the log at the start
and by `puerto doctor`.

The API can change `PUERTO_PROVIDER`, `PUERTO_MODEL`, `PUERTO_FALLBACKS` and `PUERTO_AUTONOMY`. The
change is stored in the database and wins over the environment from then on.
"""

PROVIDERS_INTRODUCTION: Final = """\
The providers that come with Puerto. Plugins can add [more](../how-to/hooks-in-use.md);
[Use a model](../how-to/use-a-model.md) says how to choose one.

Without `PUERTO_PROVIDER`, the first in this list that has what it needs is used. Those that play a
file come before all others, and those that need nothing come last. Providers with an address also
take two time-outs each: see [Settings](settings.md).
"""

ERRORS_INTRODUCTION: Final = """\
Every HTTP error has this form, but for those of
[clients of other backends](../how-to/clients-of-other-backends.md):

```json
{
  "error": {
    "code": "NOT_FOUND",
    "message": "There is no such conversation.",
    "details": {},
    "request_id": "01993e2b-7c1d-7e52-9a57-2b1f4c1d8e90"
  }
}
```

`code` is for programs. `message` is for people and says what to do. `request_id` finds the request
in [the log](../how-to/operate.md#logs). For wrong input, `message` names the first wrong field, and
`details.fields` lists `{path, message}` for each. Error frames of a WebSocket and a run's `error`
event have the same `code`, `message` and `details`.
"""

ERRORS_NOTES: Final = """\
- An unknown id and another user's id give the same 404.
- Malformed or too large request headers get 400 in plain text.
- `RATE_LIMITED` comes with `Retry-After`: [Rate limits](../how-to/rate-limits.md). One WebSocket
  that follows too many runs and conversations gets it, too.
- 401 comes with `WWW-Authenticate: Bearer`, 405 with `Allow`.
- `POST /api/chat` without `stream` answers with the error that ended the run, and its id in
  `details.run_id`. A stream has already begun with 200: there the error is an event.
- With an `Idempotency-Key` a request is done once, and its answer stored for 24 hours. Errors are
  not stored: the same request is tried again. The authentication routes take no keys, because their
  answers contain tokens.
- The arguments of a call may be sent as `arguments`, `parameters` or `params`, one of them at a
  time. Unknown fields are refused; the error lists the known ones.
- `POST /api/tools/execute` says in `details.tool_error` why the call failed, and has
  `details.run_id`.
- A provider's error says why in `details.reason`: [Use a
  model](../how-to/use-a-model.md#what-goes-wrong).
- Codes of tool calls inside a run: [Events](events.md#tool-errors).
- No error contains a traceback or a secret.
"""

METRICS_INTRODUCTION: Final = """\
What `GET /metrics` has for Prometheus, of all workers together. [Monitor
it](../how-to/monitoring.md) says how it is read, and how old the figures may be. Counters and
histograms begin with the installation, and never fall.

Histograms have the bounds of OpenTelemetry's conventions for generative AI: 0.01, 0.02, 0.04 ...
81.92 seconds, for whole runs 0.1, 0.2, 0.4 ... 409.6. Of a label that is marked with `*`, 100
values are told apart; all others are `other`.
"""

TRACES_INTRODUCTION: Final = """\
What Puerto sends to an OpenTelemetry collector, if one is [named](../how-to/monitoring.md). The
names are those of OpenTelemetry's [conventions for generative
AI](https://github.com/open-telemetry/semantic-conventions-genai), which are in development: they
may change with a release of Puerto. What begins with `puerto.` is its own. No span has content: no
messages, no arguments, no results, no texts of errors.
"""

COMMANDS_INTRODUCTION: Final = """\
`puerto COMMAND --help` prints the same. All commands but `demo` read the [settings](settings.md).

An expected error is one line on standard error. Exit status: 0 success, 1 failure, 2 wrong command
line or setting, 3 `ask` waits for your consent.
"""


def settings_page() -> str:
    """Return the table of settings, those that other programs share first."""
    fields = list(Settings.model_fields.values())
    own = [field for field in fields if variables(field)[0].startswith(PREFIX)]
    shared = [field for field in fields if field not in own]
    parts = [
        "# Settings",
        NOTICE,
        SETTINGS_INTRODUCTION.rstrip(),
        "## Names that many programs share",
        _settings_table(shared),
        "## Puerto's own",
        _settings_table(own),
    ]
    return "\n\n".join(parts) + "\n"


def _settings_table(fields: Iterable[FieldInfo]) -> str:
    rows = ["| variable | default | what it does |", "|---|---|---|"]
    for field in fields:
        preferred, *others = (f"`{name}`" for name in variables(field))
        names = preferred + "".join(f", also {name}" for name in others)
        meaning = f"{field.description}{_choices(field.annotation)}"
        rows.append(f"| {names} | {_default(field.default)} | {meaning} |")
    return "\n".join(rows)


def _default(value: Any) -> str:
    if value in (None, ()):
        return ""
    return f"`{value.value if isinstance(value, Enum) else value}`"


def providers_page() -> str:
    """Return the table of providers, from their records."""
    rows = ["| provider | needs | its default model | also takes | address | SDK |"]
    rows.append(f"{'|---' * 6}|")
    rows += map(_provider_row, PROVIDERS)
    parts = ["# Providers", NOTICE, PROVIDERS_INTRODUCTION.rstrip(), "\n".join(rows)]
    return "\n\n".join(parts) + "\n"


def _provider_row(record: ProviderRecord) -> str:
    api = record.api
    names = [variables(field)[0] for _, field in provider_fields(record).values()]
    also = [each for each in names if each not in record.needs and not each.endswith("_SECONDS")]
    cells = [
        f"`{record.name}`: {record.title}",
        " or ".join(f"`{name}`" for name in record.needs) or "nothing: no key, no network",
        f"`{record.default_model}`",
        ", ".join(f"`{name}`" for name in also),
        f"`{api.address}`" if api else "",
        f"`{api.sdk}`" if api else "",
    ]
    return f"| {' | '.join(cells)} |"


def _choices(annotation: Any) -> str:
    """Return the values to choose from, where the type lists them."""
    flat = [part for kind in (annotation, *get_args(annotation)) for part in get_args(kind)]
    words = list(dict.fromkeys(part for part in flat if isinstance(part, str)))
    return f" One of {', '.join(f'`{word}`' for word in words)}." if words else ""


def errors_page() -> str:
    """Return the statuses and codes, out of the tables that the HTTP face answers by."""
    texts = {(status, code): code.text for code, status in http_errors.STATUS.items()}
    for status, code in http_errors.CODES.items():
        texts.setdefault((status, code), TIMED_OUT)
    rows = ["| status | code | when |", "|---|---|---|"]
    rows += [f"| {status} | `{code}` | {text} |" for (status, code), text in sorted(texts.items())]
    parts = ["# Errors", NOTICE, ERRORS_INTRODUCTION.rstrip(), "\n".join(rows), ERRORS_NOTES]
    return "\n\n".join(parts)


def metrics_page() -> str:
    """Return the table of metrics, as they are declared."""
    rows = ["| metric | type | labels | what it says |", "|---|---|---|---|"]
    rows += map(_metric_row, METRICS)
    parts = ["# Metrics", NOTICE, METRICS_INTRODUCTION.rstrip(), "\n".join(rows)]
    return "\n\n".join(parts) + "\n"


def _metric_row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`{'*' * (label == metric.open_label)}" for label in metric.labels)
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.help} |"


def traces_page() -> str:
    """Return the tables of spans, their attributes, and metrics for a collector."""
    spans = ["| span | what it is |", "|---|---|"]
    spans += [f"| {name} | {what} |" for name, what in names.SPANS.values()]
    attributes = ["| attribute | of | what it says |", "|---|---|---|"]
    attributes += [f"| `{name}` | {of} | {what} |" for name, (of, what) in names.ATTRIBUTES.items()]
    metrics = ["| metric | what it says |", "|---|---|"]
    metrics += [f"| `{name}` | {what} |" for name, what in names.METRICS.items()]
    parts = [
        "# Traces",
        NOTICE,
        TRACES_INTRODUCTION.rstrip(),
        "\n".join(spans),
        "## Attributes",
        "\n".join(attributes),
        "## Metrics",
        "\n".join(metrics),
    ]
    return "\n\n".join(parts) + "\n"


def commands_page() -> str:
    """Return the commands of the command line with their options."""
    parts = ["# Command line", NOTICE, COMMANDS_INTRODUCTION.rstrip()]
    program = get_command(app)
    parts += _commands(program, typer.Context(program, info_name="puerto"))
    return "\n\n".join(parts) + "\n"


def _commands(command: Any, context: Any) -> Iterable[str]:
    """Yield the parts of the page about a command, or about the commands of a group."""
    for below in getattr(command, "commands", {}).values():
        yield from _commands(below, typer.Context(below, parent=context, info_name=below.name))
    if not hasattr(command, "commands"):
        pieces = [context.command_path, *command.collect_usage_pieces(context)]
        yield f"## `{context.command_path}`"
        yield meaning(command.callback)
        yield f"```text\n{' '.join(pieces)}\n```"
        records = [param.get_help_record(context) for param in command.params]
        if rows := [f"- `{names}`: {' '.join(words.split())}" for names, words in records]:
            yield "\n".join(rows)


PAGES: Final[list[tuple[Path, Callable[[], str]]]] = [
    (DOCS / "reference" / "settings.md", settings_page),
    (DOCS / "reference" / "providers.md", providers_page),
    (DOCS / "reference" / "command-line.md", commands_page),
    (DOCS / "reference" / "errors.md", errors_page),
    (DOCS / "reference" / "hooks.md", hooks_page),
    (DOCS / "reference" / "metrics.md", metrics_page),
    (DOCS / "reference" / "traces.md", traces_page),
    (DOCS / "reference" / "tools.md", tools_page),
]


def main() -> None:
    """Write every page."""
    for path, render in PAGES:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
