"""Serialization of the operator's settings of a learned API."""

from collections.abc import Mapping
from typing import Any

from adapters.persistence.engine.formats import API_SETTINGS
from domain.learning.api.patterns import EffectRule
from domain.learning.api.settings import ApiSettings, Override, Selection
from domain.tools.tool import Effect


def write_settings(settings: ApiSettings) -> str:
    """Serialize settings."""
    return API_SETTINGS.write(
        {
            "base_url": settings.base_url,
            "include": _write_selection(settings.include),
            "exclude": _write_selection(settings.exclude),
            "overrides": {
                operation: {
                    "name": each.name,
                    "description": each.description,
                    "effect": each.effect,
                    "enabled": each.enabled,
                    "idempotent": each.idempotent,
                }
                for operation, each in settings.overrides.items()
            },
            "per_user": settings.per_user,
            "per_second": settings.per_second,
            "effects": [[rule.pattern, rule.effect] for rule in settings.effects],
            "fixed": settings.fixed,
            "fixed_version": settings.fixed_version,
        }
    )


def _write_selection(selection: Selection) -> dict[str, Any]:
    return {
        "tags": selection.tags,
        "paths": selection.paths,
        "methods": selection.methods,
        "operations": selection.operations,
    }


def read_settings(text: str) -> ApiSettings:
    """Deserialize settings that this or an older version of Puerto wrote."""
    data = API_SETTINGS.read(text)
    return ApiSettings(
        base_url=data["base_url"],
        include=_read_selection(data["include"]),
        exclude=_read_selection(data["exclude"]),
        overrides={name: _read_override(each) for name, each in data["overrides"].items()},
        per_user=data["per_user"],
        per_second=data["per_second"],
        effects=tuple(
            EffectRule(pattern, Effect(effect)) for pattern, effect in data.get("effects", ())
        ),
        fixed={pattern: tuple(names) for pattern, names in data.get("fixed", {}).items()},
        fixed_version=data.get("fixed_version", ""),
    )


def _read_selection(data: Mapping[str, Any]) -> Selection:
    return Selection(**{name: tuple(listed) for name, listed in data.items()})


def _read_override(data: Mapping[str, Any]) -> Override:
    effect = data["effect"]
    return Override(
        data["name"],
        data["description"],
        None if effect is None else Effect(effect),
        data["enabled"],
        data.get("idempotent"),
    )
