"""The command line ``puerto``: one file a command, each of which imports what it needs when run."""

from entrypoints.cli import (
    api,
    ask,
    backup,
    call,
    chat,
    consent,
    demo,
    doctor,
    learn,
    migrate,
    plugin,
    record,
    serve,
    user,
    version,
)
from entrypoints.cli.program import program

__all__ = ["app"]

app = program("A self-hosted agent server.", completion=True)
app.callback()(version.command)
app.command("demo")(demo.command)
app.command("serve")(serve.command)
app.command("chat")(chat.command)
app.command("ask")(ask.command)
app.add_typer(consent.app, name="consent")
app.add_typer(user.app, name="user")
app.add_typer(plugin.app, name="plugin")
app.command("call")(call.command)
app.command("learn")(learn.command)
app.add_typer(api.app, name="api")
app.command("record")(record.command)
app.command("migrate")(migrate.command)
app.command("backup")(backup.command)
app.command("doctor")(doctor.command)
