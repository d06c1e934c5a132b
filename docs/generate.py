# noqa: INP001 - a folder of pages, not a package
"""Write the pages of the documentation that are made from the code: ``python docs/generate.py``.

A page is a path beneath ``docs/`` and the function that returns its text. A test compares each
with what lies there, so a page cannot go stale.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

import typer
from pydantic.fields import FieldInfo
from typer.main import get_command

from entrypoints.cli import app
from entrypoints.http import errors as http_errors
from entrypoints.http.error_texts import TIMED_OUT
from entrypoints.settings.settings import PREFIX, Settings, variables
from plugins.authoring import hookspecs
from plugins.host.intake import HOOKS

DOCS: Final = Path(__file__).parent
NOTICE: Final = "<!-- Written by docs/generate.py from the code: change it there. -->"

SETTINGS_INTRODUCTION: Final = """\
Settings are environment variables. A file `.env` in the working directory may hold them too, one
`NAME=value` a line; the environment wins over the file. All are optional, and an empty value
counts as not set.

A wrong value, a weak secret, a misspelt name that begins with `PUERTO_`, a line of the file that
cannot be read, and a chosen provider that lacks its key stop the start with one line, which names
the variable and says what to do. That line never holds the value. Settings that do nothing (the key
of a provider that is not there, another program's spelling of a name) are named in the log at the
start, and by `puerto doctor`.

Those that the API can change (`PUERTO_PROVIDER`, `PUERTO_MODEL`, `PUERTO_FALLBACKS`,
`PUERTO_AUTONOMY`) hold until it does; what was changed is kept in the database, and wins from then.
"""

ERRORS_INTRODUCTION: Final = """\
Every error of the HTTP face has one form, whatever went wrong and where:

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

`code` is for programs, `message` for people, in words that say who must act. `request_id` finds the
request in [the log](../how-to/operate.md#logs). Where input is wrong, the message names the first
field and what is allowed there, and `details.fields` lists `{path, message}` for each.
A WebSocket's error frames and a run's `error` event carry the same `code`, `message` and `details`.
"""

ERRORS_NOTES: Final = """\
- An unknown id and another user's id give the same 404.
- A head that is malformed or too large is no request yet: it is refused with 400 in plain text.
- `RATE_LIMITED` comes over a WebSocket only: this version limits no HTTP requests.
- 401 comes with `WWW-Authenticate: Bearer`, 405 with `Allow`.
- `POST /api/chat` without `stream` answers with the error that ended the run, and names the run in
  `details.run_id`. A stream has begun with 200 before that: there the error is an event.
- With an `Idempotency-Key` a request is done once, and its answer kept for 24 hours. Errors are not
  kept: the same request is tried again. The routes of authentication take no keys, since their
  answers hold tokens.
- The arguments of a call are taken as `arguments`, `parameters` or `params` wherever they are sent,
  under one of these names at a time. A field that is not known is refused, with those that are.
- `POST /api/tools/execute` says in `details.tool_error` what became of the call, and in
  `details.run_id` where to look at it.
- An error of a provider says why in `details.reason`; see [Use a model](../how-to/use-a-model.md).
- The codes of tool calls inside a run are among the [events](events.md#errors-of-tools).
- No error holds a traceback or a secret.
"""

HOOKS_INTRODUCTION: Final = """\
A plugin is a module (or any object) that an entry point of the group `puerto` names. It implements
those of the hooks below that it needs, under these names, each marked with `@hookimpl`. A hook only
registers, and returns at once; what is registered does the work later.
[Write a plugin](../how-to/write-a-plugin.md) begins at the other end.

These are the hooks of version {version} (`puerto.HOOK_VERSION`), which grows by one when a hook
changes so that a plugin written for it must change too.
"""

COMMANDS_INTRODUCTION: Final = """\
`puerto COMMAND --help` says the same at the terminal. All but `demo` read the
[settings](settings.md).

An expected error is one line on standard error. The exit status is 0 when all went well, 1 when it
did not, 2 when the command line or a setting is wrong, 3 when `ask` waits for your consent.
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


def hooks_page() -> str:
    """Return the hooks, each with its arguments and what is expected of it."""
    parts = ["# Hooks", NOTICE, HOOKS_INTRODUCTION.format(version=hookspecs.HOOK_VERSION).rstrip()]
    types = _hook_types()
    hooks = [each for each in vars(hookspecs.HookSpecs).items() if each[0] in HOOKS]
    spelt = ""
    for name, hook in hooks:
        given = _given_to(hook)
        named = [each for each in re.findall(r"\w+", given) if each in types]
        parts += [f"## `{name}(register)`", _meaning(hook), f"`register` is a `{given}`."]
        parts += [f"`{each}` is `{types[each][0]}`. {types[each][1]}".strip() for each in named]
        spelt += " ".join([given, *(types[each][0] for each in named)])
    parts.append("## Records")
    for record in _records_in(spelt):
        parts += [f"### `{record.__name__}`", f"```python\n{_signature(record)}\n```"]
        parts += [_meaning(record), *_choices_of(record)]
    return "\n\n".join(parts) + "\n"


def _given_to(hook: Any) -> str:
    """Return the annotation of the hook's argument, as it is written."""
    [function] = ast.parse(textwrap.dedent(inspect.getsource(hook))).body
    assert isinstance(function, ast.FunctionDef)  # noqa: S101  what a hook is
    [given] = [each for each in function.args.args if each.arg == "register"]
    assert given.annotation is not None  # noqa: S101  every function of ours is annotated
    return ast.unparse(given.annotation)


def _hook_types() -> dict[str, tuple[str, str]]:
    """Return what each name in the contract stands for, and what is said of it."""
    found: dict[str, tuple[str, str]] = {}
    body = ast.parse(inspect.getsource(hookspecs)).body
    for node, following in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            said = ""
            if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
                said = str(following.value.value).replace("``", "`")
            found[node.targets[0].id] = ast.unparse(node.value), said
        elif isinstance(node, ast.ClassDef) and node.bases:
            call = next(each for each in node.body if isinstance(each, ast.FunctionDef))
            takes = ast.unparse(call.args).removeprefix("self, ")
            found[node.name] = f"({takes}) -> None", ast.get_docstring(node) or ""
    return found


def _records_in(text: str) -> list[type]:
    named = {getattr(hookspecs, name, None) for name in re.findall(r"\w+", text)}
    records = [each for each in named if isinstance(each, type) and is_dataclass(each)]
    return sorted(records, key=lambda each: each.__name__)


def _signature(record: type) -> str:
    """Return a record with its fields, one a line, without the modules of their types."""
    lines = []
    for field in inspect.signature(record).parameters.values():
        told = str(field).replace("<factory>", "{}")
        lines.append(f"    {re.sub(r'(?:[a-z_]+[.])+(?=[A-Za-z])', '', told)},")
    return "\n".join([f"{record.__name__}(", *lines, ")"])


def _choices_of(record: type) -> Iterable[str]:
    """Yield the values of the fields that have only some."""
    for name, kind in get_type_hints(record).items():
        if isinstance(kind, type) and issubclass(kind, Enum):
            values = ", ".join(f"`{each.value}`" for each in kind)
            yield f"`{name}` is one of {values}."


def _meaning(subject: Any) -> str:
    """Return a docstring as Markdown."""
    return (inspect.getdoc(subject) or "").replace("``", "`")


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
        yield _meaning(command.callback)
        yield f"```text\n{' '.join(pieces)}\n```"
        records = [param.get_help_record(context) for param in command.params]
        if rows := [f"- `{names}`: {' '.join(words.split())}" for names, words in records]:
            yield "\n".join(rows)


PAGES: Final[list[tuple[Path, Callable[[], str]]]] = [
    (DOCS / "reference" / "settings.md", settings_page),
    (DOCS / "reference" / "command-line.md", commands_page),
    (DOCS / "reference" / "errors.md", errors_page),
    (DOCS / "reference" / "hooks.md", hooks_page),
]


def main() -> None:
    """Write every page."""
    for path, render in PAGES:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
