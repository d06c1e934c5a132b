"""``puerto delete``: delete what is stored, beside what its own commands delete."""

from entrypoints.cli import user
from entrypoints.cli.program import program

app = program("Delete what is stored.")
app.callback()(lambda: None)  # keeps `user` a command of its own, though it is the only one
app.command("user")(user.delete)
