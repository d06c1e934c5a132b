"""Check of a tool's name against its effect: a verb such as ``delete`` contradicts ``read``."""

import re
from collections.abc import Iterator
from typing import Final

from domain.tools.tool import Effect

_READS: Final = {
    *("calculate", "check", "compare", "convert", "count", "describe", "explain", "export"),
    *("fetch", "find", "get", "list", "look", "lookup", "measure", "preview", "query", "read"),
    *("search", "show", "summarize", "tell", "translate", "validate", "view"),
}
_WRITES: Final = {
    *("add", "approve", "archive", "assign", "attach", "book", "cancel", "close", "copy"),
    *("create", "deploy", "disable", "edit", "enable", "insert", "invite", "merge", "modify"),
    *("move", "order", "patch", "pay", "post", "publish", "put", "reboot", "register", "rename"),
    *("reply", "reset", "restart", "restore", "save", "schedule", "send", "set", "start", "stop"),
    *("store", "submit", "transfer", "update", "upload", "upsert", "write"),
}
_DESTROYS: Final = {
    *("delete", "destroy", "drop", "erase", "kill", "overwrite", "purge", "remove", "revoke"),
    *("shutdown", "terminate", "truncate", "uninstall", "wipe"),
}
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def words_of(name: str) -> Iterator[str]:
    """Yield the words of a name in lower case, of ``list_items``, ``list-items``, ``listItems``."""
    yield from (word.lower() for word in _WORD.findall(name))


def suspected(name: str, effect: Effect) -> tuple[str, Effect] | None:
    """Return the verb that implies a worse effect than is declared, and that effect, or None.

    The first verb of the name decides: ``list_deleted_items`` and ``get_start_time`` only read.
    """
    for word in words_of(name):
        if word in _READS:
            return None
        if word in _DESTROYS:
            return (word, Effect.DESTRUCTIVE) if effect is not Effect.DESTRUCTIVE else None
        if word in _WRITES:
            return (word, Effect.WRITE) if effect is Effect.READ else None
    return None
