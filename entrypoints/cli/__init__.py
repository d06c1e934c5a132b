"""The command line ``puerto``: one module a command, which imports what it needs when it runs.

The docstrings of commands are their ``--help`` texts.
"""

from entrypoints.cli import (
    account,
    backup,
    consent,
    delete,
    export,
    key,
    migrate,
    record,
    serve,
    usage,
    user,
    version,
)
from entrypoints.cli.api import call, learn
from entrypoints.cli.api import command as api
from entrypoints.cli.chat import ask
from entrypoints.cli.chat import command as chat
from entrypoints.cli.demo import command as demo
from entrypoints.cli.doctor import command as doctor
from entrypoints.cli.plugin import command as plugin
from entrypoints.cli.program import program

__all__ = ["app"]

app = program("A self-hosted agent server.", completion=True)
app.callback()(version.command)
app.command("demo")(demo.command)
app.command("serve")(serve.command)
app.command("chat")(chat.command)
app.command("ask")(ask.command)
app.add_typer(consent.app, name="consent")
app.add_typer(account.app, name="account")
app.add_typer(user.app, name="user")
app.add_typer(key.app, name="key")
app.command("usage")(usage.command)
app.add_typer(export.app, name="export")
app.add_typer(delete.app, name="delete")
app.add_typer(plugin.app, name="plugin")
app.command("call")(call.command)
app.command("learn")(learn.command)
app.add_typer(api.app, name="api")
app.command("record")(record.command)
app.command("migrate")(migrate.command)
app.command("backup")(backup.command)
app.command("doctor")(doctor.command)
