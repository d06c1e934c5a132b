"""The command line ``puerto``: one file a command, each of which imports what it needs when run."""

from entrypoints.cli import ask, chat, demo, doctor, migrate, serve, user
from entrypoints.cli.program import program

__all__ = ["app"]

app = program("A self-hosted agent server.")
app.command("demo")(demo.command)
app.command("serve")(serve.command)
app.command("chat")(chat.command)
app.command("ask")(ask.command)
app.add_typer(user.app, name="user")
app.command("migrate")(migrate.command)
app.command("doctor")(doctor.command)
