"""The types of the functions that a plugin registers, for annotations of your own.

What `Registry` takes: `Figures`, `Alerts`, `Veto`, `MessageGuard`, `Observer`, `Lifespan` and
`ModelFactory`. Each may also have a parameter ``context``, for the plugin's `PluginContext`:
`FiguresInContext`, `AlertsInContext`, `VetoInContext`, `MessageGuardInContext`,
`ObserverInContext`, `LifespanInContext` and `ModelFactoryInContext`. The preview of a tool is a
`PreviewFunction`, and its effect an `Effect` or an `EffectName`.
"""

from domain.notifications.notices import Observer
from domain.plugins.guards import MessageGuard
from domain.plugins.plugin import Lifespan
from domain.policy.policy import Veto
from plugins.authoring.previews import PreviewFunction
from plugins.authoring.registry import (
    Alerts,
    AlertsInContext,
    Figures,
    FiguresInContext,
    LifespanInContext,
    MessageGuardInContext,
    ModelFactory,
    ModelFactoryInContext,
    ObserverInContext,
    VetoInContext,
)
from plugins.authoring.tool import EffectName

__all__ = [
    "Alerts",
    "AlertsInContext",
    "EffectName",
    "Figures",
    "FiguresInContext",
    "Lifespan",
    "LifespanInContext",
    "MessageGuard",
    "MessageGuardInContext",
    "ModelFactory",
    "ModelFactoryInContext",
    "Observer",
    "ObserverInContext",
    "PreviewFunction",
    "Veto",
    "VetoInContext",
]
