"""Actions: verbs and HTTP methods of one meaning ("remove", "drop", ``DELETE``) as one term.

Tools of one API often differ only by their verbs, and the verb of a request is seldom the one in a
tool's name.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from domain.tools.ranking.words import split, stem

_VERBS: Final = {
    "!read": "get fetch retrieve show view describe read see obtain return display check detail "
    "inspect muestra mostrar ver obtener consultar",
    "!list": "list all enumerate search find query every lookup listar lista todos todas buscar",
    "!create": "create add new insert make register generate upload post start open build "
    "crear crea nuevo nueva agregar anadir",
    "!update": "update modify change edit patch set rename replace put adjust upsert "
    "actualizar actualiza cambiar modificar editar",
    "!delete": "delete remove drop clear revoke unlink destroy cancel detach erase "
    "borrar borra eliminar elimina quitar cancelar",
}
_METHODS: Final[Mapping[str, tuple[str, ...]]] = {
    "GET": ("!read", "!list"),
    "POST": ("!create",),
    "PUT": ("!update",),
    "PATCH": ("!update",),
    "DELETE": ("!delete",),
}
_IN_NAME, _IN_DESCRIPTION, _BY_METHOD = 1.0, 0.7, 0.5
_FIRST: Final = 2  # words of a description that are searched for its verb
_MOST: Final = 25  # words of a request that are searched for verbs


def _by_verb() -> Mapping[str, tuple[str, ...]]:
    actions: dict[str, tuple[str, ...]] = {}
    for action, verbs in _VERBS.items():
        for verb in dict.fromkeys(map(stem, verbs.split())):
            actions[verb] = (*actions.get(verb, ()), action)
    return MappingProxyType(actions)


_ACTIONS: Final = _by_verb()


def actions_asked(words: Iterable[str]) -> frozenset[str]:
    """Return the actions of a request's folded words, each as ``!word``."""
    return frozenset(action for word in list(words)[:_MOST] for action in _of(word))


def actions_of(name: str, description: str, operation: str) -> dict[str, float]:
    """Return the actions of a tool, each with its confidence up to 1."""
    method = operation.partition(" ")[0]
    confidence: dict[str, float] = dict.fromkeys(_METHODS.get(method, ()), _BY_METHOD)
    beginning = " ".join(description.split(maxsplit=_FIRST)[:_FIRST])
    for text, weight in ((beginning, _IN_DESCRIPTION), (name, _IN_NAME)):
        confidence.update(
            dict.fromkeys((action for word in split(text) for action in _of(word)), weight)
        )
    return confidence


def _of(word: str) -> Iterator[str]:
    yield from _ACTIONS.get(stem(word), ())
