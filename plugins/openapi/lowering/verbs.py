"""Effect of an operation by the verbs in its words, since its HTTP method may be misleading.

Some APIs do everything by GET (``/v1/createUser``, ``/?Action=DeleteShip``), or by POST. Verbs
stand in the operation id, in the action that a path or parameter names, in the path's last segment,
and at the beginning of the summary. Many are nouns, too: ``order`` or ``lock`` alone do not count,
``lockThing`` and "Lock a thing" do.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final
from urllib.parse import unquote

from domain.tools.tool import Effect
from plugins.openapi.operation import Operation, ParameterLocation
from plugins.openapi.reading.values import bare_name

_DESTROYING: Final = frozenset(
    {"delete", "remove", "destroy", "purge", "terminate", "wipe", "erase", "drop", "unregister"}
)
_CHANGING: Final = frozenset(  # verbs that are hardly ever nouns
    {
        *("create", "add", "insert", "cancel", "revoke", "enable", "disable", "activate"),
        *("deactivate", "register", "subscribe", "unsubscribe", "approve", "reject", "unlock"),
        *("assign", "unassign", "send", "submit", "publish", "unpublish", "rename", "install"),
        *("uninstall", "deploy", "suspend", "resume", "reboot", "restart", "shutdown", "kill"),
        *("attach", "detach", "modify", "edit", "save", "execute", "allocate", "authorize"),
        *("associate", "disassociate", "deregister", "upgrade", "rotate", "regenerate", "confirm"),
        *("decline", "accept", "unblock", "unfollow", "dismiss", "acknowledge", "provision"),
    }
)
_NOUNS_TOO: Final = frozenset(
    {
        *("update", "upsert", "lock", "transfer", "release", "import", "reset", "start", "stop"),
        *("run", "move", "copy", "clone", "upload", "charge", "refund", "book", "buy", "pay"),
        *("block", "follow", "merge", "reserve", "trigger", "generate", "sync", "mark", "close"),
        *("open", "invite", "join", "leave", "grant", "archive", "restore", "pause", "replace"),
        *("set", "put", "post", "patch", "change", "write", "apply", "schedule", "vote"),
        *("reopen", "clear", "flush", "order", "issue", "request", "launch", "promote"),
    }
)
_READING: Final = frozenset(
    {
        *("get", "gets", "list", "lists", "read", "show", "find", "fetch", "describe", "search"),
        *("query", "view", "retrieve", "retrieves", "return", "returns", "check", "count", "head"),
        *("lookup", "look", "download", "export", "browse", "scan", "select", "preview", "test"),
        *("validate", "verify", "estimate", "calculate", "compare", "discover", "detect", "is"),
        *("has", "can", "peek", "poll", "wait", "watch", "stat", "ping", "echo", "display"),
        *("filter", "load", "batchget", "simulate", "suggest", "translate", "decode", "exists"),
    }
)
_OF_NOUNS: Final = frozenset(  # before which a verb is part of a noun, as in "delete marker"
    {
        *("status", "history", "reason", "reasons", "form", "token", "url", "link", "info"),
        *("options", "preview", "permission", "permissions", "policy", "policies", "count", "time"),
        *("date", "marker", "job", "jobs", "task", "tasks", "request", "requests", "config"),
        *("settings", "result", "results", "log", "logs", "list", "details", "by", "ons", "on"),
        *("page", "metadata", "meta", "schema", "template", "templates", "data", "events"),
    }
)
_ARTICLES: Final = frozenset(
    {"a", "an", "the", "all", "this", "that", "one", "your", "new", "specific", "specified", "or"}
)
_METHODS: Final = frozenset({"get", "put", "post", "patch", "delete", "update", "set", "run"})
_COUNTED: Final = frozenset({"batch", "bulk", "force", "multi", "mass"})  # stand before a verb
_ACTIONS: Final = frozenset({"action", "xamztarget", "operation", "method", "cmd", "command"})
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_PAIR: Final = re.compile(r"[?#&]([\w.-]+)=([\w.-]+)")
_BEGINNING: Final = 300  # characters


def said_effect(operation: Operation) -> Effect:
    """Return the worst effect that an operation's words imply; the default is a read."""
    effects = {
        *_of_actions(operation),
        *_of_id(operation.operation_id, operation.method),
        *_of_segment(operation),
        *_of_summary(operation.summary or operation.description),
    }
    worst = (each for each in (Effect.DESTRUCTIVE, Effect.WRITE) if each in effects)
    return next(worst, Effect.READ)


def is_verb(word: str) -> bool:
    """Return whether a word alone is a verb."""
    return word in _METHODS or word in _READING or _done_by(word, alone=True) is not Effect.READ


def _done_by(word: str, *, alone: bool = False) -> Effect:
    """Return the effect of a verb; with ``alone``, a word that can be a noun counts as one."""
    if word in _DESTROYING:
        return Effect.DESTRUCTIVE
    changes = word in _CHANGING or (word in _NOUNS_TOO and not alone)
    return Effect.WRITE if changes else Effect.READ


def _of_actions(operation: Operation) -> Iterator[Effect]:
    """Yield the effects of the actions that the path or a required parameter names.

    An unknown verb counts as a write: such an API has all its actions under one path.
    """
    for key, value in _PAIR.findall(unquote(operation.path)):
        if bare_name(key) in _ACTIONS:
            yield _of_action(value)
    for parameter in operation.parameters:
        fits = (
            parameter.place in (ParameterLocation.QUERY, ParameterLocation.HEADER)
            and parameter.required
        )
        if fits and bare_name(parameter.name) in _ACTIONS:
            yield from map(_of_action, _values(parameter.schema))


def _of_action(action: str) -> Effect:
    words = words_of(action.rpartition(".")[2])
    verbs = [word for word in words[:2] if word not in _COUNTED]
    if not verbs or verbs[0] in _READING:
        return Effect.READ
    known = _done_by(verbs[0])
    return Effect.WRITE if known is Effect.READ else known


def _values(schema: Any) -> Sequence[str]:
    if not isinstance(schema, Mapping):
        return ()
    listed = schema.get("enum")
    values = listed if isinstance(listed, list) else [schema.get("const")]
    return [value for value in values if isinstance(value, str)]


def _of_id(operation_id: str, method: str) -> Iterator[Effect]:
    """Yield the effects of the parts of an operation id, such as ``users.create``."""
    parts = [part for part in re.split(r"[^A-Za-z0-9]+", operation_id) if words_of(part)]
    if named := parts[:1] != [] and parts[0].upper() == method:  # a generator's: GET_DeleteShip
        del parts[0]
    words = [word for part in parts for word in words_of(part) if word not in _COUNTED]
    if not words:
        return
    is_noun = len(words) == 1 or not _READING.isdisjoint(words) or (named and parts[0].islower())
    if not _is_of_noun(words[1:2]):
        yield _done_by(words[0], alone=is_noun)
    if not (named or words[0] in _READING):
        yield from _of_parts(parts[1:])


def _of_parts(parts: Sequence[str]) -> Iterator[Effect]:
    """Yield the effect of each part that begins with a verb."""
    for part, following in zip_longest(parts, parts[1:], fillvalue=""):
        first, *rest = words_of(part)
        if not _is_of_noun(rest[:1] or words_of(following)[:1]):
            yield _done_by(first, alone=True)


def _of_segment(operation: Operation) -> Iterator[Effect]:
    """Yield the effects of the path's last segment that is no parameter, and of lone verbs."""
    path = re.split(r"[?#]", operation.path)[0]
    segments = [each for each in path.split("/") if each and not each.startswith("{")]
    if not segments:
        return
    yield from (_done_by(each.lower(), alone=True) for each in segments[:-1])
    for part in re.split(r"[.:]", segments[-1]):
        words = [word for word in words_of(part) if word not in _COUNTED]
        if words and not _is_of_noun(words[1:2]):
            yield _done_by(words[0], alone=True)
        if not _DESTROYING.isdisjoint(words[-1:]):  # /user-delete
            yield Effect.DESTRUCTIVE


def _of_summary(summary: str) -> Iterator[Effect]:
    """Yield the effects of a sentence's first word: "Cancel a trip", "Deletes ships."."""
    words = re.findall(r"[a-z'-]+", summary[:_BEGINNING].lower())
    if not words or _is_of_noun(words[1:2]):
        return
    is_verb = words[1:2] != [] and words[1] in _ARTICLES
    for form in _forms(words[0]):
        yield _done_by(form, alone=not is_verb)


def _forms(word: str) -> Iterator[str]:
    """Yield the base forms of a verb: of ``cancels``, ``publishes``, ``modifies``."""
    yield word
    if word.endswith("s"):
        yield word[:-1]
    if word.endswith("es"):
        yield word[:-2]
    if word.endswith("ies"):
        yield f"{word[:-3]}y"


def _is_of_noun(following: Sequence[str]) -> bool:
    return not _OF_NOUNS.isdisjoint(following)


def words_of(text: str) -> list[str]:
    """Return the words of a name, in lower case."""
    return [word.lower() for word in _WORD.findall(text)]
