"""What operators want of learned APIs, as text."""

from collections.abc import Mapping
from typing import Any

from adapters.persistence.engine.formats import API_SETTINGS
from domain.learning.patterns import EffectRule
from domain.learning.settings import ApiSettings, Override, Selection
from domain.tools.tool import Effect


def write_settings(settings: ApiSettings) -> str:
    """Return settings as text."""
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
    """Return the settings that `write_settings` wrote, by this version or an older one."""
    told = API_SETTINGS.read(text)
    return ApiSettings(
        base_url=told["base_url"],
        include=_read_selection(told["include"]),
        exclude=_read_selection(told["exclude"]),
        overrides={name: _read_override(each) for name, each in told["overrides"].items()},
        per_user=told["per_user"],
        per_second=told["per_second"],
        effects=tuple(
            EffectRule(pattern, Effect(effect)) for pattern, effect in told.get("effects", ())
        ),
        fixed={pattern: tuple(names) for pattern, names in told.get("fixed", {}).items()},
        fixed_version=told.get("fixed_version", ""),
    )


def _read_selection(told: Mapping[str, Any]) -> Selection:
    return Selection(**{name: tuple(listed) for name, listed in told.items()})


def _read_override(told: Mapping[str, Any]) -> Override:
    effect = told["effect"]
    return Override(
        told["name"],
        told["description"],
        None if effect is None else Effect(effect),
        told["enabled"],
        told.get("idempotent"),
    )
